#include "core/import/list_rewriter.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/graph/op_def.h"

namespace graphrun {

ListRewriter::ListRewriter(const ForeignGraph& foreign, const ForeignLoops& loops,
                           const ForeignLists& lists, BlockBuilder* blocks,
                           const ElementShapes& shapes)
    : foreign_(foreign),
      loops_(loops),
      lists_(lists),
      blocks_(*blocks),
      known_shapes_(shapes),
      seen_shapes_(lists.size()) {
  known_shapes_.resize(lists_.size(), Shape::Unknown());
  for (int i = 0; i < lists_.size(); ++i) {
    if (!lists_.object(i).one_shape) known_shapes_[i] = Shape::Unknown();
  }
}

Output ListRewriter::ShapeConst(Graph& g, const Shape& shape) {
  if (!shape.known_rank()) return g.AddConst("element_shape", Tensor::Scalar<int32_t>(-1));
  std::vector<int32_t> dims;
  for (int64_t d : shape.dims()) dims.push_back(static_cast<int32_t>(d));
  return g.AddConst("element_shape", Tensor::Vector(dims));
}

ElementShapes ListRewriter::element_shapes() const {
  ElementShapes shapes;
  for (const auto& seen : seen_shapes_) shapes.push_back(seen.value_or(Shape::Unknown()));
  return shapes;
}

// Remembers what an element is like, for the next Rewriter.
void ListRewriter::NoteElement(int object, const Shape& shape) {
  std::optional<Shape>& seen = seen_shapes_[object];
  seen = seen ? Generalize(*seen, shape) : shape;
}

bool ListRewriter::Visible(const RewriteBlock& b, int object) const {
  for (const RewriteBlock* at = &b; at; at = at->parent) {
    if (at->lists.now_.contains(object)) return true;
  }
  return false;
}

Output ListRewriter::List(RewriteBlock& b, int object) {
  for (RewriteBlock* at = &b; at; at = at->parent) {
    if (const auto it = at->lists.now_.find(object); it != at->lists.now_.end())
      return b.builder->Resolve(Expr(at->builder, it->second));
  }
  if (const ListObject& o = lists_.object(object); o.array >= 0)
    return b.lists.now_[object] = MakeGradientList(b, object, "gradient_list");
  ThrowInvalid("the stack or TensorArray that " + foreign_.Describe(lists_.object(object).creator) +
               " makes is used where it does not exist");
}

void ListRewriter::Prepare(RewriteBlock& b, const std::set<int>& objects) {
  for (int object : objects) {
    const ListObject& o = lists_.object(object);
    if (o.array >= 0 && !Visible(b, object) && Visible(b, o.array))
      b.lists.now_[object] = MakeGradientList(b, object, "gradient_list");
  }
}

// As long as the array is by now. Elements that are written once need no zeros to be added to, but
// zeros tell the shape of those that are never written when nothing else does.
Output ListRewriter::MakeGradientList(RewriteBlock& b, int object, const std::string& name) {
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

std::set<int> ListRewriter::ObjectsOf(const FrameItems& region, const std::vector<int>& items,
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

// List objects that the block made and open items will access.
std::vector<int> ListRewriter::MadeInside(const RewriteBlock& b, const RewriteBlock& inner,
                                          const FrameItems& region) const {
  std::vector<int> made;
  for (const auto& [object, list] : inner.lists.now_) {
    if (!Visible(b, object)) made.push_back(object);
  }
  if (made.empty()) return made;
  std::vector<int> open;
  for (int i = 0; i < region.size(); ++i) {
    if (region.IsOpen(i)) open.push_back(i);
  }
  std::set<int> accessed = ObjectsOf(region, open, false);
  // The list of an array's gradients is made like the array.
  for (int object : std::vector<int>(accessed.begin(), accessed.end())) {
    for (int at = lists_.object(object).array; at >= 0; at = lists_.object(at).array)
      accessed.insert(at);
  }
  std::erase_if(made, [&](int object) { return !accessed.contains(object); });
  return made;
}

// Pushes the arrays whose handles were pushed.
void ListRewriter::Finish(RewriteBlock& b) {
  for (int i : b.lists.pushes_) {
    const int stack = lists_.AccessedBy(i);
    const NodeId push =
        blocks_.Add(b, i, "TensorListPushBack", {List(b, stack), List(b, lists_.PoppedBy(i))},
                    {{"element_dtype", DType::kVariant}});
    b.lists.now_[stack] = {push, 0};
  }
  b.lists.pushes_.clear();
}

void ListRewriter::GiveUp(RewriteBlock& b, int object, const Problem& problem,
                          std::vector<Output> inputs) {
  const NodeId id = blocks_.AddUnavailable(b, "unavailable", "a stack or TensorArray", problem,
                                           std::move(inputs), {DType::kVariant}, /*def=*/nullptr);
  const DType dtype = lists_.object(object).dtype;
  b.graph().SetType({id, 0},
                    {.dtype = DType::kVariant,
                     .shape = {},
                     .element_dtype = dtype == DType::kResource ? DType::kVariant : dtype});
  b.lists.now_[object] = {id, 0};
}

std::vector<NodeId> ListRewriter::WaitsOfFlow(RewriteBlock& b, Output flow) {
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
      const auto [it, fresh] = b.lists.flows_.try_emplace(at, kNoNode);
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

std::vector<NodeId> ListRewriter::WaitsOfFlows(RewriteBlock& b, int i) {
  std::vector<NodeId> waits;
  for (Port p : foreign_.node(i).inputs) {
    if (!lists_.IsFlow(p)) continue;
    if (const Output flow = blocks_.FindValue(b, p); flow.valid()) {
      for (NodeId c : WaitsOfFlow(b, flow)) waits.push_back(c);
    }
  }
  return waits;
}

}  // namespace graphrun
