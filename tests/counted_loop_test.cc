// CountedLoop: the roles of loop variables, as text, for the loops of models and of the field.
#include "core/graph/counted_loop.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>

#include "core/autodiff/gradients.h"
#include "core/base/file.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/graph/function_attr.h"
#include "core/import/case_file.h"
#include "core/import/load.h"
#include "models/model_registry.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

using Exprs = std::vector<Expr>;
using Vars = std::span<const Expr>;

// "v3", "20", or an op of such: "AddV2(v3, 1)".
std::string LimitText(const Function& cond, Output o) {
  const auto arg = std::find(cond.args.begin(), cond.args.end(), o.node);
  if (arg != cond.args.end()) return fmt::format("v{}", arg - cond.args.begin());
  if (const Tensor* value = cond.graph.ConstValue(o)) return fmt::format("{}", value->int_at(0));
  const Node& node = cond.graph.node(o.node);
  std::vector<std::string> inputs;
  for (Output in : node.inputs) inputs.push_back(LimitText(cond, in));
  return fmt::format("{}({})", node.op->name, fmt::join(inputs, ", "));
}

std::string BoundText(const Function& cond, const TripBound& b) {
  return fmt::format("v{} {} {}", b.counter, b.inclusive ? "to" : "until",
                     LimitText(cond, b.limit));
}

// "v0 until v1; v0 counter, v1-2 invariant, v3 stacked by v0": the bounds, then the variables.
std::string Text(const Function& cond, const Function& body) {
  const CountedLoop loop = AnalyseLoop(cond, body);
  std::vector<std::string> bounds, names, roles;
  for (const TripBound& b : loop.bounds) bounds.push_back(BoundText(cond, b));
  size_t first = 0;
  for (size_t i = 0; i < loop.variables.size(); ++i) {
    const LoopVariable& v = loop.variables[i];
    std::string role = fmt::format("{}{}", RoleName(v.role), v.falls ? " falling" : "");
    if (v.counter >= 0) role += fmt::format(" by v{}", v.counter);
    if (roles.empty() || names.back() != role) {
      first = i;
      names.push_back(role);
      roles.emplace_back();
    }
    roles.back() =
        first == i ? fmt::format("v{} {}", i, role) : fmt::format("v{}-{} {}", first, i, role);
  }
  return fmt::format("{}; {}",
                     bounds.empty() ? "not counted" : fmt::format("{}", fmt::join(bounds, ", ")),
                     fmt::join(roles, ", "));
}

// The loops of a graph and of its functions, by the names of their nodes.
std::map<std::string, std::string> LoopsOf(const Graph& main) {
  std::map<std::string, std::string> loops;
  const auto scan = [&](const Graph& g) {
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!g.exists(id) || g.node(id).op->structure != Structure::kWhile) continue;
      loops[g.node(id).name] =
          Text(RegionFunction(g, g.node(id), 0), RegionFunction(g, g.node(id), 1));
    }
  };
  scan(main);
  for (const auto& [name, f] : main.library()->functions()) scan(f->graph);
  return loops;
}

std::map<std::string, std::string> LoopsOfCase(const std::string& path) {
  MetaGraph meta(&TestOps());
  ParseMetaGraph(ParseCase(ReadFile(path)).meta_graph, &meta);
  return LoopsOf(meta.graph);
}

// The cases of real TensorFlow that GRAPHRUN_CASES names; empty when it names none.
std::map<std::string, std::string> LoopsOfSharedCase(const std::string& name) {
  const char* folder = std::getenv("GRAPHRUN_CASES");
  return folder ? LoopsOfCase(std::string(folder) + "/" + name + ".case.pb")
                : std::map<std::string, std::string>();
}

using Loops = std::map<std::string, std::string>;

Loops LoopsOfModel(const std::string& name) {
  MetaGraph meta(&TestOps());
  const models::ModelSpec& spec = models::GetModel(name);
  spec.Build(meta, models::Options(spec));
  return LoopsOf(meta.graph);
}

