// Rows of the ops in ops/elementwise: special functions, leaky activations, bits, remainders.
#include <numbers>

#include "tests/op_cases_elementwise.h"

namespace graphrun::test {
namespace {

constexpr double kEuler = 0.57721566490153286061;

// By ψ(x) = ψ(x + 1) - 1/x from far away, where three terms of the series are exact.
double DigammaOf(double x) {
  double sum = 0;
  for (int k = 0; k < 1000; ++k) sum -= 1 / (x + k);
  const double far = x + 1000;
  return sum + std::log(far) - 1 / (2 * far) - 1 / (12 * far * far);
}
// The sum (-1)^(n+1) n! Σ (x+k)^-(n+1), its tail as an integral.
double PolygammaOf(double n, double x) {
  if (n == 0) return DigammaOf(x);
  double sum = 0;
  constexpr int kTerms = 20000;
  for (int k = 0; k < kTerms; ++k) sum += std::pow(x + k, -n - 1);
  sum += std::pow(x + kTerms - 0.5, -n) / n;
  return (std::fmod(n, 2) == 0 ? -1 : 1) * std::tgamma(n + 1) * sum;
}

void AddGammas(OpTable* t) {
  struct Row {
    const char* op;
    double (*fn)(double);
  };
  for (const Row& r : {Row{"Lgamma", [](double x) { return std::lgamma(x); }},
                       {"Digamma", DigammaOf},
                       {"Erfc", [](double x) { return 1 - std::erf(x); }}}) {
    t->cases.push_back({.op = r.op,
                        .inputs = {{"[3,7]", Domain::kPositive}},
                        .reference = Each(r.fn),
                        .grad = {0}});
    t->cases.push_back({.op = r.op,
                        .inputs = {{"[0,3]", Domain::kPositive}},
                        .label = "empty",
                        .reference = Each(r.fn)});
    t->shapes.push_back({r.op, "[2,?]", "[2,?]"});
    t->shapes.push_back(
        {.op = r.op, .inputs = "[2]", .expected = "error: bool", .dtypes = kBoolRow});
  }
  t->cases.push_back(
      {.op = "Lgamma",
       .inputs = {Values("[5]", {0, -1, -0.5, kInf, kNan})},
       .label = "special",
       .expected = {
           Array("[5]", {kInf, kInf, std::log(2 * std::sqrt(std::numbers::pi)), kInf, kNan})}});
  const double half = -kEuler - 2 * std::numbers::ln2;
  t->cases.push_back(
      {.op = "Digamma",
       .inputs = {Values("[8]", {1, 2, 0.5, 0.25, -0.5, 0, -3, kInf})},
       .label = "special",
       .expected = {Array("[8]", {-kEuler, 1 - kEuler, half,
                                  -kEuler - std::numbers::pi / 2 - 3 * std::numbers::ln2, half + 2,
                                  kNan, kNan, kInf})}});
  const double zeta2 = std::numbers::pi * std::numbers::pi / 6;
  t->cases.push_back(
      {.op = "Polygamma",
       .inputs = {Values("[8]", {1, 1, 0, 3, 1.5, -1, 1, 1}),
                  Values("[8]", {1, 0.5, 1, 1, 2, 2, kInf, 0})},
       .label = "special",
       .expected = {Array("[8]", {zeta2, 3 * zeta2, -kEuler, std::pow(std::numbers::pi, 4) / 15,
                                  kNan, kNan, 0, kInf})}});
  t->cases.push_back({.op = "Polygamma",
                      .inputs = {Values("[4]", {0, 1, 2, 3}), {"[3,4]", Domain::kPositive}},
                      .reference = Each(PolygammaOf),
                      .grad = {1}});
  t->cases.push_back({.op = "Erfc",
                      .inputs = {Values("[4]", {6, -6, kInf, kNan})},
                      .label = "special",
                      .expected = {Array("[4]", {2.1519736712498913e-17, 2, 0, kNan})}});
  t->shapes.push_back({"Polygamma", "[3,1];[?]", "[3,?]"});
}

void AddBinaries(OpTable* t) {
  struct Row {
    const char* op;
    Domain x, y;
    double (*fn)(double, double);
    std::vector<int> grad;
  };
  const std::pair<const char*, const char*> shapes[] = {{"[3,7]", "[3,7]"},
                                                        {"[3,7]", "[]"},
                                                        {"[3,37]", "[37]"},
                                                        {"[5,1,4]", "[3,1]"},
                                                        {"[0,3]", "[3]"}};
  const Row rows[] = {
      {"Atan2",
       Domain::kNonZero,
       Domain::kNonZero,
       [](double y, double x) { return std::atan2(y, x); },
       {0, 1}},
      {"MulNoNan",
       Domain::kNormal,
       Domain::kNonZero,
       [](double x, double y) { return x * y; },
       {0, 1}},
      {"TruncateMod",
       Domain::kOffInteger,
       Domain::kPositive,
       [](double x, double y) { return std::fmod(x, y); },
       {}},
      {"Mod",
       Domain::kOffInteger,
       Domain::kPositive,
       [](double x, double y) { return std::fmod(x, y); },
       {}},
  };
  for (const Row& r : rows) {
    for (const auto& [x, y] : shapes) {
      const bool empty = std::string(x) == "[0,3]";
      t->cases.push_back({.op = r.op,
                          .inputs = {{x, r.x}, {y, r.y}},
                          .label = std::to_string(&y - &shapes[0].second),
                          .reference = Each(r.fn),
                          .grad = empty ? std::vector<int>{} : r.grad});
    }
    t->shapes.push_back({r.op, "[2,1];[?]", "[2,?]"});
    t->shapes.push_back({r.op, "[2];[3]", "error: broadcast"});
  }
  t->cases.push_back({.op = "Atan2",
                      .inputs = {Values("[4]", {0, 0, 1, -1}), Values("[4]", {1, -1, 0, -1})},
                      .label = "special",
                      .expected = {Array("[4]", {0, std::numbers::pi, std::numbers::pi / 2,
                                                 -0.75 * std::numbers::pi})}});
  t->cases.push_back({.op = "MulNoNan",
                      .inputs = {Values("[3]", {kNan, kInf, 2}), Values("[3]", {0, 0, kNan})},
                      .label = "special",
                      .expected = {Array("[3]", {0, 0, kNan})}});
  t->cases.push_back({.op = "ApproximateEqual",
                      .inputs = {Values("[4]", {1, 1, 5, kNan}), Values("[4]", {1.25, 2, 4.5, 0})},
                      .attrs = {{"tolerance", 0.5f}},
                      .expected = {Array("[4]", {1, 0, 1, 0})}});
  t->shapes.push_back({"ApproximateEqual", "[2,?];[?,3]", "[2,3]"});
  t->shapes.push_back({"ApproximateEqual", "[2];[3]", "error: the operands' shapes"});
}

void AddIntegers(OpTable* t) {
  const auto add = [t](const char* op, std::function<int64_t(int64_t, int64_t)> fn) {
    const Reference reference = Each([fn](double x, double y) {
      return static_cast<double>(fn(static_cast<int64_t>(x), static_cast<int64_t>(y)));
    });
    t->cases.push_back({.op = op,
                        .inputs = {{"[5,7]", Domain::kSmallInts}, {"[7]", Domain::kNonZeroInts}},
                        .label = "ints",
                        .reference = reference,
                        .types = kIntRow});
    t->cases.push_back({.op = op,
                        .inputs = {{"[0,7]", Domain::kSmallInts}, {"[7]", Domain::kNonZeroInts}},
                        .label = "no_ints",
                        .reference = reference,
                        .types = kIntRow});
  };
  for (const char* op : {"TruncateMod", "Mod"}) add(op, [](int64_t x, int64_t y) { return x % y; });
  add("TruncateDiv", [](int64_t x, int64_t y) { return x / y; });
  add("BitwiseAnd", [](int64_t x, int64_t y) { return x & y; });
  add("BitwiseOr", [](int64_t x, int64_t y) { return x | y; });
  add("BitwiseXor", [](int64_t x, int64_t y) { return x ^ y; });
  add("LeftShift", [](int64_t x, int64_t y) { return y < 0 ? x : x * (int64_t{1} << y); });
  add("RightShift", [](int64_t x, int64_t y) { return y < 0 ? x : x >> y; });
  t->cases.push_back({.op = "Invert",
                      .inputs = {{"[3,7]", Domain::kSmallInts}},
                      .reference = Each([](double x) { return -x - 1; }),
                      .types = kIntRow});
  const double lowest = std::numeric_limits<int32_t>::min();
  t->cases.push_back({.op = "TruncateDiv",
                      .inputs = {Values("[2]", {lowest, 7}), Values("[2]", {-1, -1})},
                      .label = "wraps",
                      .expected = {Array("[2]", {lowest, -7})},
                      .types = {DType::kInt32}});
  t->cases.push_back({.op = "TruncateMod",
                      .inputs = {Values("[2]", {lowest, 7}), Values("[2]", {-1, -1})},
                      .label = "wraps",
                      .expected = {Array("[2]", {0, 0})},
                      .types = {DType::kInt32}});
  t->cases.push_back({.op = "LeftShift",
                      .inputs = {Values("[3]", {3, 1, -1}), Values("[3]", {40, 31, 2})},
                      .label = "far",
                      .expected = {Array("[3]", {lowest, lowest, -4})},
                      .types = {DType::kInt32}});
  for (const char* op : {"TruncateDiv", "TruncateMod", "Mod"}) {
    t->errors.push_back(
        {.op = op,
         .inputs = {Values("[2]", {1, 2}), Values("[2]", {1, 0})},
         .error = "division by zero",
         .type = DType::kInt32,
         // As in TensorFlow.
         .code = op == std::string("Mod") ? Code::kInvalidArgument : Code::kInternal});
  }
  t->shapes.push_back({"TruncateDiv", "[2];[2]", "error: float32"});
  t->shapes.push_back({"Invert", "[2]", "error: float32"});
  t->cases.push_back({.op = "Bucketize",
                      .inputs = {Values("[2,4]", {-3, -2, -1, 0, 1.5, 7, 8, kNan})},
                      .attrs = {{"boundaries", std::vector<float>{-2, 0, 1, 7}}},
                      .expected = {Array("[2,4]", {0, 1, 1, 2, 3, 4, 4, 4})}});
  t->cases.push_back({.op = "Bucketize",
                      .inputs = {Values("[4]", {-3, 0, 2, 3})},
                      .attrs = {{"boundaries", std::vector<float>{0, 2.5}}},
                      .label = "ints",
                      .expected = {Array("[4]", {0, 1, 1, 2})},
                      .types = kIntRow});
  t->shapes.push_back({"Bucketize", "[2,?]", "[2,?]", {{"boundaries", std::vector<float>{}}}});
  t->shapes.push_back(
      {"Bucketize", "[2]", "error: rising order", {{"boundaries", std::vector<float>{2, 1}}}});
}

void AddActivations(OpTable* t) {
  constexpr double kScale = 1.0507009873554805, kAlpha = 1.6732632423543772;
  for (const auto& [alpha, label] :
       {std::pair{0.2f, "default"}, {0.0f, "zero"}, {1.5f, "steep"}, {-0.5f, "rising"}}) {
    const double a = alpha;
    const Reference leak = Each([a](double x) { return x > 0 ? x : a * x; });
    const Reference grad = Each([a](double d, double x) { return x > 0 ? d : a * d; });
    t->cases.push_back({.op = "LeakyRelu",
                        .inputs = {{"[3,7]", Domain::kNonZero}},
                        .attrs = {{"alpha", alpha}},
                        .label = label,
                        .reference = leak,
                        .grad = {0},
                        .zero_second = true});
    t->cases.push_back({.op = "LeakyReluGrad",
                        .inputs = {"[3,7]", {"[3,7]", Domain::kNonZero}},
                        .attrs = {{"alpha", alpha}},
                        .label = label,
                        .reference = grad,
                        .grad = {0},
                        .zero_second = true});
  }
  t->cases.push_back({.op = "LeakyRelu",
                      .inputs = {Values("[4]", {kNan, -10, 0, kInf})},
                      .attrs = {{"alpha", 0.25f}},
                      .label = "special",
                      .expected = {Array("[4]", {kNan, -2.5, 0, kInf})}});
  t->cases.push_back(
      {.op = "Selu",
       .inputs = {{"[3,7]", Domain::kNonZero}},
       .reference = Each([](double x) { return kScale * (x < 0 ? kAlpha * std::expm1(x) : x); }),
       .grad = {0}});
  t->cases.push_back({.op = "Selu",
                      .inputs = {Values("[4]", {kNan, -200, 0, 200})},
                      .label = "special",
                      .expected = {Array("[4]", {kNan, -kScale * kAlpha, 0, 200 * kScale})}});
  t->cases.push_back({.op = "SeluGrad",
                      .inputs = {"[3,7]", {"[3,7]", Domain::kNonZero}},
                      .reference = Each([](double d, double y) {
                        return d * (y < 0 ? y + kScale * kAlpha : kScale);
                      }),
                      .grad = {0, 1}});
  for (const char* op : {"LeakyRelu", "Selu"}) {
    t->cases.push_back(
        {.op = op, .inputs = {"[0,3]"}, .label = "empty", .reference = Each([](double x) {
                                                            return x;
                                                          })});
    t->shapes.push_back({op, "[2,?]", "[2,?]"});
  }
  for (const char* op : {"LeakyReluGrad", "SeluGrad"}) {
    t->shapes.push_back({op, "[2,?];[?,3]", "[2,3]"});
    t->shapes.push_back({op, "[2];[3]", "error: the operands' shapes"});
  }
}

}  // namespace

void AddSpecialCases(OpTable* t) {
  AddGammas(t);
  AddBinaries(t);
  AddIntegers(t);
  AddActivations(t);
}

}  // namespace graphrun::test
