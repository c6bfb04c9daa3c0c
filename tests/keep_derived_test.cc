// What is made of variables alone is kept from run to run until a variable changes.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <thread>

#include "core/build/ops.h"
#include "core/compile/compile.h"
#include "core/graph/op_def.h"
#include "ops/register_all.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

constexpr int64_t kRows = 40, kColumns = 60;  // enough to be worth keeping

// y = x + 1; it counts its runs.
OpDef CountedOp(std::atomic<int>* runs) {
  return Op<>("Counted")
      .Doc("x + 1.")
      .Input("x", "float32")
      .Output("y", "float32")
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .NoGradient("a test")
      .Kernel([runs](KernelContext& k) {
        ++*runs;
        for (int64_t i = 0; i < k.In(0).num_elements(); ++i)
          k.Out(0).data<float>()[i] = k.In(0).data<float>()[i] + 1;
      });
}

Tensor Filled(float value) {
  Tensor t = Tensor::Zeros(DType::kFloat, {kRows, kColumns});
  for (float& v : t.span<float>()) v = value;
  return t;
}

class KeepDerivedTest : public testing::Test {
 protected:
  KeepDerivedTest() : registry(AllOps()) {
    registry.Add(CountedOp(&runs));
    meta.emplace(&registry);
    root.emplace(Scope::Root(*meta));
    v = Variable("v");
    w = Variable("w");
    value = op::Placeholder(*root, DType::kFloat, {kRows, kColumns});
    assign_v = op::AssignVariable(*root, v, value);
    assign_w = op::AssignVariable(*root, w, value);
  }
  Expr Variable(const char* name) {
    return root->WithName(name).Add("VarHandleOp", {},
                                    {{"dtype", DType::kFloat}, {"shape", Shape{kRows, kColumns}}});
  }
  Expr Read(Expr handle) { return op::ReadVariable(*root, handle); }
  Expr Flip(Expr x) { return op::Transpose(*root, x, op::Ints(*root, {1, 0})); }
  Expr Counted(Expr x) { return root->Add("Counted", {x}); }
  // value + y, so that y is no result itself.
  Expr Used(Expr y) { return value + y; }
  void Start() {
    session.emplace(meta->graph);
    session->Run({{value, Filled(2)}}, {}, {assign_v, assign_w});
  }
  double First(Expr y) { return session->Run({{value, Filled(0)}}, {y})[0].number_at(0); }

  std::atomic<int> runs = 0;
  OpRegistry registry;
  std::optional<MetaGraph> meta;
  std::optional<Scope> root;
  Expr v, w, value, assign_v, assign_w;
  std::optional<Session> session;
};

TEST_F(KeepDerivedTest, ItIsMadeOnceForEachValueOfTheVariable) {
  const Expr y = Used(Flip(Flip(Counted(Read(v)))));
  Start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(First(y), 3);
  EXPECT_EQ(runs, 1);
  session->Run({{value, Filled(5)}}, {}, {assign_v});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(First(y), 6);
  EXPECT_EQ(runs, 2);
  session->SetVariable("v", Filled(7));
  EXPECT_EQ(First(y), 8);
  EXPECT_EQ(runs, 3);
}

TEST_F(KeepDerivedTest, EachOfItsVariablesCounts) {
  const Expr flat = op::Reshape(*root, Read(w), op::Ints(*root, {kColumns, kRows}));
  const Expr y = Used(Counted(Read(v) + Flip(flat)));
  Start();
  EXPECT_EQ(First(y), 5);
  session->Run({{value, Filled(5)}}, {}, {assign_w});
  EXPECT_EQ(First(y), 8);
  session->Run({{value, Filled(6)}}, {}, {assign_v});
  EXPECT_EQ(First(y), 12);
  EXPECT_EQ(First(y), 12);
  EXPECT_EQ(runs, 3);
}

TEST_F(KeepDerivedTest, WhatIsFetchedNeverChanges) {
  const Expr y = Counted(Read(v));
  Start();
  const Tensor before = session->Run({}, {y})[0];
  session->Run({{value, Filled(9)}}, {}, {assign_v});
  EXPECT_EQ(session->Run({}, {y})[0].number_at(3), 10);
  EXPECT_EQ(before.number_at(3), 3);
}

TEST_F(KeepDerivedTest, WhoTakesItOverLeavesItAsItIs) {
  const Expr y = op::Exp(*root, Counted(Read(v)));
  const Expr z = op::Neg(*root, op::Neg(*root, Used(Counted(Read(v)))));
  Start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_FLOAT_EQ(static_cast<float>(First(y)), std::exp(3.0f));
    EXPECT_EQ(First(z), 3);
  }
  EXPECT_EQ(runs, 2);
}

TEST_F(KeepDerivedTest, ARunThatWritesTheVariableKeepsNothing) {
  const Expr y = Used(Counted(Read(v)));
  const Expr add = root->Add("AssignAddVariableOp", {v, value});
  Start();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(session->Run({{value, Filled(1)}}, {y}, {add})[0].number_at(0), 4 + i);
  EXPECT_EQ(runs, 3);
}

TEST_F(KeepDerivedTest, AnotherWriterBetweenReadAndUseIsSeen) {
  // The write goes by a handle of its own, which leads to the same variable.
  const Expr other = root->Add("VarHandleOp", {},
                               {{"dtype", DType::kFloat},
                                {"shape", Shape{kRows, kColumns}},
                                {"shared_name", std::string("v")}});
  const Expr read = Read(v);
  const Expr add = root->WithControlDependencies({read}).Add("AssignAddVariableOp", {other, value});
  const Expr late = Read(v);
  const Expr y = Used(Counted(read));
  Start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(session->Run({{value, Filled(1)}}, {y}, {add})[0].number_at(0), 4 + i);
    EXPECT_EQ(First(late), 3 + i);
  }
}

TEST_F(KeepDerivedTest, WhatIsCheapOrLargeIsComputed) {
  const Expr part = op::Slice(*root, Read(v), op::Ints(*root, {0, 0}), op::Ints(*root, {2, 3}));
  const Expr cheap = Counted(part);
  const Expr large = op::Tile(*root, Counted(Read(w)), op::Ints(*root, {3, 2}));
  Start();
  for (int i = 0; i < 2; ++i) {
    session->Run({}, {op::Neg(*root, cheap)});
    session->Run({}, {op::Neg(*root, large)});
  }
  EXPECT_EQ(runs, 4) << "six times the variable is too much";
}

TEST_F(KeepDerivedTest, RunsOnManyThreadsGetWhatBelongsTogether) {
  const Expr read = Read(v), y = Counted(read);
  Start();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 100; ++round) {
        if (i == 0) session->SetVariable("v", Filled(static_cast<float>(round)));
        const std::vector<Tensor> got = session->Run({}, {read, y});
        wrong += got[0].number_at(7) + 1 != got[1].number_at(7);
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace graphrun
