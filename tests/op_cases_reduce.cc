// Rows of the op table for ops/reduce.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

using Joiner = std::function<double(double, double)>;

// All elements of in[0] over the axes in in[1], joined one after the other from `start`.
Reference Joined(double start, Joiner join, bool keep_dims, bool mean = false) {
  return [=](const Arrays& in) -> Arrays {
    const Array& x = in[0];
    std::vector<bool> reduced(x.shape.rank());
    for (int64_t i = 0; i < in[1].size(); ++i) {
      const int64_t axis = in[1].int_at(i);
      reduced[axis < 0 ? axis + x.shape.rank() : axis] = true;
    }
    Shape kept, shape;
    double count = 1;
    for (int i = 0; i < x.shape.rank(); ++i) {
      kept.Append(reduced[i] ? 1 : x.dim(i));
      if (!reduced[i] || keep_dims) shape.Append(kept[i]);
      if (reduced[i]) count *= static_cast<double>(x.dim(i));
    }
    Array out{kept};
    std::fill(out.v.begin(), out.v.end(), start);
    for (auto p : Positions(x.shape)) {
      const double v = x.at(p);
      for (size_t i = 0; i < p.size(); ++i) {
        if (reduced[i]) p[i] = 0;
      }
      out.at(p) = join(out.at(p), v);
    }
    if (mean) {
      for (double& v : out.v) v /= count;
    }
    return {Array(shape, out.v)};
  };
}

struct Kind {
  const char* op;
  double start;
  Joiner join;
  bool linear;
};

// y[i] = join of x before (or after) i along an axis.
Reference Running(int axis, bool exclusive, bool reverse, bool product) {
  return [=](const Arrays& in) -> Arrays {
    Array y = in[0];
    for (const auto& p : Positions(y.shape)) {
      double all = product ? 1 : 0;
      for (int64_t i = 0; i < y.dim(axis); ++i) {
        const bool before = reverse ? i > p[axis] : i < p[axis];
        if (!before && (exclusive || i != p[axis])) continue;
        auto q = p;
        q[axis] = i;
        all = product ? all * in[0].at(q) : all + in[0].at(q);
      }
      y.at(p) = all;
    }
    return {y};
  };
}

Reference Position(int axis, bool max) {
  return [=](const Arrays& in) -> Arrays {
    const Shape& x = in[0].shape;
    const int a = axis < 0 ? axis + x.rank() : axis;
    Array y{Concatenate(x.Slice(0, a), x.From(a + 1))};
    for (const auto& p : Positions(y.shape)) {
      auto q = p;
      q.insert(q.begin() + a, 0);
      double best = in[0].at(q);
      for (int64_t i = 1; i < x[a]; ++i) {
        q[a] = i;
        if (max ? in[0].at(q) > best : in[0].at(q) < best) {
          best = in[0].at(q);
          y.at(p) = static_cast<double>(i);
        }
      }
    }
    return {y};
  };
}

