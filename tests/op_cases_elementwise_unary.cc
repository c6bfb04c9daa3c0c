// Rows of the ops in ops/elementwise: one operand.
#include "tests/op_cases_elementwise.h"

namespace graphrun::test {
namespace {

double SignOf(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }

}  // namespace

void AddUnaryCases(OpTable* t) {
  struct Row {
    const char* op;
    Domain domain;
    double (*fn)(double);
    bool differentiable = true;
    bool zero_second = false;
  };
  const Row rows[] = {
      {"Abs", Domain::kNonZero, [](double x) { return std::abs(x); }, true, true},
      {"Acos", Domain::kUnit, [](double x) { return std::acos(x); }},
      {"Acosh", Domain::kAboveOne, [](double x) { return std::acosh(x); }},
      {"Asin", Domain::kUnit, [](double x) { return std::asin(x); }},
      {"Asinh", Domain::kNormal, [](double x) { return std::asinh(x); }},
      {"Atan", Domain::kNormal, [](double x) { return std::atan(x); }},
      {"Atanh", Domain::kUnit, [](double x) { return std::atanh(x); }},
      {"Ceil", Domain::kOffInteger, [](double x) { return std::ceil(x); }, false},
      {"Cos", Domain::kNormal, [](double x) { return std::cos(x); }},
      {"Cosh", Domain::kNormal, [](double x) { return std::cosh(x); }},
      {"Elu", Domain::kNonZero, [](double x) { return x < 0 ? std::expm1(x) : x; }},
      {"Erf", Domain::kNormal, [](double x) { return std::erf(x); }},
      {"Exp", Domain::kNormal, [](double x) { return std::exp(x); }},
      {"Expm1", Domain::kNormal, [](double x) { return std::expm1(x); }},
      {"Floor", Domain::kOffInteger, [](double x) { return std::floor(x); }, false},
      {"Inv", Domain::kNonZero, [](double x) { return 1 / x; }},
      {"Log", Domain::kPositive, [](double x) { return std::log(x); }},
      {"Log1p", Domain::kUnit, [](double x) { return std::log1p(x); }},
      {"Neg", Domain::kNormal, [](double x) { return -x; }, true, true},
      {"OnesLike", Domain::kNormal, [](double) { return 1.0; }, false},
      {"Reciprocal", Domain::kNonZero, [](double x) { return 1 / x; }},
      {"Relu", Domain::kNonZero, [](double x) { return std::max(x, 0.0); }, true, true},
      {"Relu6", Domain::kNonZero, [](double x) { return std::clamp(x, 0.0, 6.0); }, true, true},
      {"Rint", Domain::kOffInteger, [](double x) { return std::nearbyint(x); }, false},
      {"Round", Domain::kOffInteger, [](double x) { return std::nearbyint(x); }, false},
      {"Rsqrt", Domain::kPositive, [](double x) { return 1 / std::sqrt(x); }},
      {"Sigmoid", Domain::kNormal, SigmoidOf},
      {"Sign", Domain::kNonZero, SignOf, false},
      {"Sin", Domain::kNormal, [](double x) { return std::sin(x); }},
      {"Sinh", Domain::kNormal, [](double x) { return std::sinh(x); }},
      {"Softplus", Domain::kNormal, [](double x) { return std::log1p(std::exp(x)); }},
      {"Softsign", Domain::kNonZero, [](double x) { return x / (1 + std::abs(x)); }},
      {"Sqrt", Domain::kPositive, [](double x) { return std::sqrt(x); }},
      {"Square", Domain::kNormal, [](double x) { return x * x; }},
      {"Tan", Domain::kUnit, [](double x) { return std::tan(x); }},
      {"Tanh", Domain::kNormal, [](double x) { return std::tanh(x); }},
      {"ZerosLike", Domain::kNormal, [](double) { return 0.0; }, false},
  };
  for (const Row& r : rows) {
    // 3 * 7 elements: one whole block and a remainder.
    OpCase c{.op = r.op, .inputs = {{"[3,7]", r.domain}}, .reference = Each(r.fn)};
    if (r.differentiable) c.grad = {0};
    c.zero_second = r.zero_second;
    t->cases.push_back(c);
    t->cases.push_back(
        {.op = r.op, .inputs = {{"[]", r.domain}}, .label = "scalar", .reference = Each(r.fn)});
    t->cases.push_back(
        {.op = r.op, .inputs = {{"[0,3]", r.domain}}, .label = "empty", .reference = Each(r.fn)});
    t->shapes.push_back({r.op, "[2,?]", "[2,?]"});
    t->shapes.push_back({r.op, "?", "?"});
    if (std::string(r.op) != "OnesLike" && std::string(r.op) != "ZerosLike") {
      t->shapes.push_back(
          {.op = r.op, .inputs = "[2]", .expected = "error: bool", .dtypes = kBoolRow});
    }
  }
  for (const char* op :
       {"Abs", "Neg", "Square", "Sign", "Round", "Relu", "Relu6", "OnesLike", "ZerosLike"}) {
    for (const Row& r : rows) {
      if (std::string(op) != r.op) continue;
      t->cases.push_back({.op = op,
                          .inputs = {{"[5,4]", Domain::kSmallInts}},
                          .label = "ints",
                          .reference = Each(r.fn),
                          .types = kIntRow});
    }
  }
  // Values that TensorFlow 2.15 gives, at the ends of the range.
  const auto special = [t](const char* op, std::vector<double> x, std::vector<double> y) {
    const std::string shape = "[" + std::to_string(x.size()) + "]";
    t->cases.push_back({.op = op,
                        .inputs = {Values(shape.c_str(), x)},
                        .label = "special",
                        .expected = {{shape.c_str(), y}},
                        .tolerance = 1e-6});
  };
  special("Round", {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, kNan}, {-2, -2, 0, 0, 2, 2, 2, kNan});
  special("Rint", {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, kNan}, {-2, -2, 0, 0, 2, 2, 2, kNan});
  special("Sign", {kNan, 0, 3, -3, kInf}, {kNan, 0, 1, -1, 1});
  special("Relu", {kNan, -1, 2, -kInf}, {kNan, 0, 2, 0});
  special("Relu6", {kNan, -1, 2, 7}, {kNan, 0, 2, 6});
  special("Elu", {-1, 100, -20, kNan}, {std::expm1(-1), 100, std::expm1(-20), kNan});
  special("Sigmoid", {-100, 100, 0, kNan, kInf, -kInf}, {0, 1, 0.5, kNan, 1, 0});
  special("Tanh", {-100, 100, 0, kNan, kInf, -kInf}, {-1, 1, 0, kNan, 1, -1});
  special("Softplus", {-100, 100, 0, 20, kNan}, {0, 100, std::log(2.0), 20, kNan});
  special("Exp", {-kInf, kInf, 0, kNan, -700, 30}, {0, kInf, 1, kNan, 0, std::exp(30.0)});
  special("Log", {0, kInf, 1, kNan, -1}, {-kInf, kInf, 0, kNan, kNan});
  special("Rsqrt", {0, 4, -1, kInf}, {kInf, 0.5, kNan, 0});
  special("Sqrt", {0, 4, -1, kInf, 1e-40}, {0, 2, kNan, kInf, 1e-20});
  special("Log1p", {1e-10, -1, -2, 0}, {1e-10, -kInf, kNan, 0});
  special("Expm1", {1e-10, -kInf, 0}, {1e-10, -1, 0});

  const double huge = kInf;
  const auto predicate = [&](const char* op, std::vector<double> y) {
    t->cases.push_back(
        {.op = op, .inputs = {Values("[4]", {1, kNan, huge, -huge})}, .expected = {{"[4]", y}}});
    t->shapes.push_back({op, "[?,3]", "[?,3]"});
  };
  predicate("IsNan", {0, 1, 0, 0});
  predicate("IsInf", {0, 0, 1, 1});
  predicate("IsFinite", {1, 0, 0, 0});
  t->cases.push_back({.op = "LogicalNot",
                      .inputs = {{"[5,7]", Domain::kBool}},
                      .reference = Each([](double x) { return x == 0 ? 1.0 : 0.0; }),
                      .types = kBoolRow});
}

void AddUnaryGradCases(OpTable* t) {
  struct Row {
    const char* op;
    Domain a, b;
    double (*fn)(double, double);
    std::vector<int> grad = {0, 1};
    bool zero_second = false;
  };
  const Row rows[] = {
      {"TanhGrad", Domain::kUnit, Domain::kNormal,
       [](double y, double dy) { return dy * (1 - y * y); }},
      {"SigmoidGrad", Domain::kUnit, Domain::kNormal,
       [](double y, double dy) { return dy * y * (1 - y); }},
      {"SqrtGrad", Domain::kPositive, Domain::kNormal,
       [](double y, double dy) { return dy / 2 / y; }},
      {"RsqrtGrad", Domain::kPositive, Domain::kNormal,
       [](double y, double dy) { return dy * -0.5 * y * y * y; }},
      {"ReciprocalGrad", Domain::kNonZero, Domain::kNormal,
       [](double y, double dy) { return -dy * y * y; }},
      {"InvGrad", Domain::kNonZero, Domain::kNormal,
       [](double y, double dy) { return -dy * y * y; }},
      {"ReluGrad",
       Domain::kNormal,
       Domain::kNonZero,
       [](double dy, double x) { return x > 0 ? dy : 0; },
       {0},
       true},
      {"Relu6Grad",
       Domain::kNormal,
       Domain::kNonZero,
       [](double dy, double x) { return x > 0 && x < 6 ? dy : 0; },
       {0},
       true},
      {"EluGrad", Domain::kNormal, Domain::kNonZero,
       [](double dy, double y) { return y < 0 ? dy * (y + 1) : dy; }},
      {"SoftplusGrad", Domain::kNormal, Domain::kNormal,
       [](double dy, double x) { return dy * SigmoidOf(x); }},
      {"SoftsignGrad", Domain::kNormal, Domain::kNonZero,
       [](double dy, double x) { return dy / (1 + std::abs(x)) / (1 + std::abs(x)); }},
  };
  for (const Row& r : rows) {
    t->cases.push_back({.op = r.op,
                        .inputs = {{"[3,7]", r.a}, {"[3,7]", r.b}},
                        .reference = Each(r.fn),
                        .grad = r.grad,
                        .zero_second = r.zero_second});
    t->shapes.push_back({r.op, "[2,?];[?,3]", "[2,3]"});
    t->shapes.push_back({r.op, "[2,3];[3]", "error: [2,3] vs [3]"});
  }
  const auto special = [t](const char* op, std::vector<double> a, std::vector<double> b,
                           std::vector<double> c) {
    const std::string shape = "[" + std::to_string(a.size()) + "]";
    t->cases.push_back({.op = op,
                        .inputs = {Values(shape.c_str(), a), Values(shape.c_str(), b)},
                        .label = "special",
                        .expected = {{shape.c_str(), c}}});
  };
  special("ReluGrad", {1, 1, 1, 1}, {-1, 0, 1, kNan}, {0, 0, 1, 0});
  special("Relu6Grad", {1, 1, 1, 1}, {-1, 0, 6, 3}, {0, 0, 0, 1});
  special("SqrtGrad", {0, 1}, {1, 1}, {kInf, 0.5});
}

}  // namespace graphrun::test
