// BlockBuilder: adds nodes to a RewriteBlock that are to a foreign node what its edges of the file
// were.
#ifndef GRAPHRUN_CORE_IMPORT_BLOCK_BUILDER_H_
#define GRAPHRUN_CORE_IMPORT_BLOCK_BUILDER_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/import/foreign_effects.h"
#include "core/import/foreign_objects.h"
#include "core/import/rewrite_block.h"
#include "core/import/tensor_proto.h"

namespace graphrun {

// Who knows the values of reference variables.
class VariableReader {
 public:
  virtual ~VariableReader() = default;
  // The value for node `consumer` (-1: at the end of the block). REQUIRES: `port` is the memory of
  // a variable.
  virtual Output ReadVariable(RewriteBlock& b, Port port, int consumer) = 0;
};

class BlockBuilder {
 public:
  BlockBuilder(const ForeignGraph& foreign, const ForeignLoops& loops,
               const ForeignVariables& variables, const ForeignEffects& effects,
               const OpRegistry& registry, ImportBudget* budget)
      : foreign_(foreign),
        loops_(loops),
        variables_(variables),
        effects_(effects),
        registry_(registry),
        budget_(budget) {}
  // REQUIRES: called before anything is added.
  void set_variables(VariableReader* reader) { reader_ = reader; }

  // The value of `port` for node `consumer` (-1: at the end of the block). UNIMPLEMENTED when it
  // exists only where the consumer is not.
  Output Value(RewriteBlock& b, Port port, int consumer);
  // The value where an enclosing block or this one has it; invalid when none does. With `variable`
  // it must be as good as a read in `b`: not from outside a loop that writes the variable.
  Output Lookup(RewriteBlock& b, Port port, int variable = -1) const;
  // The same for what the port copies, through Switch and Enter.
  Output FindValue(RewriteBlock& b, Port port) const;
  std::vector<Output> Inputs(RewriteBlock& b, int node, size_t first = 0);
  // What the block has of the values that the nodes take, for gradients that would flow there.
  std::vector<Output> KnownInputs(RewriteBlock& b, const std::vector<int>& nodes) const;

  // Adds what the node becomes, under its name with `suffix`; it waits for what the node waited
  // for.
  NodeId Add(RewriteBlock& b, int node, std::string_view op, std::vector<Output> inputs,
             AttrMap attrs, const char* suffix = "");
  // Adds the node with its own op, attributes and inputs.
  void AddPlain(RewriteBlock& b, int node);
  // Adds a node that cannot run. `def` is what is saved of it, null: it cannot be saved.
  NodeId AddUnavailable(RewriteBlock& b, const std::string& name, const std::string& op,
                        const Problem& problem, std::vector<Output> inputs,
                        const std::vector<DType>& types, const pb::NodeDef* def);

  // What the foreign node waited for.
  std::vector<NodeId> Controls(RewriteBlock& b, int node);
  // Nodes of the block that have run when all of the foreign nodes have.
  std::vector<NodeId> WaitFor(RewriteBlock& b, std::vector<int> nodes);
  // `value` of `port`, for a user that is no node: after `controls` and what lies on the way.
  Output After(RewriteBlock& b, Port port, Output value, const std::vector<int>& controls);
  // A value that is computed after the nodes.
  static Output Done(RewriteBlock& b, const std::string& name, const std::vector<NodeId>& after);

  // {"a/b", "c"} for "a/b/c", and the scope of the former at the top of the builder's graph.
  static std::pair<std::string, std::string> SplitScopeName(const std::string& name);
  static Scope ScopeAt(FunctionBuilder* builder, const std::string& prefix);

 private:
  // What the Switches and Enters wait for by which the port has its value.
  std::vector<int> WaitsOnTheWay(Port port) const;

  const ForeignGraph& foreign_;
  const ForeignLoops& loops_;
  const ForeignVariables& variables_;
  const ForeignEffects& effects_;
  const OpRegistry& registry_;
  ImportBudget* const budget_;
  VariableReader* reader_ = nullptr;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_BLOCK_BUILDER_H_
