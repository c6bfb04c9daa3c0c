// Rows of the op table for ops/index: segments and counts.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/op_cases_index.h"

namespace graphrun::test {
namespace {

using Fold = std::function<double(const std::vector<double>&)>;

double Sum(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum;
}
double Mean(const std::vector<double>& v) { return Sum(v) / static_cast<double>(v.size()); }
double Product(const std::vector<double>& v) {
  double product = 1;
  for (const double x : v) product *= x;
  return product;
}
double Largest(const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); }
double Smallest(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }

// Each element joined from those of the rows with its id, or `none`.
Reference Segments(Fold join, double none) {
  return [=](const Arrays& in) -> Arrays {
    const Array &x = in[0], &ids = in[1];
    const int64_t width = ids.size() > 0 ? x.size() / ids.size() : 0;
    const int64_t n = in.size() > 2 ? in[2].int_at(0)
                      : ids.size()  ? ids.int_at(ids.size() - 1) + 1
                                    : 0;
    Array out(Concatenate({n}, x.shape.From(ids.shape.rank())));
    for (int64_t at = 0; at < out.size(); ++at) {
      std::vector<double> members;
      for (int64_t i = 0; i < ids.size(); ++i) {
        if (ids.int_at(i) == at / width) members.push_back(x.v[i * width + at % width]);
      }
      out.v[at] = members.empty() ? none : join(members);
    }
    return {out};
  };
}

Arrays BincountReference(const Arrays& in) {
  const int64_t size = in[1].int_at(0), rows = in[0].shape.rank() == 2 ? in[0].dim(0) : 1;
  Array out(Concatenate(in[0].shape.Slice(0, in[0].shape.rank() - 1), {size}));
  for (int64_t i = 0; i < in[0].size(); ++i) {
    const int64_t value = in[0].int_at(i), row = i / (in[0].size() / rows);
    if (value < size) out.v[row * size + value] += in[2].size() > 0 ? in[2].v[i] : 1;
  }
  return {out};
}

struct Folded {
  const char* name;
  Fold join;
  double none;
  Domain domain;
  bool linear;
  bool numbers = true;  // the same for integers
};

}  // namespace

