#include "core/compile/step_matcher.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/compile/known_types.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

constexpr int kMostRounds = 64;
constexpr size_t kMostUses = 8;  // of one weight in a step

// The nodes of one function that may be repeated, and which node repeats which.
class Matcher {
 public:
  Matcher(Unit& unit, Function& f) : unit_(unit), f_(f), g_(f.graph), order_(TopologicalOrder(g_)) {
    position_.assign(g_.num_ids(), -1);
    depth_.assign(g_.num_ids(), 0);
    eligible_.assign(g_.num_ids(), false);
    for (size_t i = 0; i < order_.size(); ++i) {
      const NodeId id = order_[i];
      position_[id] = static_cast<int>(i);
      for (Output o : g_.node(id).inputs) depth_[id] = std::max(depth_[id], depth_[o.node] + 1);
      eligible_[id] = Eligible(id);
    }
  }

  std::vector<MatchedSteps> Run(int least) {
    std::vector<MatchedSteps> found;
    for (std::vector<NodeId>& chain : Chains(least)) {
      if (std::any_of(chain.begin(), chain.end(), [&](NodeId id) { return !eligible_[id]; }))
        continue;
      std::optional<MatchedSteps> best = Match(chain, least);
      if (!best) continue;
      for (const auto& row : best->rows) {
        for (NodeId id : row) eligible_[id] = false;
      }
      found.push_back(std::move(*best));
    }
    return found;
  }

 private:
  bool Eligible(NodeId id) {
    const Node& node = g_.node(id);
    if (node.op->structure != Structure::kNone || !node.op->pure() || node.op->handles ||
        node.op->allocates_outputs || node.inputs.empty() || !node.control_inputs.empty() ||
        !unit_.WaitersOf(f_, id).empty()) {
      return false;
    }
    for (int k = 0; k < g_.num_outputs(id); ++k) {
      if (DTypeSize(g_.dtype({id, k})) == 0 || !g_.shape({id, k}).fully_known()) return false;
    }
    return true;
  }

  // ---- Chains: products by one weight, each of which needs the one before

  struct Key {
    Output weight;
    int input;
    const OpDef* op;
    auto operator<=>(const Key&) const = default;
  };

