#include "core/base/tensor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/error_of.h"

namespace graphrun {
namespace {

TEST(Tensor, CopiesShareTheirBuffer) {
  Tensor a = Tensor::Vector<float>({1, 2, 3});
  EXPECT_TRUE(a.unique());
  const Tensor b = a;
  EXPECT_FALSE(a.unique());
  EXPECT_EQ(a.raw(), b.raw());
  EXPECT_NE(a.Copy().raw(), a.raw());
}

TEST(Tensor, AViewDoesNotOwnItsMemory) {
  std::vector<float> memory = {1, 2, 3, 4, 5, 6};
  const Tensor view = Tensor::View(DType::kFloat, {2, 3}, memory.data());
  EXPECT_FALSE(view.owning());
  EXPECT_FALSE(view.unique());
  const Tensor own = view.Own(nullptr);
  memory[0] = 9;
  EXPECT_EQ(own.data<float>()[0], 1);
  EXPECT_EQ(view.data<float>()[0], 9);
}

TEST(Tensor, ReadingAsAnotherTypeIsAnError) {
  EXPECT_THROW(Tensor::Scalar(1.0f).data<double>(), Error);
}

TEST(Tensor, NumbersOfEveryTypeAreRead) {
  const auto bits = [](DType dtype, std::vector<uint16_t> values) {
    Tensor t(dtype, {static_cast<int64_t>(values.size())});
    std::memcpy(t.raw(), values.data(), t.bytes());
    return t;
  };
  const Tensor half = bits(DType::kHalf, {0x3c00, 0xc500, 0x0001, 0x7c00, 0x7e00});
  EXPECT_EQ(half.number_at(0), 1);
  EXPECT_EQ(half.number_at(1), -5);
  EXPECT_EQ(half.number_at(2), std::ldexp(1, -24));
  EXPECT_TRUE(std::isinf(half.number_at(3)));
  EXPECT_TRUE(std::isnan(half.number_at(4)));
  EXPECT_EQ(bits(DType::kBFloat16, {0x4049}).number_at(0), 3.140625);
  EXPECT_EQ(Tensor::Vector<int8_t>({-3, 5}).number_at(0), -3);
  EXPECT_EQ(Tensor::Vector<uint16_t>({3, 65535}).number_at(1), 65535);
}

TEST(Tensor, ElementsOfEveryTypeArePrinted) {
  EXPECT_EQ(Tensor::Vector<int8_t>({-3, 65}).ToString(), "int8[2]: -3 65");
  EXPECT_EQ(Tensor::Scalar(true).ToString(), "bool[]: true");
  EXPECT_EQ(Tensor::Scalar(Half(1.5f)).ToString(), "float16[]: 1.500000");
  EXPECT_EQ(Tensor::Vector<uint32_t>({7, 4294967295u}).ToString(), "uint32[2]: 7 4294967295");
  EXPECT_EQ(Tensor::Scalar<uint64_t>(18446744073709551615u).ToString(),
            "uint64[]: 18446744073709551615");
  EXPECT_EQ(Tensor::Vector<int64_t>({-9223372036854775807}).ToString(),
            "int64[1]: -9223372036854775807");
}

TEST(Tensor, OfSaysBothNumbersWhenTheyDiffer) {
  EXPECT_EQ(MessageOf(Code::kInvalidArgument,
                      [] {
                        Tensor::Of<float>({1, 2, 3}, {2, 4});
                      }),
            "Tensor::Of: 3 values for shape [2,4], which has 8 elements");
}

TEST(BufferPool, GivesRecycledMemoryOfAtLeastTheSize) {
  const auto pool = BufferPool::Create();
  for (size_t bytes = 1; bytes < 100000; bytes += 1 + bytes / 7) {
    const void* first;
    {
      const RefPtr<MemoryBuffer> a = pool->Allocate(bytes);
      EXPECT_GE(a->capacity(), bytes);
      EXPECT_LE(a->capacity(), bytes + bytes / 4 + 2 * kAlignment);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(a->data()) % kAlignment, 0u);
      first = a->data();
    }
    EXPECT_EQ(pool->Allocate(bytes)->data(), first);
  }
}

TEST(BufferPool, BuffersMayOutliveIt) {
  Tensor t;
  {
    const auto pool = BufferPool::Create();
    t = Tensor(DType::kFloat, {5}, pool.get());
  }
  t.data<float>()[4] = 1;
}

TEST(Shapes, BroadcastAsNumPy) {
  EXPECT_EQ(Broadcast({2, 1, 3}, {4, 1}), (Shape{2, 4, 3}));
  EXPECT_EQ(Broadcast(Shape::Parse("[?,3]"), Shape::Parse("[5,1]")), (Shape{5, 3}));
  EXPECT_EQ(Broadcast(Shape::Parse("[?,3]"), {3}).ToString(), "[?,3]");
  EXPECT_THROW(Broadcast({2}, {3}), Error);
}

TEST(Shapes, MergeAndGeneralize) {
  EXPECT_EQ(Merge(Shape::Parse("[?,3]"), Shape::Parse("[2,?]")), (Shape{2, 3}));
  EXPECT_EQ(Generalize({2, 3}, {2, 4}).ToString(), "[2,?]");
  EXPECT_EQ(Generalize({2, 3}, {2}).ToString(), "?");
  EXPECT_THROW(Merge({2}, {3}), Error);
  EXPECT_THROW(Shape::Parse("[2,x]"), Error);
}

TEST(Errors, HaveACauseAndAChain) {
  try {
    WithContext([] { return "while testing"; }, [] { ThrowInvalid("no good"); });
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_STREQ(e.what(), "INVALID_ARGUMENT: no good\n  while testing");
  }
  EXPECT_EQ(DidYouMean("kernal", {"kernel", "bias"}), "; did you mean 'kernel'?");
  EXPECT_EQ(DidYouMean("cost", {"model/cost", "model/lr"}), "; did you mean 'model/cost'?");
  EXPECT_EQ(DidYouMean("xyz", {"kernel"}), "");
}

}  // namespace
}  // namespace graphrun
