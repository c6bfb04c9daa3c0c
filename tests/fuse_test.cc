// Fusion: which nodes become one kernel, and that these compute what the nodes do, bit for bit.
#include "core/compile/fuse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "core/build/ops.h"
#include "core/compile/compile.h"
#include "core/compile/fused_builder.h"
#include "core/compile/passes.h"
#include "core/graph/op_def.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using Exprs = std::vector<Expr>;

Tensor Random(DType dtype, const Shape& shape, std::mt19937* random) {
  Tensor t(dtype, shape);
  ForNumericOrBool(dtype, [&](auto zero) {
    using T = decltype(zero);
    for (T& v : t.span<T>()) {
      const int n = static_cast<int>((*random)() % 41) - 20;
      if constexpr (std::is_same_v<T, bool>) {
        v = n > 0;
      } else if constexpr (std::is_floating_point_v<T>) {
        v = static_cast<T>(n) / 7;
      } else {
        v = static_cast<T>(n);
      }
    }
  });
  return t;
}

bool SameBits(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0);
}

class FuseTest : public testing::Test {
 protected:
  const Scope& s() const { return t_.root; }
  // A placeholder with a value.
  Expr Feed(DType dtype, const Shape& shape) { return Feed(Random(dtype, shape, &random_), shape); }
  Expr Feed(Tensor value, const Shape& declared) {
    const Expr x = op::Placeholder(s(), value.dtype(), declared);
    feeds_.emplace_back(x, value);
    return x;
  }
  Expr Float(const Shape& shape) { return Feed(DType::kFloat, shape); }

  // Along the last dimension.
  Exprs Split(Expr x, int64_t n) const {
    const Expr axis = op::Const(s(), static_cast<int32_t>(x.shape().rank() - 1));
    const Expr first = s().Add("Split", {axis, x}, {{"num_split", n}});
    Exprs parts;
    for (int i = 0; i < n; ++i) parts.push_back(first.sibling(i));
    return parts;
  }

  std::unique_ptr<Function> Compile(const Exprs& fetches) const {
    RunSignature signature;
    for (const auto& [e, value] : feeds_)
      signature.feeds.emplace_back(t_.meta.graph.FindOutput(e.str()), TypeOf(value));
    for (const Expr& e : fetches) signature.fetches.push_back(e.output());
    return CompileFunction(t_.meta.graph, signature, {.verify_each = true});
  }
  // Of each kernel the ops that it runs, sorted; kernels in any order.
  std::multiset<std::multiset<std::string>> Kernels(const Exprs& fetches) const {
    const std::unique_ptr<Function> f = Compile(fetches);
    std::multiset<std::multiset<std::string>> kernels;
    for (const std::string& name : CalledFunctions(*f)) {
      const Function& callee = f->graph.library()->Get(name);
      if (!callee.fused) continue;
      EXPECT_TRUE(MakeFusedProgram(callee)) << "it is no kernel";
      std::multiset<std::string> ops;
      for (NodeId id = 0; id < callee.graph.num_ids(); ++id) {
        const OpDef& op = *callee.graph.node(id).op;
        if (op.structure == Structure::kNone) ops.insert(op.name);
      }
      kernels.insert(ops);
    }
    return kernels;
  }
  // Fused, one by one, interpreted, and by several threads: the same bits.
  void Agree(const Exprs& fetches) const {
    const std::vector<TensorName> names(fetches.begin(), fetches.end());
    const std::vector<Tensor> want = t_.Run(feeds_, names, {.interpret = true});
    const SessionOptions ways[] = {
        {}, {.compile = {.disabled_passes = {"fuse"}}}, {.threads = 1}, {.threads = 3}};
    for (const SessionOptions& way : ways) {
      Session session(t_.meta.graph, way);
      for (int run = 0; run < 2; ++run) {
        const std::vector<Tensor> got = session.Run(feeds_, names);
        for (size_t i = 0; i < want.size(); ++i) {
          ASSERT_TRUE(SameBits(got[i], want[i]))
              << fetches[i].name() << ": " << got[i].ToString() << " is not " << want[i].ToString();
        }
      }
    }
  }

  // h and c of an LSTM cell as it is written, from gates of `batch` rows.
  Exprs LstmGates(Expr product, Expr bias, Expr c) const {
    const Exprs parts = Split(op::BiasAdd(s(), product, bias), 4);
    const Expr forget = op::Sigmoid(s(), parts[2] + 1.0f);
    const Expr next = forget * c + op::Sigmoid(s(), parts[0]) * op::Tanh(s(), parts[1]);
    return {op::Sigmoid(s(), parts[3]) * op::Tanh(s(), next), next};
  }

