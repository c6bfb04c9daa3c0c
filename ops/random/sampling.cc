#include "ops/random/sampling.h"

#include <cmath>
#include <numbers>

namespace graphrun::ops {

void InferRandomShape(ShapeContext& c) { c.SetOut(0, c.ValueAsSizes(0)); }

// Below 1e-7 the logarithm would make outliers of the few smallest numbers. The angle is rounded
// from double, as TensorFlow's is.
void NormalPair(uint32_t x0, uint32_t x1, float* out) {
  const float u = std::max(UniformFloat(x0), 1e-7f);
  const float angle = static_cast<float>(2.0 * std::numbers::pi * UniformFloat(x1));
  const float radius = std::sqrt(-2.0f * std::log(u));
  out[0] = std::sin(angle) * radius;
  out[1] = std::cos(angle) * radius;
}

Op<SeedAttrs> RandomOfShape(std::string name, std::string doc) {
  Op<SeedAttrs> op(std::move(name));
  op.Doc(std::move(doc))
      .Input("shape", "T")
      .Output("output", "dtype")
      .Attr("seed", &SeedAttrs::seed, 0)
      .Attr("seed2", &SeedAttrs::seed2, 0)
      .TypeAttr("dtype", &SeedAttrs::dtype, kFloats)
      .TypeAttr("T", kInts)
      .Has(Effect::kRandom)
      .Shape(InferRandomShape)
      .NoGradient("its input is a shape");
  return op;
}

void NormalPair(uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3, double* out) {
  const double u = std::max(UniformDouble(x0, x1), 1e-7);
  const double angle = 2.0 * std::numbers::pi * UniformDouble(x2, x3);
  const double radius = std::sqrt(-2.0 * std::log(u));
  out[0] = std::sin(angle) * radius;
  out[1] = std::cos(angle) * radius;
}

}  // namespace graphrun::ops
