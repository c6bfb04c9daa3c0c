// What a run may ask for at most: calls that multiply, functions in functions, trips of loops.
#include "core/compile/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "tests/error_of.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

using testing::HasSubstr;

// A function of a float scalar in the library: `inner` of the parameter, called twice, or the sine
// of it when there is no inner one.
enum class Twice { kOnTheSame, kOneAfterTheOther, kNot };

void AddLevel(const Scope& root, const std::string& name, const std::string& inner, Twice twice) {
  auto function = std::make_unique<Function>(name, root.graph());
  const Output x = function->AddArg("x", {DType::kFloat, Shape{}});
  Graph& g = function->graph;
  const auto call = [&](Output on) {
    return Output{g.AddNode("PartitionedCall", "call", {on},
                            {{"f", FuncRef{inner}}, {"Tout", std::vector{DType::kFloat}}}),
                  0};
  };
  Output result;
  if (inner.empty()) {
    result = {g.AddNode("Sin", "sin", {x}), 0};
  } else if (twice == Twice::kOnTheSame) {
    result = {g.AddNode("AddV2", "sum", {call(x), call(x)}), 0};
  } else {
    result = twice == Twice::kNot ? call(x) : call(call(x));
  }
  function->results.push_back(result);
  root.graph().library()->Add(std::move(function));
}

// The call of the outermost of `depth` functions, on a placeholder x.
Expr CallOfLevels(const Scope& root, int depth, Twice twice) {
  for (int i = 0; i < depth; ++i)
    AddLevel(root, "f" + std::to_string(i), i ? "f" + std::to_string(i - 1) : "", twice);
  const Expr x = op::Placeholder(root.WithName("x"), DType::kFloat, {});
  return root.Add(
      "PartitionedCall", {x},
      {{"f", FuncRef{"f" + std::to_string(depth - 1)}}, {"Tout", std::vector{DType::kFloat}}});
}

class Limits : public testing::TestWithParam<bool> {
 protected:
  SessionOptions options() const { return {.interpret = GetParam()}; }
  float Run(const Expr& y) {
    return t_.Run({{"x", Tensor::Scalar(0.5f)}}, {y}, options())[0].scalar<float>();
  }
  TestGraph t_;
};
INSTANTIATE_TEST_SUITE_P(Mode, Limits, testing::Bool(),
                         [](const auto& p) { return p.param ? "Interpreted" : "Planned"; });

TEST_P(Limits, EqualCallsAreOne) {
  const Expr y = CallOfLevels(t_.root, 30, Twice::kOnTheSame);
  EXPECT_FLOAT_EQ(Run(y), std::ldexp(std::sin(0.5f), 29));
}

TEST_P(Limits, WhatIsTooLargeToBeInlinedIsCalled) {
  const Expr y = CallOfLevels(t_.root, 18, Twice::kOneAfterTheOther);
  float want = 0.5f;
  for (int i = 0; i < 1 << 17; ++i) want = std::sin(want);
  EXPECT_NEAR(Run(y), want, 1e-6);
}

TEST_P(Limits, CallsThatMultiplyBeyondReasonAreRefused) {
  const Expr y = CallOfLevels(t_.root, 30, Twice::kOneAfterTheOther);
  EXPECT_THAT(ErrorOf(Code::kResourceExhausted, [&] { Run(y); }), HasSubstr("nodes"));
}

TEST_P(Limits, FunctionsInFunctions) {
  const Expr y = CallOfLevels(t_.root, kMaxNesting, Twice::kNot);
  EXPECT_FLOAT_EQ(Run(y), std::sin(0.5f));
  TestGraph deeper;
  const Expr z = CallOfLevels(deeper.root, kMaxNesting + 1, Twice::kNot);
  const std::string error = ErrorOf(Code::kResourceExhausted, [&] {
    deeper.Run({{"x", Tensor::Scalar(0.5f)}}, {z}, options());
  });
  EXPECT_THAT(error, HasSubstr("deep in one another"));
}

TEST_P(Limits, TripsOfALoop) {
  const Expr n = op::Placeholder(t_.root.WithName("n"), DType::kInt32, {});
  const Expr i = WhileLoop(
      t_.root, [&](const Scope& s, std::span<const Expr> v) { return op::Less(s, v[0], n); },
      [&](const Scope& s, std::span<const Expr> v) {
        return std::vector<Expr>{op::AddV2(s, v[0], op::Const(s, 1))};
      },
      {op::Const(t_.root, 0)}, {.name = "counts"})[0];
  SessionOptions limited = options();
  limited.max_steps = 5;
  const auto run = [&](int trips) {
    return t_.Run({{n, Tensor::Scalar(trips)}}, {i}, limited)[0].scalar<int32_t>();
  };
  EXPECT_EQ(run(5), 5);
  EXPECT_THAT(ErrorOf(Code::kResourceExhausted, [&] { run(6); }), HasSubstr("'counts'"));
}

}  // namespace
}  // namespace graphrun
