// Gradients of every row of the op table that has any, and gradients of these, against finite
// differences.
#include <gtest/gtest.h>

#include "ops/register_all.h"
#include "tests/grad_check.h"
#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

class OpGrad : public testing::TestWithParam<const OpCase*> {};

TEST_P(OpGrad, MatchesFiniteDifferences) {
  const OpCase& c = *GetParam();
  static const OpRegistry* const kRegistry = new OpRegistry(AllOps());
  for (const bool unknown : {false, true}) {
    if (unknown && !c.unknown_shapes) continue;
    for (const bool interpret : {true, false}) {
      GradProblem p;
      p.registry = kRegistry;
      p.inputs = MakeInputs(c, DType::kDouble);
      p.make_inputs = [&](const Scope& s, const std::vector<Tensor>& values) {
        return MakeInputNodes(s, c, values, unknown);
      };
      p.build = [&](const Scope& s, const std::vector<Expr>& in) { return BuildCase(s, c, in); };
      p.wrt = c.grad;
      p.outputs = c.grad_outputs;
      p.second = c.second;
      p.zero_second = c.zero_second;
      p.tolerance = c.grad_tolerance;
      p.interpret = interpret;
      EXPECT_EQ(CheckGradients(p), "")
          << (interpret ? "interpreter" : "plan") << (unknown ? ", unknown shapes" : "");
    }
  }
}

std::vector<const OpCase*> GradientRows() {
  std::vector<const OpCase*> rows;
  for (const OpCase& c : AllOpCases().cases) {
    if (!c.grad.empty()) rows.push_back(&c);
  }
  return rows;
}
std::string GradientName(const testing::TestParamInfo<const OpCase*>& info) {
  return CaseName(*info.param);
}

INSTANTIATE_TEST_SUITE_P(Op, OpGrad, testing::ValuesIn(GradientRows()), GradientName);

}  // namespace
}  // namespace graphrun::test
