// text8_simple with one product for the four gates, as the course's first problem asks: the
// variables are the same, and are put side by side in the graph. It gives the same numbers.
//
// Trained on text8 with the defaults, its authors report a validation perplexity of 4.39. On
// 2,177,606 characters of wiki8.txt the mean loss of steps 6501 to 7000 is about 1.400.
#include "models/nn/naming.h"
#include "models/text8_lstm.h"

namespace graphrun::models {
namespace {

void Build(MetaGraph& meta, const Options& options) {
  const Scope s = Scope::Root(meta);
  const Text8Characters data = Text8Data(s, options);
  const Text8Weights weights = Text8LstmWeights(s, kText8Symbols, options);
  const auto side_by_side = [&](const char* name, Variable Text8Gate::*part) {
    std::vector<Expr> parts;
    for (const Text8Gate& gate : weights) parts.push_back(gate.*part);
    return op::Concat(Named(s, name), parts, 1);
  };
  const Expr x_weights = side_by_side("x_weights", &Text8Gate::x);  // [27, 4 nodes]
  const Expr m_weights = side_by_side("m_weights", &Text8Gate::m);  // [nodes, 4 nodes]
  const Expr biases = side_by_side("biases", &Text8Gate::b);        // [1, 4 nodes]

  const auto gates = [=](const Scope& g, Expr x, Expr output) {
    const Expr sums = op::MatMul(g, x, x_weights) + op::MatMul(g, output, m_weights) + biases;
    const Scope own = Named(g, "split");
    const Expr axis = own.WithName("split_dim").Const(Tensor::Scalar<int32_t>(1));
    const std::vector<Expr> split = op::Split(own, axis, sums, kText8Gates);
    return Text8Sums{split[0], split[1], split[2], split[3]};
  };
  BuildText8Lstm(s, options, data, {.name = "text8_fused", .read = ReadOneHot(), .gates = gates});
}

}  // namespace

ModelSpec Text8FusedModel() {
  return {"text8_fused",
          "text8_simple with one product for the four gates.\n"
          "The same variables, put side by side in the graph; the same numbers.",
          Text8Options(/*max_steps=*/7001, /*decay_steps=*/5000), Build};
}

}  // namespace graphrun::models
