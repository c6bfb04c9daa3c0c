// Rows of the op table for ops/random: shapes, ranges and moments. The numbers themselves are
// compared with TensorFlow's in random_test.cc.
#include "tests/op_cases_random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace graphrun::test {
namespace {

using Check = std::function<void(const std::vector<Tensor>& in, const std::vector<Tensor>& out)>;

// All elements in [low, high); mean and standard deviation near what they should be.
Check Moments(const char* shape, double low, double high, double mean, double deviation) {
  return [=](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
    ASSERT_EQ(out[0].shape(), Shape::Parse(shape));
    const Array a(out[0]);
    double sum = 0, squares = 0;
    for (const double x : a.v) {
      EXPECT_GE(x, low);
      EXPECT_LT(x, high);
      sum += x;
      squares += (x - mean) * (x - mean);
    }
    const double n = static_cast<double>(a.size());
    EXPECT_NEAR(sum / n, mean, 5 * deviation / std::sqrt(n));
    EXPECT_NEAR(std::sqrt(squares / n), deviation, 5 * deviation / std::sqrt(n));
  };
}

OpCase Draws(const char* op, std::vector<OpInput> more, AttrMap attrs, Check check) {
  std::vector<OpInput> inputs = {Ints({60, 70})};
  inputs.insert(inputs.end(), more.begin(), more.end());
  attrs["seed"] = int64_t{7};
  attrs["seed2"] = int64_t{8};
  return {.op = op, .inputs = inputs, .attrs = attrs, .check = check, .types = {DType::kFloat}};
}

// The rows in some order, and not in the order they came.
void ExpectShuffled(const std::vector<Tensor>& in, const std::vector<Tensor>& out) {
  const Array a(in[0]), b(out[0]);
  ASSERT_EQ(a.shape, b.shape);
  EXPECT_NE(a.v, b.v);
  const int64_t inner = a.size() / a.dim(0);
  const auto rows = [inner](const Array& x) {
    std::vector<std::vector<double>> r;
    for (int64_t i = 0; i < x.dim(0); ++i) {
      r.emplace_back(x.v.begin() + i * inner, x.v.begin() + (i + 1) * inner);
    }
    std::sort(r.begin(), r.end());
    return r;
  };
  EXPECT_EQ(rows(a), rows(b));
}

}  // namespace

OpTable RandomCases() {
  OpTable t;
  const double huge = 1e30;
  for (const DType dtype : {DType::kFloat, DType::kDouble}) {
    const AttrMap attrs = {{"dtype", dtype}};
    t.cases.push_back(
        Draws("RandomUniform", {}, attrs, Moments("[60,70]", 0, 1, 0.5, std::sqrt(1 / 12.0))));
    t.cases.push_back(
        Draws("RandomStandardNormal", {}, attrs, Moments("[60,70]", -huge, huge, 0, 1)));
    t.cases.push_back(Draws("TruncatedNormal", {}, attrs, Moments("[60,70]", -2, 2, 0, 0.8796)));
  }
  t.cases.push_back(Draws("RandomUniformInt", {Int(-3), Int(9)}, {},
                          Moments("[60,70]", -3, 9, 2.5, std::sqrt(143 / 12.0))));
  t.cases.push_back({.op = "RandomShuffle", .inputs = {"[17]"}, .check = ExpectShuffled});
  t.cases.push_back({.op = "RandomShuffle", .inputs = {"[17,3,2]"}, .check = ExpectShuffled});
  // Class 1 cannot be drawn; classes 0 and 2 come up in the ratio 1 to 3.
  const double none = -std::numeric_limits<double>::infinity();
  t.cases.push_back(
      {.op = "Multinomial",
       .inputs = {Values("[2,3]", {0, none, std::log(3), std::log(3), none, 0}), Int(3000)},
       .attrs = {{"seed", int64_t{1}}, {"seed2", int64_t{2}}},
       .check = [](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
         ASSERT_EQ(out[0].shape(), (Shape{2, 3000}));
         const auto drawn = out[0].span<int64_t>();
         EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 1), 0);
         EXPECT_NEAR(std::count(drawn.begin(), drawn.begin() + 3000, 2), 2250, 120);
         EXPECT_NEAR(std::count(drawn.begin() + 3000, drawn.end(), 2), 750, 120);
       }});
  t.errors = {
      {"RandomUniformInt", {Ints({2}), Int(4), Int(4)}, "minval 4 must be less than maxval 4"},
      {"Multinomial", {"[2,3]", Fed(Tensor::Scalar<int32_t>(-1))}, "must not be negative"},
  };
  const AttrMap floats = {{"dtype", DType::kFloat}};
  const std::vector<DType> ints = {DType::kInt32, DType::kInt32, DType::kInt32};
  t.shapes = {
      {"RandomUniform", "[2]", "[?,?]", floats, ints},
      {"RandomUniform", "?", "?", floats, ints},
      {"RandomStandardNormal",
       "[2]",
       "[3,4]",
       floats,
       ints,
       {{0, Tensor::Vector<int32_t>({3, 4})}}},
      {"TruncatedNormal", "[3]", "error: dtype", {{"dtype", DType::kInt32}}, ints},
      {"RandomUniformInt", "[1];[2];[]", "error: rank 0", {}, ints},
      {"Multinomial", "[5,?];[]", "[5,?]", {}, {DType::kFloat, DType::kInt32}},
      {"Multinomial", "[5];[]", "error: rank 2", {}, {DType::kFloat, DType::kInt32}},
      {"RandomShuffle", "[5,?]", "[5,?]"},
  };
  AddStatelessCases(&t);
  return t;
}

}  // namespace graphrun::test
