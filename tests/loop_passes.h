// What tests of the loop passes share: graphs of loops, and what is left of them when compiled.
#ifndef GRAPHRUN_TESTS_LOOP_PASSES_H_
#define GRAPHRUN_TESTS_LOOP_PASSES_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/build/ops.h"
#include "core/compile/compile.h"
#include "core/graph/counted_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {

// Products by weights of these sizes are worth a loop of their own.
inline constexpr int kBatch = 7, kTime = 5, kInput = 32, kUnits = 20;

class LoopPassesTest : public testing::Test {
 protected:
  Tensor Values(const Shape& shape) {
    Tensor t(DType::kFloat, shape);
    int i = 0;
    for (float& v : t.span<float>()) v = 0.05f * static_cast<float>((i++ * 7) % 19 - 9);
    return t;
  }
  Expr Feed(Tensor value) {
    const Shape shape = value.shape();
    return Feed(std::move(value), shape);
  }
  // What is known of the shape where the graph is built.
  Expr Feed(Tensor value, const Shape& shape) {
    const Expr e = op::Placeholder(s(), value.dtype(), shape);
    feeds_.emplace_back(e, std::move(value));
    return e;
  }
  const Scope& s() const { return t_.root; }

  // The compiled function. Planned and interpreted runs of it agree.
  const Function& Compile(const std::vector<Expr>& fetches,
                          const std::vector<std::string>& disabled = {}) {
    RunSignature signature;
    Feeds feeds;
    for (const auto& [e, value] : feeds_) {
      signature.feeds.emplace_back(e.output(), TypeOf(value));
      feeds.emplace_back(e, value);
    }
    std::vector<TensorName> names;
    for (const Expr& e : fetches) {
      signature.fetches.push_back(e.output());
      names.push_back(e.name());
    }
    CompileOptions options{.disabled_passes = disabled, .verify_each = true};
    const auto want = t_.Run(feeds, names, {.interpret = true});
    const auto got = t_.Run(feeds, names, {.compile = options});
    for (size_t k = 0; k < want.size(); ++k) {
      const std::vector<double> a = Numbers(got[k]), b = Numbers(want[k]);
      EXPECT_EQ(got[k].shape(), want[k].shape());
      for (size_t i = 0; i < a.size() && i < b.size(); ++i)
        EXPECT_NEAR(a[i], b[i], 1e-5 * (1 + std::abs(b[i])));
    }
    for (const char* pass : {"pack_weights", "fuse"}) options.disabled_passes.push_back(pass);
    compiled_ = CompileFunction(t_.meta.graph, signature, options);
    return *compiled_;
  }

  static int Count(const Function& f, const std::string& op) {
    int n = 0;
    for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
      if (f.graph.exists(id) && f.graph.node(id).op->name == op) ++n;
    }
    return n;
  }
  static std::vector<NodeId> NodesOf(const Function& f, Structure structure) {
    std::vector<NodeId> nodes;
    for (NodeId id = 0; id < f.graph.num_ids(); ++id) {
      if (f.graph.exists(id) && f.graph.node(id).op->structure == structure) nodes.push_back(id);
    }
    return nodes;
  }
  // Why each While that is left is one.
  static std::vector<std::string> Whiles(const Function& f) {
    std::vector<std::string> reasons;
    for (NodeId id : NodesOf(f, Structure::kWhile)) {
      const auto it = f.graph.node(id).attrs.find("_stays");
      reasons.push_back(it == f.graph.node(id).attrs.end() ? ""
                                                           : std::get<std::string>(it->second));
    }
    return reasons;
  }
  // How long the sums of the products in the bodies of counted loops are.
  static std::vector<int64_t> InnerSizes(const Function& f) {
    std::vector<int64_t> sizes;
    for (NodeId id : NodesOf(f, Structure::kCountedLoop)) {
      const Graph& body = RegionFunction(f.graph, f.graph.node(id), 0).graph;
      for (NodeId k = 0; k < body.num_ids(); ++k) {
        if (body.exists(k) && body.node(k).op->name == "MatMul")
          sizes.push_back(body.shape(body.node(k).inputs[0])[1]);
      }
    }
    return sizes;
  }
  // The products in the body of each counted loop of the function, by order of nodes.
  static std::vector<int> ProductsInLoops(const Function& f) {
    std::vector<int> products;
    for (NodeId id : NodesOf(f, Structure::kCountedLoop))
      products.push_back(Count(RegionFunction(f.graph, f.graph.node(id), 0), "MatMul"));
    std::sort(products.begin(), products.end());
    return products;
  }

  TestGraph t_;
  std::vector<std::pair<Expr, Tensor>> feeds_;
  std::unique_ptr<Function> compiled_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_LOOP_PASSES_H_