  TestGraph t_;
  std::mt19937 random_{3};
  Feeds feeds_;
};

TEST_F(FuseTest, TheGatesOfACellAreOneKernel) {
  const Exprs out = LstmGates(Float({6, 4 * 24}), Float({4 * 24}), Float({6, 24}));
  const auto kernels = Kernels(out);
  ASSERT_EQ(kernels.size(), 1u);
  EXPECT_EQ(kernels.begin()->size(), 12u);
  EXPECT_EQ(kernels.begin()->count("Split"), 1u);
  Agree(out);
}

TEST_F(FuseTest, ThePartsOfAConcatAreWrittenWhereTheyBelong) {
  const Expr x = Float({5, 32}), y = Float({5, 32});
  const Expr joined = op::Concat(s(), {op::Tanh(s(), x), op::Neg(s(), y), x * y, x}, 1);
  EXPECT_EQ(Kernels({joined}),
            (std::multiset<std::multiset<std::string>>{{"Tanh", "Neg", "Mul", "ConcatV2"}}));
  Agree({joined, op::Slice(s(), joined, op::Ints(s(), {0, 32}), op::Ints(s(), {5, 64}))});
}

TEST_F(FuseTest, ALossAndItsGradientAreOneSweep) {
  const Expr logits = op::MatMul(s(), Float({50, 3}), Float({3, 40})) + Float({40});
  Tensor labels(DType::kInt32, {50});
  for (int i = 0; i < 50; ++i) labels.data<int32_t>()[i] = i * 7 % 40;
  const Expr fed = Feed(labels, {50});
  const Expr loss = s().WithName("loss").Add("SparseSoftmaxCrossEntropyWithLogits", {logits, fed});
  const Expr d = loss.sibling(1) * Float({50, 1});
  const Expr sum = op::Sum(s(), d, {0});
  EXPECT_EQ(Kernels({loss, d, sum}),
            (std::multiset<std::multiset<std::string>>{
                {"AddV2", "SparseSoftmaxCrossEntropyWithLogits", "Mul", "Sum"}}));
  Agree({loss, d, sum});
  // An error is the op's own.
  labels.data<int32_t>()[44] = 40;
  for (auto& [name, value] : feeds_) {
    if (name.str() == fed.name()) value = labels;
  }
  const Error e = Caught([&] { t_.Run(feeds_, {loss, sum}); });
  const Error plain = Caught([&] { t_.Run(feeds_, {loss, sum}, {.interpret = true}); });
  EXPECT_EQ(e.code(), plain.code());
  const std::string text = e.what();
  EXPECT_NE(text.find("label 40 of row 44 is outside the valid range [0, 40)"), std::string::npos)
      << text;
  EXPECT_NE(text.find("'loss'"), std::string::npos) << text;
}

TEST_F(FuseTest, ViewsLieWithinAKernelAndNotAtItsEnds) {
  const Expr x = op::Tanh(s(), Float({2, 3, 20})) + 1.0f;
  const Expr y = op::Neg(s(), op::Reshape(s(), x, op::Ints(s(), {6, 20})));
  const Expr z = op::Reshape(s(), y, op::Ints(s(), {3, 2, 20}));
  EXPECT_EQ(Kernels({z}),
            (std::multiset<std::multiset<std::string>>{{"Tanh", "AddV2", "Reshape", "Neg"}}));
  Agree({z, x});
}

TEST_F(FuseTest, WhatLiesBetweenKeepsThemApart) {
  const Expr x = Float({20, 20}), a = op::Tanh(s(), x);
  const Expr y = op::Neg(s(), op::MatMul(s(), op::Exp(s(), a), x)) + a;
  EXPECT_EQ(Kernels({y}),
            (std::multiset<std::multiset<std::string>>{{"Tanh", "Exp"}, {"Neg", "AddV2"}}));
  Agree({y});
}

TEST_F(FuseTest, WhatMayFailStaysOut) {
  const Expr x = Feed(DType::kInt32, {4, 20});
  const Expr y = Feed(Tensor::Zeros(DType::kInt32, {4, 20}), {4, 20});
  const Expr quotient = s().WithName("quotient").Add("FloorDiv", {x + y, y}) * x;
  EXPECT_TRUE(Kernels({quotient}).empty());
  const Error e = Caught([&] { t_.Run(feeds_, {quotient}); });
  EXPECT_EQ(e.code(), Code::kInvalidArgument);
  EXPECT_NE(std::string(e.what()).find("quotient"), std::string::npos) << e.what();
}

