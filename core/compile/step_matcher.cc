#include "core/compile/step_matcher.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/compile/product_chains.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

constexpr int kMostRounds = 64;

// The nodes of one function that may be repeated, and which node repeats which.
class Matcher {
 public:
  Matcher(Unit& unit, Function& f) : unit_(unit), f_(f), g_(f.graph), order_(TopologicalOrder(g_)) {
    position_.assign(g_.num_ids(), -1);
    eligible_.assign(g_.num_ids(), false);
    for (size_t i = 0; i < order_.size(); ++i) {
      const NodeId id = order_[i];
      position_[id] = static_cast<int>(i);
      eligible_[id] = Eligible(id);
    }
  }

  std::vector<MatchedSteps> Run(int least) {
    std::vector<MatchedSteps> found;
    for (std::vector<NodeId>& chain : ProductChains(g_, order_, eligible_, least)) {
      if (std::any_of(chain.begin(), chain.end(), [&](NodeId id) { return !eligible_[id]; }))
        continue;
      std::optional<MatchedSteps> best = Match(chain, least);
      if (!best) continue;
      Rotate(&*best);
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

  // ---- From one chain to whole steps

  // Where steps are divided: before the nodes of a chain, before all users of what those take from
  // the step before, or after the nodes.
  enum class Cut : uint8_t { kBefore, kBeforeAll, kAfter };

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
    for (const Cut cut : {Cut::kBefore, Cut::kBeforeAll, Cut::kAfter}) {
      const std::map<NodeId, int> steps = StepsOf(chain, cut);
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
        !SameForm(g_, a, b)) {
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
              before_.contains(w.node) || !SameForm(g_, u.node, w.node)) {
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

  // The step of each matched node: what it needs of others tells, else who needs it.
  std::map<NodeId, int> StepsOf(const std::vector<NodeId>& chain, Cut cut) const {
    std::set<NodeId> matched;
    for (const auto& [a, b] : next_) {
      matched.insert(a);
      matched.insert(b);
    }
    std::map<NodeId, int> fixed, steps;
    for (size_t i = 0; i < chain.size(); ++i) {
      fixed[chain[i]] = static_cast<int>(i);
      if (cut != Cut::kBeforeAll) continue;
      for (Output o : g_.node(chain[i]).inputs) {
        if (!matched.contains(o.node)) continue;
        for (const Use& use : unit_.UsesOf(f_, o)) {
          if (matched.contains(use.node)) fixed.emplace(use.node, static_cast<int>(i));
        }
      }
    }
    for (NodeId id : order_) {
      if (!matched.contains(id)) continue;
      int step = -1;
      for (Output o : g_.node(id).inputs) {
        const auto it = steps.find(o.node);
        if (it == steps.end()) continue;
        step = std::max(step, it->second + (cut == Cut::kAfter && fixed.contains(o.node) ? 1 : 0));
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
    std::vector<bool> keep;
    for (int round = 0; round < kMostRounds && !rows.empty(); ++round) {
      m.rows = rows;
      if (FindInputs(&m, &keep))
        return m.carried() > 0 ? std::optional(std::move(m)) : std::nullopt;
      rows.clear();
      for (size_t r = 0; r < keep.size(); ++r) {
        if (keep[r]) rows.push_back(std::move(m.rows[r]));
      }
    }
    return {};
  }

  // Finds out what the inputs of all rows are. Returns false when some are none of a loop's; `keep`
  // tells of which rows they are.
  bool FindInputs(MatchedSteps* m, std::vector<bool>* keep) const {
    const std::vector<std::vector<NodeId>>& rows = m->rows;
    std::map<NodeId, std::pair<int, int>> at;  // row and step
    for (size_t r = 0; r < rows.size(); ++r) {
      for (int t = 0; t < m->steps; ++t) at[rows[r][t]] = {static_cast<int>(r), t};
    }
    const std::vector<bool> after = Below(at);
    m->inputs.assign(rows.size(), {});
    keep->assign(rows.size(), true);
    bool all = true;
    for (size_t r = 0; r < rows.size(); ++r) {
      for (size_t k = 0; (*keep)[r] && k < g_.node(rows[r][0]).inputs.size(); ++k) {
        const auto input = InputOf(rows[r], k, at, after);
        if (input) {
          m->inputs[r].push_back(*input);
        } else {
          (*keep)[r] = all = false;
        }
      }
    }
    return all;
  }

  // Moves what ends a step, and only serves the next, to the beginning of that, where less is
  // handed on then: of concat(x, h), h.
  void Rotate(MatchedSteps* m) const {
    for (bool moved = true; moved;) {
      moved = false;
      for (size_t r = 0; r < m->rows.size() && !moved; ++r) {
        const std::map<int, NodeId> firsts = FirstsOf(*m, static_cast<int>(r));
        if (firsts.empty()) continue;
        MatchedSteps turned{.steps = m->steps, .rows = {}, .inputs = {}};
        for (const auto& [row, first] : firsts) {
          turned.rows.push_back({first});
          turned.rows.back().insert(turned.rows.back().end(), m->rows[row].begin(),
                                    m->rows[row].end() - 1);
        }
        for (size_t k = 0; k < m->rows.size(); ++k) {
          if (!firsts.contains(static_cast<int>(k))) turned.rows.push_back(m->rows[k]);
        }
        std::vector<bool> keep;
        if (!FindInputs(&turned, &keep) || HandedOn(turned) >= HandedOn(*m)) continue;
        *m = std::move(turned);
        moved = true;
      }
    }
  }
  // What does before the first step what a row does in each, if the row only serves the next step;
  // and the same of rows that only serve that row. Empty when there is no such.
  std::map<int, NodeId> FirstsOf(const MatchedSteps& m, int r) const {
    using Source = MatchedSteps::Source;
    std::vector<std::vector<int>> inner_users(m.rows.size());
    std::vector<bool> carried(m.rows.size(), false);
    NodeId first = kNoNode;
    for (size_t user = 0; user < m.rows.size(); ++user) {
      for (const MatchedSteps::Input& in : m.inputs[user]) {
        if (in.source == Source::kInner) inner_users[in.row].push_back(static_cast<int>(user));
        if (in.source != Source::kCarried) continue;
        carried[in.row] = true;
        if (in.row == r) first = in.outside[0].node;
      }
    }
    if (!inner_users[r].empty() || !MayBeFirst(first, m.rows[r])) return {};
    std::map<int, NodeId> firsts = {{r, first}};
    std::vector<int> open = {r};
    while (!open.empty()) {
      const int row = open.back();
      open.pop_back();
      for (size_t k = 0; k < m.inputs[row].size(); ++k) {
        const int from = m.inputs[row][k].row;
        if (m.inputs[row][k].source != Source::kInner || carried[from] || firsts.contains(from))
          continue;
        const auto& users = inner_users[from];
        const NodeId node = g_.node(firsts.at(row)).inputs[k].node;
        const bool moves =
            std::all_of(users.begin(), users.end(), [&](int u) { return firsts.contains(u); }) &&
            std::none_of(m.inputs[from].begin(), m.inputs[from].end(), [](const auto& in) {
              return in.source == Source::kCarried || in.source == Source::kInner;
            });
        if (!moves || !MayBeFirst(node, m.rows[from])) continue;
        firsts[from] = node;
        open.push_back(from);
      }
    }
    return firsts;
  }
  bool MayBeFirst(NodeId id, const std::vector<NodeId>& row) const {
    return id != kNoNode && eligible_[id] && SameForm(g_, id, row[0]) &&
           std::find(row.begin(), row.end(), id) == row.end();
  }
  // Elements of what is carried from step to step.
  double HandedOn(const MatchedSteps& m) const {
    double elements = 0;
    for (const auto& [row, index] : m.carried_values())
      elements += static_cast<double>(g_.shape({m.rows[row][0], index}).num_elements());
    return elements;
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
  std::vector<int> position_;
  std::vector<bool> eligible_;
  std::map<NodeId, NodeId> next_, before_;  // what a node does, in the next step and the one before
  std::vector<std::pair<NodeId, NodeId>> open_;
};

}  // namespace

std::set<std::pair<int, int>> MatchedSteps::carried_values() const {
  std::set<std::pair<int, int>> values;
  for (const auto& row : inputs) {
    for (const Input& in : row) {
      if (in.source == Source::kCarried) values.emplace(in.row, in.index);
    }
  }
  return values;
}

std::vector<MatchedSteps> MatchSteps(Unit& unit, Function& f, int least) {
  return Matcher(unit, f).Run(least);
}

}  // namespace graphrun
