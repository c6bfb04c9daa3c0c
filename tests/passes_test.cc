// Passes that run again: what each makes of functions written by hand, and that these compute the
// same after it.
#include "core/compile/passes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/graph/function_attr.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;
using Values = std::vector<double>;

// Functions of one library; `main` is called by a node, so that it can be run.
class PassesTest : public testing::Test {
 protected:
  Function& Add(const std::string& name) {
    return g().library()->Add(std::make_unique<Function>(name, g()));
  }
  static Output Node(Function& f, const char* op, const char* name, std::vector<Output> inputs,
                     AttrMap attrs = {}, std::vector<NodeId> controls = {}) {
    return {f.graph.AddNode(op, name, std::move(inputs), std::move(attrs), std::move(controls)), 0};
  }
  static Output Scalar(Function& f, const char* name, float value) {
    return f.graph.AddConst(name, Tensor::Scalar(value));
  }
  static Output Arg(Function& f, const char* name, DType dtype = DType::kFloat) {
    return f.AddArg(name, {.dtype = dtype, .shape = Shape({})});
  }
  Graph& g() { return t_.meta.graph; }

  // What main computes, interpreted.
  Values Run(const std::vector<Tensor>& args) {
    const Function& f = g().library()->Get("main");
    std::vector<Output> inputs;
    std::vector<DType> types;
    for (const Tensor& value : args) inputs.push_back(g().AddConst("arg", value));
    for (Output o : f.results) types.push_back(f.graph.dtype(o));
    const NodeId call = g().AddNode("StatefulPartitionedCall", "call", inputs,
                                    {{"f", FuncRef{"main"}}, {"Tout", types}});
    Values values;
    for (int i = 0; i < static_cast<int>(types.size()); ++i) {
      for (double v : Numbers(t_.Run({}, {g().OutputName({call, i})}, {.interpret = true})[0]))
        values.push_back(v);
    }
    return values;
  }

  // The ops of a function but for its parameters, sorted.
  static Names Ops(const Function& f) {
    Names ops;
    for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
      if (f.graph.exists(id) && f.graph.node(id).op->structure != Structure::kArg)
        ops.push_back(f.graph.node(id).op->name);
    }
    std::sort(ops.begin(), ops.end());
    return ops;
  }

  // Runs passes on main.
  bool Apply(const std::vector<void (*)(Unit&)>& passes) {
    Unit unit(&g().library()->Get("main"));
    for (const auto& pass : passes) {
      pass(unit);
      EXPECT_NO_THROW(Verify(unit.main()));
    }
    return unit.changed();
  }

  TestGraph t_;
};

// main(x) = While(i = 0, n = 5, x, y = x; i < n): i + 1, n, x + (n + n), y * y -> x
class LoopPasses : public PassesTest {
 protected:
  LoopPasses() {
    Function &cond = Add("cond"), &body = Add("body"), &main = Add("main");
    const Output ci = Arg(cond, "i"), cn = Arg(cond, "n");
    Arg(cond, "x");
    Arg(cond, "y");
    cond.results = {Node(cond, "Less", "less", {ci, cn})};
    const Output i = Arg(body, "i"), n = Arg(body, "n"), x = Arg(body, "x"), y = Arg(body, "y");
    body.results = {Node(body, "AddV2", "next", {i, Scalar(body, "one", 1)}), n,
                    Node(body, "AddV2", "sum", {x, Node(body, "AddV2", "nn", {n, n})}),
                    Node(body, "Mul", "square", {y, y})};
    const Output in = Arg(main, "x");
    loop_ = main.graph.AddNode(
        "StatelessWhile", "loop", {Scalar(main, "zero", 0), Scalar(main, "five", 5), in, in},
        {{"cond", FuncRef{"cond"}}, {"body", FuncRef{"body"}}, {kLoweredAttr, true}});
    main.results = {{loop_, 2}};
  }
  Function& Get(const char* name) { return g().library()->Get(name); }
  NodeId loop_ = kNoNode;
};

