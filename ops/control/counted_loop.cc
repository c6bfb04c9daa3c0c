// _CountedLoop: a loop whose trips are counted before it begins; see core/graph/counted_node.h.
#include "core/graph/counted_node.h"
#include "core/graph/op_def.h"
#include "ops/control/function_signature.h"

namespace graphrun::ops {
namespace counted_loop {

// The type of a tensor that a trip sees an element of.
ValueType ElementOf(const ShapeContext& c, int input) {
  ValueType type = c.Type(input);
  const Shape whole = c.WithRankAtLeast(input, 1);
  type.shape = whole.known_rank() ? whole.From(1) : Shape::Unknown();
  return type;
}

void InferShape(ShapeContext& c, const CountedLoopAttrs& t) {
  const Function& body = FunctionForInputs(c, "body", t.body, 1);
  CheckResults(c, "body", body);
  if (t.carried < 0 || t.slices.size() % 3 != 0 || t.stacks.size() % 4 != 0 ||
      t.first_invariant() > c.num_inputs() || t.carried + t.num_stacks() != c.num_outputs()) {
    ThrowInvalid("attributes carried, slices and stacks do not fit inputs and outputs");
  }
  c.WithRank(0, 0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    const bool sliced = i >= t.first_slice() && i < t.first_invariant();
    const ValueType given = sliced ? ElementOf(c, i) : c.Type(i);
    c.MergeShapes(given.shape, ArgType(body, i - 1).shape, "input and parameter");
  }
  for (int i = 0; i < t.carried; ++i) c.Out(i) = Generalize(c.Type(1 + i), ResultType(body, i));
  const Tensor* trips = c.Value(0);
  for (int i = 0; i < t.num_stacks(); ++i) {
    const int64_t length = t.StackAt(i).length;
    const int64_t known = length >= 0 ? length : trips ? trips->int_at(0) : -1;
    const int out = static_cast<int>(t.carried) + i;
    c.SetOut(out, Concatenate({known}, ResultType(body, out).shape));
  }
}

}  // namespace counted_loop

OpDef CountedLoopOp() {
  using Attrs = CountedLoopAttrs;
  return Op<Attrs>(kCountedLoopOp)
      .Doc(
          "Runs `body` `trips` times. Its parameters are `carried` values, which are its results "
          "of "
          "the trip before, one element of each sliced tensor, and invariants; its further results "
          "are elements of stacked outputs. Made by the compiler alone.")
      .Input("trips", "int32")
      .Input("args", "Tin")
      .Output("output", "Tout")
      .TypeListAttr("Tin")
      .TypeListAttr("Tout")
      .Attr("body", &Attrs::body)
      .Attr("carried", &Attrs::carried)
      .Attr("slices", &Attrs::slices)
      .Attr("stacks", &Attrs::stacks)
      .Is(Structure::kCountedLoop)
      .Runs({.attr = "body", .first_input = 1, .types_attr = "Tin", .divides = true})
      .Shape(counted_loop::InferShape)
      .NoGradient("gradients are added before a graph is compiled");
}

}  // namespace graphrun::ops