void AddReductions(OpTable* t) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Kind kinds[] = {
      {"Sum", 0, std::plus<double>(), true},
      {"Mean", 0, std::plus<double>(), true},
      {"Prod", 1, std::multiplies<double>(), false},
      {"Max", -kInfinity, [](double a, double b) { return std::max(a, b); }, true},
      {"Min", kInfinity, [](double a, double b) { return std::min(a, b); }, true},
  };
  struct Axes {
    const char *shape, *label;
    std::vector<int32_t> axes;
    bool large = false;
  };
  const Axes all_axes[] = {
      {"[2,3,4]", "all", {0, 1, 2}},
      {"[2,3,4]", "last", {-1}},
      {"[2,3,4]", "first", {0}},
      {"[2,3,4]", "middle", {1}},
      {"[2,3,4]", "outer", {2, 0}},
      {"[2,3,4]", "none", {}},
      {"[2,3,2,4]", "mixed", {-4, 2}},
      {"[2,1,3]", "ones", {1}},
      {"[]", "scalar", {}},
      {"[300,700]", "large_all", {0, 1}, true},
      {"[300,700]", "large_last", {1}, true},
      {"[300,700]", "large_first", {0}, true},
      {"[3,70001]", "long_rows", {1}, true},
      {"[70001,3]", "long_columns", {0}, true},
      {"[7,300,130]", "large_middle", {1}, true},
  };
  for (const Kind& kind : kinds) {
    const bool mean = std::string(kind.op) == "Mean", prod = std::string(kind.op) == "Prod";
    for (const Axes& a : all_axes) {
      if (prod && a.large) continue;
      for (const bool keep_dims : {false, true}) {
        if (keep_dims && a.large) continue;
        // Distinct elements where a tie would have no derivative.
        const Domain domain = prod              ? Domain::kNonZero
                              : kind.start != 0 ? Domain::kDistinct
                                                : Domain::kNormal;
        OpCase c{.op = kind.op,
                 .inputs = {{a.shape, a.large && kind.start != 0 ? Domain::kNormal : domain},
                            Ints(a.axes)},
                 .attrs = {{"keep_dims", keep_dims}},
                 .label = std::string(a.label) + (keep_dims ? "_kept" : ""),
                 .reference = Joined(kind.start, kind.join, keep_dims, mean),
                 .zero_second = kind.linear,
                 .unknown_shapes = !prod};
        if (!a.large) c.grad = {0};
        if (!mean) c.types.push_back(DType::kInt64);
        // A product of one factor is linear.
        if (prod && (a.axes.empty() || std::string(a.label) == "ones")) c.zero_second = true;
        t->cases.push_back(c);
      }
    }
    t->cases.push_back({.op = kind.op,
                        .inputs = {"[2,0,3]", Ints({1})},
                        .label = "of_nothing",
                        .reference = Joined(kind.start, kind.join, false, mean)});
    t->cases.push_back({.op = kind.op,
                        .inputs = {"[0,3]", Ints({1})},
                        .label = "empty",
                        .reference = Joined(kind.start, kind.join, false, mean)});
    if (!prod) {  // axes that are known only in the run
      t->cases.push_back(
          {.op = kind.op,
           .inputs = {{"[2,3,4]", kind.start != 0 ? Domain::kDistinct : Domain::kNormal},
                      Fed(Tensor::Vector<int32_t>({0, -1}))},
           .label = "fed_axes",
           .reference = Joined(kind.start, kind.join, false, mean),
           .grad = {0},
           .zero_second = true});
    }
    t->shapes.push_back(
        {kind.op, "[2,?,4];[1]", "[2,?]", {}, {}, {{1, Tensor::Vector<int32_t>({-1})}}});
    t->shapes.push_back(
        {kind.op, "[2,?,4];[]", "[2,4]", {}, {}, {{1, Tensor::Scalar<int32_t>(1)}}});
    t->shapes.push_back({kind.op,
                         "[2,3];[1]",
                         "[2,1]",
                         {{"keep_dims", true}},
                         {},
                         {{1, Tensor::Vector<int32_t>({1})}}});
    t->shapes.push_back({kind.op, "[2,3];[1]", "?", {}, {DType::kFloat, DType::kInt32}});
    t->shapes.push_back(
        {kind.op, "[2,3];[1]", "[?,?]", {{"keep_dims", true}}, {DType::kFloat, DType::kInt32}});
    t->shapes.push_back({kind.op,
                         "[2,3];[1]",
                         "error: axis 2 is out of range",
                         {},
                         {},
                         {{1, Tensor::Vector<int32_t>({2})}}});
    t->shapes.push_back({kind.op,
                         "[2,3];[2]",
                         "error: occurs twice",
                         {},
                         {},
                         {{1, Tensor::Vector<int32_t>({1, -1})}}});
    t->errors.push_back(
        {kind.op, {"[2,3]", Fed(Tensor::Scalar<int32_t>(-3))}, "axis -3 is out of range"});
  }
  // A zero among the factors: the others' product is its gradient.
  t->cases.push_back({.op = "Prod",
                      .inputs = {Values("[2,3]", {1.5, 0, 2, 0, 3, 0}), Ints({1})},
                      .label = "zeros",
                      .reference = Joined(1, std::multiplies<double>(), false),
                      .grad = {0},
                      .second = false,
                      .unknown_shapes = false});
  const double nan = std::nan("");
  t->cases.push_back({.op = "Max",
                      .inputs = {Values("[2,2]", {1, nan, nan, 1}), Ints({1})},
                      .label = "nan",
                      .expected = {Array("[2]", {nan, nan})}});
  for (const bool all : {true, false}) {
    const char* op = all ? "All" : "Any";
    const Joiner join = [all](double a, double b) { return all ? std::min(a, b) : std::max(a, b); };
    for (const auto& [shape, label, axes] : {std::tuple{"[2,3]", "last", std::vector<int32_t>{1}},
                                             {"[2,3]", "first", {0}},
                                             {"[2,3]", "all", {0, 1}},
                                             {"[0,3]", "of_nothing", {0}},
                                             {"[100,501]", "large", {0}}}) {
      t->cases.push_back({.op = op,
                          .inputs = {{shape, Domain::kBool, DType::kBool}, Ints(axes)},
                          .label = label,
                          .reference = Joined(all ? 1 : 0, join, false)});
    }
    t->shapes.push_back(
        {op, "[2,3];[1]", "[3]", {}, {DType::kBool}, {{1, Tensor::Vector<int32_t>({0})}}});
    t->shapes.push_back({op,
                         "[2,3];[1]",
                         "error: out of range",
                         {},
                         {DType::kBool},
                         {{1, Tensor::Vector<int32_t>({2})}}});
  }
}

}  // namespace

