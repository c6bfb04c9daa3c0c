// Reading and writing .npy files.
#include "core/io/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/base/error.h"

namespace graphrun {
namespace {

Code CodeOf(std::string_view bytes) {
  try {
    ParseNpy(bytes);
  } catch (const Error& e) {
    return e.code();
  }
  return Code{};
}

std::string File(const std::string& header, const std::string& data, int major = 1) {
  std::string out("\x93NUMPY");
  out += static_cast<char>(major);
  out += '\0';
  const auto n = static_cast<uint32_t>(header.size());
  out.append(reinterpret_cast<const char*>(&n), major == 1 ? 2 : 4);
  return out + header + data;
}

TEST(Npy, RoundTripOfEveryType) {
  for (DType dtype : kPlainTypes) {
    if (dtype == DType::kBool || dtype == DType::kBFloat16) continue;
    Tensor t(dtype, {3, 5});
    for (size_t i = 0; i < t.bytes(); ++i)
      static_cast<uint8_t*>(t.raw())[i] = static_cast<uint8_t>(i * 37);
    const Tensor back = ParseNpy(FormatNpy(t));
    EXPECT_EQ(back.dtype(), dtype);
    EXPECT_EQ(back.shape(), t.shape());
    EXPECT_EQ(std::memcmp(back.raw(), t.raw(), t.bytes()), 0) << DTypeName(dtype);
  }
  const Tensor flags = ParseNpy(FormatNpy(Tensor::Vector<bool>({true, false, true})));
  EXPECT_TRUE(flags.data<bool>()[2]);
}

TEST(Npy, WritesWhatNumPyWrites) {
  const std::string bytes = FormatNpy(Tensor::Vector<int32_t>({7}));
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  EXPECT_EQ(bytes.substr(10, 57), "{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }");
  EXPECT_EQ(bytes.size(), 132u);
  EXPECT_EQ(bytes[127], '\n');
  EXPECT_NE(FormatNpy(Tensor::Scalar(1.0f)).find("'shape': (), }"), std::string::npos);
  EXPECT_NE(FormatNpy(Tensor::Zeros(DType::kBool, {2, 3})).find("'|b1'"), std::string::npos);
}

TEST(Npy, ReadsOtherWritersHeaders) {
  const Tensor t = ParseNpy(File("{\"shape\":(2,),\"fortran_order\":True,\"descr\":\"<i8\"}\n",
                                 std::string(16, '\0'), 2));
  EXPECT_EQ(t.dtype(), DType::kInt64);
  EXPECT_EQ(t.shape(), Shape({2}));
  EXPECT_EQ(ParseNpy(FormatNpy(Tensor::Zeros(DType::kFloat, {0, 4}))).shape(), Shape({0, 4}));
}

TEST(Npy, RefusesWhatItCannotRead) {
  const std::string four(4, '\0');
  EXPECT_EQ(CodeOf(""), Code::kDataLoss);
  EXPECT_EQ(CodeOf("\x93NUMPY"), Code::kDataLoss);
  EXPECT_EQ(CodeOf(File("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "")),
            Code::kDataLoss);
  EXPECT_EQ(CodeOf(File("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", four)),
            Code::kDataLoss);
  EXPECT_EQ(CodeOf(File("{'descr': '<f4', 'shape': (1,), }", four)), Code::kDataLoss);
  EXPECT_EQ(
      CodeOf(File("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
                  four)),
      Code::kDataLoss);
  EXPECT_EQ(CodeOf(File("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", four)),
            Code::kUnimplemented);
  EXPECT_EQ(CodeOf(File("{'descr': '<c8', 'fortran_order': False, 'shape': (), }", four + four)),
            Code::kUnimplemented);
  EXPECT_EQ(CodeOf(File("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", four)),
            Code::kUnimplemented);
  EXPECT_EQ(CodeOf(File("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }", four)),
            Code::kUnimplemented);
  EXPECT_EQ(CodeOf(File("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", four)),
            Code::kDataLoss);
}

}  // namespace
}  // namespace graphrun
