// Compilation: each pass by the graph it makes and by numbers against the interpreter; intact
// graphs after every pass.
#include "core/compile/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/autodiff/gradients.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/build/raw_ops.h"
#include "core/compile/passes.h"
#include "core/compile/specialise.h"
#include "core/graph/op_def.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::Pair;
using Exprs = std::vector<Expr>;
using Vars = std::span<const Expr>;

std::string OpOf(const Graph& g, NodeId id) { return g.node(id).op->name; }

// How often each op occurs in a function and in those that it calls.
std::map<std::string, int> OpCounts(const Function& f) {
  std::map<std::string, int> counts;
  const auto count = [&](const Graph& g) {
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (g.exists(id)) ++counts[OpOf(g, id)];
    }
  };
  count(f.graph);
  for (const std::string& name : CalledFunctions(f)) count(f.graph.library()->Get(name).graph);
  return counts;
}

class CompileTest : public testing::Test {
 protected:
  const Scope& root() const { return t_.root; }

  RunSignature Signature(const std::vector<std::pair<Expr, Tensor>>& feeds, const Exprs& fetches,
                         const Exprs& targets = {}) const {
    RunSignature signature;
    for (const auto& [e, value] : feeds) signature.feeds.emplace_back(e.output(), TypeOf(value));
    for (const Expr& e : fetches) signature.fetches.push_back(e.output());
    for (const Expr& e : targets) signature.targets.push_back(e.node());
    return signature;
  }
  // The compiled function; planned and interpreted runs of the same agree, and every stage is
  // intact.
  std::unique_ptr<Function> Compile(const std::vector<std::pair<Expr, Tensor>>& feeds,
                                    const Exprs& fetches,
                                    const std::vector<std::string>& disabled = {}) {
    Feeds by_name(feeds.begin(), feeds.end());
    const std::vector<TensorName> names(fetches.begin(), fetches.end());
    const auto planned = t_.Run(by_name, names),
               oracle = t_.Run(by_name, names, {.interpret = true});
    for (size_t i = 0; i < planned.size(); ++i) {
      EXPECT_EQ(planned[i].shape(), oracle[i].shape());
      EXPECT_THAT(Numbers(planned[i]),
                  testing::Pointwise(testing::DoubleNear(1e-6), Numbers(oracle[i])));
    }
    return CompileFunction(
        t_.meta.graph, Signature(feeds, fetches),
        {.disabled_passes = disabled, .after_pass = [](const std::string& pass, const Function& f) {
           EXPECT_NO_THROW(Verify(f)) << "after " << pass;
         }});
  }

  TestGraph t_;
};

// --- specialisation

TEST_F(CompileTest, OnlyWhatIsNeededIsCopied) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2}), y = op::Tanh(root(), x);
  op::Exp(root(), y);
  EXPECT_THAT(OpCounts(*Compile({{x, Tensor::Zeros(DType::kFloat, {2})}}, {y})),
              ElementsAre(Pair("Tanh", 1), Pair("_Arg", 1)));
}

TEST_F(CompileTest, AFedTensorCutsOffWhatMakesIt) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2}), y = op::Tanh(root(), x);
  EXPECT_THAT(OpCounts(*Compile({{y, Tensor::Zeros(DType::kFloat, {2})}}, {op::Exp(root(), y)})),
              ElementsAre(Pair("Exp", 1), Pair("_Arg", 1)));
}

TEST_F(CompileTest, ShapesFollowFromTheFeeds) {
  const Expr x = op::Placeholder(root(), DType::kFloat);
  const Expr y = op::MatMul(root(), x, x, true, false);
  const auto f = Compile({{x, Tensor::Zeros(DType::kFloat, {3, 4})}}, {y});
  EXPECT_EQ(f->graph.shape(f->results[0]), Shape({4, 4}));
}

