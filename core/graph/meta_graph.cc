#include "core/graph/meta_graph.h"

#include <algorithm>

namespace graphrun {

const VariableInfo* MetaGraph::FindVariable(std::string_view name) const {
  const auto it = std::find_if(variables.begin(), variables.end(),
                               [&](const VariableInfo& v) { return v.name == name; });
  return it == variables.end() ? nullptr : &*it;
}

}  // namespace graphrun
