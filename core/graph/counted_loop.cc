#include "core/graph/counted_loop.h"

#include <algorithm>
#include <optional>

#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// What an output is under other names: through nodes that hand a value on as it is, and with it its
// gradient.
Output Source(const Graph& g, Output o) {
  for (;;) {
    const Node& node = g.node(o.node);
    if (!node.op->same_as || !node.op->grad || node.inputs.size() != 1) return o;
    o = node.inputs[0];
  }
}

class LoopAnalysis {
 public:
  LoopAnalysis(const Function& cond, const Function& body)
      : cond_(cond), body_(body), uses_(body.args.size()) {}

  CountedLoop Run() {
    const size_t n = body_.args.size();
    loop_.variables.resize(n);
    for (size_t i = 0; i < n; ++i) {
      if (Source(body_.graph, body_.results[i]) == Arg(i))
        loop_.variables[i].role = Role::kInvariant;
    }
    FindInvariantNodes();
    for (size_t i = 0; i < n; ++i) FindCounter(i);
    FindAffine();
    FindUses();
    for (size_t i = 0; i < n; ++i) {
      if (loop_.variables[i].role == Role::kInvariant) {
        FindSlices(i);
      } else if (loop_.variables[i].role == Role::kCarried) {
        FindWrites(i);
      }
    }
    if (!AddBounds(cond_.results[0])) loop_.bounds.clear();
    return std::move(loop_);
  }

 private:
  struct Use {
    NodeId node;
    int input;
  };
  Output Arg(size_t i) const { return {body_.args[i], 0}; }
  static int ArgIndex(const Function& f, Output o) {
    const auto it = std::find(f.args.begin(), f.args.end(), o.node);
    return it == f.args.end() ? -1 : static_cast<int>(it - f.args.begin());
  }
  bool InvariantNode(NodeId id) const { return loop_.invariant_nodes[id]; }

  void FindInvariantNodes() {
    const Graph& g = body_.graph;
    loop_.invariant_nodes.assign(g.num_ids(), false);
    for (NodeId id : TopologicalOrder(g)) {
      const Node& node = g.node(id);
      if (node.op->structure == Structure::kArg) continue;
      // In frames of version 1 constants wait for something of the trip, to be made in it.
      loop_.invariant_nodes[id] =
          node.op->structure == Structure::kConst ||
          (node.op->pure() && FunctionNames(node).empty() && node.control_inputs.empty() &&
           std::all_of(node.inputs.begin(), node.inputs.end(), [&](Output o) {
             const int i = ArgIndex(body_, o);
             return i < 0 ? InvariantNode(o.node) : loop_.variables[i].invariant();
           }));
    }
  }

  void FindCounter(size_t i) {
    const Graph& g = body_.graph;
    const Output next = Source(g, body_.results[i]);
    if (!IsInteger(g.dtype(Arg(i))) || next == Arg(i)) return;
    const Node& step = g.node(next.node);
    const bool falls = step.op->meaning == Meaning::kDifference;
    if ((step.op->meaning != Meaning::kSum && !falls) || step.inputs.size() != 2) return;
    for (int k = 0; k < (falls ? 1 : 2); ++k) {
      if (Source(g, step.inputs[k]) != Arg(i) || !InvariantNode(step.inputs[1 - k].node)) continue;
      loop_.variables[i] = {.role = Role::kCounter, .value = step.inputs[1 - k], .falls = falls};
      return;
    }
  }

