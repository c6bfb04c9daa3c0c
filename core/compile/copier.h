// Copier: what Specialise copies graphs and functions with.
#ifndef GRAPHRUN_CORE_COMPILE_COPIER_H_
#define GRAPHRUN_CORE_COMPILE_COPIER_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/compile/constant_chains.h"
#include "core/compile/limits.h"
#include "core/compile/needs.h"
#include "core/graph/op_context.h"

namespace graphrun {

// What all copies of one run share.
struct CopyContext {
  const KernelEnvironment* folding = nullptr;
  NeedsFinder finder;
  RunSizes sizes;
  bool calls = false;  // the run is too large to be inlined as a whole
  // Types that a loop's variables have come to, by its body and path: when the loop around it is
  // specialised again, with more general types, this one need not begin anew.
  std::map<std::pair<const Needs*, std::string>, std::vector<ValueType>> loop_types;
  // Functions that are called, by what is needed of them and their parameters' types.
  std::map<std::string, std::string> called;
};

// What a parameter of a function becomes: a parameter of the copy, or a known value.
struct Argument {
  ValueType type;
  const Tensor* value = nullptr;
};

// Copies a graph, or the part of a function that is needed, into another graph.
class Copier {
 public:
  Copier(const Graph& from, Graph* to, std::string path, CopyContext* context)
      : from_(from), to_(*to), path_(std::move(path)), context_(context) {}

  // REQUIRES: maps are set for the fed outputs.
  void Map(Output from, Output to) { map_[from] = to; }
  Output Mapped(Output from) const { return map_.at(from); }
  // Copies the needed nodes. `needs` must live as long as this.
  void Copy(const Needs& needs);
  // The copied targets that still do something, and effects that only what was folded away needs.
  std::vector<NodeId> ControlResults() const;

 private:
  void CopyNode(NodeId id);
  NodeId AddCopy(const Node& node, const std::vector<Output>& inputs, AttrMap attrs,
                 const std::vector<NodeId>& controls);
  bool JoinConstants(NodeId id);
  std::vector<NodeId> ControlInputs(NodeId id);
  NodeId Gate(NodeId id);
  void AppendWaits(NodeId copy, std::vector<NodeId>* out) const;
  std::vector<NodeId> Waits(const std::vector<Output>& inputs) const;
  void AddWaits(NodeId copy, const std::vector<NodeId>& waits);
  Output AfterCall(Output result, NodeId first, const std::string& name,
                   const std::vector<NodeId>& waits);
  bool Fold(NodeId id, const std::vector<Output>& inputs);
  bool FoldKnown(NodeId id, NodeId copy);
  void CopyWhile(NodeId id, const std::vector<Output>& inputs);
  void CopyIf(NodeId id, const std::vector<Output>& inputs);
  // Both: `controls` is what the node waits for.
  void CopyCall(NodeId id, const CalleeNeeds& callee, const std::vector<Output>& inputs,
                std::vector<NodeId> controls);
  // Function k of the node.
  void Inline(NodeId id, size_t k, const std::vector<Output>& inputs,
              const std::vector<NodeId>& controls);
  // A fed output stays what it is fed with.
  void SetCopy(Output from, Output to) { map_.try_emplace(from, to); }
  bool Effectful(NodeId copy) const {
    return copy < static_cast<NodeId>(made_->effect.size()) && made_->effect[copy];
  }
  // The same for effects that others may be ordered after: all but reads and draws.
  bool Ordering(NodeId copy) const {
    return copy < static_cast<NodeId>(made_->ordering.size()) && made_->ordering[copy];
  }
  void Finish(NodeId id, NodeId copy);

  const Graph& from_;
  Graph& to_;
  const std::string path_;
  CopyContext* const context_;
  const Needs* needs_ = nullptr;
  const ConstantChains* chains_ = nullptr;
  std::map<Output, Output> map_;
  std::map<NodeId, NodeId> nodes_;  // copies of nodes; a node without one left nothing to wait for
  // Of to_'s nodes; shared by all that copy into it.
  struct Made {
    std::vector<bool> effect, ordering;  // an effect in itself, or in what it waits for
    // What a node would wait for if its value were not known: the order is kept by the effects that
    // come after it.
    std::map<NodeId, std::vector<NodeId>> waits;
    // Results of calls without effects, by what is called and its inputs.
    std::map<std::pair<const Needs*, std::vector<Output>>, std::vector<Output>> calls;
  };
  std::shared_ptr<Made> made_ = std::make_shared<Made>();
};

// A copy of what is needed of a function. `keep_args` are the parameters that stay, `args` what
// they become; it is not yet in `owner`'s library.
std::unique_ptr<Function> SpecialiseFunction(const CalleeNeeds& callee, const Graph& owner,
                                             const std::vector<int>& keep_args,
                                             const std::vector<Argument>& args,
                                             const std::string& path, CopyContext* context);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_COPIER_H_
