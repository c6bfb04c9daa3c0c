// Diag, DiagPart: a tensor as the diagonal of one of twice its rank, and back.
#include "core/autodiff/gradients.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {
namespace diag {

void InferShape(ShapeContext& c) {
  const Shape x = c.WithRankAtLeast(0, 1);
  if (x.known_rank()) c.SetOut(0, Concatenate(x, x));
}

void InferPartShape(ShapeContext& c) {
  const Shape& x = c.In(0);
  if (!x.known_rank()) return;
  if (x.rank() == 0 || x.rank() % 2 != 0)
    ThrowInvalid("DiagPart: an even rank above 0 is expected; the shape is " + x.ToString());
  const int half = x.rank() / 2;
  c.SetOut(0, c.MergeShapes(x.Slice(0, half), x.From(half), "the halves of DiagPart's input"));
}

// Element i of n lies at i * (n + 1) of the n by n elements.
void Kernel(KernelContext& k) {
  const int64_t n = k.In(0).num_elements();
  ClearElements(k.Out(0));
  StridedCopy copy;
  copy.Add(n, n + 1, 1);
  copy.Run(k.Out(0), 0, k.In(0), 0);
}
void PartKernel(KernelContext& k) {
  const int64_t n = k.Out(0).num_elements();
  StridedCopy copy;
  copy.Add(n, 1, n + 1);
  copy.Run(k.Out(0), 0, k.In(0), 0);
}

}  // namespace diag

OpDef DiagOp() {
  return Op("Diag")
      .Doc(
          "output of shape S + S, for diagonal of shape S: output[i..., i...] = diagonal[i...], 0 "
          "elsewhere. S has rank 1 to 4.")
      .Input("diagonal", "T")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .Shape(diag::InferShape)
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {g.scope().Add("DiagPart", {g.DOut(0)})};
      })
      .Kernel(diag::Kernel);
}

OpDef DiagPartOp() {
  return Op("DiagPart")
      .Doc(
          "diagonal[i...] = input[i..., i...], for input of shape S + S. INVALID_ARGUMENT when the "
          "halves of its shape differ.")
      .Input("input", "T")
      .Output("diagonal", "T")
      .TypeAttr("T", kNumbers)
      .Shape(diag::InferPartShape)
      .Grad(
          [](GradContext& g) -> std::vector<Grad> { return {g.scope().Add("Diag", {g.DOut(0)})}; })
      .Kernel(diag::PartKernel);
}

}  // namespace graphrun::ops
