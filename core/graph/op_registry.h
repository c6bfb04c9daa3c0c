// OpRegistry: the ops that exist, by name. A value: RegisterAllOps (ops/register_all.h) fills one.
#ifndef GRAPHRUN_CORE_GRAPH_OP_REGISTRY_H_
#define GRAPHRUN_CORE_GRAPH_OP_REGISTRY_H_

#include <map>
#include <string>
#include <string_view>

#include "core/graph/op_def.h"

namespace graphrun {

class OpRegistry {
 public:
  // INTERNAL when the declaration is incomplete (no doc, no shape function, neither gradient nor a
  // reason for none, no kernel, a type that no attribute declares) or the name is taken.
  void Add(OpDef def);
  const OpDef* Find(std::string_view name) const;  // nullptr when there is none
  const OpDef& Get(std::string_view name) const;   // NOT_FOUND with the nearest names
  const std::map<std::string, OpDef, std::less<>>& ops() const { return ops_; }

 private:
  std::map<std::string, OpDef, std::less<>> ops_;  // nodes keep pointers into it
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_OP_REGISTRY_H_
