// Rows of the op table for ops/index: the largest, the distinct, the missing, and sorted places.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/op_cases_index.h"

namespace graphrun::test {
namespace {

// Values and indices of the `count` largest of each row.
Reference Largest(int64_t count) {
  return [count](const Arrays& in) -> Arrays {
    const Array& x = in[0];
    const int64_t n = x.dim(x.shape.rank() - 1);
    Shape shape = x.shape;
    shape.Set(shape.rank() - 1, count);
    Array values(shape), indices(shape);
    for (int64_t row = 0; row < x.size() / n; ++row) {
      std::vector<int64_t> order(n);
      for (int64_t i = 0; i < n; ++i) order[i] = i;
      std::stable_sort(order.begin(), order.end(),
                       [&](int64_t a, int64_t b) { return x.v[row * n + a] > x.v[row * n + b]; });
      for (int64_t i = 0; i < count; ++i) {
        values.v[row * count + i] = x.v[row * n + order[i]];
        indices.v[row * count + i] = static_cast<double>(order[i]);
      }
    }
    return {values, indices};
  };
}

// Distinct elements of a vector, the number of each element among them, and how often they occur.
Arrays Distinct(const Arrays& in) {
  std::vector<double> y, numbers, counts;
  for (const double v : in[0].v) {
    const auto at = std::find(y.begin(), y.end(), v) - y.begin();
    if (at == static_cast<int64_t>(y.size())) {
      y.push_back(v);
      counts.push_back(0);
    }
    numbers.push_back(static_cast<double>(at));
    ++counts[at];
  }
  const int64_t n = static_cast<int64_t>(y.size());
  return {Array(Shape{n}, y), Array(in[0].shape, numbers), Array(Shape{n}, counts)};
}

Arrays Missing(const Arrays& in) {
  std::vector<double> left, at;
  for (int64_t i = 0; i < in[0].size(); ++i) {
    if (std::find(in[1].v.begin(), in[1].v.end(), in[0].v[i]) != in[1].v.end()) continue;
    left.push_back(in[0].v[i]);
    at.push_back(static_cast<double>(i));
  }
  const int64_t n = static_cast<int64_t>(left.size());
  return {Array(Shape{n}, left), Array(Shape{n}, at)};
}

OpInput Strings(std::vector<std::string> values) { return Fed(Tensor::Vector(values)); }

void AddTopK(OpTable* t, const std::vector<DType>& numbers) {
  const OpInput ties = Values("[2,6]", {3, -1, 3, 5, 5, 0, 2, 2, 2, 2, 2, 2});
  for (const int count : {1, 4, 6}) {
    const std::string label = "of_6_" + std::to_string(count);
    t->cases.push_back({.op = "TopKV2",
                        .inputs = {ties, Int(count)},
                        .label = label,
                        .reference = Largest(count),
                        .types = numbers});
    t->cases.push_back({.op = "TopK",
                        .inputs = {ties},
                        .attrs = {{"k", int64_t{count}}},
                        .label = label,
                        .reference = Largest(count),
                        .types = numbers});
  }
  for (const char* shape : {"[7]", "[3,5]", "[2,3,4]"}) {
    const std::string label = "rank_" + std::to_string(Shape::Parse(shape).rank());
    t->cases.push_back({.op = "TopKV2",
                        .inputs = {{shape, Domain::kDistinct}, Int(3)},
                        .label = label,
                        .reference = Largest(3),
                        .grad = {0},
                        .zero_second = true,
                        .grad_outputs = {0}});
    t->cases.push_back({.op = "TopK",
                        .inputs = {{shape, Domain::kDistinct}},
                        .attrs = {{"k", int64_t{3}}},
                        .label = label,
                        .reference = Largest(3),
                        .grad = {0},
                        .zero_second = true,
                        .grad_outputs = {0}});
  }
  t->cases.push_back({.op = "TopKV2",
                      .inputs = {"[200,301]", Fed(Tensor::Scalar<int64_t>(20))},
                      .attrs = {{"index_type", DType::kInt64}},
                      .label = "large",
                      .reference = Largest(20)});
  const std::vector<DType> types = {DType::kFloat, DType::kInt32};
  const auto k = [](int32_t n) { return std::pair<int, Tensor>(1, Tensor::Scalar(n)); };
  t->shapes.push_back({"TopKV2", "[?,5];[]", "[?,3];[?,3]", {}, types, {k(3)}});
  t->shapes.push_back({"TopKV2", "[?,5];[]", "[?,?];[?,?]", {}, types});
  t->shapes.push_back({"TopKV2", "[2,5];[]", "error: at least k = 6", {}, types, {k(6)}});
  t->shapes.push_back({"TopKV2", "[2,5];[]", "error: k is -1", {}, types, {k(-1)}});
  t->shapes.push_back({"TopKV2", "[];[]", "error: at least rank 1", {}, types, {k(1)}});
  t->shapes.push_back({"TopK", "[2,5]", "error: at least k = 6", {{"k", int64_t{6}}}});

  const double inf = std::numeric_limits<double>::infinity();
  const OpInput predictions =
      Values("[5,4]", {1, 3, 2, 3, 1, 3, 2, 0, 4, 4, 4, 4, 1, 2, 3, 4, 1, inf, 2, 3});
  const OpInput targets = Int64s("[5]", {3, 0, 2, 4, 3});
  const Array two("[5]", {1, 0, 1, 0, 0});
  const std::vector<DType> floats = {DType::kFloat};
  t->cases.push_back({.op = "InTopKV2",
                      .inputs = {predictions, targets, Constant(Tensor::Scalar<int64_t>(2))},
                      .expected = {two},
                      .types = floats});
  t->cases.push_back({.op = "InTopK",
                      .inputs = {predictions, targets},
                      .attrs = {{"k", int64_t{2}}},
                      .expected = {two},
                      .types = floats});
  t->shapes.push_back({"InTopK",
                       "[5,4];[6]",
                       "error: rows of predictions",
                       {{"k", int64_t{2}}},
                       {DType::kFloat, DType::kInt32}});
}

}  // namespace

void AddSelectionCases(OpTable* t) {
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  AddTopK(t, numbers);

  const OpInput repeats = Values("[7]", {3, 1, 3, -2, 1, 0, 3});
  const OpInput no_axis = Constant(Tensor(DType::kInt64, {0}));
  const auto axis = [](int64_t at) { return Constant(Tensor::Vector<int64_t>({at})); };
  const auto distinct = [&](const char* op, const char* label, std::vector<OpInput> inputs,
                            bool counts) {
    t->cases.push_back({.op = op,
                        .inputs = std::move(inputs),
                        .label = label,
                        .reference =
                            [counts](const Arrays& in) {
                              Arrays out = Distinct(in);
                              out.resize(counts ? 3 : 2);
                              return out;
                            },
                        .types = numbers});
  };
  distinct("UniqueWithCounts", "", {repeats}, true);
  distinct("UniqueWithCounts", "empty", {Values("[0]", {})}, true);
  distinct("UniqueV2", "vector", {repeats, no_axis}, false);
  distinct("UniqueWithCountsV2", "vector", {repeats, axis(-1)}, true);
  const OpInput columns = Values("[2,4]", {1, 0, 1, 1, 2, 0, 2, 0});
  t->cases.push_back({.op = "UniqueWithCountsV2",
                      .inputs = {columns, axis(1)},
                      .label = "columns",
                      .expected = {Array("[2,3]", {1, 0, 1, 2, 0, 0}), Array("[4]", {0, 1, 0, 2}),
                                   Array("[3]", {2, 1, 1})},
                      .types = numbers});
  t->cases.push_back({.op = "UniqueV2",
                      .inputs = {Values("[3,2]", {1, 2, 0, 0, 1, 2}), axis(0)},
                      .label = "rows",
                      .expected = {Array("[2,2]", {1, 2, 0, 0}), Array("[3]", {0, 1, 0})},
                      .types = numbers});
  t->errors.push_back({"UniqueV2", {"[2,3]", no_axis}, "rank 1"});
  const std::vector<DType> along = {DType::kFloat, DType::kInt64};
  t->shapes.push_back({"UniqueWithCounts", "[7]", "[?];[7];[?]"});
  t->shapes.push_back({"UniqueV2", "[7,3];[1]", "?;[?]", {}, along});
  t->shapes.push_back(
      {"UniqueV2", "[7,3];[1]", "[7,?];[3]", {}, along, {{1, Tensor::Vector<int64_t>({1})}}});
  t->shapes.push_back({"UniqueV2", "[7,3];[2]", "error: at most one element", {}, along});

  t->cases.push_back({.op = "ListDiff",
                      .inputs = {repeats, Values("[3]", {1, 9, 1})},
                      .reference = Missing,
                      .types = numbers});
  t->cases.push_back({.op = "ListDiff",
                      .inputs = {repeats, Values("[0]", {})},
                      .attrs = {{"out_idx", DType::kInt64}},
                      .label = "from_nothing",
                      .reference = Missing,
                      .types = numbers});
  t->cases.push_back({.op = "ListDiff",
                      .inputs = {Strings({"a", "b", "a", "c"}), Strings({"b"})},
                      .label = "strings",
                      .check = [](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
                        ASSERT_EQ(out[0].num_elements(), 3);
                        EXPECT_EQ(out[0].data<std::string>()[2], "c");
                        EXPECT_EQ(out[1].int_at(2), 3);
                      }});
  t->shapes.push_back({"ListDiff", "[5];[2]", "[?];[?]"});
  t->shapes.push_back({"ListDiff", "[5,2];[2]", "error: rank 1"});

  const OpInput sorted = Values("[2,4]", {1, 2, 2, 5, -3, 0, 1, 1});
  const OpInput wanted = Values("[2,3]", {2, 0, 9, 1, -3, -4});
  t->cases.push_back({.op = "LowerBound",
                      .inputs = {sorted, wanted},
                      .expected = {Array("[2,3]", {1, 0, 4, 2, 0, 0})},
                      .types = numbers});
  t->cases.push_back({.op = "UpperBound",
                      .inputs = {sorted, wanted},
                      .attrs = {{"out_type", DType::kInt64}},
                      .expected = {Array("[2,3]", {3, 0, 4, 4, 1, 0})},
                      .types = numbers});
  t->shapes.push_back({"LowerBound", "[2,4];[3,5]", "error: rows of sorted_inputs"});
}

}  // namespace graphrun::test
