#include "core/compile/plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/size.h"
#include "core/compile/fused_builder.h"
#include "core/compile/known_types.h"
#include "core/compile/memory_plan.h"
#include "core/compile/specialise.h"
#include "core/graph/function_attr.h"
#include "core/graph/node_signature.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "core/graph/order.h"

namespace graphrun {
namespace {

// Lays out one function and the blocks inside it. Times are positions in one order of all
// instructions, those of inner blocks lying within their instruction's.
class Planner {
 public:
  explicit Planner(Plan* plan) : plan_(*plan) {}
  // `loop`: the function is the body of this _CountedLoop.
  void PlanBlock(const Function& f, Block* block, const Node* loop = nullptr);
  const Block* PlanFunction(const Function& f);
  void AssignMemory();

 private:
  struct Value {
    int slot = -1;
    int last_use = -1;  // instruction index in its block; results: the number of instructions
  };
  int NewSlot() { return plan_.num_slots++; }
  MemoryKind ChooseMemory(const Graph& g, Output o, Structure structure, bool escapes) const;
  void PlanRegions(const Graph& g, Instruction* in);
  void PlanCounted(const Graph& g, Instruction* in);
  const std::unique_ptr<const FusedKernel>& FusedOf(const Graph& g, const Node& node);
  void PlaceStacks(const Function& f, const Node& loop);
  void Request(const MemoryRequest& request, const ArenaValue& value, int instruction) {
    requests_.push_back(request);
    values_.push_back(value);
    instructions_.push_back(instruction);
  }

