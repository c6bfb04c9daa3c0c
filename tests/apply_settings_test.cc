// The optimizers' ops that refuse settings out of range, as TensorFlow's do.
#include <gtest/gtest.h>

#include "core/build/ops.h"
#include "core/run/session.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

// The message of a run of `op` on variables of [3], with gradient and indices of one row, and these
// scalars before and after them; empty when it succeeds.
std::string Failure(const std::string& op, int variables, const std::vector<float>& before,
                    const std::vector<float>& after, const AttrMap& attrs = {}) {
  const OpRegistry registry = AllOps();
  MetaGraph meta(&registry);
  const Scope s = Scope::Root(meta);
  std::vector<Expr> inputs, assigned;
  for (int i = 0; i < variables; ++i) {
    inputs.push_back(s.Add(
        "VarHandleOp", {},
        {{"dtype", DType::kFloat}, {"shape", Shape{3}}, {"shared_name", "v" + std::to_string(i)}}));
    assigned.push_back(
        op::AssignVariable(s, inputs.back(), op::Const(s, std::vector<float>(3, 1))));
  }
  const auto add = [&](const std::vector<float>& scalars) {
    for (const float h : scalars) inputs.push_back(op::Const(s, h));
  };
  add(before);
  inputs.push_back(op::Const(s, std::vector<float>{0.5f}));
  inputs.push_back(op::Ints(s, {2}));
  add(after);
  const Expr apply = s.Add(op, inputs, attrs);
  Session session(meta.graph);
  session.Run({}, {}, {assigned.begin(), assigned.end()});
  try {
    session.Run({}, {}, {apply});
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    return e.message();
  }
  return "";
}

TEST(ApplySettings, FtrlChecksThemForRows) {
  const auto run = [](std::vector<float> h, const AttrMap& attrs = {}) {
    return Failure("ResourceSparseApplyFtrl", 3, {}, h, attrs);
  };
  EXPECT_EQ(run({0.1f, 0.1f, 0.1f, -0.5f}), "");
  EXPECT_NE(run({0.0f, 0.1f, 0.1f, -0.5f}).find("lr is 0"), std::string::npos);
  EXPECT_EQ(run({0.0f, 0.1f, 0.1f, -0.5f}, {{"multiply_linear_by_lr", true}}), "");
  EXPECT_NE(run({0.1f, -0.5f, 0.1f, -0.5f}).find("l1 is -0.5"), std::string::npos);
  EXPECT_NE(run({0.1f, 0.1f, -0.5f, -0.5f}).find("l2 is -0.5"), std::string::npos);
  EXPECT_NE(run({0.1f, 0.1f, 0.1f, 0.5f}).find("lr_power is 0.5"), std::string::npos);
  const std::string v2 =
      Failure("ResourceSparseApplyFtrlV2", 3, {}, {0.1f, 0.1f, 0.1f, -0.5f, -0.5f});
  EXPECT_NE(v2.find("l2_shrinkage is -0.5"), std::string::npos);
}

TEST(ApplySettings, ProximalAdagradChecksThem) {
  const auto run = [](std::vector<float> h) {
    return Failure("ResourceSparseApplyProximalAdagrad", 2, h, {});
  };
  EXPECT_EQ(run({0.1f, 0.0f, 0.0f}), "");
  EXPECT_NE(run({0.0f, 0.1f, 0.1f}), "");
  EXPECT_NE(run({0.1f, -0.1f, 0.1f}), "");
  EXPECT_NE(run({0.1f, 0.1f, -0.1f}), "");
}

}  // namespace
}  // namespace graphrun
