#include "core/import/tensor_proto.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/size.h"
#include "proto/tensor.pb.h"
#include "proto/tensor_shape.pb.h"

namespace graphrun {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor_content is little endian");

template <typename T>
constexpr bool kByBits = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// The typed field in which a TensorProto has elements of type T: of a constant one to be read, else
// to be changed.
template <typename T, typename Proto>
auto& Field(Proto& p) {
#define GRAPHRUN_FIELD(name)              \
  if constexpr (std::is_const_v<Proto>) { \
    return p.name();                      \
  } else {                                \
    return *p.mutable_##name();           \
  }
  if constexpr (std::is_same_v<T, float>) {
    GRAPHRUN_FIELD(float_val)
  } else if constexpr (std::is_same_v<T, double>) {
    GRAPHRUN_FIELD(double_val)
  } else if constexpr (std::is_same_v<T, bool>) {
    GRAPHRUN_FIELD(bool_val)
  } else if constexpr (kByBits<T>) {
    GRAPHRUN_FIELD(half_val)
  } else if constexpr (std::is_same_v<T, int64_t>) {
    GRAPHRUN_FIELD(int64_val)
  } else if constexpr (std::is_same_v<T, uint64_t>) {
    GRAPHRUN_FIELD(uint64_val)
  } else if constexpr (std::is_same_v<T, uint32_t>) {
    GRAPHRUN_FIELD(uint32_val)
  } else {
    static_assert(std::is_same_v<Compute<T>, int32_t>);
    GRAPHRUN_FIELD(int_val)
  }
#undef GRAPHRUN_FIELD
}

// Elements of a typed field, the last one repeated as often as the shape asks.
template <typename T, typename Values>
void Fill(const Values& values, Tensor* out) {
  const int64_t n = out->num_elements();
  T* to = out->data<T>();
  const int64_t given = std::min<int64_t>(n, values.size());
  for (int64_t i = 0; i < given; ++i) {
    if constexpr (kByBits<T>) {
      to[i] = T::FromBits(static_cast<uint16_t>(values[static_cast<int>(i)]));
    } else {
      to[i] = static_cast<T>(values[static_cast<int>(i)]);
    }
  }
  const T last = given > 0 ? to[given - 1] : T{};
  std::fill(to + given, to + n, last);
}

// TensorFlow's C++ packs strings as all their lengths, then all their bytes.
void UnpackStrings(std::string_view content, Tensor* out) {
  const auto fail = [] { ThrowInvalid("the packed strings of a tensor end too early"); };
  std::vector<uint64_t> lengths;
  for (int64_t i = 0; i < out->num_elements(); ++i) {
    uint64_t length = 0;
    for (int shift = 0;; shift += 7) {
      if (content.empty() || shift > 63) fail();
      const auto byte = static_cast<uint8_t>(content.front());
      content.remove_prefix(1);
      length |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    lengths.push_back(length);
  }
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] > content.size()) fail();
    out->data<std::string>()[i] = std::string(content.substr(0, lengths[i]));
    content.remove_prefix(lengths[i]);
  }
}

Tensor StringsFromProto(const pb::TensorProto& proto, const Shape& shape, int64_t n,
                        ImportBudget* budget) {
  const std::string& content = proto.tensor_content();
  if (!content.empty()) {
    if (n > static_cast<int64_t>(content.size())) {
      ThrowInvalid("the packed strings of a tensor end too early");
    }
    Tensor out(DType::kString, shape);
    UnpackStrings(content, &out);
    return out;
  }
  const int64_t given = std::min<int64_t>(n, proto.string_val_size());
  const size_t each = sizeof(std::string) + (given > 0 ? proto.string_val(given - 1).size() : 0);
  budget->Take(static_cast<int64_t>(CheckedBytes(n - given, each)));
  Tensor out(DType::kString, shape);
  std::string* to = out.data<std::string>();
  for (int64_t i = 0; i < n; ++i) {
    if (given > 0) to[i] = proto.string_val(static_cast<int>(std::min(i, given - 1)));
  }
  return out;
}

bool AllEqual(const char* bytes, size_t size, int64_t n) {
  // Every element equals its neighbour exactly when the bytes equal themselves one element later.
  return n > 1 && std::memcmp(bytes, bytes + size, (n - 1) * size) == 0;
}

}  // namespace