TEST_F(CompileTest, ArithmeticOnShapesIsFoldedAway) {
  const Expr x = op::Placeholder(root(), DType::kFloat, Shape::Parse("[?,?]"));
  const Expr shape = op::Shape(root(), x);
  const Expr flat =
      op::Reshape(root(), x, op::Pack(root(), {shape[{0}] * shape[{1}] / 2, op::Const(root(), 2)}));
  const auto f = Compile({{x, Tensor::Zeros(DType::kFloat, {3, 4})}}, {flat});
  EXPECT_THAT(OpCounts(*f), ElementsAre(Pair("Const", 1), Pair("Reshape", 1), Pair("_Arg", 1)));
  EXPECT_EQ(f->graph.shape(f->results[0]), Shape({6, 2}));
}

TEST_F(CompileTest, ConstantsAreFolded) {
  const Expr x = op::Const(root(), std::vector<float>{1, 2});
  const auto f = Compile({}, {op::ReduceSum(root(), x * 3 + x)});
  EXPECT_THAT(OpCounts(*f), ElementsAre(Pair("Const", 1)));
  EXPECT_EQ(f->graph.ConstValue(f->results[0])->scalar<float>(), 12);
}

TEST_F(CompileTest, LargeConstantsAreNotKept) {
  const Expr big = op::Fill(root(), op::Ints(root(), {1000, 1000}), op::Const(root(), 1.0f));
  EXPECT_THAT(OpCounts(*Compile({}, {op::ReduceSum(root(), big)})), Contains(Pair("Fill", 1)));
}

TEST_F(CompileTest, AFoldedNodeThatFailsIsLeftToTheRun) {
  const Expr bad =
      op::Gather(root(), op::Const(root(), std::vector<float>{1, 2}), op::Const(root(), 5));
  EXPECT_THAT(OpCounts(*CompileFunction(t_.meta.graph, Signature({}, {bad}))),
              Contains(Pair("GatherV2", 1)));
}

TEST_F(CompileTest, RandomOpsAreNotFolded) {
  const Expr x = op::RandomUniform(root(), op::Ints(root(), {2}), DType::kFloat, 1);
  EXPECT_THAT(OpCounts(*Compile({}, {x})), Contains(Pair("RandomUniform", 1)));
}

TEST_F(CompileTest, AnIfOnAKnownPredicateIsItsBranch) {
  const Expr x = op::Placeholder(root(), DType::kFloat, Shape::Parse("[?]"));
  const Expr rows = op::Size(root(), x);
  const Expr y = Cond(
      root(), rows > 2, [&](const Scope& s) { return Exprs{op::Exp(s, x)}; },
      [&](const Scope& s) { return Exprs{op::Sin(s, x)}; })[0];
  EXPECT_THAT(OpCounts(*Compile({{x, Tensor::Zeros(DType::kFloat, {3})}}, {y})),
              ElementsAre(Pair("Exp", 1), Pair("_Arg", 1)));
  EXPECT_THAT(OpCounts(*Compile({{x, Tensor::Zeros(DType::kFloat, {2})}}, {y})),
              ElementsAre(Pair("Sin", 1), Pair("_Arg", 1)));
}

TEST_F(CompileTest, AnIfOnAnUnknownPredicateStays) {
  const Expr p = op::Placeholder(root(), DType::kBool, {}),
             x = op::Placeholder(root(), DType::kFloat, {2});
  const auto y = Cond(
      root(), p,
      [&](const Scope& s) {
        return Exprs{op::Exp(s, x), op::Tan(s, x)};
      },
      [&](const Scope& s) {
        return Exprs{op::Sin(s, x), x};
      });
  const auto counts = OpCounts(
      *Compile({{p, Tensor::Scalar(true)}, {x, Tensor::Zeros(DType::kFloat, {2})}}, {y[0]}));
  EXPECT_THAT(counts, Contains(Pair("StatelessIf", 1)));
  EXPECT_THAT(counts, Contains(Pair("Exp", 1)));
  EXPECT_THAT(counts, Not(Contains(Pair("Tan", 1))))
      << "an output that nobody uses is not computed";
}

