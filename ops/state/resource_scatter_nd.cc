// ResourceScatterNdUpdate, -Add, -Sub, -Min and -Max: change slices of a variable.
#include "core/graph/op_def.h"
#include "ops/index/scatter.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace resource_scatter_nd {

struct Attrs {
  bool use_locking;  // kept for saving: a run orders its writes anyway
};

void InferShape(ShapeContext& c) {
  const Shape variable = HandleShape(c, 0, c.Type(2).dtype), indices = c.WithRankAtLeast(1, 1);
  c.MergeShapes(c.In(2), UpdatesShape(c.node().op->name, indices, variable),
                "shapes of updates and indexed slices");
}

void Kernel(KernelContext& k, ScatterMode mode) {
  const Tensor &indices = k.In(1), &updates = k.In(2);
  VariableState& v = VariableOfType(k, 0, updates.dtype());
  const VariableLock lock(v);
  CheckHasValue(k, v);
  const Shape shape = v.value().shape();
  if (updates.shape() != UpdatesShape(k.node().op->name, indices.shape(), shape)) {
    ThrowInvalid("updates of shape " + updates.shape().ToString() + " at indices of shape " +
                 indices.shape().ToString() + " do not fit variable '" + v.name + "' of shape " +
                 shape.ToString());
  }
  if (indices.num_elements() == 0 && updates.num_elements() == 0) return;
  ScatterSlices(mode, indices, updates, v.Mutable(k.pool()));
}

OpDef Declare(const char* name, const char* what, ScatterMode mode) {
  return Op<Attrs>(name)
      .Doc(std::string(what) +
           " the variable's slice [indices[i,0], ..., indices[i,d-1], ...] for indices [..., d], "
           "one after the other; i may be several dimensions. INVALID_ARGUMENT naming the index "
           "when one is out of range.")
      .Input("ref", "resource")
      .Input("indices", "Tindices")
      .Input("updates", "T")
      .TypeAttr("T", mode == ScatterMode::kUpdate ? kAnyType : kNumbers)
      .TypeAttr("Tindices", kInts)
      .Attr("use_locking", &Attrs::use_locking, true)
      .Writes()
      .Shape(InferShape)
      .NoGradient("it has no outputs")
      .Kernel([mode](KernelContext& k) { Kernel(k, mode); });
}

}  // namespace resource_scatter_nd

OpDef ResourceScatterNdUpdateOp() {
  return resource_scatter_nd::Declare("ResourceScatterNdUpdate", "Puts updates[i, ...] in place of",
                                      ScatterMode::kUpdate);
}
OpDef ResourceScatterNdAddOp() {
  return resource_scatter_nd::Declare("ResourceScatterNdAdd", "Adds updates[i, ...] to",
                                      ScatterMode::kAdd);
}
OpDef ResourceScatterNdSubOp() {
  return resource_scatter_nd::Declare("ResourceScatterNdSub", "Subtracts updates[i, ...] from",
                                      ScatterMode::kSub);
}
OpDef ResourceScatterNdMinOp() {
  return resource_scatter_nd::Declare("ResourceScatterNdMin", "Lowers to updates[i, ...]",
                                      ScatterMode::kMin);
}
OpDef ResourceScatterNdMaxOp() {
  return resource_scatter_nd::Declare("ResourceScatterNdMax", "Raises to updates[i, ...]",
                                      ScatterMode::kMax);
}

}  // namespace graphrun::ops