void ImportBudget::Take(int64_t bytes) {
  if (bytes > left_) {
    throw Error(Code::kResourceExhausted, "the file asks for " + std::to_string(bytes) +
                                              " bytes of repeated values, and " +
                                              std::to_string(left_) + " are left of its limit");
  }
  left_ -= bytes;
}

Shape ShapeFromProto(const pb::TensorShapeProto& proto) {
  if (proto.unknown_rank()) return Shape::Unknown();
  Shape shape;
  for (const auto& dim : proto.dim()) {
    if (dim.size() < kUnknownDim)
      ThrowInvalid("dimension " + std::to_string(dim.size()) + " is negative");
    shape.Append(dim.size());
  }
  int64_t n = 1;
  for (int64_t d : shape.dims()) {
    if (d < 0) break;  // as TensorFlow, which knows no number of elements from here on
    n = CheckedMul(n, d);
  }
  return shape;
}

void ShapeToProto(const Shape& shape, pb::TensorShapeProto* proto) {
  if (!shape.known_rank()) return proto->set_unknown_rank(true);
  for (int64_t d : shape.dims()) proto->add_dim()->set_size(d);
}

Tensor TensorFromProto(const pb::TensorProto& proto, ImportBudget* budget) {
  const auto dtype = static_cast<DType>(proto.dtype());
  const Shape shape = ShapeFromProto(proto.tensor_shape());
  if (!shape.fully_known()) {
    ThrowInvalid("a tensor has the partial shape " + shape.ToString());
  }
  const int64_t n = shape.num_elements();
  if (dtype == DType::kString) return StringsFromProto(proto, shape, n, budget);
  const auto size = static_cast<int64_t>(DTypeSize(dtype));
  if (size == 0) {
    throw Error(Code::kUnimplemented, "a tensor of type " + pb::DataType_Name(proto.dtype()) +
                                          " in a file is not supported");
  }
  const int64_t bytes = CheckedMul(n, size);
  const std::string& content = proto.tensor_content();
  if (!content.empty()) {
    if (static_cast<int64_t>(content.size()) != bytes) {
      ThrowInvalid("a tensor " + std::string(DTypeName(dtype)) + shape.ToString() + " has " +
                   std::to_string(content.size()) + " bytes of content, not " +
                   std::to_string(bytes));
    }
    Tensor out(dtype, shape);
    if (dtype == DType::kBool) {  // any other byte in a bool is undefined behaviour
      std::transform(content.begin(), content.end(), out.data<bool>(),
                     [](char c) { return c != 0; });
    } else {
      std::memcpy(out.raw(), content.data(), bytes);
    }
    return out;
  }
  Tensor out;
  ForPlain(dtype, [&](auto zero) {
    const auto& values = Field<decltype(zero)>(proto);
    budget->Take(CheckedMul(std::max<int64_t>(0, n - values.size()), size));
    out = Tensor(dtype, shape);
    Fill<decltype(zero)>(values, &out);
  });
  return out;
}

void TensorToProto(const Tensor& tensor, pb::TensorProto* proto) {
  proto->set_dtype(static_cast<pb::DataType>(tensor.dtype()));
  ShapeToProto(tensor.shape(), proto->mutable_tensor_shape());
  const int64_t n = tensor.num_elements();
  if (n == 0) return;
  if (tensor.dtype() == DType::kString) {
    for (const std::string& s : tensor.span<std::string>()) proto->add_string_val(s);
    return;
  }
  const size_t size = DTypeSize(tensor.dtype());
  Check(size > 0, "TensorToProto: numeric, bool or string");
  const auto* bytes = static_cast<const char*>(tensor.raw());
  if (n == 1 || AllEqual(bytes, size, n)) {
    ForPlain(tensor.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T value = tensor.data<T>()[0];
      if constexpr (kByBits<T>) {
        Field<T>(*proto).Add(value.bits());
      } else {
        Field<T>(*proto).Add(value);
      }
    });
  } else {
    proto->set_tensor_content(bytes, tensor.bytes());
  }
}

}  // namespace graphrun
