// What a shape function looks at is known when a run is planned, or looked at when it runs.
#include <gtest/gtest.h>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/compile/compile.h"
#include "core/compile/plan.h"
#include "tests/error_of.h"
#include "tests/model_run.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

// The instructions of a block, and of those inside it, before which the shape function is called.
void AddChecked(const Block& block, std::vector<std::string>* names) {
  for (const Instruction& in : block.instructions) {
    if (in.infer_shapes) names->push_back(in.node->name + " (" + in.node->op->name + ")");
    for (const auto& inner : in.blocks) AddChecked(*inner, names);
  }
}
std::vector<std::string> Checked(const Graph& g, const RunSignature& signature) {
  std::vector<std::string> names;
  AddChecked(Compile(g, signature, {})->block, &names);
  return names;
}

class ModelChecks : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Models, ModelChecks,
                         testing::Values("ptb", "text8_simple", "text8_bigram", "text8_fused"),
                         [](const auto& p) { return p.param; });

// A step whose shapes are static costs nothing more than its kernels.
TEST_P(ModelChecks, ATrainingStepChecksNothingAnew) {
  const auto run = BuildModel(GetParam(), {}, &TestOps());
  const Graph& g = run->meta.graph;
  RunSignature signature;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id) || g.node(id).op->structure != Structure::kPlaceholder) continue;
    ASSERT_TRUE(g.shape({id, 0}).fully_known()) << g.node(id).name;
    signature.feeds.emplace_back(Output{id, 0}, g.type({id, 0}));
  }
  for (const std::string& target : run->plan.train().targets())
    signature.targets.push_back(g.Find(target));
  ASSERT_FALSE(signature.targets.empty());
  EXPECT_EQ(Checked(g, signature), std::vector<std::string>());
}

// Each row: a node of static shapes that needs its shape function for a value, or does not.
TEST(RunChecks, AValueThatIsFedIsCheckedWhenItRuns) {
  TestGraph t;
  const Scope& s = t.root;
  const Expr x = op::Const(s, std::vector<float>{1, 2, 3, 4}, {4});
  const Expr begin = op::Placeholder(s, DType::kInt32, {1});
  const Expr fed = op::Slice(s, x, begin, op::Ints(s, {2}));
  const Expr constant = op::Slice(s, op::Identity(s, x), op::Ints(s, {1}), op::Ints(s, {2}));
  RunSignature signature;
  signature.feeds = {{begin.output(), {DType::kInt32, {1}}}, {x.output(), {DType::kFloat, {4}}}};
  signature.fetches = {fed.output(), constant.output()};
  EXPECT_EQ(Checked(t.meta.graph, signature), std::vector<std::string>{"Slice (Slice)"});
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    for (const int32_t at : {100, 3, -1}) {
      Thrown(Code::kInvalidArgument, [&] {
        session.Run({{begin, Tensor::Vector<int32_t>({at})}}, {fed});
      });
    }
    const Tensor y = session.Run({{begin, Tensor::Vector<int32_t>({2})}}, {fed})[0];
    EXPECT_EQ(y.ToString(), "float32[2]: 3.000000 4.000000");
  }
}

TEST(RunChecks, AnOpWithoutOutputsIsCheckedToo) {
  TestGraph t;
  const Expr condition = op::Placeholder(t.root, DType::kBool);
  const Expr check = t.root.Add("Assert", {condition, op::Const(t.root, 1)});
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    for (const Shape& shape : {Shape{0}, Shape{3}}) {
      Thrown(Code::kInvalidArgument, [&] {
        session.Run({{condition, Tensor::Zeros(DType::kBool, shape)}}, {}, {check});
      });
    }
    session.Run({{condition, Tensor::Scalar(true)}}, {}, {check});
  }
}

TEST(RunChecks, ALoopsConditionIsAScalar) {
  TestGraph t;
  const Expr go = op::Placeholder(t.root, DType::kBool);
  const auto loop = WhileLoop(
      t.root, [&](const Scope&, std::span<const Expr>) { return go; },
      [&](const Scope& f, std::span<const Expr> v) {
        return std::vector<Expr>{op::AddV2(f, v[0], op::Const(f, 1))};
      },
      {op::Const(t.root, 0)});
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    Thrown(Code::kInvalidArgument, [&] {
      session.Run({{go, Tensor::Zeros(DType::kBool, {0})}}, {loop[0]});
    });
    EXPECT_EQ(session.Run({{go, Tensor::Scalar(false)}}, {loop[0]})[0].scalar<int32_t>(), 0);
  }
}

TEST(RunChecks, AListTooLongForMemoryIsRefused) {
  TestGraph t;
  const Expr n = op::Placeholder(t.root, DType::kInt32, {});
  const Expr list = op::TensorListReserve(t.root, op::Ints(t.root, {2}), n, DType::kFloat);
  const Expr length = op::TensorListLength(t.root, list);
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    Thrown(Code::kResourceExhausted, [&] {
      session.Run({{n, Tensor::Scalar(std::numeric_limits<int32_t>::max())}}, {length});
    });
    EXPECT_EQ(session.Run({{n, Tensor::Scalar(3)}}, {length})[0].scalar<int32_t>(), 3);
  }
}

// What is too large fails where it runs: not in a branch that is not taken.
TEST(RunChecks, AHugeTensorFailsOnlyWhereItRuns) {
  for (const auto& [dims, code] :
       {std::pair{std::vector<int64_t>{int64_t{1} << 61, 8}, Code::kInvalidArgument},
        std::pair{std::vector<int64_t>{int64_t{1} << 40}, Code::kResourceExhausted}}) {
    TestGraph t;
    const Expr taken = op::Placeholder(t.root, DType::kBool, {});
    const auto out = Cond(
        t.root, taken,
        [&, d = dims](const Scope& f) {
          const Expr huge = op::Fill(f, f.Const(Tensor::Vector(d)), op::Const(f, 2.0f));
          return std::vector<Expr>{op::ReduceSum(f, huge)};
        },
        [](const Scope& f) { return std::vector<Expr>{op::Const(f, 5.0f)}; });
    for (const bool interpret : {false, true}) {
      Session session(t.meta.graph, {.interpret = interpret});
      EXPECT_EQ(session.Run({{taken, Tensor::Scalar(false)}}, {out[0]})[0].scalar<float>(), 5);
      Thrown(code, [&] { session.Run({{taken, Tensor::Scalar(true)}}, {out[0]}); });
    }
  }
}

TEST(RunChecks, ASizeThatItsTypeCannotHoldIsRefused) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {0, int64_t{1} << 40});
  const Expr shape = op::Shape(t.root, x), wide = op::Shape(t.root, x, DType::kInt64);
  for (const bool interpret : {false, true}) {
    Session session(t.meta.graph, {.interpret = interpret});
    const Feeds feeds = {{x, Tensor(DType::kFloat, {0, int64_t{1} << 40})}};
    Thrown(Code::kInvalidArgument, [&] { session.Run(feeds, {shape}); });
    EXPECT_EQ(session.Run(feeds, {wide})[0].int_at(1), int64_t{1} << 40);
  }
}

}  // namespace
}  // namespace graphrun
