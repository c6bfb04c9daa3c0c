#include "tests/grad_check.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/run/session.h"

namespace graphrun::test {
namespace {

constexpr double kStep = 1e-5;
constexpr int kDirections = 2;

Tensor RandomLike(const Tensor& like, std::mt19937_64& random) {
  Tensor t(DType::kDouble, like.shape());
  std::uniform_real_distribution<double> draw(0.5, 1.5);
  for (double& x : t.span<double>()) x = (random() & 1) ? draw(random) : -draw(random);
  return t;
}
Tensor Moved(const Tensor& x, const Tensor& direction, double step) {
  Tensor t = x.Copy();
  for (int64_t i = 0; i < t.num_elements(); ++i)
    t.data<double>()[i] += step * direction.data<double>()[i];
  return t;
}
struct Product {
  double value = 0;
  double size = 0;  // sum of the terms' absolute values: what rounding errors are relative to
};
Product Dot(const Tensor& a, const Tensor& b) {
  Product p;
  for (int64_t i = 0; i < a.num_elements(); ++i) {
    const double term = a.data<double>()[i] * b.data<double>()[i];
    p.value += term;
    p.size += std::abs(term);
  }
  return p;
}

// Compares the derivatives of f = the sum of <weights, fs> along random directions of each x in
// turn.
class DirectionalCheck {
 public:
  DirectionalCheck(Session& session, double tolerance, std::mt19937_64& random)
      : session_(session), tolerance_(tolerance), random_(random) {}

  // `grads` are the gradients with respect to feeds[x] for each x of xs; invalid: none.
  std::string Run(const Feeds& feeds, const std::vector<Expr>& fs,
                  const std::vector<Tensor>& weights, const std::vector<size_t>& xs,
                  const std::vector<Expr>& grads, bool may_be_zero) {
    bool any = false;
    for (size_t k = 0; k < xs.size(); ++k) {
      const Tensor& x = feeds[xs[k]].second;
      Tensor gradient = Tensor::Zeros(DType::kDouble, x.shape());
      if (grads[k].valid()) gradient = session_.Run(feeds, {grads[k]})[0];
      const std::string name = feeds[xs[k]].first.str();
      if (gradient.shape() != x.shape()) {
        return "the gradient of " + name + " has shape " + gradient.shape().ToString() +
               " instead of " + x.shape().ToString();
      }
      for (int d = 0; d < kDirections; ++d) {
        const Tensor direction = RandomLike(x, random_);
        const Product exact = Dot(gradient, direction);
        const Product up = At(feeds, xs[k], Moved(x, direction, kStep), fs, weights);
        const Product down = At(feeds, xs[k], Moved(x, direction, -kStep), fs, weights);
        const double numeric = (up.value - down.value) / (2 * kStep);
        if (!std::isfinite(exact.value) || !std::isfinite(numeric)) {
          return "the gradient of " + name +
                 " or the function is not finite: " + gradient.ToString();
        }
        const double scale = 1 + exact.size + up.size * 1e-2;
        if (std::abs(exact.value - numeric) > tolerance_ * scale) {
          return "along a direction of " + name + " the function rises by " +
                 std::to_string(numeric) + ", but by its gradient " +
                 (grads[k].valid() ? std::to_string(exact.value) : "(there is none)");
        }
        any = any || std::abs(exact.value) > 1e-9;
      }
    }
    if (!any && !may_be_zero) return "all gradients are zero, so nothing was checked";
    return "";
  }

 private:
  Product At(Feeds feeds, size_t i, Tensor value, const std::vector<Expr>& fs,
             const std::vector<Tensor>& weights) {
    feeds[i].second = std::move(value);
    const std::vector<Tensor> out = session_.Run(feeds, {fs.begin(), fs.end()});
    Product sum;
    for (size_t k = 0; k < fs.size(); ++k) {
      const Product p = Dot(out[k], weights[k]);
      sum.value += p.value;
      sum.size += p.size;
    }
    return sum;
  }

