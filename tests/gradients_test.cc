// Gradients of whole graphs, by hand-computed numbers and finite differences.
#include "core/autodiff/gradients.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/run/session.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

TEST(Gradients, OfAPolynomial) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {}),
             y = op::Placeholder(t.root, DType::kFloat, {});
  const Expr z = 2 * x * x + 3 * x * y;
  const auto grads = Gradients(t.root, {z}, {x, y});
  const auto got = t.Run({{x, Tensor::Scalar(1.0f)}, {y, Tensor::Scalar(2.0f)}},
                         {z, grads[0].dense, grads[1].dense});
  EXPECT_EQ(got[0].scalar<float>(), 8);
  EXPECT_EQ(got[1].scalar<float>(), 10);
  EXPECT_EQ(got[2].scalar<float>(), 3);
}

TEST(Gradients, UnconnectedInputsHaveNone) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {2}),
             y = op::Placeholder(t.root, DType::kFloat, {3});
  const auto grads = Gradients(t.root, {op::Square(t.root, x)}, {x, y});
  EXPECT_FALSE(grads[0].none());
  EXPECT_TRUE(grads[1].none());
}

TEST(Gradients, ThroughStopGradientAndIntegersThereIsNone) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kFloat, {2});
  const Expr cut = op::StopGradient(t.root, x) +
                   op::Cast(t.root, op::Cast(t.root, x, DType::kInt32), DType::kFloat);
  EXPECT_TRUE(Gradients(t.root, {cut}, {x})[0].none());
}

TEST(Gradients, StartFromGradYs) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kDouble, {3});
  const Expr dy = op::Const(t.root, std::vector<double>{1, 10, 100});
  const Expr dx = Gradients(t.root, {op::Square(t.root, x)}, {x}, {dy})[0].dense;
  const auto got = t.Run({{x, Tensor::Vector<double>({1, 2, 3})}}, {dx})[0];
  EXPECT_EQ(std::vector<double>(got.span<double>().begin(), got.span<double>().end()),
            (std::vector<double>{2, 40, 600}));
}

TEST(Gradients, OfALookupAreSparseAndAddUp) {
  TestGraph t;
  const Expr table = op::Placeholder(t.root, DType::kFloat, {4, 2});
  const Expr ids = op::Const(t.root, std::vector<int32_t>{3, 1, 3});
  const Expr loss = op::ReduceSum(t.root, op::Gather(t.root, table, ids) * op::Const(t.root, 5.0f));
  const Grad g = Gradients(t.root, {loss}, {table})[0];
  ASSERT_TRUE(g.sparse());
  const Tensor dense =
      t.Run({{table, Tensor::Zeros(DType::kFloat, {4, 2})}}, {ToDense(t.root, g)})[0];
  const std::vector<float> want = {0, 0, 5, 5, 0, 0, 10, 10};
  EXPECT_EQ(std::vector<float>(dense.data<float>(), dense.data<float>() + 8), want);
}

TEST(Gradients, RefusesWhatIsNotFloating) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kInt32, {2});
  EXPECT_THROW(Gradients(t.root, {x}, {x}), Error);
}

// A function of x: [3] in double, with its first and second derivatives checked along random
// directions.
struct LoopCase {
  const char* name;
  std::function<Expr(const Scope&, Expr x)> build;
};
void PrintTo(const LoopCase& c, std::ostream* out) { *out << c.name; }

Expr Power(const Scope& s, Expr x, Expr trips) {
  return WhileLoop(
      s, [&](const Scope&, std::span<const Expr> v) { return v[0] < trips; },
      [&](const Scope&, std::span<const Expr> v) {
        return std::vector<Expr>{v[0] + 1, v[1] * x};
      },
      {op::Const(s, 0), op::OnesLike(s, x)})[1];
}

