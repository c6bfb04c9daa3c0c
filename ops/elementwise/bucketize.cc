// Bucketize, ApproximateEqual: numbers compared with attributes.
#include <algorithm>
#include <cmath>

#include "core/base/parallel.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace bucketize {
namespace {

struct Attrs {
  std::vector<float> boundaries;
};
struct EqualAttrs {
  float tolerance;
};

void CheckBoundaries(const Attrs& t) {
  if (!std::is_sorted(t.boundaries.begin(), t.boundaries.end()))
    ThrowInvalid("Bucketize: the boundaries must be in rising order");
}

void Kernel(KernelContext& k, const Attrs& t) {
  ForNumeric(k.In(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = k.In(0).data<T>();
    int32_t* y = k.Out(0).data<int32_t>();
    ParallelFor(k.In(0).num_elements(), kHeavy, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        y[i] =
            static_cast<int32_t>(std::upper_bound(t.boundaries.begin(), t.boundaries.end(), x[i]) -
                                 t.boundaries.begin());
      }
    });
  });
}

void EqualKernel(KernelContext& k, const EqualAttrs& t) {
  ForFloat(k.In(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *x = k.In(0).data<T>(), *y = k.In(1).data<T>();
    bool* z = k.Out(0).data<bool>();
    const T tolerance = static_cast<T>(t.tolerance);
    ParallelFor(k.Out(0).num_elements(), kCheap, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) z[i] = std::abs(x[i] - y[i]) <= tolerance;
    });
  });
}

}  // namespace
}  // namespace bucketize

OpDef BucketizeOp() {
  using bucketize::Attrs;
  return Op<Attrs>("Bucketize")
      .Doc(
          "output is the number of boundaries that are not above input, int32, element-wise. "
          "INVALID_ARGUMENT unless the boundaries rise.")
      .Input("input", "T")
      .Output("output", "int32")
      .TypeAttr("T", kNumbers)
      .Attr("boundaries", &Attrs::boundaries)
      .Shape([](ShapeContext& c, const Attrs& t) {
        bucketize::CheckBoundaries(t);
        c.SetOut(0, c.In(0));
      })
      .NoGradient("the result is an integer")
      .Kernel(bucketize::Kernel);
}

OpDef ApproximateEqualOp() {
  using bucketize::EqualAttrs;
  return Op<EqualAttrs>("ApproximateEqual")
      .Doc("|x - y| <= tolerance, element-wise; x and y have one shape.")
      .Input("x", "T")
      .Input("y", "T")
      .Output("z", "bool")
      .TypeAttr("T", kFloats)
      .Attr("tolerance", &EqualAttrs::tolerance, 1e-5f)
      .Shape([](ShapeContext& c) {
        c.SetOut(0, c.MergeShapes(c.In(0), c.In(1), "the operands' shapes"));
      })
      .NoGradient("the result is bool")
      .Kernel(bucketize::EqualKernel);
}

}  // namespace graphrun::ops