  // The uses of each parameter by nodes that do more than hand it on.
  void FindUses() {
    const Graph& g = body_.graph;
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!g.exists(id)) continue;
      const Node& node = g.node(id);
      for (size_t k = 0; k < node.inputs.size(); ++k) {
        const Output from = Source(g, node.inputs[k]);
        const int i = ArgIndex(body_, from);
        if (i >= 0 && Source(g, {id, 0}) != from) uses_[i].push_back({id, static_cast<int>(k)});
      }
    }
    for (size_t r = 0; r < body_.results.size(); ++r) {
      const int i = ArgIndex(body_, Source(g, body_.results[r]));
      if (i >= 0 && i != static_cast<int>(r)) uses_[i].push_back({kNoNode, static_cast<int>(r)});
    }
  }

  // What each integer scalar of the body is made of, as far as it is affine.
  void FindAffine() {
    const Graph& g = body_.graph;
    affine_.resize(g.num_ids());
    for (NodeId id : TopologicalOrder(g)) {
      if (g.num_outputs(id) != 1 || !IsInteger(g.dtype({id, 0})) || g.shape({id, 0}) != Shape{})
        continue;
      const int i = ArgIndex(body_, {id, 0});
      if (i >= 0) {
        const Role role = loop_.variables[i].role;
        if (role == Role::kInvariant || role == Role::kCounter) affine_[id] = Affine{0, {{i, 1}}};
      } else if (const Tensor* value = g.ConstValue({id, 0})) {
        affine_[id] = Affine{value->int_at(0), {}};
      } else if (const Output from = Source(g, {id, 0}); from.node != id) {
        affine_[id] = affine_[from.node];
      } else {
        affine_[id] = Combine(g.node(id));
      }
    }
  }

  std::optional<Affine> Combine(const Node& node) const {
    const Meaning m = node.op->meaning;
    std::vector<const Affine*> in;
    for (Output o : node.inputs) {
      if (!affine_[o.node]) return {};
      in.push_back(&*affine_[o.node]);
    }
    Affine sum;
    bool fits = true;
    if (m == Meaning::kSum || m == Meaning::kDifference) {
      for (size_t k = 0; k < in.size(); ++k)
        fits = fits && AddTo(&sum, *in[k], m == Meaning::kDifference && k > 0 ? -1 : 1);
    } else if (m == Meaning::kProduct && in.size() == 2) {
      const int constant = in[0]->factors.empty() ? 0 : 1;
      fits =
          in[constant]->factors.empty() && AddTo(&sum, *in[1 - constant], in[constant]->constant);
    } else {
      return {};
    }
    if (!fits) return {};
    std::erase_if(sum.factors, [](const auto& f) { return f.second == 0; });
    return sum;
  }

  // *sum += factor * more; false when it does not fit.
  static bool AddTo(Affine* sum, const Affine& more, int64_t factor) {
    const auto add = [factor](int64_t* to, int64_t n) {
      int64_t product;
      return !__builtin_mul_overflow(n, factor, &product) &&
             !__builtin_add_overflow(*to, product, to);
    };
    bool fits = add(&sum->constant, more.constant);
    for (const auto& [i, n] : more.factors) fits = fits && add(&sum->factors[i], n);
    return fits;
  }

  // The first counter by which an index moves by a fixed amount that is not 0, or -1.
  int MovesBy(const Affine& index) const {
    int64_t step = 0;
    int counter = -1;
    for (const auto& [i, factor] : index.factors) {
      const LoopVariable& v = loop_.variables[i];
      if (v.role != Role::kCounter) continue;
      const Tensor* amount = body_.graph.ConstValue(v.value);
      if (!amount || amount->num_elements() != 1) return -1;
      int64_t moved;
      if (__builtin_mul_overflow(amount->int_at(0), v.falls ? -factor : factor, &moved) ||
          __builtin_add_overflow(step, moved, &step)) {
        return -1;
      }
      if (counter < 0) counter = i;
    }
    return step == 0 ? -1 : counter;
  }
  // Of an access to a list: notes its index, and returns the counter by which it moves, or -1.
  int AccessBy(NodeId id) {
    const std::optional<Affine>& index = affine_[body_.graph.node(id).inputs[1].node];
    const int counter = index ? MovesBy(*index) : -1;
    if (counter >= 0) loop_.indices[id] = *index;
    return counter;
  }

  void FindSlices(size_t i) {
    const Graph& g = body_.graph;
    LoopVariable found{.role = Role::kSliced};
    for (const Use& use : uses_[i]) {
      if (use.node == kNoNode || use.input != 0) return;
      const Node& node = g.node(use.node);
      if (node.op->meaning != Meaning::kListRead) return;
      const int counter = AccessBy(use.node);
      if (counter < 0) return;
      if (found.counter >= 0) continue;
      found.value = {use.node, 0};
      found.counter = counter;
    }
    if (found.counter >= 0) loop_.variables[i] = found;
  }

  // A list that is read where it is then written.
  void FindUpdate(size_t i, NodeId write) {
    const Graph& g = body_.graph;
    const int counter = AccessBy(write);
    if (counter < 0) return;
    const Affine index = loop_.indices[write];
    for (const Use& use : uses_[i]) {
      if (use.node == write && use.input == 0) continue;
      if (use.node == kNoNode || use.input != 0 ||
          g.node(use.node).op->meaning != Meaning::kListRead || AccessBy(use.node) < 0) {
        return;
      }
      const Affine& read = loop_.indices[use.node];
      if (read.constant != index.constant || read.factors != index.factors) return;
    }
    loop_.variables[i] = {
        .role = Role::kUpdated, .value = g.node(write).inputs[2], .counter = counter};
  }

  // A variable of which nothing but its next value is made.
  void FindWrites(size_t i) {
    const Graph& g = body_.graph;
    const Output next = Source(g, body_.results[i]);
    const Node& node = g.node(next.node);
    if (uses_[i].size() > 1 && node.op->meaning == Meaning::kListWrite &&
        Source(g, node.inputs[0]) == Arg(i)) {
      return FindUpdate(i, next.node);
    }
    if (uses_[i].size() != 1 || uses_[i][0].node != next.node || next.index != 0) return;
    LoopVariable& variable = loop_.variables[i];
    const int from = uses_[i][0].input;
    switch (node.op->meaning) {
      case Meaning::kSum:
        variable = {.role = Role::kSummed, .value = {}};
        if (node.inputs.size() == 2) variable.value = node.inputs[1 - from];
        return;
      case Meaning::kListWrite:
        if (const int counter = from == 0 ? AccessBy(next.node) : -1; counter >= 0)
          variable = {.role = Role::kStacked, .value = node.inputs[2], .counter = counter};
        return;
      case Meaning::kListPush:
        if (from == 0) variable = {.role = Role::kPushed, .value = node.inputs[1]};
        return;
      case Meaning::kListPop:
        if (from == 0) variable = {.role = Role::kPopped, .value = {next.node, 1}};
        return;
      default:
        return;
    }
  }

  // Adds what must hold for `o`, of the condition, to be true. Returns whether it is all known.
  bool AddBounds(Output o) {
    std::vector<Output> open = {o};
    while (!open.empty()) {
      const Output at = Source(cond_.graph, open.back());
      open.pop_back();
      const Node& node = cond_.graph.node(at.node);
      if (node.op->meaning == Meaning::kAnd) {
        open.push_back(node.inputs[1]);
        open.push_back(node.inputs[0]);
      } else if (const std::optional<TripBound> bound = BoundOf(node)) {
        loop_.bounds.push_back(*bound);
      } else {
        return false;
      }
    }
    return true;
  }

  // Of a step that is constant: its sign.
  int Direction(int counter) const {
    const Tensor* step = body_.graph.ConstValue(loop_.variables[counter].value);
    if (!step || step->num_elements() != 1 || step->int_at(0) == 0) return 0;
    return (step->int_at(0) > 0) != loop_.variables[counter].falls ? 1 : -1;
  }

  // Whether an integer of the condition is made of constants and invariant variables.
  bool KnownAtEntry(Output o) const {
    const Graph& g = cond_.graph;
    if (!IsInteger(g.dtype(o))) return false;
    const std::vector<bool> made_of = Ancestors(g, {o.node});
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (!made_of[id]) continue;
      const int i = ArgIndex(cond_, {id, 0});
      if (i >= 0 ? !loop_.variables[i].invariant()
                 : !g.node(id).op->pure() || !FunctionNames(g.node(id)).empty())
        return false;
    }
    return true;
  }

  std::optional<TripBound> BoundOf(const Node& node) const {
    const Meaning m = node.op->meaning;
    const bool less = m == Meaning::kLess || m == Meaning::kLessEqual;
    if (!less && m != Meaning::kGreater && m != Meaning::kGreaterEqual) return {};
    const bool inclusive = m == Meaning::kLessEqual || m == Meaning::kGreaterEqual;
    for (int side = 0; side < 2; ++side) {
      const int counter = ArgIndex(cond_, Source(cond_.graph, node.inputs[side]));
      if (counter < 0 || loop_.variables[counter].role != Role::kCounter) continue;
      // The counter lies below the bound when it is on the left of < or on the right of >.
      if (Direction(counter) != (less == (side == 0) ? 1 : -1)) return {};
      const Output limit = Source(cond_.graph, node.inputs[1 - side]);
      if (!KnownAtEntry(limit)) return {};
      return TripBound{.counter = counter, .limit = limit, .inclusive = inclusive};
    }
    return {};
  }

  const Function &cond_, &body_;
  CountedLoop loop_;
  std::vector<std::vector<Use>> uses_;         // by parameter
  std::vector<std::optional<Affine>> affine_;  // of output 0, by node
};

}  // namespace

const char* RoleName(Role role) {
  switch (role) {
    case Role::kInvariant:
      return "invariant";
    case Role::kCounter:
      return "counter";
    case Role::kSliced:
      return "sliced";
    case Role::kPopped:
      return "popped";
    case Role::kStacked:
      return "stacked";
    case Role::kPushed:
      return "pushed";
    case Role::kUpdated:
      return "updated";
    case Role::kSummed:
      return "summed";
    case Role::kCarried:
      return "carried";
  }
  return "";
}

CountedLoop AnalyseLoop(const Function& cond, const Function& body) {
  return LoopAnalysis(cond, body).Run();
}

}  // namespace graphrun