  std::vector<std::vector<NodeId>> Chains(int least) {
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
        for (NodeId id : all) (SameForm(all[0], id) ? same : others).push_back(id);
        all = others;
        for (std::vector<NodeId>& chain : EvenChains(same)) {
          if (static_cast<int>(chain.size()) >= least) chains.push_back(std::move(chain));
        }
      }
    }
    std::stable_sort(chains.begin(), chains.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    return chains;
  }
  // A step may use a weight several times: the chains of every n-th node, for the least n that
  // leaves the longest.
  std::vector<std::vector<NodeId>> EvenChains(const std::vector<NodeId>& nodes) const {
    std::vector<std::vector<NodeId>> best;
    size_t best_nodes = 0;
    for (size_t n = 1; n <= kMostUses && n < nodes.size(); ++n) {
      std::vector<std::vector<NodeId>> chains;
      size_t covered = 0;
      for (size_t first = 0; first < n; ++first) {
        std::vector<NodeId> every;
        for (size_t i = first; i < nodes.size(); i += n) every.push_back(nodes[i]);
        chains.push_back(LongestEven(every));
        covered += chains.back().size();
      }
      if (covered <= best_nodes) continue;
      best_nodes = covered;
      best = std::move(chains);
    }
    return best;
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

  // Whether two nodes differ in their inputs alone, and not in constants among them.
  bool SameForm(NodeId a, NodeId b) const {
    const Node &x = g_.node(a), &y = g_.node(b);
    if (x.op != y.op || x.inputs.size() != y.inputs.size() ||
        g_.num_outputs(a) != g_.num_outputs(b)) {
      return false;
    }
    for (size_t k = 0; k < x.inputs.size(); ++k) {
      const Output p = x.inputs[k], q = y.inputs[k];
      if (p == q) continue;
      if (g_.type(p) != g_.type(q) || g_.ConstValue(p) || g_.ConstValue(q)) return false;
    }
    for (int k = 0; k < g_.num_outputs(a); ++k) {
      if (g_.type({a, k}) != g_.type({b, k})) return false;
    }
    for (const auto& [name, value] : x.attrs) {
      if (name.starts_with('_')) continue;
      const auto it = y.attrs.find(name);
      if (it == y.attrs.end() || !AttrEqual(value, it->second)) return false;
    }
    return true;
  }

  // ---- From one chain to whole steps

  std::optional<MatchedSteps> Match(const std::vector<NodeId>& chain, int least) {
    next_.clear();
    before_.clear();
    open_.clear();
    for (size_t i = 0; i + 1 < chain.size(); ++i) Pair(chain[i], chain[i + 1]);
    while (!open_.empty()) {
      const auto [a, b] = open_.back();
      open_.pop_back();
      PairInputs(a, b);
      PairUsers(a, b);
    }
    std::optional<MatchedSteps> best;
    const int n = static_cast<int>(chain.size());
    for (const bool ends : {false, true}) {
      const std::map<NodeId, int> steps = StepsOf(chain, ends);
      for (const auto& [lo, hi] : {std::pair(0, n - 1), std::pair(1, n - 1), std::pair(0, n - 2),
                                   std::pair(1, n - 2), std::pair(1, n)}) {
        if (hi - lo + 1 < least) continue;
        std::optional<MatchedSteps> m = Rows(steps, lo, hi);
        if (m && (!best || Better(*m, *best))) best = std::move(m);
      }
    }
    return best;
  }
  static bool Better(const MatchedSteps& a, const MatchedSteps& b) {
    const auto nodes = [](const MatchedSteps& m) { return m.rows.size() * m.steps; };
    // A step that is cut at another place hands on more.
    if (a.carried() != b.carried() && nodes(a) * 4 > nodes(b) * 3 && nodes(b) * 4 > nodes(a) * 3)
      return a.carried() < b.carried();
    return nodes(a) > nodes(b);
  }

  // Notes that b does in the next step what a does.
  void Pair(NodeId a, NodeId b) {
    if (a == b || !eligible_[a] || !eligible_[b] || next_.contains(a) || before_.contains(b) ||
        !SameForm(a, b)) {
      return;
    }
    next_[a] = b;
    before_[b] = a;
    open_.emplace_back(a, b);
  }
  void PairInputs(NodeId a, NodeId b) {
    const Node &x = g_.node(a), &y = g_.node(b);
    for (size_t k = 0; k < x.inputs.size(); ++k) {
      const Output p = x.inputs[k], q = y.inputs[k];
      if (p != q && p.index == q.index) Pair(p.node, q.node);
    }
  }
  void PairUsers(NodeId a, NodeId b) {
    for (int k = 0; k < g_.num_outputs(a); ++k) {
      const std::vector<Use> of_a = unit_.UsesOf(f_, {a, k}), of_b = unit_.UsesOf(f_, {b, k});
      for (const Use& u : of_a) {
        if (u.node == kNoNode || !eligible_[u.node] || next_.contains(u.node)) continue;
        NodeId found = kNoNode;
        int fits = 0;
        for (const Use& w : of_b) {
          if (w.node == kNoNode || w.index != u.index || !eligible_[w.node] ||
              before_.contains(w.node) || !SameForm(u.node, w.node)) {
            continue;
          }
          const int fit = Fit(u, w);
          if (fit > fits) {
            fits = fit;
            found = w.node;
          } else if (fit == fits) {
            found = kNoNode;  // either
          }
        }
        if (found != kNoNode) Pair(u.node, found);
      }
    }
  }
  // How well two users fit: one, and one for each other input that they share or that is matched.
  int Fit(const Use& a, const Use& b) const {
    const Node &x = g_.node(a.node), &y = g_.node(b.node);
    int fit = 1;
    for (size_t k = 0; k < x.inputs.size(); ++k) {
      if (static_cast<int>(k) == a.index) continue;
      const auto it = next_.find(x.inputs[k].node);
      if (x.inputs[k] == y.inputs[k] || (it != next_.end() && it->second == y.inputs[k].node))
        fit += 2;
    }
    return fit;
  }

  // The step of each matched node: what it needs of others tells, else who needs it. With `ends`,
  // the chain's nodes are the last of their steps, otherwise the first.
  std::map<NodeId, int> StepsOf(const std::vector<NodeId>& chain, bool ends) const {
    std::set<NodeId> matched;
    for (const auto& [a, b] : next_) {
      matched.insert(a);
      matched.insert(b);
    }
    std::map<NodeId, int> fixed, steps;
    for (size_t i = 0; i < chain.size(); ++i) fixed[chain[i]] = static_cast<int>(i);
    for (NodeId id : order_) {
      if (!matched.contains(id)) continue;
      int step = -1;
      for (Output o : g_.node(id).inputs) {
        const auto it = steps.find(o.node);
        if (it == steps.end()) continue;
        step = std::max(step, it->second + (ends && fixed.contains(o.node) ? 1 : 0));
      }
      const auto it = fixed.find(id);
      if (it != fixed.end()) step = it->second;
      if (step >= 0) steps[id] = step;
    }
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      if (!matched.contains(*it) || steps.contains(*it)) continue;
      int step = -1;
      for (int k = 0; k < g_.num_outputs(*it); ++k) {
        for (const Use& use : unit_.UsesOf(f_, {*it, k})) {
          const auto at = steps.find(use.node);
          if (at != steps.end()) step = step < 0 ? at->second : std::min(step, at->second);
        }
      }
      if (step >= 0) steps[*it] = step;
    }
    return steps;
  }

  // Rows of the nodes that are there in all steps from lo to hi, as far as they make a loop.
  std::optional<MatchedSteps> Rows(const std::map<NodeId, int>& steps, int lo, int hi) const {
    MatchedSteps m;
    m.steps = hi - lo + 1;
    std::vector<std::vector<NodeId>> rows;
    for (const auto& [id, step] : steps) {
      if (step != lo) continue;
      std::vector<NodeId> row = {id};
      while (static_cast<int>(row.size()) < m.steps) {
        const auto it = next_.find(row.back());
        if (it == next_.end()) break;
        const auto at = steps.find(it->second);
        if (at == steps.end() || at->second != lo + static_cast<int>(row.size())) break;
        row.push_back(it->second);
      }
      if (static_cast<int>(row.size()) == m.steps) rows.push_back(std::move(row));
    }
    std::sort(rows.begin(), rows.end(), [&](const auto& x, const auto& y) {
      return position_[x.back()] < position_[y.back()];
    });
    for (int round = 0; round < kMostRounds && !rows.empty(); ++round) {
      std::map<NodeId, std::pair<int, int>> at;  // row and step
      for (size_t r = 0; r < rows.size(); ++r) {
        for (int t = 0; t < m.steps; ++t) at[rows[r][t]] = {static_cast<int>(r), t};
      }
      const std::vector<bool> after = Below(at);
      m.inputs.assign(rows.size(), {});
      std::vector<bool> keep(rows.size(), true);
      bool all = true;
      for (size_t r = 0; r < rows.size(); ++r) {
        for (size_t k = 0; keep[r] && k < g_.node(rows[r][0]).inputs.size(); ++k) {
          const auto input = InputOf(rows[r], k, at, after);
          if (input) {
            m.inputs[r].push_back(*input);
          } else {
            keep[r] = all = false;
          }
        }
      }
      if (all) {
        m.rows = std::move(rows);
        return m.carried() > 0 ? std::optional(std::move(m)) : std::nullopt;
      }
      std::vector<std::vector<NodeId>> kept;
      for (size_t r = 0; r < rows.size(); ++r) {
        if (keep[r]) kept.push_back(std::move(rows[r]));
      }
      rows = std::move(kept);
    }
    return {};
  }

  // Other nodes that need something of the rows.
  std::vector<bool> Below(const std::map<NodeId, std::pair<int, int>>& at) const {
    std::vector<bool> below(g_.num_ids(), false);
    for (NodeId id : order_) {
      if (at.contains(id)) continue;
      const Node& node = g_.node(id);
      const auto is = [&](NodeId from) { return below[from] || at.contains(from); };
      below[id] = std::any_of(node.inputs.begin(), node.inputs.end(),
                              [&](Output o) { return is(o.node); }) ||
                  std::any_of(node.control_inputs.begin(), node.control_inputs.end(), is);
    }
    return below;
  }

  std::optional<MatchedSteps::Input> InputOf(const std::vector<NodeId>& row, size_t k,
                                             const std::map<NodeId, std::pair<int, int>>& at,
                                             const std::vector<bool>& below) const {
    using Source = MatchedSteps::Source;
    std::vector<Output> values;
    for (NodeId id : row) values.push_back(g_.node(id).inputs[k]);
    const auto outside = [&](Output o) { return !at.contains(o.node) && !below[o.node]; };
    // In step t, an output of row `r` of step t - distance.
    const auto rows_at = [&](int distance) {
      const auto second = at.find(values[1].node);
      if (second == at.end()) return -1;
      const int r = second->second.first;
      for (int t = distance; t < static_cast<int>(values.size()); ++t) {
        const auto it = at.find(values[t].node);
        if (it == at.end() || it->second != std::pair(r, t - distance) ||
            values[t].index != values[1].index) {
          return -1;
        }
      }
      return r;
    };
    MatchedSteps::Input input{.index = values[1].index, .outside = {}};
    if (std::all_of(values.begin(), values.end(), [&](Output o) { return o == values[0]; })) {
      if (!outside(values[0])) return {};
      input.source = Source::kInvariant;
      input.outside = {values[0]};
      return input;
    }
    if (input.row = rows_at(0); input.row >= 0) {
      input.source = Source::kInner;
      return input;
    }
    if (input.row = rows_at(1); input.row >= 0) {
      if (!outside(values[0])) return {};
      input.source = Source::kCarried;
      input.outside = {values[0]};
      return input;
    }
    if (!std::all_of(values.begin(), values.end(), outside)) return {};
    input.source = Source::kSliced;
    input.outside = values;
    return input;
  }

  Unit& unit_;
  Function& f_;
  const Graph& g_;
  const std::vector<NodeId> order_;
  std::vector<int> position_, depth_;
  std::vector<bool> eligible_;
  std::map<NodeId, NodeId> next_, before_;  // what a node does, in the next step and the one before
  std::vector<std::pair<NodeId, NodeId>> open_;
};

}  // namespace

int MatchedSteps::carried() const {
  std::set<std::pair<int, int>> values;
  for (const auto& row : inputs) {
    for (const Input& in : row) {
      if (in.source == Source::kCarried) values.emplace(in.row, in.index);
    }
  }
  return static_cast<int>(values.size());
}

std::vector<MatchedSteps> MatchSteps(Unit& unit, Function& f, int least) {
  return Matcher(unit, f).Run(least);
}

}  // namespace graphrun