const LoopCase kLoops[] = {
    {"Captured", [](const Scope& s, Expr x) { return Power(s, x, op::Const(s, 4)); }},
    {"ZeroTrips", [](const Scope& s, Expr x) { return Power(s, x, op::Const(s, 0)) * x * x; }},
    {"CarriedAndCaptured",
     [](const Scope& s, Expr x) {
       return WhileLoop(
           s, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
           [&](const Scope& b, std::span<const Expr> v) {
             return std::vector<Expr>{v[0] + 1, op::Tanh(b, v[1] * x + op::Sin(b, v[1]))};
           },
           {op::Const(s, 0), x * x})[1];
     }},
    {"Swapped",
     [](const Scope& s, Expr x) {
       const auto out = WhileLoop(
           s, [](const Scope&, std::span<const Expr> v) { return v[0] < 5; },
           [&](const Scope& b, std::span<const Expr> v) {
             return std::vector<Expr>{v[0] + 2, v[2], op::Sigmoid(b, v[1]) * x};
           },
           {op::Const(s, 0), x, x + 1});
       return out[1] + 2 * out[2];
     }},
    {"Nested",
     [](const Scope& s, Expr x) {
       return WhileLoop(
           s, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
           [&](const Scope& b, std::span<const Expr> v) {
             const Expr i = v[0];
             const Expr inner = WhileLoop(
                 b, [&](const Scope&, std::span<const Expr> w) { return w[0] < i; },
                 [&](const Scope& c, std::span<const Expr> w) {
                   return std::vector<Expr>{w[0] + 1, op::Sin(c, w[1] * x) + op::Square(c, w[1])};
                 },
                 {op::Const(b, 0), v[1]})[1];
             return std::vector<Expr>{i + 1, inner * x};
           },
           {op::Const(s, 0), x})[1];
     }},
    {"CounterUsed",
     [](const Scope& s, Expr x) {
       return WhileLoop(
           s, [](const Scope&, std::span<const Expr> v) { return v[0] < 9; },
           [&](const Scope& b, std::span<const Expr> v) {
             return std::vector<Expr>{v[0] + 3, v[1] * op::Cast(b, v[0] + 1, DType::kDouble) * x};
           },
           {op::Const(s, 0), x})[1];
     }},
    {"BranchTaken",
     [](const Scope& s, Expr x) {
       const Expr big = op::ReduceSum(s, x) > 0.1;
       return Cond(
           s, big, [&](const Scope& b) { return std::vector<Expr>{op::Exp(b, x) * x}; },
           [&](const Scope& b) { return std::vector<Expr>{op::Sin(b, x)}; })[0];
     }},
    {"SumOfTwoOutputsOfABranch",
     [](const Scope& s, Expr x) {
       const auto both = Cond(
           s, op::ReduceSum(s, x) > 0.1,
           [&](const Scope& b) {
             return std::vector<Expr>{op::Exp(b, x), op::Sin(b, x) * x};
           },
           [&](const Scope& b) {
             return std::vector<Expr>{x * x, op::Tanh(b, x)};
           });
       return both[0] + both[1];
     }},
    {"BranchWithoutGradient",
     [](const Scope& s, Expr x) {
       const Expr big = op::ReduceSum(s, x) > 100.0;
       return x *
              Cond(
                  s, big, [&](const Scope& b) { return std::vector<Expr>{op::Exp(b, x)}; },
                  [&](const Scope& b) {
                    return std::vector<Expr>{op::Const(b, std::vector<double>{1, 2, 3})};
                  })[0] *
              x;
     }},
    {"BranchInLoop",
     [](const Scope& s, Expr x) {
       return WhileLoop(
           s, [](const Scope&, std::span<const Expr> v) { return v[0] < 5; },
           [&](const Scope& b, std::span<const Expr> v) {
             const Expr y = v[1];
             const auto next = Cond(
                 b, op::Equal(b, v[0] % 2, op::Const(b, 0)),
                 [&](const Scope&) { return std::vector<Expr>{y * x}; },
                 [&](const Scope& c) { return std::vector<Expr>{op::Tanh(c, y)}; });
             return std::vector<Expr>{v[0] + 1, next[0]};
           },
           {op::Const(s, 0), x})[1];
     }},
    {"LoopInBranch",
     [](const Scope& s, Expr x) {
       return Cond(
           s, op::ReduceSum(s, x) > -100.0,
           [&](const Scope& b) {
             return std::vector<Expr>{op::Sin(b, Power(b, x, op::Const(b, 3)))};
           },
           [&](const Scope&) { return std::vector<Expr>{x}; })[0];
     }},
    {"ListReadAndWritten",
     [](const Scope& s, Expr x) {
       const Expr shape = op::Const(s, std::vector<int32_t>{}), n = op::Const(s, 3);
       const Expr in = op::TensorListFromTensor(s, x * x, shape);
       const auto out = WhileLoop(
           s, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
           [&](const Scope& b, std::span<const Expr> v) {
             const Expr item = op::TensorListGetItem(b, in, v[0], shape, DType::kDouble);
             const Expr first =
                 op::TensorListGetItem(b, in, op::Const(b, 0), shape, DType::kDouble);
             return std::vector<Expr>{v[0] + 1, op::TensorListSetItem(b, v[1], v[0], item * first)};
           },
           {op::Const(s, 0), op::TensorListReserve(s, shape, n, DType::kDouble)});
       return op::TensorListStack(s, out[1], shape, DType::kDouble, 3);
     }},
};

class LoopGradients : public testing::TestWithParam<LoopCase> {};

