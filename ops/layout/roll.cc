// Roll: elements shifted along dimensions, those that leave at one end enter at the other.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace roll {

void InferShape(ShapeContext& c) {
  const Shape &shift = c.In(1), &axis = c.In(2);
  for (int i : {1, 2}) {
    if (c.In(i).known_rank() && c.In(i).rank() > 1)
      ThrowInvalid("Roll: shift and axis are scalars or vectors, not " + c.In(i).ToString());
  }
  c.MergeShapes(shift, axis, "shift and axis");
  c.SetOut(0, c.WithRankAtLeast(0, 1));
}

// The 2^d blocks between which the shifted dimensions cut the tensor are copied one by one.
void Kernel(KernelContext& k) {
  const Shape& x = k.In(0).shape();
  if (x.num_elements() == 0) return;
  PerDim<int64_t> shift(x.rank());
  for (int64_t i = 0; i < k.In(2).num_elements(); ++i) {
    const int axis = CanonicalAxis(k.In(2).int_at(i), x.rank());
    const int64_t by = k.In(1).int_at(i) % x[axis];
    shift[axis] = (shift[axis] + by + x[axis]) % x[axis];
  }
  const auto strides = Strides(x);
  PerDim<int> shifted(x.rank());
  int n = 0;
  for (int i = 0; i < x.rank(); ++i) {
    if (shift[i] != 0) shifted[n++] = i;
  }
  for (uint64_t corner = 0; corner < uint64_t{1} << n; ++corner) {
    StridedCopy copy;
    int64_t to = 0, from = 0;
    for (int i = 0, s = 0; i < x.rank(); ++i) {
      int64_t size = x[i];
      if (s < n && shifted[s] == i) {
        // The last shift[i] elements come first.
        const bool wraps = corner >> s++ & 1;
        size = wraps ? shift[i] : x[i] - shift[i];
        (wraps ? from : to) += (wraps ? x[i] - shift[i] : shift[i]) * strides[i];
      }
      copy.Add(size, strides[i], strides[i]);
    }
    copy.Run(k.Out(0), to, k.In(0), from);
  }
}

}  // namespace roll

OpDef RollOp() {
  return Op("Roll")
      .Doc(
          "output[..., (i + shift) mod n, ...] = input[..., i, ...] along dimension `axis` of size "
          "n. shift and axis are int scalars, or vectors of one length; shifts of an axis that "
          "occurs twice add up. INVALID_ARGUMENT when an axis is out of range.")
      .Input("input", "T")
      .Input("shift", "Tshift")
      .Input("axis", "Taxis")
      .Output("output", "T")
      .TypeAttr("T")
      .TypeAttr("Tshift", kInts)
      .TypeAttr("Taxis", kInts)
      .Shape(roll::InferShape)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        const Scope& s = g.scope();
        return {s.Add("Roll", {g.DOut(0), op::Neg(s, g.In(1)), g.In(2)}), {}, {}};
      })
      .Kernel(roll::Kernel);
}

}  // namespace graphrun::ops