  Session& session_;
  double tolerance_;
  std::mt19937_64& random_;
};

std::vector<Expr> Dense(const Scope& scope, const std::vector<Grad>& grads) {
  std::vector<Expr> out;
  for (const Grad& g : grads) out.push_back(g.none() ? Expr() : ToDense(scope, g));
  return out;
}

// Placeholders that weigh the elements of `fs`; their values are appended to feeds.
std::vector<Expr> AddWeights(const Scope& scope, const std::vector<Expr>& fs,
                             const std::vector<Tensor>& values, std::mt19937_64& random,
                             Feeds* feeds, std::vector<Tensor>* weights) {
  std::vector<Expr> nodes;
  for (size_t i = 0; i < fs.size(); ++i) {
    weights->push_back(RandomLike(values[i], random));
    nodes.push_back(op::Placeholder(scope.WithName("weight"), DType::kDouble, fs[i].shape()));
    feeds->emplace_back(nodes.back(), weights->back());
  }
  return nodes;
}

}  // namespace

std::string CheckGradients(const GradProblem& problem) {
  std::mt19937_64 random(problem.seed);
  MetaGraph meta(problem.registry);
  const Scope scope = Scope::Root(meta);
  const std::vector<Expr> in = problem.make_inputs(scope, problem.inputs);
  const std::vector<Expr> all = problem.build(scope, in);
  std::vector<Expr> ys;
  for (size_t i = 0; i < all.size(); ++i) {
    if (!problem.outputs.empty() &&
        std::ranges::find(problem.outputs, static_cast<int>(i)) == problem.outputs.end()) {
      continue;
    }
    if (all[i].dtype() == DType::kDouble) ys.push_back(all[i]);
  }
  if (ys.empty()) return "no output of type float64";

  Session session(meta.graph, {.interpret = problem.interpret, .seed = 1});
  Feeds feeds;
  for (size_t i = 0; i < in.size(); ++i) feeds.emplace_back(in[i], problem.inputs[i]);
  std::vector<Tensor> weights;
  const std::vector<Expr> dys =
      AddWeights(scope, ys, session.Run(feeds, {ys.begin(), ys.end()}), random, &feeds, &weights);

  std::vector<Expr> xs;
  std::vector<size_t> x_feeds;
  for (int i : problem.wrt) {
    xs.push_back(in[i]);
    x_feeds.push_back(i);
  }
  const std::vector<Expr> grads = Dense(scope, Gradients(scope, ys, xs, dys));
  DirectionalCheck check(session, problem.tolerance, random);
  for (size_t k = 0; k < xs.size(); ++k) {
    if (!grads[k].valid()) return "no gradient for " + xs[k].name();
    const std::string error = check.Run(feeds, ys, weights, {x_feeds[k]}, {grads[k]}, false);
    if (!error.empty()) return error;
  }
  if (!problem.second) return "";

  // The gradients are functions of xs and of dys in turn.
  std::vector<Tensor> weights2;
  Feeds feeds2 = feeds;
  const std::vector<Expr> dgs = AddWeights(
      scope, grads, session.Run(feeds, {grads.begin(), grads.end()}), random, &feeds2, &weights2);
  std::vector<Expr> xs2 = xs;
  std::vector<size_t> x_feeds2 = x_feeds;
  for (size_t i = 0; i < dys.size(); ++i) {
    xs2.push_back(dys[i]);
    x_feeds2.push_back(in.size() + i);
  }
  const std::vector<Expr> grads2 = Dense(scope, Gradients(scope, grads, xs2, dgs));
  const size_t n = xs.size();
  std::string error = check.Run(feeds2, grads, weights2, {x_feeds2.begin(), x_feeds2.begin() + n},
                                {grads2.begin(), grads2.begin() + n}, problem.zero_second);
  if (error.empty()) {
    error = check.Run(feeds2, grads, weights2, {x_feeds2.begin() + n, x_feeds2.end()},
                      {grads2.begin() + n, grads2.end()}, false);
  }
  return error.empty() ? "" : "second order: " + error;
}

}  // namespace graphrun::test
