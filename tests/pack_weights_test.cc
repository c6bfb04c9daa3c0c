// Matrices that loops multiply by are laid out once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/compile/compile.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/graph/packed_product.h"
#include "tests/error_of.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr int kRows = 6, kUnits = 34, kWide = 50;

using OpCounts = std::map<std::string, int>;

// Of ops whose names begin with "_Pack" and of MatMul.
OpCounts Products(const Graph& g) {
  OpCounts counts;
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id)) continue;
    const std::string& op = g.node(id).op->name;
    if (op == "MatMul" || op.starts_with("_Pack")) ++counts[op];
  }
  return counts;
}

class PackWeightsTest : public testing::Test {
 protected:
  const Scope& s() const { return t_.root; }
  Tensor Values(const Shape& shape, int salt = 0) {
    Tensor t(DType::kFloat, shape);
    int i = salt;
    for (float& v : t.span<float>()) v = 0.05f * static_cast<float>((i++ * 7) % 19 - 9);
    return t;
  }
  // h = tanh(tanh(h·w)·uᵀ), `trips` times.
  Expr Loop(Expr h, Expr w, Expr u, Expr trips) {
    return WhileLoop(
        s(), [&](const Scope&, std::span<const Expr> v) { return v[0] < trips; },
        [&](const Scope& b, std::span<const Expr> v) {
          const Expr wide = op::Tanh(b, op::MatMul(b, v[1], w));
          return std::vector<Expr>{op::AddV2(b, v[0], op::Const(b, 1)),
                                   op::Tanh(b, op::MatMul(b, wide, u, false, true))};
        },
        {op::Const(s(), 0), h})[1];
  }
  static std::unique_ptr<Function> Compiled(const Graph& g, const RunSignature& signature) {
    return CompileFunction(g, signature, {.disabled_passes = {"fuse"}, .verify_each = true});
  }
  static OpCounts InLoop(const Function& f) {
    for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
      if (f.graph.exists(id) && f.graph.node(id).op->structure == Structure::kCountedLoop)
        return Products(RegionFunction(f.graph, f.graph.node(id), 0).graph);
    }
    ADD_FAILURE() << "no counted loop";
    return {};
  }

  TestGraph t_;
};

TEST_F(PackWeightsTest, OnceBeforeTheLoop) {
  const Expr h = op::Placeholder(s(), DType::kFloat, {-1, kUnits});
  const Expr w = op::Placeholder(s(), DType::kFloat, {kUnits, kWide});
  const Expr u = op::Placeholder(s(), DType::kFloat, {kUnits, kWide});
  const Expr trips = op::Placeholder(s(), DType::kInt32, {});
  const Expr y = Loop(h, w, u, trips);
  RunSignature signature;
  signature.feeds = {{h.output(), {DType::kFloat, {kRows, kUnits}}},
                     {w.output(), {DType::kFloat, {kUnits, kWide}}},
                     {u.output(), {DType::kFloat, {kUnits, kWide}}},
                     {trips.output(), {DType::kInt32, Shape{}}}};
  signature.fetches = {y.output()};
  const auto f = Compiled(t_.meta.graph, signature);
  EXPECT_THAT(Products(f->graph), UnorderedElementsAre(Pair("_PackMatrix", 2)));
  EXPECT_THAT(InLoop(*f), UnorderedElementsAre(Pair("_PackedMatMul", 2)));

  Session planned(t_.meta.graph), interpreted(t_.meta.graph, {.interpret = true});
  for (const auto& [rows, n] : {std::pair{kRows, 4}, {kRows, 0}, {kRows + 7, 5}, {4, 1}}) {
    const Feeds feeds = {{h, Values({rows, kUnits})},
                         {w, Values({kUnits, kWide}, n)},
                         {u, Values({kUnits, kWide}, 3)},
                         {trips, Tensor::Scalar<int32_t>(n)}};
    const std::vector<double> got = Numbers(planned.Run(feeds, {y.name()})[0]),
                              want = Numbers(interpreted.Run(feeds, {y.name()})[0]);
    ASSERT_EQ(got.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-5) << rows << ' ' << n;
  }
}