TEST_F(CompileTest, CallsBecomeTheirBodies) {
  Graph& g = t_.meta.graph;
  auto square = std::make_unique<Function>("square", g);
  const Output x = square->AddArg("x", {.dtype = DType::kFloat});
  square->results = {{square->graph.AddNode("Square", "y", {x}), 0}};
  g.library()->Add(std::move(square));
  const Expr in = op::Placeholder(root(), DType::kFloat, {2});
  const auto call = [&](Expr e) {
    return root().Add("StatefulPartitionedCall", {e},
                      {{"f", FuncRef{"square"}}, {"Tout", std::vector{DType::kFloat}}});
  };
  const Expr y = call(call(in));
  EXPECT_THAT(OpCounts(*Compile({{in, Tensor::Vector<float>({2, 3})}}, {y})),
              ElementsAre(Pair("Square", 2), Pair("_Arg", 1)));
}

TEST_F(CompileTest, LoopVariablesThatNobodyNeedsAreDropped) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {});
  const auto out = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 3; },
      [](const Scope& s, Vars v) {
        return Exprs{v[0] + 1, op::Exp(s, v[1]), op::Sin(s, v[2]) + v[3], op::Tan(s, v[3])};
      },
      {op::Const(root(), 0), x, x, x});
  const Tensor one = Tensor::Scalar(0.1f);
  const auto ops = [&](Expr e) { return OpCounts(*Compile({{x, one}}, {e})); };
  EXPECT_THAT(ops(out[1]), testing::AllOf(Contains(Pair("Exp", 1)), Not(Contains(Pair("Sin", 1))),
                                          Not(Contains(Pair("Tan", 1)))));
  EXPECT_THAT(ops(out[2]), testing::AllOf(Not(Contains(Pair("Exp", 1))), Contains(Pair("Sin", 1)),
                                          Contains(Pair("Tan", 1))));
}

// A loop whose gradient needs every step's value.
Expr Recurrence(const Scope& s, Expr x) {
  return WhileLoop(
      s, [](const Scope&, Vars v) { return v[0] < 3; },
      [&](const Scope& b, Vars v) {
        return Exprs{v[0] + 1, op::Tanh(b, v[1] * x)};
      },
      {op::Const(s, 0), x})[1];
}

int ListOps(const std::map<std::string, int>& counts) {
  int n = 0;
  for (const auto& [op, count] : counts) n += op.find("TensorList") != op.npos ? count : 0;
  return n;
}

TEST_F(CompileTest, AnEvaluationSavesNothingForAGradient) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2}), y = Recurrence(root(), x);
  const Tensor at = Tensor::Vector<float>({0.5f, -0.7f});
  const auto before = OpCounts(*Compile({{x, at}}, {y}));
  const Expr dx = Gradients(root(), {y}, {x})[0].dense;
  EXPECT_GT(ListOps(OpCounts(*Compile({{x, at}}, {dx}, {"count_loops"}))), 0);
  EXPECT_EQ(OpCounts(*Compile({{x, at}}, {y})), before);
}

TEST_F(CompileTest, ControlEdgesThatNoEffectReachesAreDropped) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Expr y = op::Exp(root().WithControlDependencies({op::Sin(root(), x)}), x);
  EXPECT_THAT(OpCounts(*Compile({{x, Tensor::Zeros(DType::kFloat, {2})}}, {y})),
              ElementsAre(Pair("Exp", 1), Pair("_Arg", 1)));
}

// --- the passes after it

