// LoopFacts: what the body of a loop finds out in each trip although it is known outside.
#include "core/compile/loop_facts.h"
#include "core/graph/array_attrs.h"
#include "core/graph/int_consts.h"
#include "core/graph/op_def.h"

namespace graphrun {

void LoopFacts::Uncover() {
  const auto again = [&] {
    unit_.RemoveDeadNodes(body_);  // they would count as uses
    RefineTypes(body_.graph);
    RefineLoop(g_, id_);
    loop_ = AnalyseLoop(cond_, body_);
  };
  const bool lists = UncoverLists();
  if (UncoverPopped() || lists) again();
  if (UncoverUpdates()) again();
}

bool LoopFacts::UncoverLists() {
  bool any = false;
  for (NodeId id = 0, n = b_.num_ids(); id < n; ++id) {
    if (!b_.exists(id)) continue;
    const Meaning m = b_.node(id).op->meaning;
    if (m != Meaning::kListLength && m != Meaning::kListElementShape) continue;
    if (unit_.UsesOf(body_, {id, 0}).empty()) continue;
    const int i = ArgAt(b_.node(id).inputs[0]);
    if (i < 0 || !loop_.variables[i].invariant()) continue;
    const std::string name = b_.node(id).name;
    const DType dtype = b_.dtype({id, 0});
    Output known;
    if (m == Meaning::kListLength) {
      if (const auto length = scalars_.LengthOfList(Initial(i)))
        known = Outside(*length, dtype, name);
    } else if (const auto shape = scalars_.ElementShapeOf(Initial(i))) {
      known = AddInts(body_.graph, name, {shape->dims().begin(), shape->dims().end()}, dtype);
    }
    if (!known.valid()) continue;
    unit_.ReplaceUses(body_, {id, 0}, known);
    any = true;
  }
  return any;
}

bool LoopFacts::UncoverPopped() {
  int counter = -1;
  for (size_t i = 0; i < loop_.variables.size() && counter < 0; ++i) {
    if (loop_.variables[i].role != Role::kCounter || !b_.ConstValue(loop_.variables[i].value))
      continue;
    const int64_t step = StepOf(static_cast<int>(i));
    if (step == 1 || step == -1) counter = static_cast<int>(i);
  }
  bool any = false;
  for (size_t i = 0; i < loop_.variables.size(); ++i) {
    const LoopVariable& v = loop_.variables[i];
    if (v.role != Role::kPopped || unit_.UsesOf(body_, v.value).empty()) continue;
    const Output popped = v.value, row = scalars_.RowOfList(Initial(i));
    const std::optional<LoopScalars::Sequence> values = scalars_.SequenceOf(Initial(i));
    const std::optional<LoopScalar> length = scalars_.LengthOfList(Initial(i));
    // A list that runs out is an error of the pop.
    const auto left = length ? LoopScalars::Add(*length, trips_, -1) : std::nullopt;
    if (!left || left->factor != 0 || left->constant < 0) continue;
    if (row.valid()) {
      const Output same = Outside(row);
      unit_.ReplaceUses(body_, popped, same);
      any = true;
      continue;
    }
    if (!values || counter < 0 || b_.type(popped) != TypeOfArg(counter)) continue;
    // In trip t, element length - 1 - t; and t is what the counter has moved.
    const LoopScalar from = scalars_.Of(Initial(counter));
    const int64_t factor = -values->step * StepOf(counter);
    auto offset = LoopScalars::Add(values->first, values->length, values->step);
    if (offset) offset = LoopScalars::Add(*offset, {values->step}, -1);
    if (offset) offset = LoopScalars::Add(*offset, from, -factor);
    if (!offset) continue;
    const Output same = Linear(counter, factor, *offset);
    unit_.ReplaceUses(body_, popped, same);
    any = true;
  }
  return any;
}

bool LoopFacts::UncoverUpdates() {
  bool any = false;
  for (size_t i = 0; i < loop_.variables.size(); ++i) {
    const LoopVariable& v = loop_.variables[i];
    if (v.role != Role::kSummed || !v.value.valid() || TypeOfArg(i).dtype != DType::kVariant)
      continue;
    const Output sum = body_.results[i];
    const Node add = b_.node(sum.node), write = b_.node(v.value.node);
    if (write.op->meaning != Meaning::kListWrite || Grows(write) ||
        write.attrs.contains(kOwnShapesAttr) || write.attrs.contains(kWritesOnceAttr) ||
        add.attrs.contains(kWritesOnceAttr) || !write.control_inputs.empty() ||
        !add.control_inputs.empty()) {
      continue;
    }
    const Node reserve = b_.node(write.inputs[0].node);
    if (reserve.op->meaning != Meaning::kListReserve || !reserve.control_inputs.empty()) continue;
    const ValueType element = b_.type(write.inputs[2]);
    const auto holds = [&](const ValueType& list) {
      return list.element_dtype == element.dtype && list.element_shape == element.shape;
    };
    if (!Plain(element) || !holds(TypeOfArg(i)) || !holds(b_.type(write.inputs[0]))) continue;
    const std::optional<LoopScalar> length = scalars_.LengthOfList(Initial(i));
    if (!length || ScalarIn(reserve.inputs[1]) != length) continue;
    Graph& b = body_.graph;
    const Output list{body_.args[i], 0}, index = write.inputs[1];
    const Output shape = AddDims(b, write.name, element.shape);
    const Output old{b.AddNode("TensorListGetItem", write.name, {list, index, shape},
                               {{"element_dtype", element.dtype}}),
                     0};
    const Output more{b.AddNode("AddV2", write.name, {old, write.inputs[2]}), 0};
    const Output made{b.AddNode(write.op->name, write.name, {list, index, more}, write.attrs), 0};
    unit_.ReplaceUses(body_, sum, made);
    any = true;
  }
  return any;
}

Output LoopFacts::Linear(int counter, int64_t factor, const LoopScalar& offset) {
  Graph& b = body_.graph;
  Output o{body_.args[counter], 0};
  const std::string name = b.node(o.node).name;
  const DType dtype = b.dtype(o);
  if (factor != 1) {
    const Output by = AddInt(b, name, factor, dtype);
    o = {b.AddNode("Mul", name, {o, by}), 0};
  }
  if (offset == LoopScalar{}) return o;
  const Output more = Outside(offset, dtype, name);
  return {b.AddNode("AddV2", name, {o, more}), 0};
}

Output LoopFacts::Outside(Output o) {
  if (const Tensor* value = g_.ConstValue(o))
    return body_.graph.AddConst(g_.node(o.node).name, *value);
  const Output parameter = AddCaptures(g_, id_, {o})[1][0];
  node_ = g_.node(id_);
  for (const Function* f : std::initializer_list<const Function*>{&f_, &cond_, &body_})
    unit_.Touch(*f);
  return parameter;
}

Output LoopFacts::Outside(const LoopScalar& scalar, DType dtype, const std::string& name) {
  if (scalar.factor == 0) return AddInt(body_.graph, name, scalar.constant, dtype);
  return Outside(scalars_.ToOutput(scalar, dtype, node_.name));
}

std::optional<LoopScalar> LoopFacts::ScalarIn(Output o) const {
  if (const Tensor* value = b_.ConstValue(o)) return LoopScalar{value->int_at(0)};
  const int i = ArgAt(o);
  if (i < 0 || !loop_.variables[i].invariant()) return {};
  return scalars_.Of(Initial(i));
}

}  // namespace graphrun
