// IdentityN, Snapshot, DeepCopy, PreventGradient, EnsureShape: inputs themselves, with conditions.
#include "core/autodiff/gradients.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace identity_n {
namespace {

// What Snapshot is made for in TensorFlow.
const std::vector<DType> kPlain(kPlainTypes.begin(), kPlainTypes.end());

void SameTypes(ShapeContext& c) {
  for (int i = 0; i < c.num_inputs(); ++i) c.Out(i) = c.Type(i);
}
void Pass(KernelContext& k) { k.SetOut(0, k.Take(0)); }

struct PreventAttrs {
  std::string message;
};
struct EnsureAttrs {
  Shape shape;
};

}  // namespace
}  // namespace identity_n

OpDef IdentityNOp() {
  return Op("IdentityN")
      .Doc("The inputs themselves, of any types and shapes.")
      .Input("input", "T")
      .Output("output", "T")
      .TypeListAttr("T", 1)
      .Shape(identity_n::SameTypes)
      .Grad([](GradContext& g) {
        std::vector<Grad> grads(g.num_inputs());
        for (int i = 0; i < g.num_inputs(); ++i) {
          if (g.HasDOut(i)) grads[i] = g.DOut(i);
        }
        return grads;
      })
      .Kernel([](KernelContext& k) {
        for (int i = 0; i < k.num_inputs(); ++i) k.SetOut(i, k.Retain(i));
      })
      .AllocatesOutputs();
}

OpDef SnapshotOp() {
  return Op("Snapshot")
      .Doc("The input itself, of any shape.")
      .Input("input", "T")
      .Output("output", "T")
      .TypeAttr("T", identity_n::kPlain)
      .Shape(identity_n::SameTypes)
      .NoGradient("TensorFlow defines none; Identity has one")
      .Kernel(identity_n::Pass)
      .ViewOf(0);
}

OpDef DeepCopyOp() {
  return Op("DeepCopy")
      .Doc("A copy of x in memory of its own.")
      .Input("x", "T")
      .Output("y", "T")
      .TypeAttr("T")
      .Shape(identity_n::SameTypes)
      .NoGradient("TensorFlow defines none; Identity has one")
      .Kernel([](KernelContext& k) { k.SetOut(0, k.In(0).Copy(k.pool())); })
      .AllocatesOutputs();
}

OpDef PreventGradientOp() {
  using identity_n::PreventAttrs;
  return Op<PreventAttrs>("PreventGradient")
      .Doc(
          "The input itself; to differentiate it fails with UNIMPLEMENTED and `message`, which "
          "says "
          "why there is no gradient.")
      .Input("input", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .Attr("message", &PreventAttrs::message, "")
      .Shape(identity_n::SameTypes)
      .Grad([](GradContext& g, const PreventAttrs& t) -> std::vector<Grad> {
        throw Error(Code::kUnimplemented, "the graph forbids the gradient of '" + g.node().name +
                                              "': " + t.message +
                                              "; leave it out, or put a StopGradient before it");
      })
      .Kernel(identity_n::Pass)
      .ViewOf(0);
}

OpDef EnsureShapeOp() {
  using identity_n::EnsureAttrs;
  return Op<EnsureAttrs>("EnsureShape")
      .Doc(
          "The input itself, of which `shape` (partly unknown, if wanted) is known from here on. "
          "INVALID_ARGUMENT when it has another.")
      .Input("input", "T")
      .Output("output", "T")
      .Attr("shape", &EnsureAttrs::shape)
      .TypeAttr("T")
      .Shape([](ShapeContext& c, const EnsureAttrs& t) {
        c.Out(0) = c.Type(0);
        c.SetOut(0, c.MergeShapes(c.In(0), t.shape, "the shape that EnsureShape asks for:"));
      })
      .Grad([](GradContext& g) -> std::vector<Grad> { return {g.DOut(0)}; })
      .Kernel([](KernelContext& k, const EnsureAttrs& t) {
        if (!k.In(0).shape().CompatibleWith(t.shape)) {
          ThrowInvalid("EnsureShape: the tensor has shape " + k.In(0).shape().ToString() +
                       ", not " + t.shape.ToString());
        }
        identity_n::Pass(k);
      })
      .ViewOf(0);
}

}  // namespace graphrun::ops