TEST_F(CompileTest, CommonSubexpressionsAreMerged) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Expr y = op::Tanh(root(), x * 2) + op::Exp(root(), x * 2) + op::Tanh(root(), x * 2);
  const std::vector<std::pair<Expr, Tensor>> feeds = {{x, Tensor::Vector<float>({1, 2})}};
  const auto merged = OpCounts(*Compile(feeds, {y})),
             apart = OpCounts(*Compile(feeds, {y}, {"common_subexpressions"}));
  EXPECT_EQ(merged.at("Mul"), 1);
  EXPECT_EQ(merged.at("Tanh"), 1);
  EXPECT_EQ(merged.at("Const"), 1);
  EXPECT_EQ(apart.at("Mul"), 3);
  EXPECT_EQ(apart.at("Tanh"), 2);
}

TEST_F(CompileTest, CommonSubexpressionsInBodies) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Expr y = WhileLoop(
      root(), [](const Scope&, Vars v) { return v[0] < 3; },
      [&](const Scope& s, Vars v) {
        return Exprs{v[0] + 1, op::Sin(s, v[1]) + op::Sin(s, v[1])};
      },
      {op::Const(root(), 0), x})[1];
  EXPECT_THAT(OpCounts(*Compile({{x, Tensor::Vector<float>({1, 2})}}, {y})),
              Contains(Pair("Sin", 1)));
}

TEST_F(CompileTest, NodesThatDifferAreNotMerged) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2, 2});
  const Expr shape = op::Ints(root(), {2, 2});
  const Expr y = op::MatMul(root(), x, x) + op::MatMul(root(), x, x, true) +
                 op::Const(root(), 1.0f) + op::Const(root(), 2.0f);
  const Expr r = op::RandomUniform(root(), shape, DType::kFloat, 1) -
                 op::RandomUniform(root(), shape, DType::kFloat, 1);
  const Variable v = root().NewVariable(op::Const(root(), 0.0f), "v"),
                 w = root().NewVariable(op::Const(root(), 0.0f), "w");
  const auto f = CompileFunction(
      t_.meta.graph, Signature({{x, Tensor::Zeros(DType::kFloat, {2, 2})}}, {y, r, v + w}));
  const auto counts = OpCounts(*f);
  EXPECT_EQ(counts.at("MatMul"), 2);
  EXPECT_EQ(counts.at("RandomUniform"), 2);
  EXPECT_EQ(counts.at("VarHandleOp"), 2);
}

TEST_F(CompileTest, HandlesWithoutASharedNameAreNotMerged) {
  const AttrMap attrs = {{"dtype", DType::kFloat}, {"shape", Shape{}}};
  const auto set = [&](const char* name, float value) {
    return op::AssignVariable(root(), root().WithName(name).Add("VarHandleOp", {}, attrs),
                              op::Const(root(), value));
  };
  const Exprs both = {set("a", 1), set("b", 2)};
  EXPECT_EQ(OpCounts(*CompileFunction(t_.meta.graph, Signature({}, {}, both))).at("VarHandleOp"),
            2);
}

TEST_F(CompileTest, ReadsAroundAWriteAreNotMerged) {
  const Variable v = root().NewVariable(op::Const(root(), 1.0f), "v");
  const Expr before = op::ReadVariable(root(), v.handle);
  const Expr add = op::AssignAddVariable(root().WithControlDependencies({before}), v.handle,
                                         op::Const(root(), 1.0f));
  const Expr after = op::ReadVariable(root().WithControlDependencies({add}), v.handle);
  EXPECT_EQ(OpCounts(*CompileFunction(t_.meta.graph, Signature({}, {before, after})))
                .at("ReadVariableOp"),
            2);
}

TEST_F(CompileTest, DeadNodesAreRemovedLast) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Expr y = op::Exp(root(), x * 2) + op::Exp(root(), x * 2);
  const std::vector<std::pair<Expr, Tensor>> feeds = {{x, Tensor::Vector<float>({1, 2})}};
  EXPECT_EQ(OpCounts(*Compile(feeds, {y})).at("Exp"), 1);
  EXPECT_EQ(OpCounts(*Compile(feeds, {y}, {"trim_loops", "dead_nodes"})).at("Exp"), 2);
}

