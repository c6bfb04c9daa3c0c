// Rows of the ops in ops/elementwise: two operands.
#include "tests/op_cases_elementwise.h"

namespace graphrun::test {
namespace {

double FloorModOf(double x, double y) { return x - std::floor(x / y) * y; }

// All ways in which two operands can be broadcast; each is a path of the driver of its own.
const std::vector<std::pair<const char*, std::pair<const char*, const char*>>>& Broadcasts() {
  static const std::vector<std::pair<const char*, std::pair<const char*, const char*>>> kAll = {
      {"same", {"[3,7]", "[3,7]"}},
      {"scalar_right", {"[3,7]", "[]"}},
      {"scalar_left", {"[]", "[3,7]"}},
      {"row", {"[3,37]", "[37]"}},
      {"short_row", {"[5,3]", "[3]"}},
      {"column", {"[3,37]", "[3,1]"}},
      {"short_column", {"[37,3]", "[37,1]"}},
      {"both", {"[5,1,4]", "[3,1]"}},
      {"middle", {"[2,3,5]", "[2,1,5]"}},
      {"outer", {"[19,1]", "[1,23]"}},
      {"empty", {"[0,3]", "[3]"}},
      {"rank4", {"[2,3,1,4]", "[3,5,1]"}},
  };
  return kAll;
}

}  // namespace

void AddBinaryCases(OpTable* t) {
  struct Row {
    const char* op;
    Domain x, y;
    double (*fn)(double, double);
    std::vector<int> grad = {0, 1};
    bool zero_second = false;
    double tolerance = 1e-5;
  };
  const Row rows[] = {
      {"Add",
       Domain::kNormal,
       Domain::kNormal,
       [](double x, double y) { return x + y; },
       {0, 1},
       true},
      {"AddV2",
       Domain::kNormal,
       Domain::kNormal,
       [](double x, double y) { return x + y; },
       {0, 1},
       true},
      {"Sub",
       Domain::kNormal,
       Domain::kNormal,
       [](double x, double y) { return x - y; },
       {0, 1},
       true},
      {"Mul", Domain::kNormal, Domain::kNormal, [](double x, double y) { return x * y; }},
      {"Div", Domain::kNormal, Domain::kNonZero, [](double x, double y) { return x / y; }},
      {"RealDiv", Domain::kNormal, Domain::kNonZero, [](double x, double y) { return x / y; }},
      {"DivNoNan", Domain::kNormal, Domain::kNonZero, [](double x, double y) { return x / y; }},
      {"FloorDiv",
       Domain::kOffInteger,
       Domain::kPositive,
       [](double x, double y) { return std::floor(x / y); },
       {}},
      {"Maximum",
       Domain::kNormal,
       Domain::kNormal,
       [](double x, double y) { return std::max(x, y); },
       {0, 1},
       true},
      {"Minimum",
       Domain::kNormal,
       Domain::kNormal,
       [](double x, double y) { return std::min(x, y); },
       {0, 1},
       true},
      {"Pow", Domain::kPositive, Domain::kNormal,
       [](double x, double y) { return std::pow(x, y); }},
      {"SquaredDifference", Domain::kNormal, Domain::kNormal,
       [](double x, double y) { return (x - y) * (x - y); }},
      {"Xdivy", Domain::kNonZero, Domain::kNonZero, [](double x, double y) { return x / y; }},
      {"Xlogy", Domain::kNonZero, Domain::kPositive,
       [](double x, double y) { return x * std::log(y); }},
      {"Xlog1py", Domain::kNonZero, Domain::kUnit,
       [](double x, double y) { return x * std::log1p(y); }},
  };
  for (const Row& r : rows) {
    for (const auto& [label, shapes] : Broadcasts()) {
      OpCase c{.op = r.op,
               .inputs = {{shapes.first, r.x}, {shapes.second, r.y}},
               .label = label,
               .reference = Each(r.fn)};
      if (std::string(label) != "empty") c.grad = r.grad;
      c.zero_second = r.zero_second;
      c.tolerance = r.tolerance;
      t->cases.push_back(c);
    }
    t->shapes.push_back({r.op, "[2,?];[?,3]", "[2,3]"});
    t->shapes.push_back({r.op, "[2,1];[?]", "[2,?]"});
    t->shapes.push_back({r.op, "[2,3];?", "?"});
    t->shapes.push_back({r.op, "[2,3];[2]", "error: [2,3] and [2]"});
    t->shapes.push_back({.op = r.op,
                         .inputs = "[2];[2]",
                         .expected = "error: ",
                         .dtypes = {DType::kFloat, DType::kDouble}});
  }
  const auto ints = [t](const char* op, double (*fn)(double, double)) {
    for (const auto& [label, shapes] : Broadcasts()) {
      t->cases.push_back(
          {.op = op,
           .inputs = {{shapes.first, Domain::kSmallInts}, {shapes.second, Domain::kNonZeroInts}},
           .label = std::string("ints_") + label,
           .reference = Each(fn),
           .types = kIntRow});
    }
  };
  ints("Add", [](double x, double y) { return x + y; });
  ints("AddV2", [](double x, double y) { return x + y; });
  ints("Sub", [](double x, double y) { return x - y; });
  ints("Mul", [](double x, double y) { return x * y; });
  ints("Div", [](double x, double y) { return std::trunc(x / y); });
  ints("FloorDiv", [](double x, double y) { return std::floor(x / y); });
  ints("FloorMod", FloorModOf);
  ints("Maximum", [](double x, double y) { return std::max(x, y); });
  ints("Minimum", [](double x, double y) { return std::min(x, y); });
  ints("SquaredDifference", [](double x, double y) { return (x - y) * (x - y); });

  // Large enough for several threads, and for long rows to be cut in pieces.
  const std::pair<const char*, std::pair<const char*, const char*>> large[] = {
      {"long_rows", {"[3,20011]", "[20011]"}},
      {"long_columns", {"[3,20011]", "[3,1]"}},
      {"many_short_rows", {"[23003,3]", "[3]"}},
      {"long", {"[70001]", "[70001]"}},
  };
  for (const auto& [label, shapes] : large) {
    t->cases.push_back({.op = "Sub",
                        .inputs = {shapes.first, shapes.second},
                        .label = label,
                        .reference = Each([](double x, double y) { return x - y; })});
  }

  // Values that TensorFlow 2.15 gives.
  const auto special = [t](const char* op, std::vector<double> x, std::vector<double> y,
                           std::vector<double> z, std::vector<DType> types = kFloatRow) {
    const std::string shape = "[" + std::to_string(x.size()) + "]";
    t->cases.push_back({.op = op,
                        .inputs = {Values(shape.c_str(), x), Values(shape.c_str(), y)},
                        .label = "special",
                        .expected = {{shape.c_str(), z}},
                        .types = types,
                        .tolerance = 1e-6});
  };
  special("FloorMod", {5.5, -5.5, 5.5, -5.5, 6, 1, kNan}, {3, 3, -3, -3, 3, 0, 1},
          {2.5, 0.5, -0.5, -2.5, 0, kNan, kNan});
  special("FloorDiv", {5.5, -5.5, 5.5, -5.5, 1, 0}, {3, 3, -3, -3, 0, 0},
          {1, -2, -2, 1, kInf, kNan});
  special("Maximum", {kNan, 1, 2}, {1, kNan, 3}, {kNan, kNan, 3});
  special("Minimum", {kNan, 1, 2}, {1, kNan, 3}, {kNan, kNan, 2});
  special("DivNoNan", {1, 0, kNan, kInf}, {0, 0, 0, 0}, {0, 0, 0, 0});
  special("Xdivy", {0, 0, 1}, {0, kNan, 2}, {0, 0, 0.5});
  special("Xlogy", {0, 0, 1}, {0, kNan, 2}, {0, 0, std::log(2.0)});
  special("Xlog1py", {0, 0, 1}, {-1, kNan, 2}, {0, 0, std::log(3.0)});
  special("Pow", {-2, -2, 0, 0, 2}, {2, 0.5, 0, -1, 10}, {4, kNan, 1, kInf, 1024});
  special("Pow", {2, -3, 0, 7}, {5, 3, 0, 0}, {32, -27, 1, 1}, kIntRow);
  // The most negative number divided by -1 wraps.
  t->cases.push_back({.op = "FloorMod",
                      .inputs = {Values("[2]", {-2147483648.0, 7}), Values("[2]", {-1, -1})},
                      .label = "most_negative",
                      .expected = {{"[2]", {0, 0}}},
                      .types = {DType::kInt32}});
  t->cases.push_back({.op = "FloorDiv",
                      .inputs = {Values("[2]", {-2147483648.0, 7}), Values("[2]", {-1, -1})},
                      .label = "most_negative",
                      .expected = {{"[2]", {-2147483648.0, -7}}},
                      .types = {DType::kInt32}});
  // Away from multiples of the divisor, where the remainder jumps.
  t->cases.push_back({.op = "FloorMod",
                      .inputs = {Values("[2,3]", {5.5, -5.5, 4.2, -0.7, 1.1, 9.3}),
                                 Values("[3]", {3.1, -2.3, 1.7})},
                      .label = "row",
                      .reference = Each(FloorModOf),
                      .grad = {0, 1},
                      .zero_second = true});
  for (const char* op : {"Div", "FloorDiv", "FloorMod"}) {
    t->errors.push_back({.op = op,
                         .inputs = {Values("[2]", {5, -5}), Values("[2]", {3, 0})},
                         .error = "division by zero",
                         .type = DType::kInt32});
  }
  t->errors.push_back({.op = "Pow",
                       .inputs = {Values("[2]", {2, 3}), Values("[2]", {2, -1})},
                       .error = "negative integer powers",
                       .type = DType::kInt64});
  t->errors.push_back({.op = "Mul", .inputs = {"[2,3]", "[2]"}, .error = "[2,3] and [2]"});
}

void AddPredicateCases(OpTable* t) {
  struct Row {
    const char* op;
    double (*fn)(double, double);
  };
  const Row compare[] = {
      {"Less", [](double x, double y) { return x < y ? 1.0 : 0.0; }},
      {"LessEqual", [](double x, double y) { return x <= y ? 1.0 : 0.0; }},
      {"Greater", [](double x, double y) { return x > y ? 1.0 : 0.0; }},
      {"GreaterEqual", [](double x, double y) { return x >= y ? 1.0 : 0.0; }},
      {"Equal", [](double x, double y) { return x == y ? 1.0 : 0.0; }},
      {"NotEqual", [](double x, double y) { return x != y ? 1.0 : 0.0; }},
  };
  for (const Row& r : compare) {
    for (const auto& [label, shapes] : Broadcasts()) {
      t->cases.push_back(
          {.op = r.op,
           .inputs = {{shapes.first, Domain::kSmallInts}, {shapes.second, Domain::kSmallInts}},
           .label = label,
           .reference = Each(r.fn),
           .types = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64}});
    }
    t->cases.push_back({.op = r.op,
                        .inputs = {Values("[3]", {kNan, 1, kNan}), Values("[3]", {1, kNan, kNan})},
                        .label = "nan",
                        .reference = Each(r.fn)});
    t->shapes.push_back({r.op, "[2,?];[?,3]", "[2,3]"});
    t->shapes.push_back({r.op, "[2,3];[2]", "error: [2,3] and [2]"});
  }
  const AttrMap lenient = {{"incompatible_shape_error", false}};
  t->cases.push_back({.op = "Equal",
                      .inputs = {"[3]", "[2]"},
                      .attrs = lenient,
                      .label = "incompatible",
                      .expected = {{"[]", {0}}}});
  t->cases.push_back({.op = "NotEqual",
                      .inputs = {"[3]", "[2]"},
                      .attrs = lenient,
                      .label = "incompatible",
                      .expected = {{"[]", {1}}}});
  t->cases.push_back({.op = "Equal",
                      .inputs = {{"[3]", Domain::kSmallInts}, {"[2,1]", Domain::kSmallInts}},
                      .attrs = lenient,
                      .label = "compatible",
                      .reference = Each(compare[4].fn)});
  const Row logic[] = {
      {"LogicalAnd", [](double x, double y) { return x != 0 && y != 0 ? 1.0 : 0.0; }},
      {"LogicalOr", [](double x, double y) { return x != 0 || y != 0 ? 1.0 : 0.0; }},
      {"Equal", compare[4].fn},
      {"NotEqual", compare[5].fn},
  };
  for (const Row& r : logic) {
    for (const auto& [label, shapes] : Broadcasts()) {
      t->cases.push_back({.op = r.op,
                          .inputs = {{shapes.first, Domain::kBool}, {shapes.second, Domain::kBool}},
                          .label = std::string("bools_") + label,
                          .reference = Each(r.fn),
                          .types = kBoolRow});
    }
  }
  t->shapes.push_back({.op = "LogicalAnd",
                       .inputs = "[2];[2]",
                       .expected = "error: ",
                       .dtypes = {DType::kBool, DType::kFloat}});
}

}  // namespace graphrun::test