TEST_F(LoopPasses, AConstantThatALoopHandsOnIsOneInTheLoop) {
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({52}));
  EXPECT_TRUE(Apply({FoldConstants}));
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({52}));
  const Function& body = Get("body");
  const Tensor* sum = body.graph.ConstValue(body.graph.node(body.results[2].node).inputs[1]);
  ASSERT_NE(sum, nullptr);
  EXPECT_EQ(Numbers(*sum), Values({10}));
  EXPECT_EQ(body.results[1], (Output{body.args[1], 0})) << "the variable stays what it is";
}

TEST_F(LoopPasses, VariablesThatNobodyNeedsAreLeftOut) {
  Apply({FoldConstants, TrimLoops, RemoveDeadNodes});
  const Function& main = Get("main");
  const NodeId loop = main.results[0].node;
  EXPECT_EQ(loop, loop_) << "effects are ordered by ids";
  EXPECT_EQ(main.graph.node(loop).inputs.size(), 2u);  // i, x
  EXPECT_EQ(main.results[0], (Output{loop, 1}));
  EXPECT_EQ(Get("cond").args.size(), 2u);
  EXPECT_THAT(Ops(Get("body")), ElementsAre("AddV2", "AddV2", "Const", "Const"));
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({52}));
  EXPECT_FALSE(Apply({FoldConstants, TrimLoops})) << "nothing is left to do";
}

TEST_F(LoopPasses, WhatALoopHandsOnIsUsedFromOutside) {
  Function& main = Get("main");
  main.results.push_back({loop_, 1});
  Apply({TrimLoops});
  EXPECT_EQ(main.graph.node(main.results[1].node).name, "five");
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({52, 5}));
}

TEST_F(LoopPasses, ALoopOfWhichOnlyThatIsUsedRuns) {
  Function& main = Get("main");
  main.results = {{loop_, 1}};  // its condition may fail
  Apply({FoldConstants, TrimLoops, RemoveDeadNodes});
  EXPECT_EQ(main.results[0].node, loop_);
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({5}));
}

TEST_F(LoopPasses, ALoopThatRunsAsAWholeKeepsWhatMayFail) {
  Function& main = Get("main");
  main.graph.SetAttr(loop_, kLoweredAttr, false);
  Apply({FoldConstants, TrimLoops});
  EXPECT_EQ(main.graph.node(main.results[0].node).inputs.size(), 3u);  // all but n
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({52}));
}

TEST_F(LoopPasses, ALoopThatIsWaitedForKeepsWhatMayFail) {
  Function& main = Get("main");
  main.control_results = {loop_};
  Apply({FoldConstants, TrimLoops});
  EXPECT_EQ(main.graph.node(loop_).inputs.size(), 3u);  // all but n
}

TEST_F(LoopPasses, FunctionsThatTwoNodesRunStayAsTheyAre) {
  Function& main = Get("main");
  const graphrun::Node first = main.graph.node(loop_);
  main.results.push_back(
      {main.graph.AddNode("StatelessWhile", "again", first.inputs, first.attrs), 3});
  EXPECT_FALSE(Apply({FoldConstants, TrimLoops}));
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({52, 4294967296.0}));
}

// main(p, x) = p ? f(3, x) : g(3, x), both of which add up their first parameter
class BranchPasses : public PassesTest {
 protected:
  void Build(bool constant) {
    for (const char* name : {"then", "else"}) {
      Function& f = Add(name);
      const Output a = Arg(f, "a"), b = Arg(f, "b");
      const Output sum = Node(f, "AddV2", "sum", {a, a});
      f.results = {Node(f, std::string(name) == "then" ? "Mul" : "Sub", "y", {sum, b})};
    }
    Function& main = Add("main");
    Output p = Arg(main, "p", DType::kBool);
    const Output x = Arg(main, "x");
    if (constant) p = Node(main, "Less", "less", {Scalar(main, "two", 2), Scalar(main, "one", 1)});
    main.results = {Node(main, "StatelessIf", "if", {p, Scalar(main, "three", 3), x},
                         {{"then_branch", FuncRef{"then"}},
                          {"else_branch", FuncRef{"else"}},
                          {"Tout", std::vector{DType::kFloat}},
                          {kLoweredAttr, true}})};
  }
  Values At(bool p, float x) { return Run({Tensor::Scalar(p), Tensor::Scalar(x)}); }
};