TEST_F(CompileTest, DeadNodesKeepEffectsAndParameters) {
  const Variable v = root().NewVariable(op::Const(root(), 1.0f), "v");
  const Expr x = op::Placeholder(root(), DType::kFloat, {});
  const Expr add = op::AssignAddVariable(root(), v.handle, op::Const(root(), 1.0f));
  const auto f = CompileFunction(t_.meta.graph, Signature({{x, Tensor::Scalar(1.0f)}}, {}, {add}));
  EXPECT_THAT(OpCounts(*f), ElementsAre(Pair("AssignAddVariableOp", 1), Pair("Const", 1),
                                        Pair("VarHandleOp", 1), Pair("_Arg", 1)));
}

// As TensorFlow does, which hands the input on: but a norm is not negative.
TEST_F(CompileTest, AReductionOverNoAxesIsItsInput) {
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Expr axes = op::Ints(root(), {});
  const Tensor value = Tensor::Vector<float>({-3, -0.0f});
  const Expr sum = op::Sum(root(), x, axes), norm = raw_ops::EuclideanNorm(root(), x, axes);
  EXPECT_THAT(OpCounts(*Compile({{x, value}}, {sum})), ElementsAre(Pair("_Arg", 1)));
  EXPECT_THAT(OpCounts(*Compile({{x, value}}, {norm})),
              ElementsAre(Pair("Const", 1), Pair("EuclideanNorm", 1), Pair("_Arg", 1)));
  for (const bool interpret : {false, true}) {
    const auto out = t_.Run({{x, value}}, {sum, norm}, {.interpret = interpret});
    EXPECT_THAT(Numbers(out[0]), ElementsAre(-3, 0));
    EXPECT_TRUE(std::signbit(Numbers(out[0])[1]));
    EXPECT_THAT(Numbers(out[1]), ElementsAre(3, 0));
  }
}

TEST(Passes, AreReportedInOrder) {
  TestGraph t;
  const Expr x = op::Const(t.root, 1.0f);
  std::vector<std::string> want = {"specialise"}, seen;
  for (const Pass& pass : Passes()) want.push_back(pass.name);
  const std::vector<std::string> names = PassNames();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (const std::string& name : want) EXPECT_THAT(names, testing::Contains(name));
  CompileFunction(
      t.meta.graph, {.feeds = {}, .fetches = {x.output()}, .targets = {}},
      {.after_pass = [&](const std::string& pass, const Function&) { seen.push_back(pass); }});
  EXPECT_EQ(seen, want);
}

// Each of the loops finds out in a second round that its variable grows.
Expr LoopsWithin(const Scope& s, Expr x, int depth) {
  if (depth == 0) return op::ReduceSum(s, x);
  return WhileLoop(
      s, [](const Scope&, Vars v) { return v[0] < 1; },
      [&](const Scope& in, Vars v) {
        const std::vector<Expr> twice(2, v[2]);
        return Exprs{v[0] + 1, v[1] + LoopsWithin(in, x, depth - 1) + op::ReduceSum(in, v[2]),
                     op::Concat(in, twice, 0)};
      },
      {op::Const(s, 0), op::Const(s, 0.0f), x}, {.relax_shapes = true})[1];
}

TEST_F(CompileTest, NestedLoopsAreSpecialisedInTheSumOfTheirRounds) {
  constexpr int kDepth = 7;
  const Expr x = op::Placeholder(root(), DType::kFloat, {2});
  const Expr y = LoopsWithin(root(), x, kDepth);
  const auto f = Compile({{x, Tensor::Vector<float>({1, 2})}}, {y});
  std::string deepest;
  for (const std::string& name : CalledFunctions(*f)) {
    if (name.size() > deepest.size()) deepest = name;
  }
  // Names are numbered by how often they were made.
  const std::string next = f->graph.library()->UniqueName(deepest.substr(0, deepest.rfind('_')));
  EXPECT_LT(std::stoi(next.substr(next.rfind('_') + 1)), 4 * kDepth) << next;
}

