// Every row of the op table forward: against its reference, by the interpreter and by the plan,
// with known and with unknown input shapes.
#include <gtest/gtest.h>

#include <cmath>

#include "core/graph/op_def.h"
#include "core/run/session.h"
#include "ops/register_all.h"
#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

void ExpectNear(const Tensor& actual, const Array& expected, double tolerance,
                const std::string& what) {
  ASSERT_EQ(actual.shape(), expected.shape)
      << what << ": " << actual.shape().ToString() << " instead of " << expected.shape.ToString();
  for (int64_t i = 0; i < actual.num_elements(); ++i) {
    const double a = actual.number_at(i), e = expected.v[i];
    if (std::isnan(e) ? std::isnan(a) : a == e) continue;
    ASSERT_LE(std::abs(a - e), tolerance * std::max(1.0, std::abs(e)))
        << what << ", element " << i << ": " << a << " instead of " << e;
  }
}

double Tolerance(const OpCase& c, DType dtype) {
  if (dtype == DType::kFloat) return c.tolerance;
  return dtype == DType::kDouble ? std::min(c.tolerance, 1e-9) : 0;
}

class OpForward : public testing::TestWithParam<const OpCase*> {};

TEST_P(OpForward, MatchesReference) {
  const OpCase& c = *GetParam();
  static const OpRegistry* const kRegistry = new OpRegistry(AllOps());
  for (const DType type : c.types) {
    const std::vector<Tensor> in = MakeInputs(c, type);
    Arrays expected = c.expected;
    if (c.reference) {
      Arrays numbers;
      for (const Tensor& t : in) numbers.emplace_back(t);
      expected = c.reference(numbers);
    }
    for (const bool unknown : {false, true}) {
      if (unknown && !c.unknown_shapes) continue;
      MetaGraph meta(kRegistry);
      const Scope scope = Scope::Root(meta);
      const std::vector<Expr> nodes = MakeInputNodes(scope, c, in, unknown);
      const std::vector<Expr> outs = BuildCase(scope, c, nodes);
      Feeds feeds;
      for (size_t i = 0; i < in.size(); ++i) feeds.emplace_back(nodes[i], in[i]);
      for (const bool interpret : {true, false}) {
        const std::string what = std::string(DTypeName(type)) +
                                 (interpret ? ", interpreter" : ", plan") +
                                 (unknown ? ", unknown shapes" : "");
        SCOPED_TRACE(what);
        Session session(meta.graph, {.interpret = interpret, .seed = 1});
        const std::vector<Tensor> values = session.Run(feeds, {outs.begin(), outs.end()});
        for (size_t i = 0; i < outs.size(); ++i) {
          EXPECT_EQ(values[i].dtype(), outs[i].dtype());
          EXPECT_TRUE(values[i].shape().CompatibleWith(outs[i].shape()))
              << values[i].shape().ToString() << " was inferred as " << outs[i].shape().ToString();
        }
        if (c.check) {
          c.check(in, values);
          continue;
        }
        ASSERT_EQ(values.size(), expected.size());
        for (size_t i = 0; i < values.size(); ++i) {
          ExpectNear(values[i], expected[i], Tolerance(c, values[i].dtype()),
                     "output " + std::to_string(i));
        }
      }
    }
  }
}

std::vector<const OpCase*> Rows() {
  std::vector<const OpCase*> rows;
  for (const OpCase& c : AllOpCases().cases) rows.push_back(&c);
  return rows;
}
std::string NameOf(const testing::TestParamInfo<const OpCase*>& info) {
  return CaseName(*info.param);
}

INSTANTIATE_TEST_SUITE_P(Op, OpForward, testing::ValuesIn(Rows()), NameOf);

}  // namespace
}  // namespace graphrun::test
