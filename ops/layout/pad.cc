// Pad, PadV2: zeros, or another value, around a tensor.
#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace pad {

void InferShape(ShapeContext& c) {
  const Shape& x = c.In(0);
  const Shape paddings = c.WithRank(1, 2);
  if (c.num_inputs() == 3) c.WithRank(2, 0);
  c.MergeDim(paddings[1], 2, "second dimension of paddings");
  const int64_t rank =
      c.MergeDim(x.known_rank() ? x.rank() : kUnknownDim, paddings[0], "rank and rows of paddings");
  if (rank < 0) return;
  Shape y = Shape::UnknownOfRank(rank);
  const Tensor* p = c.Value(1);
  for (int i = 0; p && i < rank; ++i) {
    const int64_t before = p->int_at(2 * i), after = p->int_at(2 * i + 1);
    if (before < 0 || after < 0) {
      ThrowInvalid("Pad: paddings " + std::to_string(before) + ", " + std::to_string(after) +
                   " of dimension " + std::to_string(i) + " are not both positive");
    }
    if (x.known_rank() && x[i] >= 0) y.Set(i, CheckedAdd(before, x[i], after));
  }
  c.SetOut(0, y);
}

// dx is the part of dy that is not padding; as in TensorFlow, the value gets no gradient.
std::vector<Grad> Gradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), paddings = g.In(1);
  const Expr shape =
      paddings.dtype() == DType::kInt32 ? g.ShapeOf(x) : op::Shape(s, x, paddings.dtype());
  if (const auto p = ConstInts(paddings)) {
    std::vector<int64_t> begin;
    for (size_t i = 0; i < p->size(); i += 2) begin.push_back((*p)[i]);
    std::vector<Grad> grads = g.None();
    grads[0] = op::Slice(s, g.DOut(0), IntsLike(s, paddings, begin), shape);
    return grads;
  }
  const Expr begin =
      op::StridedSlice(s, paddings, op::Ints(s, {0, 0}), op::Ints(s, {0, 1}), op::Ints(s, {1, 1}),
                       {.begin = 1, .end = 1, .shrink_axis = 2});
  std::vector<Grad> grads = g.None();
  grads[0] = op::Slice(s, g.DOut(0), begin, shape);
  return grads;
}

void Kernel(KernelContext& k) {
  const Shape &x = k.In(0).shape(), &y = k.Out(0).shape();
  const auto from = Strides(x), to = Strides(y);
  StridedCopy copy;
  int64_t begin = 0;
  for (int i = 0; i < x.rank(); ++i) {
    copy.Add(x[i], to[i], from[i]);
    begin += k.In(1).int_at(2 * i) * to[i];
  }
  if (x != y && k.num_inputs() == 3) {
    StridedCopy fill;
    fill.Add(y.num_elements(), 1, 0);
    fill.Run(k.Out(0), 0, k.In(2), 0);
  } else if (x != y) {
    ClearElements(k.Out(0));
  }
  copy.Run(k.Out(0), begin, k.In(0), 0);
}

}  // namespace pad

OpDef PadOp() {
  return Op<>("Pad")
      .Doc(
          "output is input with paddings[i,0] zeros before and paddings[i,1] after its elements "
          "along dimension i; "
          "paddings is int [rank,2]. INVALID_ARGUMENT when one is negative.")
      .Input("input", "T")
      .Input("paddings", "Tpaddings")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tpaddings", kInts, DType::kInt32)
      .Shape(pad::InferShape)
      .Grad(pad::Gradient)
      .Kernel(pad::Kernel);
}

OpDef PadV2Op() {
  return Op<>("PadV2")
      .Doc(
          "output is input with paddings[i,0] times the scalar constant_values before and "
          "paddings[i,1] times after its elements along dimension i; paddings is int [rank,2]. "
          "INVALID_ARGUMENT when one is negative.")
      .Input("input", "T")
      .Input("paddings", "Tpaddings")
      .Input("constant_values", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tpaddings", kInts, DType::kInt32)
      .Shape(pad::InferShape)
      .Grad(pad::Gradient)
      .Kernel(pad::Kernel);
}

}  // namespace graphrun::ops
