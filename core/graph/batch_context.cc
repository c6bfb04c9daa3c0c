#include "core/graph/batch_context.h"

#include "core/base/size.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {

std::string_view BatchContext::OpName() const { return node_.op->name; }

AttrMap BatchContext::OwnAttrs() const {
  AttrMap attrs = node_.attrs;
  for (const ArgDef& arg : node_.op->inputs) {
    if (!arg.type_attr.empty()) attrs.erase(arg.type_attr);
    if (!arg.type_list_attr.empty()) attrs.erase(arg.type_list_attr);
  }
  return attrs;
}

Output BatchContext::Add(std::string_view op, std::vector<Output> inputs, AttrMap attrs) {
  return {graph_.AddNode(op, node_.name, std::move(inputs), std::move(attrs)), 0};
}

Output BatchContext::Int(int64_t value, DType dtype) {
  return AddInt(graph_, node_.name, value, dtype);
}

Output BatchContext::Ints(const std::vector<int64_t>& values, DType dtype) {
  return AddInts(graph_, node_.name, values, dtype);
}

Output BatchContext::Reshape(Output value, const Shape& shape) {
  if (graph_.shape(value) == shape) return value;
  const Output reshaped =
      Add("Reshape", {value, Ints({shape.dims().begin(), shape.dims().end()}, DType::kInt64)});
  if (!shape.fully_known()) {
    ValueType type = graph_.type(reshaped);
    type.shape = Merge(type.shape, shape);
    graph_.SetType(reshaped, type);
  }
  return reshaped;
}

Output BatchContext::Rows(int i) {
  const Shape& shape = InShape(i);
  Shape rows = shape;
  rows.Set(0, trips_ < 0 ? -1 : CheckedMul(trips_, shape[0]));
  return Reshape(In(i), rows);
}

Output BatchContext::FromRows(Output rows, int o) { return Reshape(rows, WithTrips(OutShape(o))); }

Output BatchContext::Aligned(int i, int rank) {
  const Shape& shape = InShape(i);
  if (!Stacked(i) || shape.rank() == rank) return In(i);
  const std::vector<int64_t> ones(rank - shape.rank(), 1);
  return Reshape(In(i), WithTrips(Concatenate(Shape(ones), shape)));
}

Output BatchContext::Full(int i) {
  if (Stacked(i)) return In(i);
  const Shape shape = WithTrips(InShape(i));
  return Add("BroadcastTo", {In(i), Ints({shape.dims().begin(), shape.dims().end()})});
}

}  // namespace graphrun
