// OneHot: indices as vectors with one element on.
#include "core/base/parallel.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace one_hot {

struct Attrs {
  int64_t axis;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  for (int i = 1; i < 4; ++i) c.WithRank(i, 0);
  const Shape& x = c.In(0);
  const std::optional<int64_t> depth = c.IntValue(1);
  if (depth && *depth < 0) ThrowInvalid("OneHot: depth " + std::to_string(*depth) + " is negative");
  if (!x.known_rank()) return;
  const int axis = CanonicalAxis(t.axis, x.rank() + 1);
  Shape y = x.Slice(0, axis);
  y.Append(depth.value_or(kUnknownDim));
  c.SetOut(0, Concatenate(y, x.From(axis)));
}

void Kernel(KernelContext& k, const Attrs& t) {
  const Shape& x = k.In(0).shape();
  const int axis = CanonicalAxis(t.axis, x.rank() + 1);
  const int64_t depth = k.In(1).scalar<int32_t>(), inner = CountElements(x, axis, x.rank());
  StridedCopy off;
  off.Add(k.Out(0).num_elements(), 1, 0);
  off.Run(k.Out(0), 0, k.In(3), 0);
  for (int64_t i = 0; i < k.In(0).num_elements(); ++i) {
    const int64_t at = k.In(0).int_at(i);
    if (at < 0 || at >= depth) continue;
    StridedCopy().Run(k.Out(0), (i / inner * depth + at) * inner + i % inner, k.In(2), 0);
  }
}

}  // namespace one_hot

OpDef OneHotOp() {
  using one_hot::Attrs;
  return Op<Attrs>("OneHot")
      .Doc(
          "output has a new dimension of depth elements at position axis (-1: the last); along it, "
          "the element that "
          "indices names is on_value and all others are off_value. An index outside [0, depth) "
          "gives only off_value.")
      .Input("indices", "TI")
      .Input("depth", "int32")
      .Input("on_value", "T")
      .Input("off_value", "T")
      .Output("output", "T")
      .Attr("axis", &Attrs::axis, -1)
      .TypeAttr("T")
      .TypeAttr("TI", kInts, DType::kInt64)
      .Shape(one_hot::InferShape)
      .NoGradient("the indices are integers")
      .Kernel(one_hot::Kernel)
      .Batch([](BatchContext& c, const Attrs& t) -> std::vector<Output> {
        if (t.axis != -1 || !c.Stacked(0) || c.Stacked(1) || c.Stacked(2) || c.Stacked(3))
          return {};
        return {c.Again({c.In(0), c.In(1), c.In(2), c.In(3)})};
      });
}

}  // namespace graphrun::ops
