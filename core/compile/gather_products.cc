// GatherProducts.
#include <map>
#include <tuple>
#include <vector>

#include "core/compile/matrix_product.h"
#include "core/compile/passes.h"
#include "core/graph/graph_algo.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

// A product of fewer rows than this many of the table's gains less than the look-up costs.
constexpr int64_t kLeastRepeats = 2;

// The gather whose rows are those of matrix `x`, through reshapes.
NodeId GatherOf(const Graph& g, Output x) {
  for (;;) {
    const Node& node = g.node(x.node);
    if (x.index != 0 || !node.control_inputs.empty()) return kNoNode;
    if (node.op->meaning == Meaning::kGather) return x.node;
    if (node.op->view_of != 0 || !node.op->pure()) return kNoNode;
    x = node.inputs[0];
  }
}

bool Pays(const Graph& g, NodeId product, NodeId gather) {
  const Node& look_up = g.node(gather);
  const Shape &rows = g.shape(g.node(product).inputs[0]), &table = g.shape(look_up.inputs[0]);
  const Shape& indices = g.shape(look_up.inputs[1]);
  if (!rows.fully_known() || !table.fully_known() || !indices.fully_known() || table.rank() != 2 ||
      table[1] != rows[1] || indices.num_elements() != rows[0] ||
      g.dtype(look_up.inputs[0]) != g.dtype(g.node(product).inputs[0])) {
    return false;
  }
  if (look_up.inputs.size() > 2) {
    const Tensor* axis = g.ConstValue(look_up.inputs[2]);
    if (!axis || axis->int_at(0) != 0) return false;
  }
  return rows[0] / kLeastRepeats >= table[0];
}

}  // namespace

void GatherProducts(Unit& unit) {
  const std::vector<Function*> functions = unit.functions();
  for (Function* f : functions) {
    Graph& g = f->graph;
    std::map<std::tuple<Output, Output, bool>, Output> products;  // of tables
    for (NodeId id : TopologicalOrder(g)) {
      const Node product = g.node(id);
      if (product.op->meaning != Meaning::kMatrixProduct || !product.control_inputs.empty() ||
          TransposesOf(product).a) {
        continue;
      }
      const NodeId gather = GatherOf(g, product.inputs[0]);
      if (gather == kNoNode || !Pays(g, id, gather)) continue;
      const Node look_up = g.node(gather);
      const Output table = look_up.inputs[0], weight = product.inputs[1];
      const bool tb = TransposesOf(product).b;
      Output& all = products[{table, weight, tb}];
      if (!all.valid()) all = AddProduct(g, id, table, weight, tb);
      std::vector<Output> inputs = look_up.inputs;
      inputs[0] = all;
      const NodeId rows = g.AddNode(look_up.op->name, look_up.name, inputs);
      const Output dims = AddDims(g, product.name, g.shape({id, 0}));
      unit.ReplaceUses(*f, {id, 0}, {g.AddNode("Reshape", product.name, {{rows, 0}, dims}), 0});
    }
    if (!products.empty()) unit.RemoveDeadNodes(*f);
  }
}

}  // namespace graphrun
