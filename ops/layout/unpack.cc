// Unpack: the slices of a tensor along one dimension, which disappears.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace unpack {

struct Attrs {
  int64_t axis;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape x = c.WithRankAtLeast(0, 1);
  if (!x.known_rank()) return;
  const int axis = CanonicalAxis(t.axis, x.rank());
  c.MergeDim(x[axis], c.num_outputs(), "size of the unpacked dimension and num");
  for (int i = 0; i < c.num_outputs(); ++i)
    c.SetOut(i, Concatenate(x.Slice(0, axis), x.From(axis + 1)));
}

Shape Elements(const PartialContext& c) {
  const Shape x = c.Value(0);
  return x.rank() > 0 ? x.Slice(0, 1) : Shape::Unknown();
}

std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  std::vector<Expr> parts;
  for (int i = 0; i < g.num_outputs(); ++i) parts.push_back(g.DOut(i));
  return {op::Pack(g.scope(), parts, t.axis)};
}

void Kernel(KernelContext& k, const Attrs& t) {
  const Shape& x = k.In(0).shape();
  const int axis = CanonicalAxis(t.axis, x.rank());
  const int64_t outer = CountElements(x, 0, axis), part = CountElements(x, axis + 1, x.rank());
  StridedCopy copy;
  copy.Add(outer, part, part * k.num_outputs());
  copy.Add(part, 1, 1);
  for (int i = 0; i < k.num_outputs(); ++i) copy.Run(k.Out(i), 0, k.In(0), i * part);
}

}  // namespace unpack

OpDef UnpackOp() {
  using unpack::Attrs;
  return Op<Attrs>("Unpack")
      .Doc(
          "output[i] is slice i of value along dimension axis, in [-rank, rank), without that "
          "dimension. "
          "INVALID_ARGUMENT unless the dimension's size is num.")
      .Input("value", "T")
      .Output("output", "num*T")
      .NumberAttr("num", 0)
      .TypeAttr("T")
      .Attr("axis", &Attrs::axis, 0)
      .Means(Meaning::kUnpack)
      .Shape(unpack::InferShape)
      .Partial(unpack::Elements)
      .Grad(unpack::Gradient)
      .Kernel(unpack::Kernel);
}

}  // namespace graphrun::ops