TEST(CountedLoop, PtbForwardAndBackward) {
  const Loops loops = LoopsOfModel("ptb");
  EXPECT_EQ(loops.at("model/rnn/while"),
            "v2 until 20; v0 counter, v1 invariant, v2 counter, v3 stacked by v2, v4-7 carried, "
            "v8 sliced by v2, v9-12 invariant, v13-26 pushed");
  EXPECT_EQ(
      loops.at("model/gradients/model/rnn/while_grad/while"),
      "v0 until v1; v0 counter, v1 invariant, v2 updated by v0, v3-6 carried, v7 updated by v0, "
      "v8-11 summed, v12-25 popped, v26-27 invariant");
  EXPECT_EQ(loops.at("model_1/rnn/while"),
            "v2 until 20; v0 counter, v1 invariant, v2 counter, v3 stacked by v2, v4-7 carried, "
            "v8 sliced by v2, v9-12 invariant");
}

TEST(CountedLoop, PtbInTensorFlowsFrames) {
  const Loops loops = LoopsOfSharedCase("model.ptb");
  if (loops.empty()) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
  EXPECT_EQ(loops.at("model/rnn/while"),
            "v2 until v32, v3 until v33; v0 counter, v1 invariant, v2-3 counter, v4 invariant, "
            "v5-8 carried, v9 counter, v10 stacked by v3, v11-26 pushed, v27 sliced by v3, "
            "v28-33 invariant");
  EXPECT_EQ(loops.at("model/gradients/model/rnn/while"),
            "v2 to 1; v0 counter, v1 invariant, v2 counter falling, v3 invariant, v4-7 carried, "
            "v8-12 summed, v13-28 popped, v29 carried, v30-32 invariant");
}

TEST(CountedLoop, LoopsOfTensorFlow) {
  if (LoopsOfSharedCase("control.v1.scan.tfgrad").empty())
    GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
  EXPECT_EQ(LoopsOfSharedCase("control.v1.scan.tfgrad").at("scan/while"),
            "v2 until 5, v3 until 5; v0 counter, v1 invariant, v2-3 counter, v4 carried, "
            "v5 invariant, v6 counter, v7 stacked by v3, v8-10 pushed, v11 sliced by v3");
  EXPECT_EQ(LoopsOfSharedCase("control.v2.scan").at("scan/while"),
            "v0 until v1, v2 until 5; v0 counter, v1 invariant, v2 counter, v3-4 carried, "
            "v5 sliced by v2, v6-19 pushed");
  EXPECT_EQ(LoopsOfSharedCase("control.v1.dynamic_rnn_length").at("r/rnn/while"),
            "v2 until v20, v3 until v21; v0 counter, v1 invariant, v2-3 counter, v4 invariant, "
            "v5 carried, v6 counter, v7 stacked by v3, v8-14 pushed, v15 sliced by v3, "
            "v16-21 invariant");
  const Loops nested = LoopsOfSharedCase("control.v1.while_nested");
  EXPECT_EQ(nested.at("while"),
            "v2 until 3; v0 counter, v1 invariant, v2 counter, v3 carried, v4 invariant");
  EXPECT_EQ(nested.at("while/while"),
            "v2 until AddV2(v5, 1); v0 counter, v1 invariant, v2 counter, v3 carried, "
            "v4-5 invariant");
}

// The loop of `initial` whose condition and body are given, as text.
std::string LoopText(const CondFn& cond, const BodyFn& body,
                     const std::function<Exprs(const Scope&)>& initial) {
  TestGraph t;
  WhileLoop(t.root, cond, body, initial(t.root));
  return LoopsOf(t.meta.graph).begin()->second;
}

TEST(CountedLoop, TwoCountersAndASum) {
  EXPECT_EQ(
      LoopText(
          [](const Scope&, Vars v) { return v[1] > 2; },
          [](const Scope&, Vars v) {
            return Exprs{v[0] + 3, v[1] - 2, v[2] + v[3], v[3]};
          },
          [](const Scope& s) {
            return Exprs{op::Const(s, 0), op::Const(s, 9), op::Const(s, 0.5f), op::Const(s, 1.5f)};
          }),
      "v3 until 2; v0 counter, v1 invariant, v2 counter, v3 counter falling, v4 summed, "
      "v5 invariant");
}