TEST_F(BranchPasses, ConstantsGoIntoBranches) {
  Build(false);
  Apply({FoldConstants, TrimLoops, RemoveDeadNodes});
  const Function& main = g().library()->Get("main");
  EXPECT_THAT(Ops(main), ElementsAre("StatelessIf"));
  EXPECT_THAT(Ops(g().library()->Get("then")), ElementsAre("Const", "Mul"));
  EXPECT_THAT(Ops(g().library()->Get("else")), ElementsAre("Const", "Sub"));
  EXPECT_EQ(At(true, 5), Values({30}));
  EXPECT_EQ(At(false, 5), Values({1}));
}

TEST_F(BranchPasses, ABranchTakesThePlaceOfAnIfOnAConstant) {
  Build(true);
  Apply({FoldConstants, InlineFunctions, RemoveDeadNodes});
  EXPECT_THAT(Ops(g().library()->Get("main")), ElementsAre("Const", "Sub"));
  EXPECT_EQ(At(true, 5), Values({1}));
}

// main(x) = f(x), x², x.
class CallPasses : public PassesTest {
 protected:
  CallPasses() : main_(Add("main")) {
    Function& f = Add("f");
    const Output x = Arg(f, "x");
    f.results = {Node(f, "Square", "y", {x}), x};
  }
  static Output Handle(Function& f) {
    return Node(
        f, "VarHandleOp", "v", {},
        {{"dtype", DType::kFloat}, {"shape", Shape({})}, {"shared_name", std::string("v")}});
  }
  NodeId Call(Output x, std::vector<NodeId> controls = {}) {
    return Node(main_, "StatefulPartitionedCall", "call", {x},
                {{"f", FuncRef{"f"}}, {"Tout", std::vector(2, DType::kFloat)}}, std::move(controls))
        .node;
  }
  Names ControlsOf(const char* name) {
    Names names;
    for (NodeId c : main_.graph.node(main_.graph.Find(name)).control_inputs)
      names.push_back(main_.graph.node(c).name);
    std::sort(names.begin(), names.end());
    return names;
  }
  Function& main_;
};

TEST_F(CallPasses, ABodyComesAfterWhatTheCallWaitedFor) {
  const Output x = Arg(main_, "x");
  const Output handle = Handle(main_);
  const NodeId assign = Node(main_, "AssignVariableOp", "assign", {handle, x}).node;
  const NodeId call = Call(x, {assign});
  const Output read =
      Node(main_, "ReadVariableOp", "read", {handle}, {{"dtype", DType::kFloat}}, {call});
  main_.results = {{call, 0}, {call, 1}, read};
  main_.control_results = {assign, call};
  EXPECT_EQ(Run({Tensor::Scalar(3.0f)}), Values({9, 3, 3}));
  Apply({InlineFunctions, RemoveDeadNodes});
  EXPECT_EQ(main_.graph.Find("call"), kNoNode);
  EXPECT_THAT(ControlsOf("read"), ElementsAre("assign", "x"));
  // A result that comes before nothing would run before the assignment.
  EXPECT_EQ(main_.graph.node(main_.results[1].node).op->name, "Identity");
  EXPECT_EQ(Run({Tensor::Scalar(3.0f)}), Values({9, 3, 3}));
}

TEST_F(CallPasses, EffectsStayWhereTheyAre) {
  Function& f = g().library()->Get("f");
  const Output handle = Handle(f);
  f.control_results = {Node(f, "AssignAddVariableOp", "add", {handle, {f.args[0], 0}}).node};
  main_.results = {{Call(Arg(main_, "x")), 0}};
  EXPECT_FALSE(Apply({InlineFunctions}));
}