void AddSegmentCases(OpTable* t) {
  const std::vector<DType> floats = {DType::kFloat, DType::kDouble};
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  for (const Folded& j :
       std::vector<Folded>{{"SegmentSum", Sum, 0, Domain::kNormal, true},
                           {"SegmentMean", Mean, 0, Domain::kNormal, true, false},
                           {"SegmentProd", Product, 1, Domain::kNonZero, false, false},
                           {"SegmentMax", Largest, 0, Domain::kDistinct, true},
                           {"SegmentMin", Smallest, 0, Domain::kDistinct, true}}) {
    const auto add = [&](const char* label, OpInput data, OpInput ids, bool grad) {
      t->cases.push_back({.op = j.name,
                          .inputs = {data, ids},
                          .label = label,
                          .reference = Segments(j.join, j.none),
                          .grad = grad ? std::vector<int>{0} : std::vector<int>{},
                          .zero_second = j.linear,
                          .types = j.numbers ? numbers : floats});
    };
    add("", {"[6,3]", j.domain}, Int32s("[6]", {0, 0, 1, 1, 1, 4}), true);
    add("vector", {"[4]", j.domain}, Int64s("[4]", {1, 1, 3, 3}), true);
    add("three_dimensions", {"[3,2,4]", j.domain}, Int32s("[3]", {0, 2, 2}), true);
    add("empty", {"[0,3]", j.domain}, Int32s("[0]", {}), false);
    t->errors.push_back({j.name, {"[3,2]", Int32s("[3]", {0, 2, 1})}, "less than the one before"});
    t->errors.push_back({j.name, {"[3,2]", Int32s("[3]", {-1, 2, 1})}, "is negative"});
    const std::vector<DType> types = {DType::kFloat, DType::kInt32};
    t->shapes.push_back({j.name, "[5,?];[?]", "[?,?]", {}, types});
    t->shapes.push_back({j.name, "[5,3];[4]", "error: rows of data", {}, types});
    t->shapes.push_back({j.name, "[];[4]", "error: at least rank 1", {}, types});
  }
  const double huge = 1e300;  // the reference's; the op has its dtype's limit, so none is left over
  for (const Folded& j :
       std::vector<Folded>{{"UnsortedSegmentProd", Product, 1, Domain::kNonZero, false, false},
                           {"UnsortedSegmentMax", Largest, -huge, Domain::kDistinct, true},
                           {"UnsortedSegmentMin", Smallest, huge, Domain::kDistinct, true}}) {
    const auto add = [&](const char* label, OpInput data, OpInput ids, int32_t n) {
      t->cases.push_back({.op = j.name,
                          .inputs = {data, ids, Int(n)},
                          .label = label,
                          .reference = Segments(j.join, j.none),
                          .grad = {0},
                          .zero_second = j.linear,
                          .types = j.numbers ? numbers : floats});
    };
    add("", {"[5,3]", j.domain}, Int32s("[5]", {2, 0, 2, -1, 1}), 3);
    add("two_dimensions", {"[2,3,4]", j.domain}, Int64s("[2,3]", {2, 0, 2, -1, 3, 1}), 4);
  }
  t->cases.push_back({.op = "UnsortedSegmentProd",
                      .inputs = {Values("[2,2]", {3, 0, 5, 4}), Int32s("[2]", {0, 0}), Int(3)},
                      .label = "zero",
                      .reference = Segments(Product, 1),
                      .types = numbers});
  for (const DType type : numbers) {
    t->cases.push_back({.op = "UnsortedSegmentMax",
                        .inputs = {Fed(Tensor(type, {0, 2})), Int32s("[0]", {}), Int(3)},
                        .label = "empty",
                        .check =
                            [](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
                              ASSERT_EQ(out[0].shape(), (Shape{3, 2}));
                              ForNumeric(out[0].dtype(), [&](auto z) {
                                using T = decltype(z);
                                for (const T x : out[0].span<T>()) {
                                  EXPECT_EQ(x, std::numeric_limits<T>::lowest());
                                }
                              });
                            },
                        .types = {type}});
  }
  t->errors.push_back(
      {"UnsortedSegmentMax", {"[2,3]", Int32s("[2]", {0, 4}), Int(4)}, "is not in [0, 4)"});

  const OpInput none = Values("[0]", {});
  const auto count = [&](const char* op, const char* label, std::vector<OpInput> inputs) {
    t->cases.push_back({.op = op,
                        .inputs = std::move(inputs),
                        .label = label,
                        .reference = BincountReference,
                        .types = numbers});
  };
  const OpInput vector = Int32s("[7]", {0, 3, 3, 9, 1, 3, 0});
  const OpInput matrix = Int64s("[2,4]", {0, 3, 3, 9, 1, 3, 0, 1});
  const OpInput five = Constant(Tensor::Scalar<int64_t>(5));
  count("DenseBincount", "", {vector, Int(5), none});
  count("DenseBincount", "weights", {vector, Int(5), "[7]"});
  count("DenseBincount", "matrix", {matrix, five, none});
  count("DenseBincount", "matrix_weights", {matrix, five, "[2,4]"});
  count("DenseBincount", "empty", {Int32s("[0]", {}), Int(5), none});
  count("Bincount", "", {vector, Int(5), none});
  count("Bincount", "weights", {vector, Int(5), "[7]"});
  t->cases.push_back({.op = "DenseBincount",
                      .inputs = {matrix, five, none},
                      .attrs = {{"binary_output", true}},
                      .label = "binary",
                      .expected = {Array("[2,5]", {1, 0, 0, 1, 0, 1, 1, 0, 1, 0})},
                      .types = numbers});
  t->errors.push_back({"DenseBincount", {Int32s("[2]", {1, -1}), Int(5), none}, "not be negative"});
  t->errors.push_back({"Bincount", {Int32s("[2]", {1, -1}), Int(5), none}, "not be negative"});
  t->errors.push_back({"Bincount", {vector, Int(5), "[3]"}, "weights of shape [3]"});
  const std::vector<DType> counted = {DType::kInt32, DType::kInt32, DType::kFloat};
  const std::pair<int, Tensor> size = {1, Tensor::Scalar<int32_t>(5)};
  t->shapes.push_back({"DenseBincount", "[?,7];[];[0]", "[?,5]", {}, counted, {size}});
  t->shapes.push_back(
      {"DenseBincount", "[2,3,4];[];[0]", "error: vector or a matrix", {}, counted});
  t->shapes.push_back({"Bincount", "[7];[];[0]", "[?]", {}, counted});
}

}  // namespace graphrun::test
