// ArgMax, ArgMin: the position of the largest and of the smallest element along a dimension.
#include "core/base/parallel.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"
#include "ops/batch_rules.h"

namespace graphrun::ops {
namespace arg_max {

constexpr int64_t kGrain = 32 << 10;  // comparisons

void InferShape(ShapeContext& c) {
  c.WithRank(1, 0);
  const Shape x = c.WithRankAtLeast(0, 1);
  if (!x.known_rank()) return;
  const std::optional<int> axis = KnownAxis(c, 1, x.rank());
  c.SetOut(0, axis ? Concatenate(x.Slice(0, *axis), x.From(*axis + 1))
                   : Shape::UnknownOfRank(x.rank() - 1));
}

// The first of equal elements counts, and NaN only when there is nothing else, as in TensorFlow.
template <bool kMax, typename T, typename Index>
void Run(const T* x, int64_t outputs, int64_t n, int64_t inner, Index* y) {
  ParallelFor(outputs, kGrain / n + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* from = x + i / inner * n * inner + i % inner;
      int64_t best = 0;
      for (int64_t j = 1; j < n; ++j) {
        const T a = from[j * inner], b = from[best * inner];
        if ((kMax ? a > b : a < b) || (b != b && a == a)) best = j;
      }
      y[i] = static_cast<Index>(best);
    }
  });
}

template <bool kMax>
void Kernel(KernelContext& k) {
  const Shape& x = k.In(0).shape();
  const int axis = CanonicalAxis(k.In(1).int_at(0), x.rank());
  if (x[axis] == 0) {
    ThrowInvalid("dimension " + std::to_string(axis) + " of shape " + x.ToString() +
                 " has no element to choose");
  }
  const int64_t inner = CountElements(x, axis + 1, x.rank());
  ForNumericOrBool(k.In(0).dtype(), [&](auto z) {
    ForInt(k.Out(0).dtype(), [&](auto w) {
      Run<kMax>(k.In(0).data<decltype(z)>(), k.Out(0).num_elements(), x[axis], inner,
                k.Out(0).data<decltype(w)>());
    });
  });
}

// Along the same dimension of each trip.
std::vector<Output> Batch(BatchContext& c) {
  const Tensor* axis = c.Value(1);
  if (!axis) return {};
  const int64_t in_trip = CanonicalAxis(axis->int_at(0), c.InShape(0).rank());
  return {c.Again({c.In(0), c.Int(in_trip + 1, c.InType(1))})};
}

template <bool kMax>
OpDef Declare(const char* name, const std::string& what) {
  return Op<>(name)
      .Doc("output is the position of the " + what +
           " element of input along the dimension, an int scalar in [-rank, rank), which "
           "disappears; of equal ones the "
           "first. INVALID_ARGUMENT when the dimension is empty.")
      .Input("input", "T")
      .Input("dimension", "Tidx")
      .Output("output", "output_type")
      .TypeAttr("T", {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64, DType::kBool})
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .TypeAttr("output_type", kInts, DType::kInt64)
      .Shape(InferShape)
      .Batch(Batch)
      .NoGradient("positions of elements")
      .Kernel(Kernel<kMax>);
}

}  // namespace arg_max

OpDef ArgMaxOp() { return arg_max::Declare<true>("ArgMax", "largest"); }
OpDef ArgMinOp() { return arg_max::Declare<false>("ArgMin", "smallest"); }

}  // namespace graphrun::ops
