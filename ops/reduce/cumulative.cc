// Cumsum, Cumprod: running sums and products along a dimension.
#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "ops/axis.h"
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace cumulative {

struct Attrs {
  bool exclusive, reverse;
};

void InferShape(ShapeContext& c) {
  c.WithRank(1, 0);
  KnownAxis(c, 1, c.In(0).rank());
  c.SetOut(0, c.In(0));
}

template <bool kProduct, typename T>
void Run(const Attrs& t, const T* x, int64_t outer, int64_t n, int64_t inner, T* y) {
  const auto join = [](T a, T b) { return kProduct ? a * b : a + b; };
  const T start = kProduct ? 1 : 0;
  const int64_t step = t.reverse ? -inner : inner;
  ParallelFor(outer, kReduceGrain / (n * inner) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      int64_t row = (o * n + (t.reverse ? n - 1 : 0)) * inner;
      for (int64_t i = 0; i < n; ++i, row += step) {
        const int64_t addend = t.exclusive ? row - step : row;  // the element that comes in here
        for (int64_t j = 0; j < inner; ++j) {
          if (i == 0) {
            y[row + j] = t.exclusive ? start : x[row + j];
          } else {
            y[row + j] = join(y[row - step + j], x[addend + j]);
          }
        }
      }
    }
  });
}

template <bool kProduct>
void Kernel(KernelContext& k, const Attrs& t) {
  const Shape& x = k.In(0).shape();
  const int axis = CanonicalAxis(k.In(1).int_at(0), x.rank());
  if (k.In(0).num_elements() == 0) return;
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    Run<kProduct>(t, k.In(0).data<T>(), CountElements(x, 0, axis), x[axis],
                  CountElements(x, axis + 1, x.rank()), k.Out(0).data<T>());
  });
}

// x[i] goes into y[i] and all that follow (precede, if reversed).
std::vector<Grad> SumGradient(GradContext& g, const Attrs& t) {
  return {g.scope().Add("Cumsum", {g.DOut(0), g.In(1)},
                        {{"exclusive", t.exclusive}, {"reverse", !t.reverse}}),
          {}};
}

// d y[j] / d x[i] = y[j] / x[i] for the same j; as in TensorFlow, 0 where x[i] is 0.
std::vector<Grad> ProdGradient(GradContext& g, const Attrs& t) {
  const Scope& s = g.scope();
  const Expr weighted = op::Mul(s, g.Out(0), g.DOut(0));
  const Expr sums =
      s.Add("Cumsum", {weighted, g.In(1)}, {{"exclusive", t.exclusive}, {"reverse", !t.reverse}});
  return {op::DivNoNan(s, sums, g.In(0)), {}};
}

Op<Attrs> Declare(const char* name, const std::string& what) {
  Op<Attrs> op(name);
  op.Doc("out[i] is the " + what +
         " of x[0..i] along the dimension axis, an int scalar in [-rank, rank); without x[i] "
         "itself if exclusive, from the "
         "other end if reverse.")
      .Input("x", "T")
      .Input("axis", "Tidx")
      .Output("out", "T")
      .Attr("exclusive", &Attrs::exclusive, false)
      .Attr("reverse", &Attrs::reverse, false)
      .TypeAttr("T", kNumbers)
      .TypeAttr("Tidx", kInts, DType::kInt32)
      .Shape(InferShape);
  return op;
}

}  // namespace cumulative

OpDef CumsumOp() {
  return cumulative::Declare("Cumsum", "sum")
      .Grad(cumulative::SumGradient)
      .Kernel(cumulative::Kernel<false>);
}
OpDef CumprodOp() {
  return cumulative::Declare("Cumprod", "product")
      .Grad(cumulative::ProdGradient)
      .Kernel(cumulative::Kernel<true>);
}

}  // namespace graphrun::ops