  Plan& plan_;
  int time_ = 0;
  std::map<int, int> arena_;      // slot -> index in requests_
  std::map<int, int> memory_of_;  // slot of a view -> slot whose memory it shows
  std::map<const Node*, std::unique_ptr<const FusedKernel>> fused_;
  std::set<std::pair<const Graph*, Output>> placed_;  // values of MemoryKind::kPlaced
  std::vector<MemoryRequest> requests_;
  std::vector<ArenaValue> values_;  // as requests_; slot -1: scratch
  std::vector<int> instructions_;   // as requests_: which makes it
};

// Whether the node may have work for several threads: below this, waking them costs about what they
// save.
bool IsLarge(const Node& node, const KnownTypes& known) {
  constexpr double kFlops = 1 << 25, kBytes = 1 << 20;
  if (node.op->effect == Effect::kRead || node.op->view_of >= 0) return false;
  for (const auto* types : {&known.in, &known.out}) {
    for (const ValueType& type : *types) {
      if (DTypeSize(type.dtype) == 0) continue;
      if (!Allocatable(type.dtype, type.shape)) return true;
      if (static_cast<double>(type.shape.num_elements()) > kBytes / DTypeSize(type.dtype))
        return true;
    }
  }
  return node.op->cost && node.op->cost(CostContext(node, known.in, known.out)).flops > kFlops;
}

// Whether the shape function sees more when the node runs: an input's shape or a value that it asks
// for is not known yet. It may then refuse what it accepted so far. What lists and variables hold
// is checked by the kernels.
bool SeesMoreWhenRun(const Graph& g, const Node& node, const KnownTypes& known) {
  if (std::any_of(known.in.begin(), known.in.end(),
                  [](const ValueType& type) { return !type.shape.fully_known(); }))
    return true;
  std::vector<ValueType> out;
  for (const ValueType& type : known.out) out.push_back({.dtype = type.dtype});
  const ShapeContext::Values constants{[&](int i) { return known.values[i]; }, {}};
  ShapeContext context(node, *g.library(), known.in, out, constants);
  node.op->shape(context);
  return context.missed_value();
}

MemoryKind Planner::ChooseMemory(const Graph& g, Output o, Structure structure,
                                 bool escapes) const {
  if (placed_.contains({&g, o})) return MemoryKind::kPlaced;
  const Node& node = g.node(o.node);
  const ValueType& type = g.type(o);
  const bool object = type.dtype == DType::kResource || type.dtype == DType::kVariant;
  const bool stack = structure == Structure::kCountedLoop &&
                     o.index >= static_cast<int>(CountedAttrs(node).carried);
  if ((structure != Structure::kNone && !stack) || node.op->allocates_outputs || object ||
      (node.op->view_of >= 0 && o.index == 0)) {
    return MemoryKind::kKernel;
  }
  if (!type.shape.fully_known() || type.dtype == DType::kString) return MemoryKind::kDynamic;
  // What is too large has no place in the arena: it fails when it runs, if it runs.
  return escapes || !Allocatable(type.dtype, type.shape) ? MemoryKind::kPool : MemoryKind::kArena;
}

bool IsKeptCall(const Graph& g, const Node& node) {
  return node.op->structure == Structure::kCall && RegionFunction(g, node, 0).kept;
}

// Of a call of a Function::fused that can run as one kernel; null of others. Made once.
const std::unique_ptr<const FusedKernel>& Planner::FusedOf(const Graph& g, const Node& node) {
  std::unique_ptr<const FusedKernel>& kernel = fused_[&node];
  if (kernel || node.op->structure != Structure::kCall) return kernel;
  const Function& callee = RegionFunction(g, node, 0);
  if (callee.fused) kernel = MakeFusedKernel(callee);
  return kernel;
}

// The handle of the variable whose value `o` is, or is a view of. REQUIRES: see Function::kept.
Output HandleOf(const Graph& g, Output o) {
  while (g.node(o.node).op->accesses.empty()) o = g.node(o.node).inputs[g.node(o.node).op->view_of];
  return g.node(o.node).inputs[g.node(o.node).op->accesses[0].input];
}

// The blocks of the functions that the node runs.
void Planner::PlanRegions(const Graph& g, Instruction* in) {
  const Node& node = *in->node;
  if (in->structure == Structure::kCall) {
    in->callee = PlanFunction(RegionFunction(g, node, 0));
    return;
  }
  if (in->structure == Structure::kCountedLoop) return PlanCounted(g, in);
  for (const Region& region : node.op->regions) {
    in->blocks.push_back(std::make_unique<Block>());
    PlanBlock(RegionFunction(g, node, region), in->blocks.back().get());
  }
  if (in->structure != Structure::kWhile) return;
  Block& body = *in->blocks[1];
  body.temporaries = plan_.num_slots;
  plan_.num_slots += static_cast<int>(body.results.size());
  const Function& f = RegionFunction(g, node, 1);
  for (size_t k = 0; k < body.results.size(); ++k)
    body.passes.push_back(f.results[k] == Output{f.args[k], 0});
}

// Values of the body that kernels can write where the loop's outputs have them: each is an element
// of one stack.
void Planner::PlaceStacks(const Function& f, const Node& loop) {
  const Graph& g = f.graph;
  for (size_t r = CountedAttrs(loop).carried; r < f.results.size(); ++r) {
    const Output o = f.results[r];
    const Node& node = g.node(o.node);
    const Structure structure = FusedOf(g, node) ? Structure::kNone : node.op->structure;
    if (ChooseMemory(g, o, structure, true) == MemoryKind::kPool) placed_.insert({&g, o});
  }
}

void Planner::PlanCounted(const Graph& g, Instruction* in) {
  const Node& node = *in->node;
  const CountedLoopAttrs& t = CountedAttrs(node);
  const Function& f = RegionFunction(g, node, 0);
  const auto carried = static_cast<size_t>(t.carried);
  PlaceStacks(f, node);
  in->blocks.push_back(std::make_unique<Block>());
  Block& body = *in->blocks.back();
  PlanBlock(f, &body, &node);
  body.temporaries = plan_.num_slots;
  plan_.num_slots += static_cast<int>(carried);
  auto run = std::make_unique<CountedRun>();
  const auto part = [&](Output o, int slot, const Walk& walk) {
    return CountedRun::Part{slot, walk, f.graph.shape(o), f.graph.dtype(o)};
  };
  for (int i = 0; i < t.num_slices(); ++i) {
    const size_t k = carried + i;
    run->slices.push_back(part({f.args[k], 0}, body.args[k], t.SliceAt(i)));
  }
  std::set<Output> taken;
  for (int i = 0; i < t.num_stacks(); ++i) {
    const Output o = f.results[carried + i];
    const bool in_place = placed_.contains({&f.graph, o}) && taken.insert(o).second;
    run->stacks.push_back(part(o, in_place ? body.results[carried + i] : -1, t.StackAt(i).walk));
    run->lengths.push_back(t.StackAt(i).length);
  }
  for (size_t i = 0; i < carried; ++i) run->in_stack.push_back(taken.contains(f.results[i]));
  in->counted = std::move(run);
}

void Planner::PlanBlock(const Function& f, Block* block, const Node* loop) {
  const Graph& g = f.graph;
  const std::vector<bool> needed = NeededNodes(g, {}, f.results, f.control_results);
  std::vector<NodeId> order;
  for (NodeId id : ExecutionOrder(g, needed, {})) {
    if (g.node(id).op->structure != Structure::kArg &&
        g.node(id).op->structure != Structure::kNoOp) {
      order.push_back(id);
    }
  }
  std::map<Output, Value> values;
  const int end = static_cast<int>(order.size());
  // Constants take no instruction.
  std::vector<NodeId> running;
  for (NodeId id : order) {
    if (const Tensor* value = g.ConstValue({id, 0})) {
      values[{id, 0}].slot = NewSlot();
      plan_.constants.push_back({values[{id, 0}].slot, value->Own(nullptr)});
    } else {
      running.push_back(id);
    }
  }
  for (NodeId arg : f.args) {
    if (needed[arg]) values[{arg, 0}].slot = NewSlot();
    block->args.push_back(needed[arg] ? values[{arg, 0}].slot : -1);
  }
  std::map<Output, bool> escapes;  // is kept beyond its last use here
  for (size_t i = 0; i < running.size(); ++i) {
    const Node& node = g.node(running[i]);
    for (Output o : node.inputs) values[o].last_use = static_cast<int>(i);
    for (int k : node.op->retains) escapes[node.inputs[k]] = true;
    if (!IsKeptCall(g, node)) continue;
    for (Output o : node.inputs) values[HandleOf(g, o)].last_use = static_cast<int>(i);
  }
  for (Output o : f.results) {
    values[o].last_use = end;
    escapes[o] = true;
  }
  if (loop) {
    // What is sliced or invariant is set once for all trips.
    for (size_t k = CountedAttrs(*loop).carried; k < f.args.size(); ++k) {
      if (needed[f.args[k]]) values[{f.args[k], 0}].last_use = end;
    }
  }
  // A view escapes with its source.
  for (auto it = running.rbegin(); it != running.rend(); ++it) {
    const Node& node = g.node(*it);
    if (node.op->view_of >= 0 && escapes[{*it, 0}]) escapes[node.inputs[node.op->view_of]] = true;
  }

  const auto is_const = [&](Output o) { return g.node(o.node).op->structure == Structure::kConst; };
  for (size_t i = 0; i < running.size(); ++i) {
    const NodeId id = running[i];
    const Node& node = g.node(id);
    Instruction in;
    in.index = plan_.num_instructions++;
    in.node = &node;
    in.structure = node.op->structure;
    for (size_t k = 0; k < node.inputs.size(); ++k) {
      const Output o = node.inputs[k];
      in.inputs.push_back(values[o].slot);
      // The same tensor twice: only its last mention may be moved.
      const bool again =
          std::find(node.inputs.begin() + k + 1, node.inputs.end(), o) != node.inputs.end();
      in.last_use.push_back(values[o].last_use == static_cast<int>(i) && !is_const(o) && !again);
    }
    if (IsKeptCall(g, node)) {
      in.kept = plan_.num_kept++;
      for (Output o : node.inputs) in.handles.push_back(values[HandleOf(g, o)].slot);
    }
    const int start = time_++;
    const std::vector<std::pair<int, int>>* in_place = &node.op->in_place;
    if (const auto& fused = FusedOf(g, node)) {
      in.structure = Structure::kNone;
      in_place = &fused->in_place();
      in.kernel = std::move(fused_[&node]);
    } else {
      PlanRegions(g, &in);
    }
    size_t scratch_bytes = 0;
    if (in.structure == Structure::kNone) {
      const KnownTypes known(g, id);
      if (!in.kernel) {
        in.infer_shapes = SeesMoreWhenRun(g, node, known);
        in.kernel = node.op->prepare(known.Request());
      }
      scratch_bytes = in.kernel->scratch_bytes();
      plan_.one_thread = plan_.one_thread && !IsLarge(node, known);
    }
    if (node.op->effect == Effect::kRandom) {
      in.stream = static_cast<int>(plan_.streams.size());
      const auto it = node.attrs.find(kStreamAttr);
      plan_.streams.push_back(it == node.attrs.end() ? node.name
                                                     : std::get<std::string>(it->second));
    }
    const int stop = time_++;
    if (scratch_bytes > 0) {
      Request({.bytes = scratch_bytes, .first = start, .last = stop}, {.slot = -1}, in.index);
    }
    // Inputs live until here, through views too.
    for (int slot : in.inputs) {
      const auto view = memory_of_.find(slot);
      const auto request = arena_.find(view == memory_of_.end() ? slot : view->second);
      if (request != arena_.end()) requests_[request->second].last = stop;
    }
    for (int k = 0; k < g.num_outputs(id); ++k) {
      const Output o{id, k};
      PlannedOutput out;
      const bool used = values.contains(o);
      out.used = used;
      out.dtype = g.dtype(o);
      out.slot = values[o].slot = NewSlot();
      out.memory = ChooseMemory(g, o, in.structure, escapes[o]);
      in.shapes.push_back(g.shape(o));
      for (const auto& [from, to] : *in_place) {
        if (to == k && from < static_cast<int>(in.inputs.size()) && in.last_use[from] &&
            g.dtype(node.inputs[from]) == g.dtype(o) && g.shape(node.inputs[from]) == g.shape(o)) {
          out.forward_input = from;
          break;
        }
      }
      if (out.memory == MemoryKind::kArena) {
        const size_t bytes = CheckedBytes(g.shape(o).num_elements(), g.dtype(o));
        plan_.arena_values_bytes += bytes;
        MemoryRequest request{.bytes = bytes, .first = start, .last = stop, .shares = -1};
        if (out.forward_input >= 0) {
          // In the arena, sharing is decided here; a view's memory may have other readers.
          const int slot = in.inputs[out.forward_input];
          const auto it = arena_.find(slot);
          if (it != arena_.end() && requests_[it->second].views == 0) request.shares = it->second;
          out.forward_input = -1;
        }
        arena_[out.slot] = static_cast<int>(requests_.size());
        Request(request, {out.slot, g.dtype(o), g.shape(o), 0}, in.index);
      }
      if (node.op->view_of >= 0 && k == 0) {
        const int source = in.inputs[node.op->view_of];
        const auto view = memory_of_.find(source);
        const int root = view == memory_of_.end() ? source : view->second;
        memory_of_[out.slot] = root;
        if (const auto it = arena_.find(root); it != arena_.end()) ++requests_[it->second].views;
      }
      in.allocates =
          in.allocates || out.memory == MemoryKind::kPool || out.memory == MemoryKind::kDynamic;
      if (!used && out.memory != MemoryKind::kArena) in.release.push_back(out.slot);
      in.outputs.push_back(out);
    }
    for (size_t k = 0; k < in.inputs.size(); ++k) {
      if (in.last_use[k] && !arena_.contains(in.inputs[k])) in.release.push_back(in.inputs[k]);
    }
    if (in.kept >= 0) {
      for (Output o : node.inputs) {
        const Value& handle = values[HandleOf(g, o)];
        if (handle.last_use == static_cast<int>(i)) in.release.push_back(handle.slot);
      }
      for (int k = 0; k < g.num_outputs(id); ++k)
        plan_.kept_bytes += CheckedBytes(g.shape({id, k}).num_elements(), g.dtype({id, k}));
    }
    block->instructions.push_back(std::move(in));
  }
  // Results that are views of arena memory are copied out; the memory lives until the end of the
  // block.
  for (size_t k = 0; k < f.results.size(); ++k) {
    const Output o = f.results[k];
    block->results.push_back(values[o].slot);
    const bool again = std::find(f.results.begin() + k + 1, f.results.end(), o) != f.results.end();
    const bool is_arg = g.node(o.node).op->structure == Structure::kArg;
    block->result_moves.push_back(!again && !is_const(o) && !is_arg);
    const auto view = memory_of_.find(values[o].slot);
    const auto it = arena_.find(view == memory_of_.end() ? values[o].slot : view->second);
    if (it != arena_.end()) requests_[it->second].last = time_;
  }
  ++time_;
}

// A function that is called from several places: its memory is its own for the whole run.
const Block* Planner::PlanFunction(const Function& f) {
  std::unique_ptr<Block>& block = plan_.functions[f.name];
  if (block) return block.get();
  block = std::make_unique<Block>();
  const Block* made = block.get();
  const size_t first = requests_.size();
  PlanBlock(f, block.get());
  for (size_t i = first; i < requests_.size(); ++i) {
    requests_[i].first = 0;
    requests_[i].last = std::numeric_limits<int>::max();
  }
  return made;
}

void Planner::AssignMemory() {
  const MemoryPlan memory = PlanMemory(requests_);
  plan_.scratch.resize(plan_.num_instructions);
  for (size_t i = 0; i < values_.size(); ++i) {
    values_[i].offset = memory.offsets[i];
    if (values_[i].slot >= 0) {
      plan_.arena_values.push_back(values_[i]);
    } else {
      plan_.scratch[instructions_[i]] = {memory.offsets[i], requests_[i].bytes};
    }
  }
  plan_.arena_bytes = memory.bytes;
}

}  // namespace

size_t Plan::Bytes() const {
  // With the node, its attributes and its kernel an instruction takes about this.
  constexpr size_t kPerInstruction = 2048;
  size_t bytes = arena_bytes + kept_bytes + kPerInstruction * static_cast<size_t>(num_instructions);
  for (const Constant& c : constants) bytes += c.value.bytes();
  return bytes;
}

std::unique_ptr<Plan> MakePlan(std::unique_ptr<Function> function) {
  auto plan = std::make_unique<Plan>();
  plan->function = std::move(function);
  Planner planner(plan.get());
  planner.PlanBlock(*plan->function, &plan->block);
  planner.AssignMemory();
  return plan;
}

}  // namespace graphrun
