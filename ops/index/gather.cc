// Gather, GatherV2: slices of a tensor by index along one dimension.
#include <numeric>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"
#include "ops/index/rows.h"

namespace graphrun::ops {
namespace gather {

struct Attrs {
  int64_t batch_dims;
};
struct V1Attrs {
  bool validate_indices;
};

// The first `batch` dimensions of x and of indices are the same ones.
void InferAt(ShapeContext& c, std::optional<int> axis, int batch = 0) {
  const Shape &x = c.In(0), &indices = c.In(1);
  if (!x.known_rank() || !indices.known_rank()) return;
  if (!axis) return c.SetOut(0, Shape::UnknownOfRank(x.rank() + indices.rank() - 1 - batch));
  Shape y = Concatenate(Concatenate(x.Slice(0, *axis), indices.From(batch)), x.From(*axis + 1));
  for (int i = 0; i < batch; ++i) {
    y.Set(i, c.MergeDim(x[i], indices[i], "batch dimensions of params and indices"));
  }
  c.SetOut(0, y);
}

// Attribute batch_dims counted from the front of indices.
int BatchDims(int64_t batch_dims, int indices_rank) {
  const int64_t batch = batch_dims < 0 ? batch_dims + indices_rank : batch_dims;
  if (batch < 0 || batch > indices_rank) {
    ThrowInvalid("GatherV2: batch_dims " + std::to_string(batch_dims) + " for indices of rank " +
                 std::to_string(indices_rank));
  }
  return static_cast<int>(batch);
}

void CheckBatch(int batch, int axis) {
  if (batch > axis) {
    ThrowInvalid("GatherV2: batch_dims is " + std::to_string(batch) +
                 "; it must not be more than axis, which is " + std::to_string(axis));
  }
}

void InferShape(ShapeContext& c, const Attrs& t) {
  c.WithRank(2, 0);
  const Shape x = c.WithRankAtLeast(0, 1);
  const std::optional<int> axis = KnownAxis(c, 2, x.rank());
  if (t.batch_dims == 0) return InferAt(c, axis);
  if (!c.In(1).known_rank()) return;
  const int batch = BatchDims(t.batch_dims, c.In(1).rank());
  if (axis) CheckBatch(batch, *axis);
  InferAt(c, axis, batch);
}

void InferShapeV1(ShapeContext& c) {
  c.WithRankAtLeast(0, 1);
  InferAt(c, 0);
}

Shape Elements(const PartialContext& c) {
  const Shape x = c.Value(0);
  const Tensor* indices = c.Constant(1);
  if (!x.known_rank() || c.In(0).rank() != 1 || !indices ||
      indices->num_elements() > Shape::kMaxRank) {
    return Shape::Unknown();
  }
  Shape all;
  for (int64_t i = 0; i < indices->num_elements(); ++i) {
    const int64_t at = indices->int_at(i);
    all.Append(at >= 0 && at < x.rank() ? x[static_cast<int>(at)] : kUnknownDim);
  }
  return all;
}

// Rows of dy for the rows of params that were taken: sparse.
Grad SparseGradient(GradContext& g) {
  const Scope& s = g.scope();
  const Expr params = g.In(0), indices = g.In(1), dy = g.DOut(0);
  const Shape& p = params.shape();
  IndexedSlices slices{dy, indices, g.ShapeOf(params)};
  if (indices.shape().rank() == 1) return slices;
  slices.indices = op::Reshape(s, indices, op::Ints(s, {-1}));
  if (p.known_rank() && p.From(1).fully_known() && indices.shape().fully_known()) {
    slices.values = op::Reshape(
        s, dy, op::ShapeConst(s, Concatenate({indices.shape().num_elements()}, p.From(1))));
    return slices;
  }
  const Expr row = op::StridedSlice(s, op::Shape(s, params), op::Ints(s, {1}), op::Ints(s, {0}),
                                    op::Ints(s, {1}), {.end = 1});
  const Expr count = op::ExpandDims(s, op::Size(s, indices), 0);
  slices.values = op::Reshape(s, dy, op::Concat(s, {count, row}, 0));
  return slices;
}

// Along another axis: that axis in front, rows of equal index added up, and back. In batches: the
// axis behind them, all of them one dimension, with an offset to the indices of each.
Expr DenseGradient(GradContext& g, int axis, int batch) {
  const Scope& s = g.scope();
  const Expr params = g.In(0), dims = g.ShapeOf(params);
  const int rank = params.shape().rank();
  const auto part = [&](int begin, int end) {
    return op::Slice(s, dims, op::Ints(s, {begin}), op::Ints(s, {end - begin}));
  };
  const std::vector<int32_t> first = {0};
  const Expr scalar = op::Ints(s, {});
  Expr count = op::ExpandDims(s, op::Size(s, g.In(1)), 0);
  if (batch > 0) {
    const Expr each = op::StridedSlice(s, g.ShapeOf(g.In(1)), op::Ints(s, {batch}),
                                       op::Ints(s, {0}), op::Ints(s, {1}), {.end = 1});
    count = op::ExpandDims(s, op::Prod(s, each, first), 0);
  }
  const Expr joined =
      op::Reshape(s, g.DOut(0), op::Concat(s, {part(0, axis), count, part(axis + 1, rank)}, 0));
  std::vector<int32_t> front(rank), back(rank);
  std::iota(front.begin(), front.end(), 0);
  back = front;
  std::rotate(front.begin() + batch, front.begin() + axis, front.begin() + axis + 1);
  std::rotate(back.begin() + batch, back.begin() + batch + 1, back.begin() + axis + 1);
  Expr values = op::Transpose(s, joined, op::Ints(s, front));
  Expr ids = g.In(1), rows = op::Reshape(s, part(axis, axis + 1), scalar);
  const Expr inner = op::Concat(s, {part(batch, axis), part(axis + 1, rank)}, 0);
  const Expr height = part(axis, axis + 1);
  if (batch > 0) {
    const Expr batches = op::Prod(s, part(0, batch), first);
    const Expr several = op::ExpandDims(s, batches, 0);
    Expr offsets = op::Mul(s, op::Range(s, op::Const(s, 0), batches, op::Const(s, 1)), rows);
    if (ids.dtype() != DType::kInt32) offsets = op::Cast(s, offsets, ids.dtype());
    ids = op::AddV2(s, op::Reshape(s, ids, op::Concat(s, {several, count}, 0)),
                    op::ExpandDims(s, offsets, -1));
    values = op::Reshape(s, values, op::Concat(s, {op::Mul(s, several, count), inner}, 0));
    rows = op::Mul(s, batches, rows);
  }
  ids = op::Reshape(s, ids, op::Ints(s, {-1}));
  Expr sums = op::UnsortedSegmentSum(s, values, ids, rows);
  if (batch > 0) {
    sums = op::Reshape(s, sums, op::Concat(s, {part(0, batch), height, inner}, 0));
  }
  return op::Transpose(s, sums, op::Ints(s, back));
}

std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const auto value = ConstInts(g.In(2));
  const int rank = g.In(0).shape().rank(), indices_rank = g.In(1).shape().rank();
  if (value && value->front() == 0) return {SparseGradient(g), {}, {}};
  if (!value || rank < 0 || (t.batch_dims < 0 && indices_rank < 0)) {
    throw Error(Code::kUnimplemented,
                "GatherV2: the gradient needs a constant axis, and params' rank (that of indices "
                "too for a negative batch_dims) while the graph is built");
  }
  const int axis = CanonicalAxis(value->front(), rank);
  const int batch =
      t.batch_dims < 0 ? BatchDims(t.batch_dims, indices_rank) : static_cast<int>(t.batch_dims);
  return {axis == 0 ? SparseGradient(g) : Grad(DenseGradient(g, axis, batch)), {}, {}};
}

struct Plan {
  int64_t outer, rows, width, batches;
};

Plan PlanAt(const Shape& x, int axis, int batch) {
  return {CountElements(x, batch, axis), x[axis], CountElements(x, axis + 1, x.rank()),
          CountElements(x, 0, batch)};
}

Plan MakePlan(const KernelRequest& r, const Attrs& t) {
  const int axis = CanonicalAxis(r.Value(2).int_at(0), r.In(0).rank());
  const int batch = t.batch_dims == 0 ? 0 : BatchDims(t.batch_dims, r.In(1).rank());
  return PlanAt(r.In(0), axis, batch);
}

void Kernel(KernelContext& k, const Plan& p) {
  CopyRows(k.In(0), k.In(1), p.outer, p.rows, p.width, k.Out(0), p.batches);
}

}  // namespace gather

