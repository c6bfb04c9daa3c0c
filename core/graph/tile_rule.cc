#include "core/graph/tile_rule.h"

#include "core/graph/op_def.h"

namespace graphrun {

TileRule TileRuleOf(const KernelRequest& request) {
  const OpDef& op = *request.node().op;
  const int n = request.num_inputs();
  if (n == 0 || (op.refuses_integers && IsInteger(request.InType(n - 1)))) return {};
  if (op.tiles) {
    try {
      return op.tiles(request);
    } catch (const UnknownValue&) {
      return {};
    }
  }
  TileRule rule;
  for (const auto& [dtype, loop] : op.elements) {
    if (dtype == request.InType(n - 1)) rule.loop = loop;
  }
  if (!rule.elements()) return {};
  for (int i = 0; i < n; ++i) rule.operands.push_back({i, request.In(i)});
  return rule;
}

}  // namespace graphrun
