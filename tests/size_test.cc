#include "core/base/size.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <vector>

#include "core/base/per_dim.h"
#include "core/base/tensor.h"
#include "tests/error_of.h"

namespace graphrun {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t k2to61 = int64_t{1} << 61;

TEST(Sizes, FitOrAreRefused) {
  EXPECT_EQ(CheckedMul(k2to61, 3), 3 * k2to61);
  EXPECT_EQ(CheckedMul(2, 3, 5, 7), 210);
  EXPECT_EQ(CheckedAdd(kMax, -1), kMax - 1);
  EXPECT_EQ(CheckedAdd(2, 3, 5), 10);
  EXPECT_EQ(CheckedSub(-1, kMax), kMin);
  for (const auto& wraps : std::vector<std::function<int64_t()>>{
           [] { return CheckedMul(k2to61, 4); }, [] { return CheckedMul(-1, kMin); },
           [] { return CheckedMul(k2to61, 2, 2, 0); }, [] { return CheckedAdd(kMax, 1); },
           [] { return CheckedAdd(kMax, 2, -3); }, [] { return CheckedSub(kMin, 1); }}) {
    Thrown(Code::kInvalidArgument, [&] { wraps(); });
  }
}

TEST(Sizes, DivideRoundedUp) {
  EXPECT_EQ(CeilDiv(7, 3), 3);
  EXPECT_EQ(CeilDiv(6, 3), 2);
  EXPECT_EQ(CeilDiv(0, 3), 0);
  EXPECT_EQ(CeilDiv(-7, 3), -2);
  EXPECT_EQ(CeilDiv(kMax, 2), kMax / 2 + 1);
}

TEST(Sizes, BytesBeyondTheMachineAreRefused) {
  EXPECT_EQ(CheckedBytes(7, DType::kDouble), 56u);
  EXPECT_EQ(CheckedBytes(7, DType::kVariant), 0u);
  for (const int64_t n : {kMax, k2to61, int64_t{1} << 50}) {
    Thrown(Code::kResourceExhausted, [&] { CheckedBytes(n, DType::kFloat); });
    Thrown(Code::kResourceExhausted, [&] { CheckedBytes(n, DType::kString); });
  }
}

TEST(Sizes, TensorsOfHugeShapesAreRefused) {
  for (const DType dtype : {DType::kFloat, DType::kString, DType::kBool}) {
    Thrown(Code::kInvalidArgument, [&] { Tensor(dtype, {k2to61, 8}); });
    Thrown(Code::kInvalidArgument, [&] { Tensor(dtype, {k2to61, 8, 0}); });
    Thrown(Code::kResourceExhausted, [&] { Tensor(dtype, {k2to61}); });
    Thrown(Code::kResourceExhausted, [&] { Tensor(dtype, {kMax}); });
    EXPECT_FALSE(Allocatable(dtype, {k2to61, 8}));
    EXPECT_FALSE(Allocatable(dtype, {k2to61}));
    EXPECT_FALSE(Allocatable(dtype, {3, kUnknownDim}));
    EXPECT_TRUE(Allocatable(dtype, {3, 5}));
    // As in TensorFlow, nothing is multiplied after a dimension of zero.
    EXPECT_EQ(Tensor(dtype, {0, k2to61, 8}).num_elements(), 0);
  }
  const auto pool = BufferPool::Create();
  Thrown(Code::kResourceExhausted, [&] { pool->Allocate(MaxTensorBytes() + 1); });
  Thrown(Code::kResourceExhausted, [&] { pool->Allocate(kMax); });
}

TEST(Shapes, HaveUpTo254Dimensions) {
  Shape shape;
  std::vector<int64_t> dims;
  for (int i = 0; i < Shape::kMaxRank; ++i) {
    shape.Append(i % 7 + 2);
    dims.push_back(i % 7 + 2);
    ASSERT_EQ(shape, Shape(std::span<const int64_t>(dims))) << i;
    ASSERT_EQ(shape[i], i % 7 + 2);
    // Copies and moves between every two kinds of storage.
    for (const Shape& other : {Shape{3, 5}, Shape::UnknownOfRank(20), shape}) {
      Shape a = other;
      a = shape;
      EXPECT_EQ(a, shape);
      const Shape b = std::move(a);
      EXPECT_EQ(b, shape);
      Shape c = shape;
      c = other;
      EXPECT_EQ(c, other);
      c = Shape(shape);
      EXPECT_EQ(c, shape);
      EXPECT_EQ(c.Slice(0, i / 2).rank(), i / 2);
    }
  }
  shape.Set(100, 99);
  EXPECT_EQ(shape[100], 99);
  Thrown(Code::kInvalidArgument, [&] { shape.num_elements(); });
  Thrown(Code::kInvalidArgument, [&] { shape.Append(2); });
  EXPECT_EQ(shape.rank(), Shape::kMaxRank);
  Thrown(Code::kInvalidArgument, [] { Shape::UnknownOfRank(255); });
  Thrown(Code::kInvalidArgument, [] { Shape::UnknownOfRank(int64_t{1} << 40); });
  dims.push_back(2);
  Thrown(Code::kInvalidArgument, [&] { Shape(std::span<const int64_t>(dims)); });
  Thrown(Code::kInvalidArgument, [&] { Concatenate(shape, {2}); });
}

TEST(PerDim, HoldsAnyNumberOfValues) {
  for (const int n : {0, 1, 8, 9, 254}) {
    PerDim<int64_t> values(n);
    for (int i = 0; i < n; ++i) EXPECT_EQ(values[i], 0);
    for (int i = 0; i < n; ++i) values[i] = 3 * i;
    const PerDim<int64_t> moved = std::move(values);
    ASSERT_EQ(moved.size(), n);
    for (int i = 0; i < n; ++i) EXPECT_EQ(moved[i], 3 * i);
  }
}

}  // namespace
}  // namespace graphrun
