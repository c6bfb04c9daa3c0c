// Stacks and TensorArrays as tensor lists.
#include <algorithm>

#include "core/base/error.h"
#include "core/build/control_flow.h"
#include "core/graph/array_attrs.h"
#include "core/graph/op_def.h"
#include "core/import/rewriter.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

Output ShapeConst(Graph& g, const Shape& shape) {
  if (!shape.known_rank()) return g.AddConst("element_shape", Tensor::Scalar<int32_t>(-1));
  std::vector<int32_t> dims;
  for (int64_t d : shape.dims()) dims.push_back(static_cast<int32_t>(d));
  return g.AddConst("element_shape", Tensor::Vector(dims));
}

}  // namespace

Output Rewriter::ElementShape(Block& b, int object) {
  return ShapeConst(b.graph(), known_shapes_[object]);
}

// Remembers what an element is like, for the next Rewriter.
void Rewriter::NoteElement(int object, const Shape& shape) {
  std::optional<Shape>& seen = seen_shapes_[object];
  seen = seen ? Generalize(*seen, shape) : shape;
}

bool Rewriter::Visible(const Block& b, int object) const {
  for (const Block* at = &b; at; at = at->parent) {
    if (at->lists.contains(object)) return true;
  }
  return false;
}

Output Rewriter::List(Block& b, int object) {
  for (Block* at = &b; at; at = at->parent) {
    if (const auto it = at->lists.find(object); it != at->lists.end())
      return b.builder->Resolve(Expr(at->builder, it->second));
  }
  if (const ListObject& o = lists_.object(object); o.array >= 0)
    return b.lists[object] = MakeGradientList(b, object, "gradient_list");
  ThrowInvalid("the stack or TensorArray that " + foreign_.Describe(lists_.object(object).creator) +
               " makes is used where it does not exist");
}

void Rewriter::PrepareLists(Block& b, const std::set<int>& objects) {
  for (int object : objects) {
    const ListObject& o = lists_.object(object);
    if (o.array >= 0 && !Visible(b, object) && Visible(b, o.array))
      b.lists[object] = MakeGradientList(b, object, "gradient_list");
  }
}

// As long as the array is by now. Elements that are written once need no zeros to be added to, but
// zeros tell the shape of those that are never written when nothing else does.
Output Rewriter::MakeGradientList(Block& b, int object, const std::string& name) {
  const ListObject& o = lists_.object(object);
  const Output array = List(b, o.array);
  known_shapes_[object] = known_shapes_[o.array];
  if (o.clear_after_read && known_shapes_[o.array].fully_known()) {
    const NodeId length = b.graph().AddNode("TensorListLength", name + "/size", {array});
    return {b.graph().AddNode("TensorListReserve", name,
                              {ShapeConst(b.graph(), known_shapes_[o.array]), {length, 0}},
                              {{"element_dtype", o.dtype}}),
            0};
  }
  return {b.graph().AddNode("ZerosLike", name, {array}), 0};
}

std::set<int> Rewriter::ObjectsOf(const FrameItems& region, const std::vector<int>& items,
                                  bool changed_only) const {
  std::set<int> objects;
  for (int i : items) {
    const Item& item = region.item(i);
    if (item.frame >= 0) {
      objects.merge(std::set<int>(lists_.InFrame(item.frame, changed_only)));
    } else if (const int object = lists_.AccessedBy(item.node);
               object >= 0 && (!changed_only || lists_.Changes(item.node))) {
      objects.insert(object);
    }
  }
  return objects;
}

std::optional<Tensor> Rewriter::ConstantOf(Port port) const {
  const ForeignNode& node = foreign_.node(port.node);
  if (node.kind != ForeignKind::kPlain || node.def->op() != "Const") return std::nullopt;
  const auto it = node.def->attr().find("value");
  if (it == node.def->attr().end()) return std::nullopt;
  ImportBudget budget;
  return TensorFromProto(it->second.tensor(), &budget);
}