OpTable ReduceCases() {
  OpTable t;
  AddReductions(&t);
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  for (const bool max : {true, false}) {
    const char* op = max ? "ArgMax" : "ArgMin";
    for (const int axis : {0, 1, -1}) {
      t.cases.push_back({.op = op,
                         .inputs = {{"[3,4,5]", Domain::kDistinct}, Int(axis)},
                         .label = "axis_" + std::to_string(axis + 1),
                         .reference = Position(axis, max),
                         .types = numbers});
    }
    t.cases.push_back({.op = op,
                       .inputs = {{"[50,200]", Domain::kSmallInts}, Int(1)},
                       .attrs = {{"output_type", DType::kInt32}},
                       .label = "ties",
                       .reference = Position(1, max)});
    const double nan = std::nan("");
    t.cases.push_back({.op = op,
                       .inputs = {Values("[3,2]", {nan, 1, 1, nan, nan, nan}), Int(1)},
                       .label = "nan",
                       .expected = {Array("[3]", {1, 0, 0})}});
    t.shapes.push_back({op, "[2,?,4];[]", "[2,4]", {}, {}, {{1, Tensor::Scalar<int32_t>(-2)}}});
    t.shapes.push_back({op, "[2,3];[]", "[?]", {}, {DType::kFloat, DType::kInt32}});
    t.shapes.push_back({op,
                        "[2,3];[]",
                        "error: axis 2 is out of range",
                        {},
                        {},
                        {{1, Tensor::Scalar<int32_t>(2)}}});
    t.errors.push_back({op, {"[2,0]", Fed(Tensor::Scalar<int32_t>(1))}, "no element to choose"});
  }
  // As the square root of a sum of squares.
  for (const auto& [shape, label, axes] :
       {std::tuple{"[2,3,4]", "all", std::vector<int32_t>{0, 1, 2}},
        {"[2,3,4]", "last", {-1}},
        {"[2,3,4]", "first", {0}},
        {"[2,3,4]", "outer", {2, 0}},
        {"[2,3,4]", "none", {}},
        {"[300,701]", "large_last", {1}},
        {"[701,300]", "large_first", {0}},
        {"[2,0,3]", "of_nothing", {1}},
        {"[0,3]", "empty", {1}}}) {
    for (const bool keep_dims : {false, true}) {
      const Reference squares = Joined(
          0, [](double sum, double x) { return sum + x * x; }, keep_dims);
      const bool checked = std::string(shape) == "[2,3,4]";
      t.cases.push_back({.op = "EuclideanNorm",
                         .inputs = {{shape, Domain::kNonZero}, Ints(axes)},
                         .attrs = {{"keep_dims", keep_dims}},
                         .label = std::string(label) + (keep_dims ? "_kept" : ""),
                         .reference =
                             [squares](const Arrays& in) {
                               Arrays out = squares(in);
                               for (double& y : out[0].v) y = std::sqrt(y);
                               return out;
                             },
                         .grad = checked ? std::vector<int>{0} : std::vector<int>{},
                         .zero_second = axes.empty()});
    }
  }
  t.cases.push_back({.op = "EuclideanNorm",
                     .inputs = {Values("[2,2]", {3, -4, 5, 11}), Ints({1})},
                     .label = "ints",
                     .expected = {Array("[2]", {5, 12})},
                     .types = {DType::kInt32, DType::kInt64}});
  t.shapes.push_back(
      {"EuclideanNorm", "[2,?,4];[]", "[2,4]", {}, {}, {{1, Tensor::Scalar<int32_t>(1)}}});
  const Reference half_squares = [](const Arrays& in) -> Arrays {
    double sum = 0;
    for (const double v : in[0].v) sum += v * v / 2;
    return {Array(Shape{}, {sum})};
  };
  t.cases.push_back({.op = "L2Loss", .inputs = {"[2,3]"}, .reference = half_squares, .grad = {0}});
  t.cases.push_back(
      {.op = "L2Loss", .inputs = {"[400,301]"}, .label = "large", .reference = half_squares});
  t.cases.push_back(
      {.op = "L2Loss", .inputs = {"[0]"}, .label = "empty", .reference = half_squares});
  t.shapes.push_back({"L2Loss", "?", "[]"});
  for (const bool exclusive : {false, true}) {
    for (const bool reverse : {false, true}) {
      for (const int axis : {0, 1, 2}) {
        const std::string label = "axis" + std::to_string(axis) + (exclusive ? "_exclusive" : "") +
                                  (reverse ? "_reverse" : "");
        const AttrMap attrs = {{"exclusive", exclusive}, {"reverse", reverse}};
        t.cases.push_back({.op = "Cumsum",
                           .inputs = {"[2,3,4]", Int(axis)},
                           .attrs = attrs,
                           .label = label,
                           .reference = Running(axis, exclusive, reverse, false),
                           .grad = {0},
                           .zero_second = true,
                           .types = numbers});
        t.cases.push_back(
            {.op = "Cumprod",
             .inputs = {{"[2,3,4]", Domain::kNonZero}, Int(axis)},
             .attrs = attrs,
             .label = label,
             .reference = Running(axis, exclusive, reverse, true),
             .grad = {0},
             .zero_second = exclusive && axis == 0,  // two elements: only the first counts
             .grad_tolerance = 1e-5});
      }
    }
  }
  for (const char* op : {"Cumsum", "Cumprod"}) {
    t.shapes.push_back({op, "[2,?];[]", "[2,?]", {}, {DType::kFloat, DType::kInt32}});
    t.shapes.push_back({op,
                        "[2,?];[]",
                        "error: axis 2 is out of range",
                        {},
                        {},
                        {{1, Tensor::Scalar<int32_t>(2)}}});
  }
  return t;
}

}  // namespace graphrun::test