// What a variable gives is packed again after it was assigned.
TEST_F(PackWeightsTest, VariablesThatChangeBetweenRuns) {
  const Expr h = op::Const(s(), Values({kRows, kUnits}));
  const auto variable = [&](const char* name) {
    return s().WithName(name).Add("VarHandleOp", {},
                                  {{"dtype", DType::kFloat}, {"shape", Shape{kUnits, kWide}}});
  };
  const Expr w = variable("w"), u = variable("u");
  const Expr value = op::Placeholder(s(), DType::kFloat, {kUnits, kWide});
  const Expr set_w = op::AssignVariable(s(), w, value), set_u = op::AssignVariable(s(), u, value);
  const Expr y = Loop(h, op::ReadVariable(s(), w), op::ReadVariable(s(), u), op::Const(s(), 5));
  Session planned(t_.meta.graph), interpreted(t_.meta.graph, {.interpret = true});
  for (int i = 0; i < 4; ++i) {
    for (Session* session : {&planned, &interpreted}) {
      if (i < 2) session->Run({{value, Values({kUnits, kWide}, i)}}, {}, {set_u.name()});
      if (i != 1) session->Run({{value, Values({kUnits, kWide}, 5 * i)}}, {}, {set_w.name()});
    }
    const std::vector<double> got = Numbers(planned.Run({}, {y.name()})[0]),
                              want = Numbers(interpreted.Run({}, {y.name()})[0]);
    for (size_t k = 0; k < want.size(); ++k) ASSERT_NEAR(got[k], want[k], 1e-5) << i;
  }
}

// Others would gain less than packing costs, or cannot be packed.
TEST_F(PackWeightsTest, WhatStays) {
  const auto products = [&](int rows, int units, int trips, DType type) {
    TestGraph t;
    const Scope& s = t.root;
    const Expr h = op::Placeholder(s, type, {rows, units}),
               w = op::Placeholder(s, type, {units, units});
    const Expr y = WhileLoop(
        s, [&](const Scope&, std::span<const Expr> v) { return v[0] < trips; },
        [&](const Scope& b, std::span<const Expr> v) {
          return std::vector<Expr>{op::AddV2(b, v[0], op::Const(b, 1)), op::MatMul(b, v[1], w)};
        },
        {op::Const(s, 0), h})[1];
    RunSignature signature;
    signature.feeds = {{h.output(), {type, {rows, units}}}, {w.output(), {type, {units, units}}}};
    signature.fetches = {y.output()};
    return InLoop(*Compiled(t.meta.graph, signature));
  };
  EXPECT_THAT(products(kRows, kUnits, 9, DType::kFloat),
              UnorderedElementsAre(Pair("_PackedMatMul", 1)));
  const auto stays = UnorderedElementsAre(Pair("MatMul", 1));
  EXPECT_THAT(products(2, kUnits, 9, DType::kFloat), stays);
  EXPECT_THAT(products(kRows, 8, 9, DType::kFloat), stays);
  EXPECT_THAT(products(kRows, kUnits, 2, DType::kFloat), stays);
  EXPECT_THAT(products(kRows, kUnits, 9, DType::kDouble), stays);
}

// A graph that names the ops is held to their sizes.
TEST_F(PackWeightsTest, SizesAreChecked) {
  const Expr a = op::Const(s(), Values({kRows, kUnits})),
             b = op::Const(s(), Values({kUnits, kWide}));
  const Expr packed = s().Add(kPackMatrixOp, {b}, {{"parts", 2}});
  const Expr y = s().Add(kPackedMatMulOp, {a, packed}, {{"columns", kWide}, {"parts", 2}});
  const std::vector<double> got = Numbers(t_.Run({}, {y.name()})[0]),
                            want = Numbers(t_.Run({}, {op::MatMul(s(), a, b).name()})[0]);
  for (size_t k = 0; k < want.size(); ++k) ASSERT_NEAR(got[k], want[k], 1e-5);
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        s().Add(kPackedMatMulOp, {a, b}, {{"columns", kWide}, {"parts", 2}});
                      }),
              HasSubstr("rank"));
  EXPECT_THAT(
      ErrorOf(Code::kInvalidArgument,
              [&] {
                s().Add(kPackedMatMulOp, {a, packed}, {{"columns", kWide + 80}, {"parts", 2}});
              }),
      HasSubstr("packed matrix"));
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        s().Add(kPackMatrixOp, {b}, {{"parts", 0}});
                      }),
              HasSubstr("parts"));
}

}  // namespace
}  // namespace graphrun
