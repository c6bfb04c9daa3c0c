#include "ops/reduce/reduce.h"

#include <algorithm>

#include "core/base/size.h"
#include "core/build/ops.h"
#include "ops/batch_rules.h"

namespace graphrun::ops {

// Over the same axes of each trip.
static std::vector<Output> BatchReduce(BatchContext& c) {
  const Tensor* axes = c.Value(1);
  const int rank = c.InShape(0).rank();
  if (!axes) return {};
  std::vector<int64_t> at;
  for (int64_t i = 0; i < axes->num_elements(); ++i)
    at.push_back(CanonicalAxis(axes->int_at(i), rank) + 1);
  return {c.Again({c.In(0), c.Ints(at, c.InType(1))})};
}

// Over no axes it is the input.
static int SameAsInput(const ShapeContext& c) {
  return c.Value(1) && c.Value(1)->num_elements() == 0 ? 0 : -1;
}

Op<ReduceAttrs> ReduceOp(const char* name, const std::string& what, const std::string& type,
                         const std::vector<DType>& allowed) {
  Op<ReduceAttrs> op(name);
  op.Doc("output is " + what +
         " of input over the dimensions in reduction_indices, an int scalar or vector in [-rank, "
         "rank). They disappear, or "
         "become 1 with keep_dims. INVALID_ARGUMENT when an axis is out of range or occurs twice.")
      .Input("input", type)
      .Input("reduction_indices", "Tidx")
      .Output("output", type)
      .Attr("keep_dims", &ReduceAttrs::keep_dims, false);
  if (type == "T") op.TypeAttr("T", allowed);
  return op.TypeAttr("Tidx", kInts, DType::kInt32)
      .Shape(InferReduceShape)
      .Batch(BatchReduce)
      .SameAs(SameAsInput);
}

void InferReduceShape(ShapeContext& c, const ReduceAttrs& t) {
  const Shape &x = c.In(0), &axes = c.In(1);
  if (axes.known_rank() && axes.rank() > 1)
    ThrowInvalid("axes to reduce are a scalar or vector, not " + axes.ToString());
  if (!x.known_rank()) return;
  const Tensor* value = c.Value(1);
  if (!value) {
    if (t.keep_dims) c.SetOut(0, Shape::UnknownOfRank(x.rank()));
    return;
  }
  const AxisSet set = AxesOf(*value, x.rank());
  Shape y;
  for (int i = 0; i < x.rank(); ++i) {
    if (!set[i]) {
      y.Append(x[i]);
    } else if (t.keep_dims) {
      y.Append(1);
    }
  }
  c.SetOut(0, y);
}

ReducePlan::ReducePlan(const Shape& x, const AxisSet& axes) : kept(x.rank()), reduced(x.rank()) {
  struct Group {
    int64_t size, stride;
    bool reduced;
  };
  PerDim<Group> groups(x.rank());
  int n = 0;
  const auto strides = Strides(x);
  for (int i = 0; i < x.rank(); ++i) {
    const bool is_reduced = axes[i];
    int64_t& total = is_reduced ? count : outputs;
    total = CheckedMul(total, x[i]);
    if (x[i] == 1) continue;
    if (n > 0 && groups[n - 1].reduced == is_reduced) {
      groups[n - 1] = {CheckedMul(groups[n - 1].size, x[i]), strides[i], is_reduced};
    } else {
      groups[n++] = {x[i], strides[i], is_reduced};
    }
  }
  if (n > 0) {
    inner = groups[n - 1].size;
    inner_reduced = groups[n - 1].reduced;
  }
  for (int i = 0; i + 1 < n; ++i) {
    (groups[i].reduced ? reduced[num_reduced++] : kept[num_kept++]) = {groups[i].size,
                                                                       groups[i].stride};
  }
  if (inner_reduced || outputs == 0 || count == 0) return;
  const int64_t units = outputs / inner * CeilDiv(inner, kReduceColumns);
  if (units < 8)
    parts = std::clamp<int64_t>(CheckedMul(outputs, count) / (2 * kReduceGrain), 1, 16);
}

size_t ReducePlan::scratch_bytes() const {
  return parts > 1 ? CheckedBytes(CheckedMul(parts, outputs), sizeof(int64_t)) : 0;
}

ReducePlan PlanReduce(const KernelRequest& request) {
  return ReducePlan(request.In(0), AxesOf(request.Value(1), request.In(0).rank()));
}

int64_t ReducePlan::Offset(const Dim* dims, int n, int64_t i) {
  int64_t offset = 0;
  for (int d = n - 1; d >= 0; --d) {
    offset += i % dims[d].size * dims[d].stride;
    i /= dims[d].size;
  }
  return offset;
}

Expr WithReducedDims(GradContext& g, const ReduceAttrs& t, Expr reduced) {
  if (t.keep_dims) return reduced;
  const Scope& s = g.scope();
  const Expr x = g.In(0), axes = g.In(1);
  const int rank = x.shape().rank();
  const Tensor* value = axes.graph().ConstValue(axes.output());
  if (value && rank >= 0) {
    const AxisSet set = AxesOf(*value, rank);
    Shape kept = x.shape();
    for (int i = 0; i < rank; ++i) {
      if (set[i]) kept.Set(i, 1);
    }
    if (kept.fully_known()) return op::Reshape(s, reduced, op::ShapeConst(s, kept));
    for (int i = 0; i < rank; ++i) {
      if (set[i]) reduced = op::ExpandDims(s, reduced, i);
    }
    return reduced;
  }
  // The shape with ones written over the reduced dimensions.
  const Expr flat = op::Reshape(s, op::Cast(s, axes, DType::kInt32), op::Ints(s, {-1}));
  const Expr all = op::AllAxes(s, x);
  const Expr positive = op::FloorMod(s, op::AddV2(s, flat, op::Rank(s, x)), op::Rank(s, x));
  const Expr ones = op::Fill(s, op::Shape(s, flat), op::Const(s, 1));
  const Expr kept = s.Add("DynamicStitch", {all, positive, g.ShapeOf(x), ones});
  return op::Reshape(s, reduced, kept);
}

Expr FloatConst(const Scope& s, DType dtype, double value) {
  return s.Const(dtype == DType::kDouble ? Tensor::Scalar(value)
                                         : Tensor::Scalar(static_cast<float>(value)));
}

}  // namespace graphrun::ops
