// NodeList: adds NodeDefs, in any order, to a graph. The half of import that a main graph and a
// function body share.
#ifndef GRAPHRUN_CORE_IMPORT_NODE_LIST_H_
#define GRAPHRUN_CORE_IMPORT_NODE_LIST_H_

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/graph/graph.h"
#include "core/import/tensor_proto.h"

namespace graphrun {

namespace pb {
class NodeDef;
class OpList;
}  // namespace pb

class NodeList {
 public:
  // Nodes are added to *graph, whose present nodes (the parameters of a function) they may use.
  // Inputs are written "node:1" in a main graph, "node:output_name:0" in a function.
  NodeList(bool in_function, const pb::OpList* producer_ops, ImportBudget* budget, Graph* graph);

  // `def` must live until AddAll returns.
  void Append(const pb::NodeDef& def) { defs_.push_back(&def); }
  void AddAll();

  // The output that `text` names. REQUIRES: AddAll has been called.
  Output Resolve(std::string_view text) const;
  // The node that "^name" or "name" names.
  NodeId ResolveNode(std::string_view text) const;

 private:
  std::vector<int> Order() const;
  void AddOne(const pb::NodeDef& def);
  AttrMap Attrs(const pb::NodeDef& def) const;
  bool IsProducersDefault(const std::string& op, const std::string& attr,
                          const AttrValue& value) const;
  [[noreturn]] void ThrowCycle(const std::vector<std::vector<int>>& producers,
                               const std::vector<int>& missing) const;

  const bool in_function_;
  const pb::OpList* const producer_ops_;
  ImportBudget* const budget_;
  Graph* const graph_;
  std::vector<const pb::NodeDef*> defs_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_NODE_LIST_H_
