// Reshape: the same elements in row-major order under another shape.
#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/tile_rule.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"

namespace graphrun::ops {
namespace reshape {

void InferShape(ShapeContext& c) {
  const Shape& x = c.In(0);
  c.WithRank(1, 1);
  Shape y = c.ValueAsShape(1);
  c.SetOut(0, y);
  if (!y.known_rank()) return;
  // Of the sizes that are not zero, as in TensorFlow.
  int64_t known = 1;
  int unknown = 0, at = 0;
  bool zero = false;
  for (int i = 0; i < y.rank(); ++i) {
    zero = zero || y[i] == 0;
    if (y[i] > 0) {
      known = CheckedMul(known, y[i]);
    } else if (y[i] < 0) {
      ++unknown;
      at = i;
    }
  }
  const bool exact = c.Value(1) != nullptr;
  if (exact && unknown > 1)
    ThrowInvalid("Reshape: only one size of " + y.ToString() + " may be -1");
  if (!x.fully_known() || unknown > 1) return;
  const int64_t n = x.num_elements();
  const auto mismatch = [&] {
    ThrowInvalid("Reshape: a tensor of shape " + x.ToString() + " has " + std::to_string(n) +
                 " elements, which do not fit the requested shape " + y.ToString());
  };
  if (unknown == 0) {
    if (n != (zero ? 0 : known)) mismatch();
  } else if (!zero) {
    if (n % known != 0) mismatch();
    y.Set(at, n / known);
  } else if (n != 0) {
    mismatch();
  } else if (exact) {
    // Any size would do. TensorFlow's leaves the zeros out of both shapes.
    int64_t rest = 1;
    for (int64_t d : x.dims()) rest = d > 0 ? CheckedMul(rest, d) : rest;
    if (rest % known != 0) mismatch();
    y.Set(at, rest / known);
  }
  c.SetOut(0, y);
}

}  // namespace reshape

OpDef ReshapeOp() {
  return Op<>("Reshape")
      .Doc(
          "output has the elements of tensor, in row-major order, and the dimensions that the int "
          "vector shape names; one "
          "of them may be -1 and is inferred. INVALID_ARGUMENT when the numbers of elements "
          "differ.")
      .Input("tensor", "T")
      .Input("shape", "Tshape")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tshape", kInts, DType::kInt32)
      .Shape(reshape::InferShape)
      .Partial([](const PartialContext& c) { return c.Value(0); })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::Reshape(g.scope(), g.DOut(0), g.ShapeOf(g.In(0))), {}};
      })
      .Kernel([](KernelContext& k) { k.SetOut(0, k.Take(0).Reshaped(k.OutShape(0))); })
      .SameAs([](const ShapeContext& c) {
        return c.In(0).fully_known() && c.Value(1) && c.ValueAsShape(1) == c.In(0) ? 0 : -1;
      })
      .Tiles(ViewRule)
      .Batch(BatchReshape)
      .ViewOf(0);
}

}  // namespace graphrun::ops
