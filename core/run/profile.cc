#include "core/run/profile.h"

#include <algorithm>
#include <set>

#include "core/base/size.h"
#include "core/base/tensor.h"
#include "core/graph/function_attr.h"
#include "core/graph/graph.h"

namespace graphrun {
namespace {

double Seconds(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double>(d).count();
}

bool HasNumbers(const Tensor& t) { return !t.empty() && DTypeSize(t.dtype()) > 0; }

// What a node costs when it runs once; nothing where that is not known.
Cost KnownCost(const Graph& g, NodeId id) {
  const Node& node = g.node(id);
  if (!node.op->cost) return {};
  std::vector<ValueType> inputs, outputs;
  for (const Output o : node.inputs) inputs.push_back(g.type(o));
  for (int k = 0; k < g.num_outputs(id); ++k) outputs.push_back(g.type({id, k}));
  const auto known = [](const ValueType& type) { return type.shape.fully_known(); };
  return std::all_of(inputs.begin(), inputs.end(), known) &&
                 std::all_of(outputs.begin(), outputs.end(), known)
             ? node.op->cost(CostContext(node, inputs, outputs))
             : Cost{};
}

}  // namespace

void Profile::Clear(size_t calls) {
  entries_.clear();
  sources_.clear();
  places_.clear();
  calls_.clear();
  calls_.reserve(calls);
  most_calls_ = calls;
  depth_ = 0;
  runs_ = 0;
  run_seconds_ = own_seconds_ = 0;
  start_ = Clock::now();
}

Profile::Clock::time_point Profile::Charge() {
  const Clock::time_point now = Clock::now();
  if (depth_ > 0) {
    const int entry = open_[depth_ - 1].entry;
    (entry == kRun ? run_seconds_ : entries_[entry].seconds) += Seconds(now - last_);
  }
  return now;
}

void Profile::Resume(Clock::time_point since) {
  last_ = Clock::now();
  own_seconds_ += Seconds(last_ - since);
}

void Profile::Keep(int entry, Clock::time_point begin, Clock::time_point end) {
  if (calls_.size() < most_calls_)
    calls_.push_back({entry, Seconds(begin - start_), Seconds(end - start_)});
}

Profile::Open& Profile::Push(int entry) {
  if (depth_ == open_.size()) open_.emplace_back();
  Open& open = open_[depth_++];
  open.entry = entry;
  open.memory.clear();
  open.inputs.clear();
  return open;
}

void Profile::BeginRun() {
  depth_ = 0;  // a run that failed left some
  const Clock::time_point now = Clock::now();
  Push(kRun).begin = now;
  Resume(now);
}

void Profile::EndRun() {
  const Clock::time_point now = Charge();
  Keep(kRun, open_[0].begin, now);
  depth_ = 0;
  ++runs_;
  Resume(now);
}

void Profile::AddEntry(const StartingNode& starting) {
  const Node& node = starting.node;
  Entry entry{.node = node.name, .op = node.op->name, .kernel = starting.kernel, .inputs = {}};
  Source source{.op = node.op};
  if (starting.kernel && node.op->structure == Structure::kCall) {
    std::set<std::string> ops;
    const Graph& fused = RegionFunction(starting.graph, node, 0).graph;
    for (NodeId id = 0; id < fused.num_ids(); ++id) {
      if (!fused.exists(id) || fused.node(id).op->structure != Structure::kNone) continue;
      ops.insert(fused.node(id).op->name);
      source.fused_flops += KnownCost(fused, id).flops;
    }
    entry.op = "fused";
    for (const std::string& op : ops) entry.op += " " + op;
  }
  entries_.push_back(std::move(entry));
  sources_.push_back(source);
}

void Profile::Begin(const StartingNode& starting) {
  const Clock::time_point now = Charge();
  const auto next = static_cast<int>(entries_.size());
  int& place = places_.try_emplace(starting.place, next).first->second;
  // A plan may lie where one lay that is gone.
  if (place < next &&
      (sources_[place].op != starting.node.op || entries_[place].node != starting.node.name)) {
    place = next;
  }
  if (place == next) AddEntry(starting);
  Open& open = Push(place);
  open.node = &starting.node;
  Entry& entry = entries_[place];
  entry.inputs.clear();
  for (const Tensor* t : starting.inputs) {
    open.inputs.push_back(t->empty() ? ValueType{} : TypeOf(*t));
    if (!HasNumbers(*t)) continue;
    open.memory.push_back(t->raw());
    entry.inputs.push_back(t->shape());
  }
  Resume(now);
  open.begin = last_;
}

void Profile::End(std::span<Tensor* const> outputs) {
  const Clock::time_point now = Charge();
  const Open& open = open_[depth_ - 1];
  Entry& entry = entries_[open.entry];
  const Source& source = sources_[open.entry];
  const OpDef& op = *source.op;
  ++entry.calls;
  outputs_.clear();
  double bytes = 0;
  for (const ValueType& type : open.inputs) {
    if (DTypeSize(type.dtype) > 0 && type.shape.fully_known())
      bytes += static_cast<double>(CheckedBytes(type.shape.num_elements(), type.dtype));
  }
  for (const Tensor* t : outputs) {
    outputs_.push_back(t->empty() ? ValueType{} : TypeOf(*t));
    if (!HasNumbers(*t)) continue;
    // What somebody else holds and is no input was handed over, not written: a variable's value.
    const bool input =
        std::find(open.memory.begin(), open.memory.end(), t->raw()) != open.memory.end();
    if (!t->owning() || t->unique() || input) bytes += static_cast<double>(t->bytes());
  }
  if (entry.kernel && op.view_of < 0) {
    const auto known = [](const ValueType& type) { return type.dtype != DType::kInvalid; };
    const bool all = std::all_of(open.inputs.begin(), open.inputs.end(), known) &&
                     std::all_of(outputs_.begin(), outputs_.end(), known);
    const Cost cost =
        op.cost && all ? op.cost(CostContext(*open.node, open.inputs, outputs_)) : Cost{};
    entry.flops += cost.flops + source.fused_flops;
    entry.bytes += cost.bytes > 0 ? cost.bytes : bytes;
  }
  Keep(open.entry, open.begin, now);
  --depth_;
  Resume(now);
}

}  // namespace graphrun
