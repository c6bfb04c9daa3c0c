#include "core/graph/counted_node.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/size.h"

namespace graphrun {

NodeId AddCountedLoop(Graph& graph, std::string_view name, const Function& body,
                      const CountedLoopParts& parts, std::vector<NodeId> controls) {
  std::vector<Output> inputs = {parts.trips};
  std::vector<int64_t> slices, stacks;
  inputs.insert(inputs.end(), parts.carried.begin(), parts.carried.end());
  for (const auto& [tensor, walk] : parts.slices) {
    inputs.push_back(tensor);
    slices.insert(slices.end(), {walk.start, walk.step, walk.from_end ? 1 : 0});
  }
  inputs.insert(inputs.end(), parts.invariants.begin(), parts.invariants.end());
  for (const Stack& s : parts.stacks)
    stacks.insert(stacks.end(), {s.walk.start, s.walk.step, s.walk.from_end ? 1 : 0, s.length});
  std::vector<DType> types;
  for (Output o : body.results) types.push_back(body.graph.dtype(o));
  return graph.AddNode(kCountedLoopOp, name, std::move(inputs),
                       {{"body", FuncRef{body.name}},
                        {"carried", static_cast<int64_t>(parts.carried.size())},
                        {"slices", std::move(slices)},
                        {"stacks", std::move(stacks)},
                        {"Tout", std::move(types)}},
                       std::move(controls));
}

void CheckWalk(const Walk& walk, int64_t trips, int64_t length) {
  if (trips <= 0) return;
  const int64_t first = CheckedAdd(walk.start, walk.from_end ? trips : 0);
  const int64_t last = CheckedAdd(first, CheckedMul(walk.step, trips - 1));
  for (int64_t index : {first, last}) {
    if (index < 0 || index >= length) {
      ThrowInvalid("trying to access element " + std::to_string(index) + " in a list with " +
                   std::to_string(length) + " elements");
    }
  }
}

}  // namespace graphrun
