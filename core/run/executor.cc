#include "core/run/executor.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/compile/needs.h"
#include "core/graph/op_def.h"
#include "core/run/run_observer.h"
#include "core/run/truth.h"

namespace graphrun {

// What a call of a Function::kept gave for some values of variables. Shared by all runs.
struct Executor::Kept {
  struct Source {
    Tensor handle;
    uint64_t version = 0;
  };
  std::mutex mutex;
  std::vector<Source> sources;  // by input
  std::vector<Tensor> values;   // by output
};

// The memory of one run: a tensor for each slot, and the arena. Kept between runs, so that a steady
// step allocates nothing.
struct Executor::Frame {
  Frame(const Plan& plan, const Environment& environment, const std::vector<RandomStream*>& random,
        const std::vector<std::unique_ptr<Kept>>& kept_values);

  void RunBlock(const Block& block);
  template <bool kObserved>
  void RunInstructions(const Block& block);
  void RunNode(const Instruction& in);
  void RunWhile(const Instruction& in);
  void RunCounted(const Instruction& in);
  void TakeVariables(const Instruction& in, size_t first_input, size_t n);
  void OwnVariables(const Instruction& in, size_t n);
  void RunIf(const Instruction& in);
  void RunCall(const Instruction& in);
  void RunKept(const Instruction& in);
  std::optional<Kept::Source> SourceOf(const Instruction& in, size_t input) const;

  void PassArgs(const Instruction& in, size_t first, const Block& block);
  void TakeResults(const Instruction& in, const Block& block);
  void ClearArgs(const Block& block);
  Tensor Result(const Block& block, size_t k);
  void InferShapes(const Instruction& in);
  void Allocate(const Instruction& in, size_t k, const Shape& shape);
  void Reset();  // slots as before a run: constants and arena values are there, nothing else

