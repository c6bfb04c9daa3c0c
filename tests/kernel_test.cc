// Kernels: prepared once for a plan where shapes and values are known, else for each run; scratch.
#include "core/graph/kernel.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "ops/register_all.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

struct Counts {
  int made = 0, ran = 0, threads = 0;
  const void* scratch = nullptr;
};

// y = x plus the value of input 1, a scalar; it counts, and looks at its scratch memory.
struct Plan {
  float shift;
  size_t bytes;
  size_t scratch_bytes() const { return bytes; }
};

OpDef ShiftOp(Counts* counts) {
  return Op<>("Shift")
      .Doc("x + shift.")
      .Input("x", "float32")
      .Input("shift", "float32")
      .Output("y", "float32")
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .NoGradient("a test")
      .Kernel(
          [counts](const KernelRequest& r) {
            const float shift = r.Value(1).scalar<float>();
            ++counts->made;
            return Plan{shift, static_cast<size_t>(r.In(0).num_elements()) * sizeof(float)};
          },
          [counts](KernelContext& k, const Plan& plan) {
            ++counts->ran;
            counts->threads = NumThreads();
            Tensor copy = k.Scratch(DType::kFloat, k.In(0).shape());
            counts->scratch = copy.owning() ? nullptr : copy.raw();
            for (int64_t i = 0; i < copy.num_elements(); ++i)
              copy.data<float>()[i] = k.In(0).data<float>()[i] + plan.shift;
            for (int64_t i = 0; i < copy.num_elements(); ++i)
              k.Out(0).data<float>()[i] = copy.data<float>()[i];
          });
}

class KernelTest : public testing::Test {
 protected:
  KernelTest() : registry(AllOps()) {
    registry.Add(ShiftOp(&counts));
    meta.emplace(&registry);
    root.emplace(Scope::Root(*meta));
  }
  Counts counts;
  OpRegistry registry;
  std::optional<MetaGraph> meta;
  std::optional<Scope> root;
};

TEST_F(KernelTest, APlanIsMadeOnceAndItsScratchLiesInTheArena) {
  const Expr x = op::Placeholder(*root, DType::kFloat, Shape::Parse("[?]"));
  const Expr y = op::Exp(*root, root->Add("Shift", {op::Exp(*root, x), op::Const(*root, 2.0f)}));
  Session session(meta->graph);
  const Tensor at = Tensor::Vector<float>({0, 0, 0});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FLOAT_EQ(session.Run({{x, at}}, {y})[0].data<float>()[2], std::exp(3.0f));
    EXPECT_NE(counts.scratch, nullptr);
  }
  EXPECT_EQ(counts.made, 1);
  EXPECT_EQ(counts.ran, 3);
  session.Run({{x, Tensor::Vector<float>({0, 0})}}, {y});
  EXPECT_EQ(counts.made, 2) << "another plan, of another shape";
}

TEST_F(KernelTest, APlanWithoutLargeWorkRunsOnOneThread) {
  const Expr x = op::Placeholder(*root, DType::kFloat, Shape::Parse("[?]"));
  const Expr y = root->Add("Shift", {x, op::Const(*root, 2.0f)});
  Session session(meta->graph, {.threads = 2});
  session.Run({{x, Tensor::Zeros(DType::kFloat, {1000})}}, {y});
  EXPECT_EQ(counts.threads, 1);
  session.Run({{x, Tensor::Zeros(DType::kFloat, {1 << 20})}}, {y});
  EXPECT_EQ(counts.threads, 2);
}

TEST_F(KernelTest, WhatIsKnownOnlyInTheRunIsPlannedThen) {
  const Expr x = op::Placeholder(*root, DType::kFloat, {4}),
             by = op::Placeholder(*root, DType::kFloat, {});
  const Expr value = root->Add("Shift", {x, by});
  const Expr shape = root->Add(
      "Shift", {root->Add("Unique", {x}, {{"out_idx", DType::kInt32}}), op::Const(*root, 2.0f)});
  Session session(meta->graph);
  for (const float shift : {1.0f, 5.0f}) {
    const auto got = session.Run(
        {{x, Tensor::Vector<float>({3, 3, 4, 3})}, {by, Tensor::Scalar(shift)}}, {value, shape});
    EXPECT_EQ(got[0].data<float>()[2], 4 + shift);
    EXPECT_EQ(got[1].shape(), Shape({2}));
    EXPECT_EQ(got[1].data<float>()[1], 6);
    EXPECT_EQ(counts.scratch, nullptr) << "the pool's, since its size was not known";
  }
  EXPECT_EQ(counts.made, 4) << "a plan for each run of each node";
}

TEST_F(KernelTest, TheInterpreterPreparesForEachRun) {
  const Expr x = op::Placeholder(*root, DType::kFloat, {2});
  const Expr y = root->Add("Shift", {x, op::Const(*root, 2.0f)});
  Session session(meta->graph, {.interpret = true});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(session.Run({{x, Tensor::Vector<float>({1, 4})}}, {y})[0].data<float>()[1], 6);
  EXPECT_EQ(counts.made, 2);
}