TEST_F(FuseTest, UnknownShapesStayAsTheyAre) {
  const Expr x = Float({4, 20});
  const Expr some = s().Add("Where", {op::Greater(s(), x, op::Const(s(), 0.0f))});
  const Expr y = some * some + some;
  EXPECT_TRUE(Kernels({y}).empty());
  Agree({y});
}

TEST_F(FuseTest, AKernelMayTakeOverItsInputs) {
  // The second result is written over what the third still reads, were it not for the order.
  const Expr x = op::MatMul(s(), Float({48, 48}), Float({48, 48}));
  const Expr y = op::MatMul(s(), Float({48, 48}), Float({48, 48}));
  const Expr a = op::Tanh(s(), x) + y, b = a * x, c = b - y;
  const Expr d = op::MatMul(s(), op::MatMul(s(), a, b), c);
  EXPECT_EQ(Kernels({d}).size(), 1u);
  Agree({d});
}

TEST_F(FuseTest, PairsThatStayApartAreCounted) {
  const Expr x = Float({20, 20}), row = op::Tanh(s(), Float({20}));
  const Expr y = op::Exp(s(), op::Neg(s(), x + row));
  const std::unique_ptr<Function> f = [&] {
    RunSignature signature;
    for (const auto& [e, value] : feeds_)
      signature.feeds.emplace_back(t_.meta.graph.FindOutput(e.str()), TypeOf(value));
    signature.fetches = {y.output()};
    return CompileFunction(t_.meta.graph, signature, {.disabled_passes = {"fuse"}});
  }();
  Unit unit(f.get());
  const FusionCounts counts = FuseAndCount(unit);
  EXPECT_EQ(counts.kernels, 1);
  EXPECT_EQ(counts.nodes, 3);
  EXPECT_EQ(counts.apart[static_cast<size_t>(Apart::kBroadcast)], 1);
}

