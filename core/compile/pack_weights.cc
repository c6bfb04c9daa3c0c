// PackWeights.
#include <map>
#include <utility>

#include "core/base/parallel.h"
#include "core/compile/matrix_product.h"
#include "core/compile/passes.h"
#include "core/graph/counted_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/op_def.h"
#include "core/graph/packed_product.h"

namespace graphrun {
namespace {

// With fewer trips, or smaller sizes, packing takes longer than it saves.
struct LeastPacked {
  static constexpr int64_t kTrips = 3, kRows = 4, kColumns = 16, kInner = 16;
};

// The products of one body of a _CountedLoop.
class Packer {
 public:
  Packer(Unit& unit, Function& outer, NodeId loop)
      : unit_(unit),
        outer_(outer),
        loop_(loop),
        body_(outer.graph.library()->Get(RegionFunction(outer.graph, Loop(), 0).name)) {}

  void Run() {
    const Tensor* trips = outer_.graph.ConstValue(Loop().inputs[0]);
    if (trips && trips->int_at(0) < LeastPacked::kTrips) return;
    FindInvariants();
    for (NodeId id = 0, n = body_.graph.num_ids(); id < n; ++id) {
      if (body_.graph.exists(id) && Packs(id)) Pack(id);
    }
    if (packed_.empty()) return;
    unit_.RemoveDeadNodes(body_);
    unit_.Touch(outer_);
  }

 private:
  const Node& Loop() const { return outer_.graph.node(loop_); }

  void FindInvariants() {
    const auto first = static_cast<size_t>(CountedAttrs(Loop()).first_invariant());
    for (size_t i = first - 1; i < body_.args.size(); ++i)
      source_[{body_.args[i], 0}] = Loop().inputs[1 + i];
  }

  bool Packs(NodeId id) const {
    const Graph& g = body_.graph;
    const Node& node = g.node(id);
    if (node.op->meaning != Meaning::kMatrixProduct || !node.control_inputs.empty() ||
        g.dtype({id, 0}) != DType::kFloat || TransposesOf(node).a ||
        !source_.contains(node.inputs[1])) {
      return false;
    }
    const Shape &a = g.shape(node.inputs[0]), &b = g.shape(node.inputs[1]);
    if (a.rank() != 2 || !b.fully_known() || a[1] < 0 || (a[0] >= 0 && a[0] < LeastPacked::kRows))
      return false;
    const bool tb = TransposesOf(node).b;
    return b[tb ? 1 : 0] >= LeastPacked::kInner && b[tb ? 0 : 1] >= LeastPacked::kColumns;
  }

  void Pack(NodeId id) {
    const Node product = body_.graph.node(id);
    const bool tb = TransposesOf(product).b;
    const int64_t parts = NumThreads();
    Output& packed = packed_[{product.inputs[1], tb}];
    if (!packed.valid()) {
      const NodeId made =
          outer_.graph.AddNode(kPackMatrixOp, product.name, {source_.at(product.inputs[1])},
                               {{"transpose", tb}, {"parts", parts}});
      packed = AddCaptures(outer_.graph, loop_, {{made, 0}})[0][0];
    }
    const int64_t columns = body_.graph.shape(product.inputs[1])[tb ? 0 : 1];
    const NodeId made =
        body_.graph.AddNode(kPackedMatMulOp, product.name, {product.inputs[0], packed},
                            {{"columns", columns}, {"parts", parts}});
    unit_.Touch(body_);
    unit_.ReplaceUses(body_, {id, 0}, {made, 0});
  }

  Unit& unit_;
  Function& outer_;
  const NodeId loop_;
  Function& body_;
  std::map<Output, Output> source_;                   // parameters that no trip changes
  std::map<std::pair<Output, bool>, Output> packed_;  // by matrix, and whether it is transposed
};

}  // namespace

void PackWeights(Unit& unit) {
  for (Function* f : unit.functions()) {
    for (NodeId id = 0, n = f->graph.num_ids(); id < n; ++id) {
      if (f->graph.exists(id) && f->graph.node(id).op->structure == Structure::kCountedLoop)
        Packer(unit, *f, id).Run();
    }
  }
}

}  // namespace graphrun