OpDef GatherV2Op() {
  using gather::Attrs;
  return Op<Attrs>("GatherV2")
      .Doc(
          "output has the slices of params along dimension axis that indices names: output[p, i, "
          "q] = "
          "params[p, indices[i], q], where p, i and q may be several dimensions or none. "
          "INVALID_ARGUMENT naming the "
          "index when one is out of range. With batch_dims, the first dimensions of params and "
          "indices are the same ones, and each batch is gathered by its own indices.")
      .Input("params", "Tparams")
      .Input("indices", "Tindices")
      .Input("axis", "Taxis")
      .Output("output", "Tparams")
      .Attr("batch_dims", &Attrs::batch_dims, 0)
      .TypeAttr("Tparams")
      .TypeAttr("Tindices", kInts)
      .TypeAttr("Taxis", kInts)
      .Shape(gather::InferShape)
      .Partial(gather::Elements)
      .Means(Meaning::kGather)
      .Grad(gather::Gradient)
      .Kernel(gather::MakePlan, gather::Kernel)
      .Batch([](BatchContext& c, const Attrs& t) -> std::vector<Output> {
        // Rows of one table, by the indices of all trips.
        const Tensor* axis = c.Value(2);
        if (c.Stacked(0) || !axis || axis->int_at(0) != 0 || t.batch_dims != 0) return {};
        return {c.Again({c.In(0), c.In(1), c.In(2)})};
      });
}

OpDef GatherOp() {
  using Attrs = gather::V1Attrs;
  return Op<Attrs>("Gather")
      .Doc(
          "output[i, ...] = params[indices[i], ...], where i may be several dimensions. "
          "INVALID_ARGUMENT naming the "
          "index when one is out of range.")
      .Input("params", "Tparams")
      .Input("indices", "Tindices")
      .Output("output", "Tparams")
      .Attr("validate_indices", &Attrs::validate_indices, true)
      .TypeAttr("Tparams")
      .TypeAttr("Tindices", kInts)
      .Shape(gather::InferShapeV1)
      .Means(Meaning::kGather)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {gather::SparseGradient(g), {}};
      })
      .Kernel([](const KernelRequest& r) { return gather::PlanAt(r.In(0), 0, 0); }, gather::Kernel);
}

}  // namespace graphrun::ops