TEST_F(CallPasses, ALargeFunctionThatIsCalledTwiceIsCalled) {
  Function& f = g().library()->Get("f");
  Output y = f.results[0];
  for (int i = 0; i < 1024; ++i) y = Node(f, "Neg", "neg", {y});
  f.results[0] = y;
  const Output x = Arg(main_, "x");
  main_.results = {{Call(x), 0}, {Call(x), 0}};
  EXPECT_FALSE(Apply({InlineFunctions}));
  main_.results.pop_back();
  EXPECT_TRUE(Apply({RemoveDeadNodes}));
}

TEST_F(CallPasses, OneCallOfALargeFunctionIsInlined) {
  Function& f = g().library()->Get("f");
  Output y = f.results[0];
  for (int i = 0; i < 1024; ++i) y = Node(f, "Neg", "neg", {y});
  f.results[0] = y;
  const Output x = Arg(main_, "x");
  main_.results = {{Call(x), 0}};
  EXPECT_TRUE(Apply({InlineFunctions}));
  EXPECT_EQ(main_.graph.Find("call"), kNoNode);
}

// main(p, x): v += x; done, after it; p ? read(v) : read(v), which gets done and does not use it.
TEST_F(CallPasses, WhatIsLeftOutIsWaitedForAllTheSame) {
  for (const char* name : {"then", "else"}) {
    Function& f = Add(name);
    const Output handle = f.AddArg("v", {.dtype = DType::kResource,
                                         .shape = Shape({}),
                                         .element_dtype = DType::kFloat,
                                         .element_shape = Shape({})});
    Arg(f, "done");
    const Output read = Node(f, "ReadVariableOp", "read", {handle}, {{"dtype", DType::kFloat}});
    f.results = {Node(f, std::string(name) == "then" ? "Square" : "Neg", "y", {read})};
  }
  const Output p = Arg(main_, "p", DType::kBool), x = Arg(main_, "x");
  const Output handle = Handle(main_);
  const NodeId assign = Node(main_, "AssignVariableOp", "assign", {handle, x}).node;
  const Output done = Node(main_, "Neg", "done", {x}, {}, {assign});
  main_.results = {Node(main_, "If", "if", {p, handle, done},
                        {{"then_branch", FuncRef{"then"}},
                         {"else_branch", FuncRef{"else"}},
                         {"Tout", std::vector{DType::kFloat}},
                         {kLoweredAttr, true}})};
  main_.control_results = {assign};
  Apply({TrimLoops});
  EXPECT_EQ(main_.graph.node(main_.results[0].node).inputs.size(), 2u);
  EXPECT_THAT(ControlsOf("if"), ElementsAre("done"));
  EXPECT_EQ(Run({Tensor::Scalar(true), Tensor::Scalar(3.0f)}), Values({9}));
}

TEST_F(LoopPasses, WhatALoopHandsOnComesAfterWhatTheLoopWaitedFor) {
  Function& main = Get("main");
  const Output x = {main.args[0], 0};
  const NodeId check =
      Node(main, "CheckNumerics", "check", {x}, {{"message", std::string("x")}}).node;
  main.graph.AddControlInput(loop_, check);
  main.results.push_back({loop_, 1});
  Apply({FoldConstants, TrimLoops});
  EXPECT_EQ(main.graph.node(main.results[1].node).name, "loop");
  EXPECT_EQ(Run({Tensor::Scalar(2.0f)}), Values({52, 5}));
}

TEST_F(PassesTest, NothingIsFoldedThatWaitsForAnEffect) {
  Function& main = Add("main");
  const Output x = Arg(main, "x");
  const NodeId check =
      Node(main, "CheckNumerics", "check", {x}, {{"message", std::string("x")}}).node;
  const Output two = Scalar(main, "two", 2);
  main.results = {Node(main, "Neg", "neg", {two}, {}, {check}),
                  Node(main, "Shape", "shape", {{check, 0}}), Node(main, "Neg", "free", {two})};
  Apply({FoldConstants, RemoveDeadNodes});
  EXPECT_THAT(Ops(main), ElementsAre("CheckNumerics", "Const", "Const", "Neg", "Shape"));
}

}  // namespace
}  // namespace graphrun