// Whether the indices are Range(0, size of the array, 1).
bool Rewriter::IsWholeRange(Port indices, int object) const {
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

// Pushes the arrays whose handles were pushed.
void Rewriter::FinishLists(Block& b) {
  for (int i : b.pushes) {
    const int stack = lists_.AccessedBy(i);
    const NodeId push =
        Add(b, i, "TensorListPushBack", {List(b, stack), List(b, lists_.PoppedBy(i))},
            {{"element_dtype", DType::kVariant}});
    b.lists[stack] = {push, 0};
  }
  b.pushes.clear();
}

std::vector<NodeId> Rewriter::WaitsOfFlow(Block& b, Output flow) {
  Graph& g = b.graph();
  const auto makes_list = [&](NodeId id) {
    for (int k = 0; k < g.num_outputs(id); ++k) {
      if (g.dtype({id, k}) != DType::kVariant) return false;
    }
    return g.num_outputs(id) > 0 && g.node(id).op->pure();
  };
  std::vector<NodeId> waits;
  std::vector<Output> open = {flow};
  std::set<Output> seen = {flow};
  while (!open.empty()) {
    const Output at = open.back();
    open.pop_back();
    const Node& node = g.node(at.node);
    for (NodeId c : node.control_inputs) {
      if (!makes_list(c)) waits.push_back(c);
    }
    if (node.op->structure >= Structure::kWhile && HasEffect(g, at.node)) {
      // Who waits for the node itself would wait for all that it computes.
      const auto [it, fresh] = b.flows.try_emplace(at, kNoNode);
      if (fresh) it->second = g.AddNode("Identity", node.name + "/flow", {at});
      waits.push_back(it->second);
    } else if (!node.op->pure()) {
      waits.push_back(at.node);
    } else if (node.op->structure < Structure::kWhile) {
      for (Output o : node.inputs) {
        if (seen.insert(o).second) open.push_back(o);
      }
    }
  }
  return waits;
}

std::vector<NodeId> Rewriter::WaitsOfFlows(Block& b, int i) {
  std::vector<NodeId> waits;
  for (Port p : foreign_.node(i).inputs) {
    if (!lists_.IsFlow(p)) continue;
    if (const Output flow = FindValue(b, p); flow.valid()) {
      for (NodeId c : WaitsOfFlow(b, flow)) waits.push_back(c);
    }
  }
  return waits;
}

bool Rewriter::AreDistinct(Port indices) const {
  const ForeignNode& node = foreign_.node(indices.node);
  if (node.kind == ForeignKind::kPlain && node.def->op() == "Range") return true;
  const std::optional<Tensor> value = ConstantOf(indices);
  if (!value || !IsInteger(value->dtype())) return false;
  std::set<int64_t> seen;
  for (int64_t k = 0; k < value->num_elements(); ++k) seen.insert(value->int_at(k));
  return static_cast<int64_t>(seen.size()) == value->num_elements();
}

Output Rewriter::AddedRows(Block& b, int object, Output indices, Output values, bool distinct) {
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

void Rewriter::EmitList(Block& b, int i) {
  const std::vector<NodeId> waits = WaitsOfFlows(b, i);
  EmitAccess(b, i);
  const auto made = b.operations.find(i);
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

void Rewriter::EmitAccess(Block& b, int i) {
  const ForeignNode& node = foreign_.node(i);
  const int object = lists_.AccessedBy(i);
  const ListObject& o = lists_.object(object);
  const auto dtype = std::pair<const std::string, AttrValue>(
      "element_dtype", o.dtype == DType::kResource ? DType::kVariant : o.dtype);
  const auto input = [&](size_t k) { return Value(b, node.inputs.at(k), i); };
  const auto output = [&](int k, NodeId id, int index = 0) { b.values[{i, k}] = {id, index}; };
  // Flows only say in which order accesses come; the chain of lists does that now.
  const auto pass_flow = [&](size_t from) {
    b.values[{i, 0}] = input(from);
    NameFlow(b, i, 0);
  };
  const auto add_write = [&](const char* op, std::vector<Output> inputs, AttrMap attrs) {
    return Add(b, i, op, std::move(inputs), std::move(attrs), IsMain(b) ? "/list" : "");
  };
  const auto written = [&](NodeId id) { b.lists[object] = {id, 0}; };
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
      written(Add(b, i, "EmptyTensorList", {ElementShape(b, object), unbounded}, {dtype}));
      return;
    }
    case ForeignKind::kStackPush: {
      if (lists_.PoppedBy(i) >= 0) {
        // The array is pushed as it will be when the block ends.
        b.pushes.push_back(i);
        return;
      }
      const Output element = input(1);
      NoteElement(object, b.graph().shape(element));
      written(Add(b, i, "TensorListPushBack", {List(b, object), element}, {dtype}));
      b.values[{i, 0}] = element;
      return;
    }
    case ForeignKind::kStackPop: {
      const NodeId pop =
          b.graph().AddNode("TensorListPopBack", std::string(node.name) + (b.top() ? "/pop" : ""),
                            {List(b, object), ElementShape(b, object)}, {dtype}, Controls(b, i));
      b.operations[i] = pop;
      written(pop);
      if (const int popped = lists_.PoppedBy(i); popped >= 0) {
        b.lists.try_emplace(popped, Output{pop, 1});
      } else if (b.top()) {
        // Under the old name, to be fetched or fed.
        output(0, Add(b, i, "Identity", {{pop, 1}}, {}));
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
      written(Add(b, i, "TensorListReserve", {ElementShape(b, object), input(0)}, {dtype}));
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
      return output(0, Add(b, i, "TensorListGetItem",
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
        return output(0, Add(b, i, "TensorListStack", {list, shape},
                             reading({{"num_elements", int64_t{-1}}})));
      }
      AttrMap attrs = reading({});
      if (!AreDistinct(node.inputs[1])) attrs.emplace(kAddsGradientsAttr, true);
      return output(0, Add(b, i, "TensorListGather", {list, input(1), shape}, std::move(attrs)));
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
      return output(0, Add(b, i, "TensorListLength", {List(b, object)}, {}));
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
          Add(b, i, "TensorListConcatV2",
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
      Add(b, i, "NoOp", {}, {});
      return;
    default:
      ThrowInternal("no rule for " + foreign_.Describe(i));
  }
}

}  // namespace graphrun