TEST(CountedLoop, ALengthThatTheLoopIsGiven) {
  EXPECT_EQ(LoopText(
                [](const Scope& s, Vars v) {
                  return op::LogicalAnd(s, op::Less(s, v[0], v[1]),
                                        op::Less(s, v[0], op::Const(s, 7)));
                },
                [](const Scope& s, Vars v) {
                  return Exprs{v[0] + 1, v[1], op::Tanh(s, v[2])};
                },
                [](const Scope& s) {
                  const Expr lengths = op::Placeholder(s, DType::kInt32, {4});
                  return Exprs{op::Const(s, 0), op::Max(s, lengths, op::Ints(s, {0}), false),
                               op::Const(s, 1.0f)};
                }),
            "v2 until v3, v2 until 7; v0 counter, v1 invariant, v2 counter, v3 invariant, "
            "v4 carried");
}

TEST(CountedLoop, WhatIsNotCounted) {
  const auto initial = [](const Scope& s) {
    return Exprs{op::Const(s, 0), op::Const(s, 5), op::Const(s, 1.0f)};
  };
  EXPECT_THAT(LoopText([](const Scope& s, Vars v) { return op::Less(s, v[2], op::Const(s, 9.0f)); },
                       [](const Scope&, Vars v) {
                         return Exprs{v[0] + 1, v[1], v[2] * 2};
                       },
                       initial),
              testing::StartsWith("not counted"))
      << "a condition on a value";
  EXPECT_THAT(LoopText([](const Scope&, Vars v) { return v[0] < v[1]; },
                       [](const Scope&, Vars v) {
                         return Exprs{v[0] + 1, v[1] + v[0], v[2]};
                       },
                       initial),
              testing::StartsWith("not counted"))
      << "a limit that changes";
  EXPECT_THAT(LoopText([](const Scope&, Vars v) { return v[0] < v[1]; },
                       [](const Scope&, Vars v) {
                         return Exprs{v[0] - 1, v[1], v[2]};
                       },
                       initial),
              testing::StartsWith("not counted"))
      << "a counter that goes away from its limit";
}

TEST(CountedLoop, AnInvariantIsHandedOnAsItIs) {
  EXPECT_EQ(LoopText([](const Scope&, Vars v) { return v[0] < 3; },
                     [](const Scope& s, Vars v) {
                       return Exprs{v[0] + 1, op::Identity(s, v[1]), op::StopGradient(s, v[2]),
                                    op::Squeeze(s, v[3])};
                     },
                     [](const Scope& s) {
                       const Expr x = op::Placeholder(s, DType::kFloat, Shape::Unknown());
                       return Exprs{op::Const(s, 0), x, x, x};
                     }),
            "v2 until 3; v0 counter, v1 invariant, v2 counter, v3 invariant, v4-5 carried");
}

// An attention decoder: reads all of a memory in each trip, feeds back what it wrote.
TEST(CountedLoop, AnAttentionDecoder) {
  TestGraph t;
  const Expr memory = op::Placeholder(t.root, DType::kFloat, {6, 4});
  const Expr list =
      t.root.Add("TensorListReserve", {op::Ints(t.root, {1, 4}), op::Const(t.root, 5)},
                 {{"element_dtype", DType::kFloat}});
  WhileLoop(
      t.root, [](const Scope&, Vars v) { return v[0] < 5; },
      [&](const Scope& s, Vars v) {
        const Expr scores = op::Softmax(s, op::MatMul(s, v[1], memory, false, true));
        const Expr context = op::MatMul(s, scores, memory);
        return Exprs{v[0] + 1, op::Tanh(s, context + v[1]),
                     op::TensorListSetItem(s, v[2], v[0], context)};
      },
      {op::Const(t.root, 0), op::Placeholder(t.root, DType::kFloat, {1, 4}), list});
  EXPECT_EQ(LoopsOf(t.meta.graph).begin()->second,
            "v2 until 5; v0 counter, v1 invariant, v2 counter, v3 carried, v4 stacked by v2, "
            "v5 invariant");
}

}  // namespace
}  // namespace graphrun
