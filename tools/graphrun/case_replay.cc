#include "tools/graphrun/case_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/autodiff/gradients.h"
#include "core/base/error.h"
#include "core/build/ops.h"
#include "core/import/load.h"
#include "core/run/session.h"

namespace graphrun {
namespace {

std::string TypeText(const Tensor& t) {
  return fmt::format("{}{}", DTypeName(t.dtype()), t.shape().ToString());
}

// "[3,4]": the place of element i.
std::string Place(int64_t i, const Shape& shape) {
  std::vector<int64_t> at(shape.rank());
  for (int d = shape.rank() - 1; d >= 0; --d) {
    at[d] = i % shape[d];
    i /= shape[d];
  }
  return fmt::format("[{}]", fmt::join(at, ","));
}

std::string ElementText(const Tensor& t, int64_t i) {
  if (t.dtype() == DType::kString) return fmt::format("'{}'", t.data<std::string>()[i]);
  std::string out;
  ForPlain(t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Compute<T> x = t.data<T>()[i];
    if constexpr (IsFloating(kDTypeOf<T>)) {
      out = fmt::format("{:.9g}", x);
    } else {
      out = fmt::format("{}", x);
    }
  });
  return out;
}

bool SameElement(const Tensor& a, const Tensor& b, int64_t i) {
  if (a.dtype() == DType::kString) return a.data<std::string>()[i] == b.data<std::string>()[i];
  const size_t size = DTypeSize(a.dtype());
  return std::memcmp(static_cast<const char*>(a.raw()) + i * size,
                     static_cast<const char*>(b.raw()) + i * size, size) == 0;
}

std::string ExactDifference(const Tensor& got, const Tensor& want) {
  int64_t first = -1, count = 0;
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    if (SameElement(got, want, i)) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return "";
  return fmt::format("{} of {} elements differ, the first at {}: got {}, want {}", count,
                     want.num_elements(), Place(first, want.shape()), ElementText(got, first),
                     ElementText(want, first));
}

std::string FloatDifference(const Tensor& got, const Tensor& want, const Tolerance& tolerance) {
  int64_t worst = -1, count = 0;
  double largest = -1;
  for (int64_t i = 0; i < want.num_elements(); ++i) {
    const double g = got.number_at(i), w = want.number_at(i);
    if (g == w || (std::isnan(g) && std::isnan(w))) continue;
    // A number that is not finite differs from every other one by more than any tolerance.
    const bool finite = std::isfinite(g) && std::isfinite(w);
    const double difference = finite ? std::abs(g - w) : INFINITY;
    if (finite && difference <= tolerance.absolute + tolerance.relative * std::abs(w)) continue;
    ++count;
    if (difference > largest) {
      largest = difference;
      worst = i;
    }
  }
  if (count == 0) return "";
  return fmt::format("largest difference {:.2g} at {}: got {}, want {} ({} of {} elements)",
                     largest, Place(worst, want.shape()), ElementText(got, worst),
                     ElementText(want, worst), count, want.num_elements());
}

std::string OneLine(const Error& e) {
  std::string line = fmt::format("{}: {}", CodeName(e.code()), e.message());
  if (!e.contexts().empty()) line += fmt::format(" ({})", fmt::join(e.contexts(), "; "));
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

Feeds FeedsOf(const std::vector<NamedTensor>& tensors) {
  Feeds feeds;
  for (const NamedTensor& t : tensors) feeds.emplace_back(t.name, t.value);
  return feeds;
}

// Appends a line to *failures for each value that differs. Returns whether there was none.
bool Compare(const std::string& where, const std::vector<Tensor>& got,
             const std::vector<NamedTensor>& want, const Tolerance& tolerance,
             std::vector<std::string>* failures) {
  const size_t before = failures->size();
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i].value.empty()) continue;
    const std::string difference = Difference(got[i], want[i].value, tolerance);
    if (difference.empty()) continue;
    failures->push_back(fmt::format("{}, tensor {}: {}", where, want[i].name, difference));
  }
  return failures->size() == before;
}

