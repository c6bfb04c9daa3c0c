#include "core/compile/product_chains.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/compile/known_types.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

constexpr size_t kMostUses = 8;  // of one weight in a step

// Whether it is a constant that may tell what an op does, as axes and scalars may, rather than a
// value like others.
bool IsParameter(const Graph& g, Output o) {
  const Tensor* value = g.ConstValue(o);
  const DType dtype = g.dtype(o);
  const bool number = dtype == DType::kFloat || dtype == DType::kDouble;
  return value && (!number || value->shape().rank() == 0);
}

// Of one function.
class ChainFinder {
 public:
  ChainFinder(const Graph& g, const std::vector<NodeId>& order, const std::vector<bool>& eligible)
      : g_(g), order_(order), eligible_(eligible), depth_(g.num_ids(), 0) {
    for (NodeId id : order) {
      for (Output o : g.node(id).inputs) depth_[id] = std::max(depth_[id], depth_[o.node] + 1);
    }
  }

  std::vector<std::vector<NodeId>> Run(int least) {
    std::map<Key, std::vector<NodeId>> uses;
    for (NodeId id : order_) {
      if (!eligible_[id] || !IsIntense(KnownTypes(g_, id))) continue;
      const Node& node = g_.node(id);
      for (size_t k = 0; k < node.inputs.size(); ++k)
        uses[{node.inputs[k], static_cast<int>(k), node.op}].push_back(id);
    }
    std::vector<std::vector<NodeId>> chains;
    for (auto& [key, all] : uses) {
      while (!all.empty()) {
        std::vector<NodeId> same, others;
        for (NodeId id : all) (SameForm(g_, all[0], id) ? same : others).push_back(id);
        all = others;
        for (std::vector<NodeId>& chain : EvenChains(same, static_cast<size_t>(least)))
          chains.push_back(std::move(chain));
      }
    }
    std::stable_sort(chains.begin(), chains.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return chains;
  }

 private:
  struct Key {
    Output weight;
    int input;
    const OpDef* op;
    auto operator<=>(const Key&) const = default;
  };

  // A step may use a weight several times: the chains of every n-th node, none of fewer than
  // `least`, for the least n by which most nodes are in one.
  std::vector<std::vector<NodeId>> EvenChains(const std::vector<NodeId>& nodes,
                                              size_t least) const {
    std::vector<std::vector<NodeId>> best;
    size_t best_nodes = 0;
    for (size_t n = 1; n <= kMostUses && n < nodes.size(); ++n) {
      std::vector<std::vector<NodeId>> chains;
      size_t covered = 0;
      for (size_t first = 0; first < n; ++first) {
        std::vector<NodeId> every;
        for (size_t i = first; i < nodes.size(); i += n) every.push_back(nodes[i]);
        std::vector<NodeId> chain = LongestEven(every);
        if (chain.size() < least) continue;
        covered += chain.size();
        chains.push_back(std::move(chain));
      }
      if (covered <= best_nodes) continue;
      best_nodes = covered;
      best = std::move(chains);
    }
    std::erase_if(best, [&](const std::vector<NodeId>& chain) { return !IsRecurrence(chain); });
    return best;
  }
  // Whether each needs the one before. Others are deeper because what they multiply is.
  bool IsRecurrence(const std::vector<NodeId>& chain) const {
    for (size_t i = 1; i < chain.size(); ++i) {
      if (!Needs(chain[i], chain[i - 1])) return false;
    }
    return true;
  }
  bool Needs(NodeId id, NodeId needed) const {
    std::set<NodeId> seen = {id};
    std::vector<NodeId> open = {id};
    while (!open.empty()) {
      const NodeId at = open.back();
      open.pop_back();
      for (Output o : g_.node(at).inputs) {
        if (o.node == needed) return true;
        if (depth_[o.node] > depth_[needed] && seen.insert(o.node).second) open.push_back(o.node);
      }
    }
    return false;
  }
  // The longest part in which each is as much deeper than the one before.
  std::vector<NodeId> LongestEven(const std::vector<NodeId>& nodes) const {
    size_t best = 0, best_size = 0;
    for (size_t i = 0; i + 1 < nodes.size();) {
      const int step = depth_[nodes[i + 1]] - depth_[nodes[i]];
      size_t j = i + 1;
      while (j + 1 < nodes.size() && depth_[nodes[j + 1]] - depth_[nodes[j]] == step) ++j;
      if (step > 0 && j - i + 1 > best_size) {
        best = i;
        best_size = j - i + 1;
      }
      i = j;
    }
    return {nodes.begin() + static_cast<int64_t>(best),
            nodes.begin() + static_cast<int64_t>(best + best_size)};
  }

  const Graph& g_;
  const std::vector<NodeId>& order_;
  const std::vector<bool>& eligible_;
  std::vector<int> depth_;
};

}  // namespace

bool SameForm(const Graph& g, NodeId a, NodeId b) {
  const Node &x = g.node(a), &y = g.node(b);
  if (x.op != y.op || x.inputs.size() != y.inputs.size() || g.num_outputs(a) != g.num_outputs(b)) {
    return false;
  }
  for (size_t k = 0; k < x.inputs.size(); ++k) {
    const Output p = x.inputs[k], q = y.inputs[k];
    if (p == q) continue;
    if (g.type(p) != g.type(q) || IsParameter(g, p) || IsParameter(g, q)) return false;
  }
  for (int k = 0; k < g.num_outputs(a); ++k) {
    if (g.type({a, k}) != g.type({b, k})) return false;
  }
  for (const auto& [name, value] : x.attrs) {
    if (name.starts_with('_')) continue;
    const auto it = y.attrs.find(name);
    if (it == y.attrs.end() || !AttrEqual(value, it->second)) return false;
  }
  return true;
}

std::vector<std::vector<NodeId>> ProductChains(const Graph& g, const std::vector<NodeId>& order,
                                               const std::vector<bool>& eligible, int least) {
  return ChainFinder(g, order, eligible).Run(least);
}

}  // namespace graphrun