TEST(Accesses, NameAllVariablesOfAnOptimizer) {
  const OpDef& adam = TestOps().Get("ResourceApplyAdam");
  ASSERT_EQ(adam.accesses.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(adam.accesses[i].input, i);
    EXPECT_TRUE(adam.accesses[i].write);
  }
  ASSERT_EQ(TestOps().Get("ReadVariableOp").accesses.size(), 1u);
  EXPECT_FALSE(TestOps().Get("ReadVariableOp").accesses[0].write);
}

TEST(Regions, NameTheFunctionsOfANode) {
  const auto attrs = [](const char* op) {
    std::vector<std::string> names;
    for (const Region& r : TestOps().Get(op).regions)
      names.push_back(r.attr + ":" + std::to_string(r.first_input) + (r.repeats ? "*" : ""));
    return names;
  };
  EXPECT_EQ(attrs("While"), (std::vector<std::string>{"cond:0", "body:0*"}));
  EXPECT_EQ(attrs("StatelessIf"), (std::vector<std::string>{"then_branch:1", "else_branch:1"}));
  EXPECT_EQ(attrs("PartitionedCall"), std::vector<std::string>{"f:0"});
  EXPECT_TRUE(attrs("AddV2").empty());
}

// An op with functions says which of its attributes they are.
TEST(Regions, AreDeclaredByAllOpsWithFunctions) {
  for (const auto& [name, op] : TestOps().ops()) {
    for (const AttrDef& attr : op.attrs) {
      if (attr.kind != "func") continue;
      EXPECT_TRUE(std::any_of(op.regions.begin(), op.regions.end(),
                              [&](const Region& r) { return r.attr == attr.name; }))
          << name << " " << attr.name;
    }
    for (const ArgDef& input : op.inputs) {
      if (input.fixed != DType::kResource) continue;
      EXPECT_FALSE(op.accesses.empty()) << name << " takes a variable";
    }
  }
}

TEST(Variables, CountTheirChanges) {
  VariableState v("v", DType::kFloat, {2});
  EXPECT_EQ(v.VersionOf(Tensor()), std::nullopt);
  v.Assign(Tensor::Vector<float>({1, 2}));
  const Tensor before = v.Read();
  EXPECT_EQ(v.VersionOf(v.Peek()), 1u);
  {
    const VariableLock lock(v);
    v.Mutable(nullptr).data<float>()[0] = 7;
  }
  EXPECT_EQ(v.VersionOf(v.Peek()), 2u);
  EXPECT_EQ(before.data<float>()[0], 1) << "who read it keeps what it was";
  EXPECT_EQ(v.Read().data<float>()[0], 7);
}

TEST(PlanCache, TheLeastRecentlyUsedPlanGoes) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, Shape::Parse("[?]"));
  const Expr y = op::Exp(t.root, op::Exp(t.root, x));
  const auto run = [&](Session& session, int64_t n) {
    return session.Run({{x, Tensor::Zeros(DType::kFloat, {n})}}, {y})[0].shape()[0];
  };
  Session all(t.meta.graph);
  for (int64_t n = 2; n < 9; ++n) EXPECT_EQ(run(all, n), n);
  const auto [plans, bytes] = all.CachedPlans();
  EXPECT_EQ(plans, 7u);
  EXPECT_GT(bytes, 0u);
  Session few(t.meta.graph, {.plan_cache_bytes = bytes / 2});
  for (int round = 0; round < 2; ++round) {
    for (int64_t n = 2; n < 9; ++n) {
      EXPECT_EQ(run(few, n), n);
      EXPECT_LE(few.CachedPlans().second, bytes / 2);
    }
  }
  EXPECT_LT(few.CachedPlans().first, 7u);
  Session none(t.meta.graph, {.plan_cache_bytes = 0});
  EXPECT_EQ(run(none, 3), 3);
  EXPECT_EQ(run(none, 4), 4);
  EXPECT_EQ(none.CachedPlans().first, 1u) << "the newest stays";
}

TEST(PlanCache, AddedNodesChangeNothingAndOtherEditsDropAll) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {3});
  const Expr y = op::Exp(t.root, x);
  Session session(t.meta.graph);
  const Feeds feeds = {{x, Tensor::Zeros(DType::kFloat, {3})}};
  session.Run(feeds, {y});
  const Expr z = op::Sin(t.root, y);
  session.Run(feeds, {z});
  EXPECT_EQ(session.CachedPlans().first, 2u);
  t.meta.graph.SetInput(z.node(), 0, x.output());
  EXPECT_EQ(session.Run(feeds, {z})[0].data<float>()[0], 0);
  EXPECT_EQ(session.CachedPlans().first, 1u);
}

}  // namespace
}  // namespace graphrun
