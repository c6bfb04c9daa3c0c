// Gather, GatherV2: slices of a tensor by index along one dimension.
#include <numeric>

#include "core/graph/gradients.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/builders.h"
#include "ops/index/rows.h"

namespace graphrun::ops {
namespace gather {

struct Attrs {
  int64_t batch_dims;
};
struct V1Attrs {
  bool validate_indices;
};

void InferAt(ShapeContext& c, std::optional<int> axis) {
  const Shape &x = c.In(0), &indices = c.In(1);
  if (!x.known_rank() || !indices.known_rank()) return;
  if (!axis) return c.SetOut(0, Shape::UnknownOfRank(x.rank() + indices.rank() - 1));
  c.SetOut(0, Concatenate(Concatenate(x.Slice(0, *axis), indices), x.From(*axis + 1)));
}

void InferShape(ShapeContext& c, const Attrs& t) {
  if (t.batch_dims != 0) throw Error(Code::kUnimplemented, "GatherV2: batch_dims other than 0");
  c.WithRank(2, 0);
  const Shape x = c.WithRankAtLeast(0, 1);
  InferAt(c, KnownAxis(c, 2, x.rank()));
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

// Along another axis: that axis in front, rows of equal index added up, and back.
Grad DenseGradient(GradContext& g, int axis) {
  const Scope& s = g.scope();
  const Expr params = g.In(0), dims = g.ShapeOf(params);
  const int rank = params.shape().rank();
  const auto part = [&](int begin, int end) {
    return op::Slice(s, dims, op::Ints(s, {begin}), op::Ints(s, {end - begin}));
  };
  const Expr count = op::ExpandDims(s, op::Size(s, g.In(1)), 0);
  const Expr joined =
      op::Reshape(s, g.DOut(0), op::Concat(s, {part(0, axis), count, part(axis + 1, rank)}, 0));
  std::vector<int32_t> front(rank), back(rank);
  std::iota(front.begin(), front.end(), 0);
  back = front;
  std::rotate(front.begin(), front.begin() + axis, front.begin() + axis + 1);
  std::rotate(back.begin(), back.begin() + 1, back.begin() + axis + 1);
  const Expr ids = op::Reshape(s, g.In(1), op::Ints(s, {-1}));
  const Expr rows = op::Reshape(s, part(axis, axis + 1), op::Ints(s, {}));
  const Expr sums =
      op::UnsortedSegmentSum(s, op::Transpose(s, joined, op::Ints(s, front)), ids, rows);
  return op::Transpose(s, sums, op::Ints(s, back));
}

std::vector<Grad> Gradient(GradContext& g, const Attrs&) {
  const auto value = ConstInts(g.In(2));
  const int rank = g.In(0).shape().rank();
  if (value && value->front() == 0) return {SparseGradient(g), {}, {}};
  if (!value || rank < 0) {
    throw Error(
        Code::kUnimplemented,
        "GatherV2: the gradient needs a constant axis, and params' rank while the graph is built");
  }
  const int axis = CanonicalAxis(value->front(), rank);
  return {axis == 0 ? SparseGradient(g) : DenseGradient(g, axis), {}, {}};
}

void Kernel(KernelContext& k) {
  const Shape& x = k.In(0).shape();
  const int axis = k.num_inputs() > 2 ? CanonicalAxis(k.In(2).int_at(0), x.rank()) : 0;
  CopyRows(k.In(0), k.In(1), CountElements(x, 0, axis), x[axis],
           CountElements(x, axis + 1, x.rank()), k.Out(0));
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
          "index when one is out of range. batch_dims must be 0.")
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
      .Grad(gather::Gradient)
      .Kernel(gather::Kernel);
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
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {gather::SparseGradient(g), {}};
      })
      .Kernel(gather::Kernel);
}

}  // namespace graphrun::ops