// Returns whether the run did what it should.
bool ReplayRun(const CaseRun& run, const std::string& where, Session* session,
               std::vector<std::string>* failures) {
  std::vector<TensorName> fetches;
  for (const NamedTensor& fetch : run.fetches) fetches.emplace_back(fetch.name);
  const std::vector<TensorName> targets(run.targets.begin(), run.targets.end());
  std::vector<Tensor> got;
  try {
    got = session->Run(FeedsOf(run.feeds), fetches, targets);
  } catch (const Error& e) {
    if (CodeName(e.code()) == run.error && !e.broken()) return true;
    const std::string instead =
        run.error.empty() ? "" : fmt::format("{} was expected, not ", run.error);
    failures->push_back(fmt::format("{}: {}{}", where, instead, OneLine(e)));
    return false;
  }
  if (!run.error.empty()) {
    failures->push_back(fmt::format("{}: {} was expected, but it succeeded", where, run.error));
    return false;
  }
  return Compare(where, got, run.fetches, run.tolerance, failures);
}

const Tensor& ValueOf(const std::string& name, const std::vector<NamedTensor>& tensors) {
  const auto it = std::find_if(tensors.begin(), tensors.end(),
                               [&](const NamedTensor& t) { return t.name == name; });
  if (it == tensors.end() || it->value.empty()) ThrowInvalid("the case has no value for " + name);
  return it->value;
}

void ReplayGradient(const Case& c, const CaseGradient& gradient, const std::string& where,
                    const OpRegistry& ops, const SessionOptions& options,
                    std::vector<std::string>* failures) {
  // A graph of its own: new nodes must not change what the runs see.
  MetaGraph meta(&ops);
  ParseMetaGraph(c.meta_graph, &meta);
  const Scope root = Scope::Root(meta);
  const auto find = [&](const std::string& name) {
    return Expr(root.home(), meta.graph.FindOutput(name));
  };
  std::vector<Expr> ys, grad_ys, xs;
  Feeds feeds = FeedsOf(gradient.feeds);
  for (const std::string& y : gradient.ys) {
    ys.push_back(find(y));
    // Fed, since constants would be joined with those of the gradient, which may hide an overflow.
    const Tensor& dy = ValueOf(y, gradient.grad_ys);
    grad_ys.push_back(op::Placeholder(root.WithName("grad_y"), dy.dtype(), dy.shape()));
    feeds.emplace_back(grad_ys.back(), dy);
  }
  for (const std::string& x : gradient.xs) xs.push_back(find(x));
  const std::vector<Grad> grads = Gradients(root, ys, xs, grad_ys);
  std::vector<TensorName> fetches;
  std::vector<NamedTensor> want;
  for (size_t i = 0; i < xs.size(); ++i) {
    NamedTensor expected{"d/d" + gradient.xs[i], ValueOf(gradient.xs[i], gradient.expected)};
    if (const Expr dense = ToDense(root, grads[i]); dense.valid()) {
      fetches.emplace_back(dense);
      want.push_back(std::move(expected));
    } else {  // nothing depends on it
      const Tensor zeros = Tensor::Zeros(expected.value.dtype(), expected.value.shape());
      Compare(where, {zeros}, {expected}, gradient.tolerance, failures);
    }
  }
  Session session(meta.graph, options);
  const std::vector<Tensor> got = session.Run(feeds, fetches);
  Compare(where, got, want, gradient.tolerance, failures);
}

}  // namespace

std::string Difference(const Tensor& got, const Tensor& want, const Tolerance& tolerance) {
  if (got.dtype() != want.dtype() || got.shape() != want.shape()) {
    return fmt::format("got {}, want {}", TypeText(got), TypeText(want));
  }
  return IsFloating(want.dtype()) ? FloatDifference(got, want, tolerance)
                                  : ExactDifference(got, want);
}

std::vector<std::string> ReplayCase(const Case& c, const OpRegistry& ops,
                                    const SessionOptions& options) {
  std::vector<std::string> failures;
  {
    MetaGraph meta(&ops);
    ParseMetaGraph(c.meta_graph, &meta);
    Session session(meta.graph, options);
    for (size_t i = 0; i < c.runs.size(); ++i) {
      const std::string where = fmt::format("run {}", i + 1);
      if (!ReplayRun(c.runs[i], where, &session, &failures)) break;
    }
  }
  for (size_t i = 0; i < c.gradients.size(); ++i) {
    const std::string where = fmt::format("gradient {}", i + 1);
    try {
      ReplayGradient(c, c.gradients[i], where, ops, options, &failures);
    } catch (const Error& e) {
      failures.push_back(fmt::format("{}: {}", where, OneLine(e)));
    }
  }
  return failures;
}

}  // namespace graphrun
