// StridedSlice, StridedSliceGrad: x[begin:end:stride, index, ..., newaxis], and its gradient.
#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/slice_plan.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace strided_slice {

using Attrs = SliceMasks;

// INVALID_ARGUMENT for a mask that is no int32, as which TensorFlow reads it.
void CheckMasks(const Attrs& t) {
  for (const int64_t mask : {t.begin, t.end, t.ellipsis, t.new_axis, t.shrink_axis}) {
    if (mask != static_cast<int32_t>(mask)) {
      ThrowInvalid("a mask of a strided slice is " + std::to_string(mask) +
                   "; it must be an int32");
    }
  }
}

// The number of indices, or -1.
int NumIndices(ShapeContext& c, int first) {
  int64_t n = c.WithRank(first, 1)[0];
  n = c.MergeDim(n, c.WithRank(first + 1, 1)[0], "lengths of begin and end");
  n = c.MergeDim(n, c.WithRank(first + 2, 1)[0], "lengths of begin and strides");
  if (n > 32) ThrowInvalid("a strided slice has at most 32 indices");
  return static_cast<int>(n);
}

void InferShape(ShapeContext& c, const Attrs& t) {
  CheckMasks(t);
  const int n = NumIndices(c, 1);
  if (n < 0 || !c.In(0).known_rank()) return;
  const auto element = [&](int input) {
    return [&c, input](int i) { return c.IntValue(input, i); };
  };
  c.SetOut(0, PlanSlice(c.In(0), n, element(1), element(2), element(3), t).result);
}

Shape Elements(const PartialContext& c, const Attrs& t) {
  const Shape x = c.Value(0);
  const Tensor *begin = c.Constant(1), *end = c.Constant(2), *strides = c.Constant(3);
  if (!x.known_rank() || c.In(0).rank() != 1 || !begin || !end || !strides) return Shape::Unknown();
  const SlicePlan plan = PlanSlice({x.rank()}, *begin, *end, *strides, t);
  const SlicePlan::Range& range = plan.ranges[0];
  Shape elements;
  for (int64_t i = 0; i < range.size; ++i)
    elements.Append(x[static_cast<int>(range.begin + i * range.step)]);
  return elements;
}

// dx is zeros with dy in the place of the slice.
std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const Expr x = g.In(0), begin = g.In(1);
  const Expr shape =
      begin.dtype() == DType::kInt32 ? g.ShapeOf(x) : op::Shape(g.scope(), x, begin.dtype());
  return {op::StridedSliceGrad(g.scope(), shape, begin, g.In(2), g.In(3), g.DOut(0),
                               {t.begin, t.end, t.ellipsis, t.new_axis, t.shrink_axis}),
          {},
          {},
          {}};
}

// Adds the dimensions of the slice of `whole`, between its strides and those of the result without
// new and shrunk axes, and returns where it begins. Either side may be the destination.
int64_t AddRanges(const Shape& whole, const SlicePlan& plan, bool whole_is_source,
                  StridedCopy* copy) {
  const auto strides = Strides(whole);
  PerDim<int64_t> dense(whole.rank());
  int64_t begin = 0, stride = 1;
  for (int i = whole.rank() - 1; i >= 0; --i) {
    dense[i] = stride;
    stride = CheckedMul(stride, plan.ranges[i].size);
    begin += plan.ranges[i].begin * strides[i];
  }
  for (int i = 0; i < whole.rank(); ++i) {
    // The step to an element that is not there may be of any size.
    const int64_t inside = plan.ranges[i].size > 1 ? strides[i] * plan.ranges[i].step : 0;
    if (whole_is_source) {
      copy->Add(plan.ranges[i].size, dense[i], inside);
    } else {
      copy->Add(plan.ranges[i].size, inside, dense[i]);
    }
  }
  return begin;
}

Move Plan(const KernelRequest& r, const Attrs& t) {
  const Shape& x = r.In(0);
  Move move;
  const SlicePlan plan = PlanSlice(x, r.Value(1), r.Value(2), r.Value(3), t);
  move.from_begin = AddRanges(x, plan, true, &move.copy);
  return move;
}

void InferGradShape(ShapeContext& c, const Attrs& t) {
  CheckMasks(t);
  c.WithRank(0, 1);
  const int n = NumIndices(c, 1);
  const Shape x = c.ValueAsSizes(0);
  c.SetOut(0, x);
  if (n < 0 || !x.known_rank()) return;
  const auto element = [&](int input) {
    return [&c, input](int i) { return c.IntValue(input, i); };
  };
  c.MergeShapes(c.In(4), PlanSlice(x, n, element(1), element(2), element(3), t).result,
                "shapes of dy and slice");
}

// The gradient of a linear op's transpose is the op itself.
std::vector<Grad> GradGradient(GradContext& g, const Attrs& t) {
  return {{},
          {},
          {},
          {},
          op::StridedSlice(g.scope(), g.DOut(0), g.In(1), g.In(2), g.In(3),
                           {t.begin, t.end, t.ellipsis, t.new_axis, t.shrink_axis})};
}

void GradKernel(KernelContext& k, const Attrs& t) {
  const Shape& x = k.Out(0).shape();
  StridedCopy copy;
  const int64_t begin = AddRanges(x, PlanSlice(x, k.In(1), k.In(2), k.In(3), t), false, &copy);
  ClearElements(k.Out(0));
  copy.Run(k.Out(0), begin, k.In(4), 0);
}

Op<Attrs>& AddMasks(Op<Attrs>& op) {
  return op.Attr("begin_mask", &Attrs::begin, 0)
      .Attr("end_mask", &Attrs::end, 0)
      .Attr("ellipsis_mask", &Attrs::ellipsis, 0)
      .Attr("new_axis_mask", &Attrs::new_axis, 0)
      .Attr("shrink_axis_mask", &Attrs::shrink_axis, 0);
}

}  // namespace strided_slice

OpDef StridedSliceOp() {
  Op<strided_slice::Attrs> op("StridedSlice");
  op.Doc(
        "output is input[begin[0]:end[0]:strides[0], ...]; bit i of a mask says of index i that it "
        "begins or ends at "
        "the edge (begin_mask, end_mask), stands for all remaining dimensions (ellipsis_mask), "
        "adds a dimension "
        "(new_axis_mask), or is the single index begin[i] and removes its dimension "
        "(shrink_axis_mask). Negative "
        "positions count from the end. INVALID_ARGUMENT for a single index out of bounds or a zero "
        "stride.")
      .Input("input", "T")
      .Input("begin", "Index")
      .Input("end", "Index")
      .Input("strides", "Index")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Index", kInts);
  return strided_slice::AddMasks(op)
      .Shape(strided_slice::InferShape)
      .Partial(strided_slice::Elements)
      .Grad(strided_slice::Gradient)
      .Kernel(strided_slice::Plan, RunMove);
}

OpDef StridedSliceGradOp() {
  Op<strided_slice::Attrs> op("StridedSliceGrad");
  op.Doc(
        "output is of shape `shape`, zero but for the elements that StridedSlice with the same "
        "operands and masks would "
        "take from it, which are dy. INVALID_ARGUMENT when dy's shape is not that of the slice.")
      .Input("shape", "Index")
      .Input("begin", "Index")
      .Input("end", "Index")
      .Input("strides", "Index")
      .Input("dy", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Index", kInts);
  return strided_slice::AddMasks(op)
      .Shape(strided_slice::InferGradShape)
      .Grad(strided_slice::GradGradient)
      .Kernel(strided_slice::GradKernel);
}

}  // namespace graphrun::ops
