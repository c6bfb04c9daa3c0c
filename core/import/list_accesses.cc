// What each access of a stack or TensorArray becomes.
#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/graph/array_attrs.h"
#include "core/graph/gradient_rule.h"
#include "core/graph/op_def.h"
#include "core/import/list_rewriter.h"
#include "core/import/node_attrs.h"
#include "proto/node_def.pb.h"

namespace graphrun {

Output ListRewriter::ElementShape(RewriteBlock& b, int object) {
  return ShapeConst(b.graph(), known_shapes_[object]);
}

std::optional<Tensor> ListRewriter::ConstantOf(Port port) const {
  const ForeignNode& node = foreign_.node(port.node);
  if (node.kind != ForeignKind::kPlain || node.def->op() != "Const") return std::nullopt;
  const auto it = node.def->attr().find("value");
  if (it == node.def->attr().end()) return std::nullopt;
  ImportBudget budget;
  return TensorFromProto(it->second.tensor(), &budget);
}

// Whether the indices are Range(0, size of the array, 1).
bool ListRewriter::IsWholeRange(Port indices, int object) const {
  const ForeignNode& range = foreign_.node(indices.node);
  if (range.kind != ForeignKind::kPlain || range.def->op() != "Range") return false;
  const auto is_const = [&](Port p, int value) {
    const std::optional<Tensor> t = ConstantOf(p);
    return t && t->num_elements() == 1 && IsInteger(t->dtype()) && t->int_at(0) == value;
  };
  if (range.inputs.size() != 3) return false;
  const Port limit = range.inputs[1];
  return is_const(range.inputs[0], 0) && is_const(range.inputs[2], 1) &&
         foreign_.node(limit.node).kind == ForeignKind::kArraySize &&
         lists_.AccessedBy(limit.node) == object;
}

bool ListRewriter::AreDistinct(Port indices) const {
  const ForeignNode& node = foreign_.node(indices.node);
  if (node.kind == ForeignKind::kPlain && node.def->op() == "Range") return true;
  const std::optional<Tensor> value = ConstantOf(indices);
  if (!value || !IsInteger(value->dtype())) return false;
  std::set<int64_t> seen;
  for (int64_t k = 0; k < value->num_elements(); ++k) seen.insert(value->int_at(k));
  return static_cast<int64_t>(seen.size()) == value->num_elements();
}

Output ListRewriter::AddedRows(RewriteBlock& b, int object, Output indices, Output values,
                               bool distinct) {
  Graph& g = b.graph();
  const ListObject& o = lists_.object(object);
  const Output list = List(b, object);
  if (!distinct) {
    const NodeId length = g.AddNode("TensorListLength", "size", {list});
    const NodeId sums = g.AddNode("UnsortedSegmentSum", "sums", {values, indices, {length, 0}});
    const Output axis = g.AddConst("axis", Tensor::Scalar<int32_t>(0));
    values = {g.AddNode("GatherV2", "rows", {{sums, 0}, indices, axis}), 0};
  }
  const NodeId old = g.AddNode("TensorListGather", "old", {list, indices, ElementShape(b, object)},
                               {{"element_dtype", o.dtype}});
  return {g.AddNode("AddV2", "sum", {{old, 0}, values}), 0};
}

void ListRewriter::Emit(RewriteBlock& b, int i) {
  const std::vector<NodeId> waits = WaitsOfFlows(b, i);
  EmitAccess(b, i);
  const auto made = b.operations.find(i);
  if (const auto given = GradientOpType(*foreign_.node(i).def); given && made != b.operations.end())
    b.graph().SetAttr(made->second, kGradientOpType, *given);
  // The look-up of a gradient array is no node.
  if (made == b.operations.end() || foreign_.node(i).kind == ForeignKind::kArrayGrad) return;
  const NodeId access = made->second;
  const std::vector<Output>& inputs = b.graph().node(access).inputs;
  for (NodeId c : waits) {
    const bool waits_already =
        std::any_of(inputs.begin(), inputs.end(), [&](Output o) { return o.node == c; });
    if (!waits_already) b.graph().AddControlInput(access, c);
  }
}

void ListRewriter::EmitAccess(RewriteBlock& b, int i) {
  const ForeignNode& node = foreign_.node(i);
  const int object = lists_.AccessedBy(i);
  const ListObject& o = lists_.object(object);
  const auto dtype = std::pair<const std::string, AttrValue>(
      "element_dtype", o.dtype == DType::kResource ? DType::kVariant : o.dtype);
  const auto input = [&](size_t k) { return blocks_.Value(b, node.inputs.at(k), i); };
  const auto output = [&](int k, NodeId id, int index = 0) { b.values[{i, k}] = {id, index}; };
  // Flows only say in which order accesses come; the chain of lists does that now.
  const auto pass_flow = [&](size_t from) {
    b.values[{i, 0}] = input(from);
    NameFlow(b, i, 0);
  };
  const auto add_write = [&](const char* op, std::vector<Output> inputs, AttrMap attrs) {
    return blocks_.Add(b, i, op, std::move(inputs), std::move(attrs), IsMain(b) ? "/list" : "");
  };
  const auto written = [&](NodeId id) { b.lists.now_[object] = {id, 0}; };
  // The node may know more of the elements, which decides the shape of no elements; `leading`
  // dimensions are not in its attribute.
  const auto read_shape = [&](const char* attr, std::vector<int64_t> leading) {
    const auto it = node.def->attr().find(attr);
    if (known_shapes_[object].fully_known() || it == node.def->attr().end())
      return ElementShape(b, object);
    const Shape declared = ShapeFromProto(it->second.shape());
    if (!declared.known_rank()) return ElementShape(b, object);
    leading.insert(leading.end(), declared.dims().begin(), declared.dims().end());
    return ShapeConst(b.graph(), Shape(leading));
  };
  // What a read of the array knows more than one of a list.
  const auto reading = [&](AttrMap attrs) {
    attrs.insert(dtype);
    if (o.array < 0 && !o.one_shape) attrs.emplace(kOwnShapesAttr, true);
    return attrs;
  };
  // What a write does to an array and not to a list. An array of gradients begins with zeros.
  const auto writing = [&](AttrMap attrs) {
    attrs.insert(dtype);
    if (o.array >= 0) return attrs;
    attrs.emplace(kWritesOnceAttr, true);
    if (o.one_shape) attrs.emplace(kOneShapeAttr, true);
    return attrs;
  };
  // A run may need the gradients of two reads of one element, though not what was read.
  const bool adds = o.array >= 0 && (!o.clear_after_read || lists_.ChangesTwice(object));
  switch (node.kind) {
    case ForeignKind::kStack: {
      const Output unbounded = b.graph().AddConst("max_num_elements", Tensor::Scalar<int32_t>(-1));
      written(blocks_.Add(b, i, "EmptyTensorList", {ElementShape(b, object), unbounded}, {dtype}));
      return;
    }
    case ForeignKind::kStackPush: {
      if (lists_.PoppedBy(i) >= 0) {
        // The array is pushed as it will be when the block ends.
        b.lists.pushes_.push_back(i);
        return;
      }
      const Output element = input(1);
      NoteElement(object, b.graph().shape(element));
      written(blocks_.Add(b, i, "TensorListPushBack", {List(b, object), element}, {dtype}));
      b.values[{i, 0}] = element;
      return;
    }
    case ForeignKind::kStackPop: {
      const NodeId pop = b.graph().AddNode(
          "TensorListPopBack", std::string(node.name) + (b.top() ? "/pop" : ""),
          {List(b, object), ElementShape(b, object)}, {dtype}, blocks_.Controls(b, i));
      b.operations[i] = pop;
      written(pop);
      if (const int popped = lists_.PoppedBy(i); popped >= 0) {
        b.lists.now_.try_emplace(popped, Output{pop, 1});
      } else if (b.top()) {
        // Under the old name, to be fetched or fed.
        output(0, blocks_.Add(b, i, "Identity", {{pop, 1}}, {}));
      } else {
        output(0, pop, 1);
      }
      return;
    }
    case ForeignKind::kArray: {
      if (const auto it = node.def->attr().find("element_shape"); it != node.def->attr().end()) {
        const Shape declared = ShapeFromProto(it->second.shape());
        if (declared.fully_known() || !known_shapes_[object].known_rank())
          known_shapes_[object] = declared;
      }
      written(blocks_.Add(b, i, "TensorListReserve", {ElementShape(b, object), input(0)}, {dtype}));
      b.values[{i, 1}] = b.graph().AddConst("flow", Tensor::Scalar<float>(0));
      NameFlow(b, i, 1);
      return;
    }
    case ForeignKind::kArrayGrad:
      b.operations[i] = List(b, object).node;
      b.values[{i, 1}] = input(1);
      NameFlow(b, i, 1);
      return;
    case ForeignKind::kArrayRead:
      return output(0,
                    blocks_.Add(b, i, "TensorListGetItem",
                                {List(b, object), input(1), ElementShape(b, object)}, reading({})));
    case ForeignKind::kArrayWrite: {
      Output element = input(2);
      NoteElement(object, b.graph().shape(element));
      const Output list = List(b, object), index = input(1);
      if (adds) {
        const NodeId old = b.graph().AddNode("TensorListGetItem", "old",
                                             {list, index, ElementShape(b, object)}, {dtype});
        element = {b.graph().AddNode("AddV2", "sum", {{old, 0}, element}), 0};
      }
      AttrMap attrs = writing({});
      if (o.dynamic_size) attrs.emplace("resize_if_index_out_of_bounds", true);
      written(add_write("TensorListSetItem", {list, index, element}, std::move(attrs)));
      return pass_flow(3);
    }
    case ForeignKind::kArrayGather: {
      const Output list = List(b, object), shape = read_shape("element_shape", {});
      if (IsWholeRange(node.inputs[1], object)) {
        return output(0, blocks_.Add(b, i, "TensorListStack", {list, shape},
                                     reading({{"num_elements", int64_t{-1}}})));
      }
      AttrMap attrs = reading({});
      if (!AreDistinct(node.inputs[1])) attrs.emplace(kAddsGradientsAttr, true);
      return output(
          0, blocks_.Add(b, i, "TensorListGather", {list, input(1), shape}, std::move(attrs)));
    }
    case ForeignKind::kArrayScatter: {
      const Output list = List(b, object), indices = input(1);
      Output values = input(2);
      const Shape& rows = b.graph().shape(values);
      NoteElement(object, rows.known_rank() && rows.rank() > 0 ? rows.From(1) : Shape::Unknown());
      if (adds) values = AddedRows(b, object, indices, values, AreDistinct(node.inputs[1]));
      AttrMap attrs = writing({});
      if (o.array < 0 && !o.dynamic_size) attrs.emplace(kFixedSizeAttr, true);
      written(add_write("TensorListScatterIntoExistingList", {list, values, indices},
                        std::move(attrs)));
      return pass_flow(3);
    }
    case ForeignKind::kArraySize:
      return output(0, blocks_.Add(b, i, "TensorListLength", {List(b, object)}, {}));
    case ForeignKind::kArrayConcat: {
      const Output leading =
          b.graph().AddConst("leading_dims", Tensor::Vector(std::vector<int64_t>()));
      Output list = List(b, object);
      // An array that grew after the split: the gradient of the split tensor is that of its pieces.
      if (const auto pieces = pieces_.find(o.array); o.array >= 0 && pieces != pieces_.end()) {
        const Output size = b.builder->Resolve(pieces->second);
        list = {b.graph().AddNode("TensorListResize", "pieces", {list, size}), 0};
      }
      const NodeId id =
          blocks_.Add(b, i, "TensorListConcatV2",
                      {list, read_shape("element_shape_except0", {-1}), leading}, reading({}));
      output(0, id, 0);
      return output(1, id, 1);
    }
    case ForeignKind::kArraySplit: {
      Shape piece = b.graph().shape(input(1));
      if (piece.rank() > 0) piece.Set(0, kUnknownDim);
      NoteElement(object, piece);
      if (o.array >= 0 && !adds) {
        written(
            add_write("TensorListSplit", {input(1), ElementShape(b, object), input(2)}, {dtype}));
        return pass_flow(3);
      }
      Output list = List(b, object);
      if (o.dynamic_size && o.array < 0) {
        const NodeId size = b.graph().AddNode("TensorListLength", "size", {list});
        const NodeId pieces = b.graph().AddNode("Size", "pieces", {input(2)});
        const NodeId larger = b.graph().AddNode("Maximum", "larger", {{size, 0}, {pieces, 0}});
        list = {b.graph().AddNode("TensorListResize", "resized", {list, {larger, 0}}), 0};
        pieces_[object] = Expr(b.builder, {pieces, 0});
      }
      const NodeId split = b.graph().AddNode(
          "TensorListSplit", "split", {input(1), ElementShape(b, object), input(2)}, writing({}));
      // The sum finds what differs in length, too.
      AttrMap attrs;
      if (o.array < 0) attrs.emplace(kWritesOnceAttr, true);
      written(add_write("AddN", {list, {split, 0}}, std::move(attrs)));
      return pass_flow(3);
    }
    case ForeignKind::kClose:
      blocks_.Add(b, i, "NoOp", {}, {});
      return;
    default:
      ThrowInternal("no rule for " + foreign_.Describe(i));
  }
}

}  // namespace graphrun