// Random graphs of element-wise ops, of what takes columns apart and joins them, and of what lies
// between, over values that are broadcast to each other.
class RandomGraph : public FuseTest {
 protected:
  void Make(uint32_t seed) {
    random_.seed(seed);
    const int64_t rows[] = {2 + Draw(30), 1 + Draw(3)}, unit = Pick<int64_t>({16, 24, 7, 48, 200});
    const std::vector<Shape> shapes = {{rows[0], unit},
                                       {rows[0], 2 * unit},
                                       {unit},
                                       {rows[0], 1},
                                       Shape{},
                                       {1, unit},
                                       {rows[1], rows[0], unit},
                                       {rows[1], 1, unit},
                                       {rows[0], 4 * unit}};
    const std::vector<DType> dtypes = {DType::kFloat, DType::kFloat, DType::kDouble,
                                       DType::kInt32, DType::kInt64, DType::kBool};
    if (Draw(25) == 0) values_.push_back(Float({0, unit}));
    for (int i = 0; i < 7; ++i) values_.push_back(Feed(Pick(dtypes), Pick(shapes)));
    values_.push_back(Float({rows[0], 4 * unit}));
    values_.push_back(op::Const(s(), 0.5f));
    for (int i = 0; i < 14 + Draw(30); ++i) AddNode();
  }
  int Draw(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  template <typename T>
  T Pick(const std::vector<T>& of) {
    return of[Draw(static_cast<int>(of.size()))];
  }
  // One of the values, more often a late one, that `fits`; invalid when there is none.
  template <typename Fits>
  Expr Choose(Fits fits) {
    Exprs some;
    for (const Expr& e : values_) {
      if (fits(e)) some.push_back(e);
    }
    if (some.empty()) return {};
    const int n = static_cast<int>(some.size());
    return some[std::max(Draw(n), Draw(n))];
  }
  static bool Broadcasts(const Shape& a, const Shape& b) {
    try {
      Broadcast(a, b);
      return true;
    } catch (const Error&) {
      return false;
    }
  }
  Expr Like(const Expr& x, bool same_shape) {
    return Choose([&](const Expr& e) {
      return e.dtype() == x.dtype() &&
             (same_shape ? e.shape() == x.shape() : Broadcasts(e.shape(), x.shape()));
    });
  }

  void AddNode() {
    const Expr x = Choose([](const Expr&) { return true; });
    const int last = x.shape().rank() - 1;
    if (x.dtype() == DType::kBool) return AddSelect(x);
    switch (Draw(11)) {
      case 0:
      case 1:
        if (!IsFloating(x.dtype())) return;
        return values_.push_back(s().Add(Pick<std::string>({"Tanh", "Sigmoid", "Rint"}), {x}));
      case 2:
        return values_.push_back(s().Add(Pick<std::string>({"Neg", "Square", "Sign"}), {x}));
      case 3:
      case 4:
      case 5:
        return values_.push_back(
            s().Add(Pick<std::string>({"AddV2", "Mul", "Sub", "Maximum"}), {x, Like(x, false)}));
      case 6:
        return values_.push_back(op::Less(s(), x, Like(x, false)));
      case 7:
        return values_.push_back(op::Cast(
            s(), x, Pick<DType>({DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64})));
      case 8:
        if (last < 0 || x.shape()[last] % 2 != 0) return;
        for (const Expr& part : Split(x, 2)) values_.push_back(part);
        return;
      case 9:
        if (last < 0 || x.shape()[last] > 400) return;
        return values_.push_back(op::Concat(s(), {x, Like(x, true), x}, last));
      default:
        values_.push_back(op::AddN(s(), {x, Like(x, true), Like(x, true)}));
    }
    if (last < 1 || !IsFloating(x.dtype())) return;
    // What makes rows at once, or adds them up.
    const Expr small = op::Tanh(s(), x);
    values_.push_back(op::Softmax(s(), small));
    if (last == 1 && Draw(2) == 0) {
      const Expr loss = s().Add("SoftmaxCrossEntropyWithLogits", {small, values_.back()});
      values_.push_back(loss);
      values_.push_back(loss.sibling(1));
    }
    // The same rows, counted otherwise.
    const auto columns = static_cast<int32_t>(x.shape()[last]);
    values_.push_back(op::Reshape(s(), small, op::Ints(s(), {-1, 1, columns})));
    // Of larger tensors threads add parts up, which are joined in another order.
    if (x.shape().num_elements() > 1 << 16) return;
    sums_.push_back(s().Add("BiasAddGrad", {small}));
    std::vector<int32_t> axes(last);
    for (int i = 0; i < last; ++i) axes[i] = i;
    sums_.push_back(op::Sum(s(), Pick(Exprs{values_.back(), small}), axes));
  }
  void AddSelect(Expr condition) {
    const Expr a = Choose([&](const Expr& e) { return Broadcasts(e.shape(), condition.shape()); });
    const Shape both = Broadcast(a.shape(), condition.shape());
    const Expr b = Choose(
        [&](const Expr& e) { return e.dtype() == a.dtype() && Broadcasts(e.shape(), both); });
    values_.push_back(op::SelectV2(s(), condition, a, b));
  }
  // All that nothing uses, and some of the rest.
  Exprs Fetches() {
    Exprs fetches;
    for (size_t i = values_.size() / 3; i < values_.size(); ++i) {
      if (Draw(3) == 0 || i + 3 > values_.size()) fetches.push_back(values_[i]);
    }
    return fetches;
  }

  Exprs values_;
  Exprs sums_;
};

class RandomGraphs : public RandomGraph, public testing::WithParamInterface<uint32_t> {};

TEST_P(RandomGraphs, ComputeTheSame) {
  Make(GetParam());
  Exprs fetches = Fetches();
  fetches.insert(fetches.end(), sums_.begin(), sums_.end());
  Agree(fetches);
}
INSTANTIATE_TEST_SUITE_P(Fuse, RandomGraphs, testing::Range(0u, 320u));

// That the random graphs are worth their time.
TEST(RandomGraphsTest, HaveKernelsOfAllKinds) {
  struct Made : RandomGraph {
    void TestBody() override {}
    void Count(uint32_t seed, std::map<std::string, int>* ops) {
      Make(seed);
      Exprs fetches = Fetches();
      fetches.insert(fetches.end(), sums_.begin(), sums_.end());
      for (const auto& kernel : Kernels(fetches)) {
        ++(*ops)["kernels"];
        for (const std::string& op : kernel) ++(*ops)[op];
      }
    }
  };
  std::map<std::string, int> ops;
  for (uint32_t seed = 0; seed < 40; ++seed) Made().Count(seed, &ops);
  EXPECT_GT(ops["kernels"], 80);
  for (const char* op : {"Split", "ConcatV2", "SelectV2", "Cast", "AddN", "Less", "Tanh", "Softmax",
                         "BiasAddGrad", "Sum", "Reshape", "SoftmaxCrossEntropyWithLogits"})
    EXPECT_GT(ops[op], 7) << op;
}

}  // namespace
}  // namespace graphrun
