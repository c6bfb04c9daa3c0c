// ReverseSequence: reverses the first elements of each sequence of a batch.
#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace reverse_sequence {

struct Attrs {
  int64_t seq_dim, batch_dim;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  Shape x = c.In(0);
  const Shape lengths = c.WithRank(1, 1);
  c.SetOut(0, x);
  if (!x.known_rank()) return;
  const int seq = CanonicalAxis(t.seq_dim, x.rank()), batch = CanonicalAxis(t.batch_dim, x.rank());
  if (seq == batch)
    ThrowInvalid("ReverseSequence: seq_dim and batch_dim are both " + std::to_string(seq));
  x.Set(batch, c.MergeDim(x[batch], lengths[0], "batch dimension and number of lengths"));
  c.SetOut(0, x);
}

void Kernel(KernelContext& k, const Attrs& t) {
  const Shape& x = k.In(0).shape();
  const auto strides = Strides(x);
  const int seq = CanonicalAxis(t.seq_dim, x.rank()), batch = CanonicalAxis(t.batch_dim, x.rank());
  for (int64_t b = 0; b < x[batch]; ++b) {
    const int64_t length = k.In(1).int_at(b);
    if (length < 0 || length > x[seq]) {
      ThrowInvalid("ReverseSequence: seq_lengths[" + std::to_string(b) + "] = " +
                   std::to_string(length) + " is not in [0, " + std::to_string(x[seq]) + "]");
    }
    // The first `length` steps backwards, then the others as they are.
    for (const bool tail : {false, true}) {
      StridedCopy copy;
      for (int i = 0; i < x.rank(); ++i) {
        if (i == batch) continue;
        const int64_t steps = tail ? x[seq] - length : length;
        copy.Add(i == seq ? steps : x[i], strides[i], i == seq && !tail ? -strides[i] : strides[i]);
      }
      const int64_t first = b * strides[batch];
      copy.Run(k.Out(0), first + (tail ? length * strides[seq] : 0), k.In(0),
               first + (tail ? length : length - 1) * strides[seq]);
    }
  }
}

}  // namespace reverse_sequence

OpDef ReverseSequenceOp() {
  using reverse_sequence::Attrs;
  return Op<Attrs>("ReverseSequence")
      .Doc(
          "output has the first seq_lengths[b] steps of input along seq_dim in reverse order, for "
          "each slice b along "
          "batch_dim; the other steps stay. INVALID_ARGUMENT when a length exceeds the dimension.")
      .Input("input", "T")
      .Input("seq_lengths", "Tlen")
      .Output("output", "T")
      .Attr("seq_dim", &Attrs::seq_dim)
      .Attr("batch_dim", &Attrs::batch_dim, 0)
      .TypeAttr("T")
      .TypeAttr("Tlen", kInts, DType::kInt64)
      .Shape(reverse_sequence::InferShape)
      .Grad([](GradContext& g, const Attrs& t) -> std::vector<Grad> {
        return {op::ReverseSequence(g.scope(), g.DOut(0), g.In(1), t.seq_dim, t.batch_dim), {}};
      })
      .Kernel(reverse_sequence::Kernel);
}

}  // namespace graphrun::ops
