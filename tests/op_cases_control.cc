// Rows of the op table for ops/control.
#include "core/build/ops.h"
#include "tests/op_cases.h"

namespace graphrun::test {

OpTable ControlCases() {
  OpTable t;
  t.cases.push_back({.op = "PlaceholderWithDefault",
                     .inputs = {"[2,3]"},
                     .attrs = {{"shape", Shape{kUnknownDim, 3}}},
                     .reference = [](const Arrays& in) -> Arrays { return {in[0]}; },
                     .grad = {0},
                     .zero_second = true});
  t.cases.push_back({.op = "Assert",
                     .inputs = {Fed(Tensor::Scalar(true)), "[2,3]"},
                     .reference = [](const Arrays& in) -> Arrays { return {in[1]}; },
                     .build = [](const Scope& s, const std::vector<Expr>& in) -> std::vector<Expr> {
                       const Expr check = op::Assert(s, in[0], {in[1]});
                       return {op::Identity(s.WithControlDependencies({check}), in[1])};
                     }});
  const Tensor names = Tensor::Vector<std::string>({"loss", "of step"});
  t.errors = {
      {"Assert",
       {Fed(Tensor::Scalar(false)), Fed(names), Fed(Tensor::Vector<int32_t>({1, 2, 3, 4}))},
       "assertion failed: [loss of step] [1 2 3...]"},
      {"Assert",
       {Fed(Tensor::Scalar(false)), Fed(Tensor::Vector<float>({0.5f, -1e9f}))},
       "assertion failed: [0.5...]",
       {{"summarize", int64_t{1}}}},
  };
  t.shapes = {
      {"Placeholder", "", "[2,?]", {{"dtype", DType::kFloat}, {"shape", Shape{2, kUnknownDim}}}},
      {"Placeholder", "", "?", {{"dtype", DType::kFloat}}},
      {"PlaceholderWithDefault", "[2,3]", "[?,3]", {{"shape", Shape{kUnknownDim, 3}}}},
      {"PlaceholderWithDefault", "[2,3]", "error: [2,3] vs [4,3]", {{"shape", Shape{4, 3}}}},
      {"Assert", "[2];[3]", "error: rank 0", {}, {DType::kBool}},
      {"While",
       "[]",
       "error: function 'nowhere'",
       {{"cond", FuncRef{"nowhere"}}, {"body", FuncRef{"nowhere"}}}},
      {"StatelessIf",
       "[];[2]",
       "error: then_branch names function 'nowhere'",
       {{"then_branch", FuncRef{"nowhere"}},
        {"else_branch", FuncRef{"nowhere"}},
        {"Tout", std::vector<DType>{DType::kFloat}}},
       {DType::kBool}},
      {"PartitionedCall",
       "[2]",
       "error: function 'nowhere'",
       {{"f", FuncRef{"nowhere"}}, {"Tout", std::vector<DType>{DType::kFloat}}}},
  };
  return t;
}

}  // namespace graphrun::test
