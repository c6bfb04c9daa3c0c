// Identity, StopGradient, CheckNumerics: the input itself.
#include <cmath>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "ops/batch_rules.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace identity {
namespace {

struct CheckAttrs {
  std::string message;
};

void SameType(ShapeContext& c) { c.Out(0) = c.Type(0); }
void Pass(KernelContext& k) { k.SetOut(0, k.Take(0)); }

void CheckKernel(KernelContext& k, const CheckAttrs& a) {
  ForFloat(k.In(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const std::span<const T> x = k.In<T>(0);
    // Zero times anything but a number is NaN, and stays so in a sum.
    T sum = 0;
    for (const T v : x) sum += v * 0;
    if (sum == 0) return;
    bool nan = false, infinite = false;
    for (const T v : x) {
      nan = nan || std::isnan(v);
      infinite = infinite || std::isinf(v);
    }
    const char* what = nan && infinite ? "Inf and NaN" : nan ? "NaN" : "Inf";
    ThrowInvalid(a.message + " : Tensor had " + what + " values");
  });
  Pass(k);
}

}  // namespace
}  // namespace identity

OpDef IdentityOp() {
  return Op("Identity")
      .Doc("The input itself, of any type and shape.")
      .Input("input", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .Shape(identity::SameType)
      .Partial([](const PartialContext& c) { return c.Value(0); })
      .Grad([](GradContext& g) -> std::vector<Grad> { return {g.DOut(0)}; })
      .Kernel(identity::Pass)
      .SameAs([](const ShapeContext&) { return 0; })
      .Batch(BatchStacked)
      .ViewOf(0);
}

OpDef StopGradientOp() {
  return Op("StopGradient")
      .Doc("The input itself, which gradients take for a constant.")
      .Input("input", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .Shape(identity::SameType)
      .NoGradient("it is there to have none")
      .Kernel(identity::Pass)
      .SameAs([](const ShapeContext&) { return 0; })
      .Batch(BatchStacked)
      .ViewOf(0);
}

OpDef CheckNumericsOp() {
  return Op<identity::CheckAttrs>("CheckNumerics")
      .Doc("The input itself; INVALID_ARGUMENT with `message` when it holds a NaN or an infinity.")
      .Input("tensor", "T")
      .Output("output", "T")
      .TypeAttr("T", kFloats)
      .Attr("message", &identity::CheckAttrs::message)
      .Shape(identity::SameType)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {op::CheckNumerics(g.scope(), g.DOut(0),
                                  "Not a number (NaN) or infinity (Inf) values detected in "
                                  "gradient.")};
      })
      .Kernel(identity::CheckKernel)
      .Has(Effect::kOther)
      .ViewOf(0);
}

}  // namespace graphrun::ops