// d/dx of sum(w * f(x)) and of sum(v * that), along random directions.
TEST_P(LoopGradients, AgreeWithFiniteDifferencesToSecondOrder) {
  for (const bool interpret : {true, false}) {
    TestGraph t;
    const Expr x = op::Placeholder(t.root, DType::kDouble, {3});
    const Expr w = op::Const(t.root, std::vector<double>{0.3, -1.1, 0.7}),
               v = op::Const(t.root, std::vector<double>{1.3, 0.2, -0.6});
    const Expr loss = op::ReduceSum(t.root, GetParam().build(t.root, x) * w);
    const Grad first = Gradients(t.root, {loss}, {x})[0];
    ASSERT_FALSE(first.none());
    const Expr along = op::ReduceSum(t.root, first.dense * v);
    const Grad second = Gradients(t.root, {along}, {x})[0];
    ASSERT_FALSE(second.none());
    t.Verify();
    Session session(t.meta.graph, {.interpret = interpret});
    const std::vector<double> at = {0.6, -0.4, 0.9}, direction = {0.5, -0.7, 0.2};
    const auto run = [&](double step, Expr what) {
      std::vector<double> moved = at;
      for (int i = 0; i < 3; ++i) moved[i] += step * direction[i];
      return session.Run({{x, Tensor::Vector(moved)}}, {what})[0];
    };
    for (const auto& [f, grad] : {std::pair{loss, first.dense}, std::pair{along, second.dense}}) {
      const double h = 1e-5;
      const double numeric = (run(h, f).scalar<double>() - run(-h, f).scalar<double>()) / (2 * h);
      const Tensor g = run(0, grad);
      double analytic = 0;
      for (int i = 0; i < 3; ++i) analytic += g.data<double>()[i] * direction[i];
      EXPECT_NEAR(analytic, numeric, 1e-6 * std::max(1.0, std::abs(numeric)))
          << (interpret ? "interpreted" : "planned");
      EXPECT_NE(numeric, 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, LoopGradients, testing::ValuesIn(kLoops),
                         [](const auto& param) { return std::string(param.param.name); });

TEST(WhileGradients, ASecondRunMayHaveAnotherLength) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kDouble, {2}),
             n = op::Placeholder(t.root, DType::kInt32, {});
  const Expr y = Power(t.root, x, n);
  const Expr dx = Gradients(t.root, {y}, {x})[0].dense;
  Session session(t.meta.graph);
  for (const int trips : {3, 0, 5, 2}) {
    const Tensor g =
        session.Run({{x, Tensor::Vector<double>({2, 3})}, {n, Tensor::Scalar(trips)}}, {dx})[0];
    EXPECT_DOUBLE_EQ(g.data<double>()[0], trips * std::pow(2.0, trips - 1)) << trips;
    EXPECT_DOUBLE_EQ(g.data<double>()[1], trips * std::pow(3.0, trips - 1)) << trips;
  }
}

TEST(WhileGradients, ATwiceDifferentiatedLoopRunsOnceForward) {
  TestGraph t;
  const Expr x = op::Placeholder(t.root, DType::kDouble, {2});
  const Expr y = Power(t.root, x, op::Const(t.root, 3));
  const NodeId loop = y.node();
  Gradients(t.root, {y}, {x});
  Gradients(t.root, {y}, {x});
  EXPECT_EQ(y.node(), loop);
  int loops = 0;
  for (NodeId id = 0; id < t.meta.graph.num_ids(); ++id) {
    loops += t.meta.graph.node(id).op->structure == Structure::kWhile;
  }
  EXPECT_EQ(loops, 3);  // forward, and one for each Gradients
}

TEST(Gradients, RowsThatWereGatheredByTwoTypesOfIndicesAreJoined) {
  TestGraph t;
  const Expr table = op::Placeholder(t.root, DType::kFloat, {5, 2});
  const Expr narrow = op::Placeholder(t.root, DType::kInt32, {3});
  const Expr wide = op::Placeholder(t.root, DType::kInt64, {4});
  const Expr loss = op::AddV2(t.root, op::ReduceSum(t.root, op::Gather(t.root, table, narrow)),
                              op::ReduceSum(t.root, op::Gather(t.root, table, wide)));
  const Grad grad = Gradients(t.root, {loss}, {table})[0];
  ASSERT_TRUE(grad.sparse());
  EXPECT_EQ(grad.slices.indices.dtype(), DType::kInt64);
  const Tensor dense = t.Run({{table, Tensor::Zeros(DType::kFloat, {5, 2})},
                              {narrow, Tensor::Vector<int32_t>({4, 0, 4})},
                              {wide, Tensor::Vector<int64_t>({1, 4, 2, 2})}},
                             {ToDense(t.root, grad)})[0];
  const std::vector<float> expected = {1, 1, 1, 1, 2, 2, 0, 0, 3, 3};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(dense.span<float>()[i], expected[i]) << i;
}

}  // namespace
}  // namespace graphrun
