// MirrorPad, MirrorPadGrad: a tensor continued by its own mirror image, and the sum of such copies.
#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/base/size.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace mirror_pad {

struct Attrs {
  std::string mode;
};

// 1 when the border is the mirror and not repeated, 0 when it is.
int64_t Offset(const Attrs& t) {
  if (t.mode == "REFLECT") return 1;
  if (t.mode == "SYMMETRIC") return 0;
  ThrowInvalid("MirrorPad: mode '" + t.mode + "' is neither REFLECT nor SYMMETRIC");
}

// The other size of dimension i, of which `size` is known or unknown: what it becomes with paddings
// or, with `shrinks`, without.
int64_t OtherSize(int i, int64_t size, int64_t before, int64_t after, bool shrinks,
                  int64_t offset) {
  bool fits = before >= 0 && after >= 0;
  int64_t other = kUnknownDim, inner = kUnknownDim;
  if (fits && size >= 0) {
    if (shrinks) fits = before <= size && after <= size - before;
    if (fits) other = shrinks ? size - before - after : CheckedAdd(before, size, after);
    inner = shrinks ? other : size;
    fits = fits && std::max(before, after) <= inner - offset;
  }
  if (!fits) {
    ThrowInvalid("MirrorPad: paddings " + std::to_string(before) + ", " + std::to_string(after) +
                 " of dimension " + std::to_string(i) + " must be at least 0 and at most " +
                 (inner < 0 ? "its size" : std::to_string(inner - offset)));
  }
  return other;
}

// With `shrinks` the input is the padded tensor.
template <bool shrinks>
void InferShape(ShapeContext& c, const Attrs& t) {
  const int64_t offset = Offset(t);
  const Shape& x = c.In(0);
  const Shape paddings = c.WithRank(1, 2);
  c.MergeDim(paddings[1], 2, "second dimension of paddings");
  const int64_t rank =
      c.MergeDim(x.known_rank() ? x.rank() : kUnknownDim, paddings[0], "rank and rows of paddings");
  if (rank < 0) return;
  Shape y = Shape::UnknownOfRank(rank);
  const Tensor* p = c.Value(1);
  for (int i = 0; p && i < rank; ++i) {
    y.Set(i, OtherSize(i, x.known_rank() ? x[i] : kUnknownDim, p->int_at(2 * i),
                       p->int_at(2 * i + 1), shrinks, offset));
  }
  c.SetOut(0, y);
}

// Where the elements of the padded tensor come from.
class Mirror {
 public:
  Mirror(const Shape& inner, const Shape& padded, const Tensor& paddings, int64_t offset)
      : rank_(inner.rank()),
        inner_(inner),
        padded_(padded),
        strides_(Strides(inner)),
        before_(rank_) {
    for (int i = 0; i < rank_; ++i) before_[i] = paddings.int_at(2 * i);
    offset_ = offset;
  }
  // Along dimension d, for position p of the padded tensor.
  int64_t Source(int d, int64_t p) const {
    p -= before_[d];
    if (p < 0) p = -p - 1 + offset_;
    if (p >= inner_[d]) p = 2 * inner_[d] - 1 - offset_ - p;
    return p;
  }
  // The place of the row of which row number `row` of the padded tensor is an image.
  int64_t RowSource(int64_t row) const {
    int64_t at = 0;
    for (int d = rank_ - 2; d >= 0; --d) {
      at += Source(d, row % padded_[d]) * strides_[d];
      row /= padded_[d];
    }
    return at;
  }

 private:
  int rank_;
  const Shape &inner_, &padded_;
  PerDim<int64_t> strides_, before_;
  int64_t offset_;
};

void Kernel(KernelContext& k, const Attrs& t) {
  const Shape &x = k.In(0).shape(), &y = k.Out(0).shape();
  if (y.num_elements() == 0) return;
  if (x.rank() == 0) return k.Out(0).CopyFrom(k.In(0));
  const Mirror mirror(x, y, k.In(1), Offset(t));
  const int last = y.rank() - 1;
  const int64_t width = y[last];
  ForNumericOrBool(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = k.In(0).data<T>();
    T* to = k.Out(0).data<T>();
    ParallelFor(y.num_elements() / width, 32768 / width + 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* source = from + mirror.RowSource(row);
        T* out = to + row * width;
        for (int64_t j = 0; j < width; ++j) out[j] = source[mirror.Source(last, j)];
      }
    });
  });
}

// One thread: images of one element lie in many rows.
void GradKernel(KernelContext& k, const Attrs& t) {
  const Shape &x = k.In(0).shape(), &y = k.Out(0).shape();
  ClearElements(k.Out(0));
  if (x.num_elements() == 0) return;
  if (x.rank() == 0) return k.Out(0).CopyFrom(k.In(0));
  const Mirror mirror(y, x, k.In(1), Offset(t));
  const int last = x.rank() - 1;
  const int64_t width = x[last], rows = x.num_elements() / width;
  ForNumeric(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = k.In(0).data<T>();
    T* to = k.Out(0).data<T>();
    for (int64_t row = 0; row < rows; ++row, from += width) {
      T* out = to + mirror.RowSource(row);
      for (int64_t j = 0; j < width; ++j) out[mirror.Source(last, j)] += from[j];
    }
  });
}

// Each is the transpose of the other.
auto GradBy(const char* name) {
  return [name](GradContext& g, const Attrs& t) -> std::vector<Grad> {
    return {g.scope().Add(name, {g.DOut(0), g.In(1)}, {{"mode", t.mode}}), {}};
  };
}

Op<Attrs> Common(const char* name, const char* doc, std::vector<DType> types) {
  Op<Attrs> op(name);
  op.Doc(doc)
      .Input("input", "T")
      .Input("paddings", "Tpaddings")
      .Output("output", "T")
      .TypeAttr("T", std::move(types))
      .TypeAttr("Tpaddings", kInts, DType::kInt32)
      .Attr("mode", &Attrs::mode);
  return op;
}

}  // namespace mirror_pad

OpDef MirrorPadOp() {
  std::vector<DType> types = kNumbers;
  types.push_back(DType::kBool);
  return mirror_pad::Common(
             "MirrorPad",
             "output is input with paddings[i,0] elements before and paddings[i,1] after along "
             "dimension i that mirror it: SYMMETRIC repeats the border, REFLECT does not. "
             "INVALID_ARGUMENT when there are too few elements to mirror.",
             std::move(types))
      .Shape(mirror_pad::InferShape<false>)
      .Grad(mirror_pad::GradBy("MirrorPadGrad"))
      .Kernel(mirror_pad::Kernel);
}

OpDef MirrorPadGradOp() {
  return mirror_pad::Common(
             "MirrorPadGrad",
             "Gradient of MirrorPad: input without its paddings, whose elements are added to those "
             "that they mirror.",
             kNumbers)
      .Shape(mirror_pad::InferShape<true>)
      .Grad(mirror_pad::GradBy("MirrorPad"))
      .Kernel(mirror_pad::GradKernel);
}

}  // namespace graphrun::ops