// --- whole graphs: intact after every pass, and the numbers of the interpreter

struct Program {
  const char* name;
  std::function<Expr(const Scope&, Expr x)> build;  // of x: double[3]
};
void PrintTo(const Program& p, std::ostream* out) { *out << p.name; }

const Program kPrograms[] = {
    {"Straight",
     [](const Scope& s, Expr x) {
       return op::Softmax(s, op::Reshape(s, x * x - 1, op::Ints(s, {1, 3})));
     }},
    {"Loop", [](const Scope& s, Expr x) { return Recurrence(s, x); }},
    {"LoopOfUnknownLength",
     [](const Scope& s, Expr x) {
       return WhileLoop(
           s, [](const Scope& c, Vars v) { return op::ReduceSum(c, v[0]) < 20; },
           [&](const Scope&, Vars v) { return Exprs{v[0] + x * x}; }, {x * x})[0];
     }},
    {"NestedLoops",
     [](const Scope& s, Expr x) {
       return WhileLoop(
           s, [](const Scope&, Vars v) { return v[0] < 2; },
           [&](const Scope& b, Vars v) {
             return Exprs{v[0] + 1, Recurrence(b, x) * v[1]};
           },
           {op::Const(s, 0), x})[1];
     }},
    {"BranchInLoop",
     [](const Scope& s, Expr x) {
       return WhileLoop(
           s, [](const Scope&, Vars v) { return v[0] < 4; },
           [&](const Scope& b, Vars v) {
             const Expr big = op::ReduceSum(b, v[1]) > 1.0;
             const auto y = Cond(
                 b, big, [&](const Scope& c) { return Exprs{op::Sin(c, v[1])}; },
                 [&](const Scope&) { return Exprs{v[1] * x + 1}; });
             return Exprs{v[0] + 1, y[0]};
           },
           {op::Const(s, 0), x})[1];
     }},
    {"Lists",
     [](const Scope& s, Expr x) {
       const Expr shape = op::Const(s, std::vector<int32_t>{});
       const Expr in = op::TensorListFromTensor(s, x, shape);
       const auto out = WhileLoop(
           s, [](const Scope&, Vars v) { return v[0] < 3; },
           [&](const Scope& b, Vars v) {
             const Expr item = op::TensorListGetItem(b, in, v[0], shape, DType::kDouble);
             return Exprs{v[0] + 1, op::TensorListPushBack(b, v[1], item * item)};
           },
           {op::Const(s, 0), op::EmptyTensorList(s, shape, op::Const(s, 3), DType::kDouble)});
       return op::TensorListStack(s, out[1], shape, DType::kDouble, 3);
     }},
};

class Programs : public CompileTest, public testing::WithParamInterface<Program> {};

TEST_P(Programs, ValuesAndGradientsSurviveEveryPass) {
  const Expr x = op::Placeholder(root(), DType::kDouble, {3});
  const Expr w = op::Const(root(), std::vector<double>{0.3, -1.1, 0.7});
  const Expr y = GetParam().build(root(), x);
  const Expr loss = op::ReduceSum(root(), y * w);
  const Expr dx = Gradients(root(), {loss}, {x})[0].dense;
  const Expr dxx = Gradients(root(), {op::ReduceSum(root(), dx * w)}, {x})[0].dense;
  const std::vector<std::pair<Expr, Tensor>> feeds = {
      {x, Tensor::Vector<double>({0.6, -0.4, 0.9})}};
  Compile(feeds, {y, loss, dx, dxx});
  Compile(feeds, {dxx});
}

INSTANTIATE_TEST_SUITE_P(All, Programs, testing::ValuesIn(kPrograms),
                         [](const auto& p) { return std::string(p.param.name); });

}  // namespace
}  // namespace graphrun
