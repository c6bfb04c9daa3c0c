#include "core/graph/tile_rule.h"

#include "core/graph/op_def.h"

namespace graphrun {

TileRule ViewRule(const KernelRequest& request) {
  const Shape &x = request.In(0), &y = request.Out(0);
  TileRule rule;
  if (x.rank() > 0 && y.rank() > 0 && x[x.rank() - 1] == y[y.rank() - 1])
    rule.columns = {{{.input = 0, .begin = 0, .count = y[y.rank() - 1]}}};
  return rule;
}

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