  const Plan& plan;
  const Environment& environment;
  const KernelEnvironment& env;
  const std::vector<RandomStream*>& streams;
  const std::vector<std::unique_ptr<Kept>>& kept;
  RefPtr<MemoryBuffer> arena;
  std::vector<Tensor> slots;
  std::vector<std::vector<Tensor*>> inputs, outputs;   // by instruction
  std::vector<std::optional<KernelContext>> contexts;  // of instructions with a kernel
  // Of the instruction at hand; kept for their memory.
  std::vector<Shape> dynamic_shapes;
  std::vector<ValueType> in_types, out_types;
};

namespace {

template <typename Fn>
void ForEachInstruction(const Block& block, Fn&& fn) {
  for (const Instruction& in : block.instructions) {
    fn(in);
    for (const auto& inner : in.blocks) ForEachInstruction(*inner, fn);
  }
}

}  // namespace

Executor::Frame::Frame(const Plan& p, const Environment& e,
                       const std::vector<RandomStream*>& random,
                       const std::vector<std::unique_ptr<Kept>>& kept_values)
    : plan(p),
      environment(e),
      env(e.kernels()),
      streams(random),
      kept(kept_values),
      arena(MemoryBuffer::New(p.arena_bytes)),
      slots(p.num_slots),
      inputs(p.num_instructions),
      outputs(p.num_instructions),
      contexts(p.num_instructions) {
  Reset();
  const auto prepare = [&](const Instruction& in) {
    for (int slot : in.inputs) inputs[in.index].push_back(&slots[slot]);
    for (const PlannedOutput& out : in.outputs) outputs[in.index].push_back(&slots[out.slot]);
    if (!in.kernel) return;
    const ArenaScratch& scratch = plan.scratch[in.index];
    contexts[in.index].emplace(*in.node, env, inputs[in.index], outputs[in.index], in.shapes,
                               in.last_use.data(), in.stream < 0 ? nullptr : streams[in.stream],
                               std::span(arena->data() + scratch.offset, scratch.bytes));
  };
  ForEachInstruction(plan.block, prepare);
  for (const auto& [name, block] : plan.functions) ForEachInstruction(*block, prepare);
}

void Executor::Frame::RunBlock(const Block& block) {
  environment.observer() ? RunInstructions<true>(block) : RunInstructions<false>(block);
}

template <bool kObserved>
void Executor::Frame::RunInstructions(const Block& block) {
  for (const Instruction& in : block.instructions) {
    if constexpr (kObserved) {
      environment.observer()->Begin({*in.node, plan.function->graph, &in,
                                     in.structure == Structure::kNone, inputs[in.index]});
    }
    try {
      switch (in.structure) {
        case Structure::kNone:
          RunNode(in);
          break;
        case Structure::kWhile:
          RunWhile(in);
          break;
        case Structure::kCountedLoop:
          RunCounted(in);
          break;
        case Structure::kIf:
          RunIf(in);
          break;
        case Structure::kCall:
          in.kept < 0 ? RunCall(in) : RunKept(in);
          break;
        case Structure::kUnavailable:
          ThrowUnavailable(*in.node);
        default:
          ThrowInternal("'" + in.node->name + "' is no instruction");
      }
    } catch (Error& e) {
      e.While("while running " + DescribeNode(*in.node, inputs[in.index]));
      throw;
    }
    if constexpr (kObserved) environment.observer()->End(outputs[in.index]);
    for (int slot : in.release) slots[slot] = Tensor();
  }
}

void Executor::Frame::InferShapes(const Instruction& in) {
  in_types.clear();
  out_types.clear();
  for (const PlannedOutput& out : in.outputs) out_types.push_back({.dtype = out.dtype});
  for (const Tensor* t : inputs[in.index]) in_types.push_back(TypeOf(*t));
  const Graph& any = plan.function->graph;
  const ShapeContext::Values known{[&](int i) {
                                     const Tensor* t = inputs[in.index][i];
                                     return DTypeSize(t->dtype()) > 0 ? t : nullptr;
                                   },
                                   {}};
  ShapeContext context(*in.node, *any.library(), in_types, out_types, known);
  in.node->op->shape(context);
  dynamic_shapes.clear();
  for (size_t k = 0; k < out_types.size(); ++k) {
    const Shape& shape = out_types[k].shape;
    if (!shape.CompatibleWith(in.shapes[k])) {
      ThrowInternal("output " + std::to_string(k) + " has shape " + shape.ToString() +
                    ", and was planned as " + in.shapes[k].ToString());
    }
    dynamic_shapes.push_back(shape);
  }
}

// Gives output k memory, taking over that of an input which nobody needs any more.
void Executor::Frame::Allocate(const Instruction& in, size_t k, const Shape& shape) {
  const PlannedOutput& out = in.outputs[k];
  if (out.forward_input >= 0) {
    Tensor& source = *inputs[in.index][out.forward_input];
    // The kernel still reads the input by its slot: both slots share the memory for the time of the
    // call.
    if (source.unique() && source.shape() == shape) {
      slots[out.slot] = source;
      return;
    }
  }
  slots[out.slot] = Tensor(out.dtype, shape, env.pool);
}

void Executor::Frame::RunNode(const Instruction& in) {
  KernelContext& context = *contexts[in.index];
  if (in.infer_shapes) InferShapes(in);
  const std::vector<Shape>& shapes = in.infer_shapes ? dynamic_shapes : in.shapes;
  context.Restart(shapes);
  if (in.allocates) {
    for (size_t k = 0; k < in.outputs.size(); ++k) {
      const MemoryKind memory = in.outputs[k].memory;
      if (memory == MemoryKind::kPool || memory == MemoryKind::kDynamic) Allocate(in, k, shapes[k]);
    }
  }
  RunKernel(*in.kernel, context);
}

void Executor::Frame::PassArgs(const Instruction& in, size_t first, const Block& block) {
  for (size_t i = 0; i < block.args.size(); ++i) {
    if (block.args[i] < 0) continue;
    Tensor& source = slots[in.inputs[first + i]];
    // An arena slot stays as it is; other values move on when this is their last use.
    const bool move = in.last_use[first + i] && source.owning();
    slots[block.args[i]] = move ? std::move(source) : source;
  }
}

Tensor Executor::Frame::Result(const Block& block, size_t k) {
  Tensor& source = slots[block.results[k]];
  if (!source.owning()) return source.Copy(env.pool);
  return block.result_moves[k] ? std::move(source) : source;
}

void Executor::Frame::ClearArgs(const Block& block) {
  for (int slot : block.args) {
    if (slot >= 0) slots[slot] = Tensor();
  }
}

void Executor::Frame::TakeResults(const Instruction& in, const Block& block) {
  for (size_t k = 0; k < in.outputs.size(); ++k) slots[in.outputs[k].slot] = Result(block, k);
  ClearArgs(block);
}

void Executor::Frame::RunIf(const Instruction& in) {
  const Block& block = *in.blocks[IsTrue(slots[in.inputs[0]]) ? 0 : 1];
  PassArgs(in, 1, block);
  RunBlock(block);
  TakeResults(in, block);
}

void Executor::Frame::RunCall(const Instruction& in) {
  PassArgs(in, 0, *in.callee);
  RunBlock(*in.callee);
  TakeResults(in, *in.callee);
}

// The variable whose value the input is, and which value of it; nothing when it has another by now.
std::optional<Executor::Kept::Source> Executor::Frame::SourceOf(const Instruction& in,
                                                                size_t input) const {
  const Tensor& handle = slots[in.handles[input]];
  const auto& variable = static_cast<const VariableState&>(*handle.object());
  const std::optional<uint64_t> version = variable.VersionOf(slots[in.inputs[input]]);
  if (!version) return std::nullopt;
  return Kept::Source{handle, *version};
}

void Executor::Frame::RunKept(const Instruction& in) {
  Kept& known = *kept[in.kept];
  std::unique_lock lock(known.mutex);
  bool same = !known.values.empty();
  for (size_t i = 0; same && i < in.inputs.size(); ++i) {
    const auto source = SourceOf(in, i);
    same = source && source->handle.object() == known.sources[i].handle.object() &&
           source->version == known.sources[i].version;
  }
  if (same) {
    for (size_t k = 0; k < in.outputs.size(); ++k) slots[in.outputs[k].slot] = known.values[k];
    return;
  }
  lock.unlock();
  std::vector<Kept::Source> sources;
  for (size_t i = 0; i < in.inputs.size(); ++i) {
    if (auto source = SourceOf(in, i)) sources.push_back(std::move(*source));
  }
  RunCall(in);
  if (sources.size() < in.inputs.size()) return;
  lock.lock();
  known.sources = std::move(sources);
  known.values.clear();
  for (const PlannedOutput& out : in.outputs) known.values.push_back(slots[out.slot]);
}

// Loop variables live in the output slots between trips: those before the first come from the
// inputs.
void Executor::Frame::TakeVariables(const Instruction& in, size_t first_input, size_t n) {
  for (size_t k = 0; k < n; ++k) {
    Tensor& source = slots[in.inputs[first_input + k]];
    const bool move = in.last_use[first_input + k] && source.owning();
    slots[in.outputs[k].slot] = move ? std::move(source) : source;
  }
}
// After the last trip they outlive the memory of the loop.
void Executor::Frame::OwnVariables(const Instruction& in, size_t n) {
  for (size_t k = 0; k < n; ++k) {
    Tensor& out = slots[in.outputs[k].slot];
    if (!out.owning() && in.outputs[k].used) out = out.Copy(env.pool);
  }
}

void Executor::Frame::RunWhile(const Instruction& in) {
  const Block &cond = *in.blocks[0], &body = *in.blocks[1];
  const size_t n = in.inputs.size();
  TakeVariables(in, 0, n);
  for (int64_t trips = 0;; ++trips) {
    for (size_t k = 0; k < n; ++k) {
      if (cond.args[k] >= 0) slots[cond.args[k]] = slots[in.outputs[k].slot];
    }
    RunBlock(cond);
    const bool more = GoesOn(slots[cond.results[0]]);
    ClearArgs(cond);
    if (!more) break;
    environment.CheckTrips(*in.node, trips);
    for (size_t k = 0; k < n; ++k) {
      if (body.args[k] < 0) continue;
      Tensor& variable = slots[in.outputs[k].slot];
      slots[body.args[k]] = body.passes[k] ? variable : std::move(variable);
    }
    RunBlock(body);
    // Results may be parameters of one another: all are taken before any is handed on.
    for (size_t k = 0; k < n; ++k) {
      if (!body.passes[k]) slots[body.temporaries + k] = Result(body, k);
    }
    for (size_t k = 0; k < n; ++k) {
      if (!body.passes[k]) slots[in.outputs[k].slot] = std::move(slots[body.temporaries + k]);
    }
    ClearArgs(body);
  }
  OwnVariables(in, n);
}

void Executor::Frame::RunCounted(const Instruction& in) {
  const Block& body = *in.blocks[0];
  const CountedRun& run = *in.counted;
  const size_t carried = run.in_stack.size();
  const int64_t trips = std::max<int64_t>(0, slots[in.inputs[0]].scalar<int32_t>());
  if (trips > 0) environment.CheckTrips(*in.node, trips - 1);
  TakeVariables(in, 1, carried);
  for (size_t k = 0; k < run.stacks.size(); ++k) {
    const CountedRun::Part& stack = run.stacks[k];
    const int64_t length = run.lengths[k] < 0 ? trips : run.lengths[k];
    CheckWalk(stack.walk, trips, length);
    if (in.outputs[carried + k].memory != MemoryKind::kArena)
      Allocate(in, carried + k, Concatenate({length}, stack.shape));
    Tensor& out = slots[in.outputs[carried + k].slot];
    if (trips < length) std::memset(out.raw(), 0, out.bytes());
    if (stack.slot >= 0) slots[stack.slot] = Tensor::View(stack.dtype, stack.shape, out.raw());
  }
  for (size_t k = 0; k < run.slices.size(); ++k) {
    const CountedRun::Part& slice = run.slices[k];
    Tensor& whole = slots[in.inputs[1 + carried + k]];
    CheckWalk(slice.walk, trips, whole.shape()[0]);
    if (slice.slot >= 0)
      slots[slice.slot] = Tensor::View(slice.dtype, whole.shape().From(1), whole.raw());
  }
  for (size_t k = carried + run.slices.size(); k < body.args.size(); ++k) {
    if (body.args[k] >= 0) slots[body.args[k]] = slots[in.inputs[1 + k]];
  }
  // Element `walk(t)` of a tensor of elements like `part`.
  const auto element = [&](const CountedRun::Part& part, Tensor& whole, int64_t trip) {
    const size_t bytes = whole.bytes() / static_cast<size_t>(whole.shape()[0]);
    const int64_t at = part.walk.At(trip, trips);
    return static_cast<std::byte*>(whole.raw()) + static_cast<size_t>(at) * bytes;
  };
  for (int64_t trip = 0; trip < trips; ++trip) {
    for (size_t k = 0; k < run.slices.size(); ++k) {
      const int slot = run.slices[k].slot;
      if (slot >= 0)
        slots[slot].Rebase(element(run.slices[k], slots[in.inputs[1 + carried + k]], trip));
    }
    for (size_t k = 0; k < run.stacks.size(); ++k) {
      const int slot = run.stacks[k].slot;
      if (slot >= 0)
        slots[slot].Rebase(element(run.stacks[k], slots[in.outputs[carried + k].slot], trip));
    }
    for (size_t k = 0; k < carried; ++k) {
      if (body.args[k] >= 0) slots[body.args[k]] = std::move(slots[in.outputs[k].slot]);
    }
    RunBlock(body);
    for (size_t k = 0; k < run.stacks.size(); ++k) {
      if (run.stacks[k].slot >= 0) continue;
      const Tensor& value = slots[body.results[carried + k]];
      std::memcpy(element(run.stacks[k], slots[in.outputs[carried + k].slot], trip), value.raw(),
                  value.bytes());
    }
    // Results may be parameters of one another: all are taken before any is handed on.
    for (size_t k = 0; k < carried; ++k) {
      slots[body.temporaries + k] = run.in_stack[k] ? slots[body.results[k]] : Result(body, k);
    }
    for (size_t k = 0; k < carried; ++k)
      slots[in.outputs[k].slot] = std::move(slots[body.temporaries + k]);
  }
  ClearArgs(body);
  OwnVariables(in, carried);
}

void Executor::Frame::Reset() {
  for (Tensor& t : slots) t = Tensor();
  for (const Constant& c : plan.constants) slots[c.slot] = c.value;
  for (const ArenaValue& v : plan.arena_values) {
    slots[v.slot] = Tensor::View(v.dtype, v.shape, arena->data() + v.offset);
  }
}

Executor::Executor(std::unique_ptr<const Plan> plan, Environment* env)
    : plan_(std::move(plan)), env_(env) {
  for (const std::string& path : plan_->streams) streams_.push_back(env_->Stream(path));
  for (int i = 0; i < plan_->num_kept; ++i) kept_.push_back(std::make_unique<Kept>());
}
Executor::~Executor() = default;

std::unique_ptr<Executor::Frame> Executor::NewFrame() {
  return std::make_unique<Frame>(*plan_, *env_, streams_, kept_);
}

void Executor::Run(const std::vector<Tensor>& values, const std::vector<uint8_t>& used,
                   std::vector<Tensor>* fetched) {
  std::unique_ptr<Frame> frame;
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      frame = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!frame) frame = NewFrame();
  const ThreadScope threads(plan_->one_thread ? 1 : 0);
  const Block& block = plan_->block;
  size_t arg = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!used[i]) continue;
    if (block.args[arg] >= 0) frame->slots[block.args[arg]] = values[i];
    ++arg;
  }
  try {
    frame->RunBlock(block);
  } catch (...) {
    frame->Reset();
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(frame));
    throw;
  }
  fetched->resize(block.results.size());
  for (size_t k = 0; k < fetched->size(); ++k) (*fetched)[k] = frame->Result(block, k);
  frame->ClearArgs(block);
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(frame));
}

}  // namespace graphrun
