// Cross: the products of vectors in three dimensions.
#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace cross {

void InferShape(ShapeContext& c) {
  c.WithRankAtLeast(1, 1);
  const Shape shape = c.MergeShapes(c.WithRankAtLeast(0, 1), c.In(1), "the operands' shapes");
  if (shape.known_rank()) c.MergeDim(shape[shape.rank() - 1], 3, "last dimension of Cross");
  c.SetOut(0, shape);
}

void Kernel(KernelContext& k) {
  ForNumeric(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *a = k.In(0).data<T>(), *b = k.In(1).data<T>();
    T* c = k.Out(0).data<T>();
    ParallelFor(k.Out(0).num_elements() / 3, 8192, [&](int64_t begin, int64_t end) {
      for (int64_t i = 3 * begin; i < 3 * end; i += 3) {
        c[i] = a[i + 1] * b[i + 2] - a[i + 2] * b[i + 1];
        c[i + 1] = a[i + 2] * b[i] - a[i] * b[i + 2];
        c[i + 2] = a[i] * b[i + 1] - a[i + 1] * b[i];
      }
    });
  });
}

}  // namespace cross

OpDef CrossOp() {
  return Op("Cross")
      .Doc(
          "product holds the cross products of the vectors in the last dimension, of size 3, of a "
          "and b, which have one shape.")
      .Input("a", "T")
      .Input("b", "T")
      .Output("product", "T")
      .TypeAttr("T", kNumbers)
      .Shape(cross::InferShape)
      .Grad([](GradContext& g) {
        const Scope& s = g.scope();
        std::vector<Grad> grads(2);
        if (g.Needs(0)) grads[0] = s.Add("Cross", {g.In(1), g.DOut(0)});
        if (g.Needs(1)) grads[1] = s.Add("Cross", {g.DOut(0), g.In(0)});
        return grads;
      })
      .Kernel(cross::Kernel);
}

}  // namespace graphrun::ops
