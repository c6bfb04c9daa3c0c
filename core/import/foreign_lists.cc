#include "core/base/error.h"
#include "core/import/foreign_objects.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

const pb::AttrValue* FindAttr(const ForeignNode& node, const char* name) {
  const auto it = node.def->attr().find(name);
  return it == node.def->attr().end() ? nullptr : &it->second;
}

bool BoolAttr(const ForeignNode& node, const char* name, bool default_value) {
  const pb::AttrValue* value = FindAttr(node, name);
  return value ? value->b() : default_value;
}

DType TypeAttr(const ForeignNode& node, const char* name) {
  const pb::AttrValue* value = FindAttr(node, name);
  if (!value) ThrowInvalid("attribute '" + std::string(name) + "' is missing");
  return static_cast<DType>(value->type());
}

}  // namespace

ForeignLists::ForeignLists(const ForeignGraph& graph, const ForeignLoops& loops)
    : graph_(graph),
      accessed_(graph.size(), -1),
      popped_(graph.size(), -1),
      handle_of_(graph.size(), -1),
      accessed_in_frame_(loops.num_frames()),
      changed_in_frame_(loops.num_frames()) {
  for (int i : graph.order()) {
    const ForeignNode& node = graph.node(i);
    if (node.kind < ForeignKind::kStack || node.kind > ForeignKind::kClose) {
      handle_of_[i] = HandleOf(i);
      continue;
    }
    WithContext(
        [&] { return "while rewriting " + graph_.Describe(i); },
        [&] {
          if (node.kind == ForeignKind::kStack || node.kind == ForeignKind::kArray) {
            const bool array = node.kind == ForeignKind::kArray;
            accessed_[i] = size();
            objects_.push_back(
                {.creator = i,
                 .array = -1,
                 .dtype = TypeAttr(node, array ? "dtype" : "elem_type"),
                 .dynamic_size = array && BoolAttr(node, "dynamic_size", false),
                 .clear_after_read = !array || BoolAttr(node, "clear_after_read", true)});
            return;
          }
          const int object = node.inputs.empty() ? -1 : ObjectOf(node.inputs[0]);
          if (object < 0) {
            ThrowInvalid(
                "it cannot be told which stack or TensorArray '" +
                std::string(node.inputs.empty() ? "" : graph_.node(node.inputs[0].node).name) +
                "' leads to");
          }
          if (node.kind != ForeignKind::kArrayGrad) {
            accessed_[i] = object;
          } else {
            const pb::AttrValue* source = FindAttr(node, "source");
            accessed_[i] = GradientOf(object, source ? source->s() : "");
          }
          if (objects_[object].dtype != DType::kResource) return;
          if (node.kind == ForeignKind::kStackPush) {
            popped_[i] = objects_[object].pushed = ObjectOf(node.inputs[1]);
            if (popped_[i] < 0) ThrowInvalid("what it pushes is neither a stack nor a TensorArray");
          } else if (node.kind == ForeignKind::kStackPop) {
            if (objects_[object].pushed < 0) ThrowInvalid("nothing was pushed on its stack before");
            // Each user of the array in the gradient loop has a stack of its own for the handle.
            const int array = objects_[object].pushed;
            const auto [it, fresh] = handles_.try_emplace({array, loops.FrameOf(i)}, size());
            popped_[i] = it->second;
            if (!fresh) return;
            ListObject popped = objects_[array];
            popped.creator = i;
            popped.array = -1;
            objects_.push_back(popped);
          }
        });
    handle_of_[i] = HandleOf(i);
    for (int f = loops.FrameOf(i); f >= 0; f = loops.frame(f).parent) {
      accessed_in_frame_[f].insert(accessed_[i]);
      if (Changes(i)) changed_in_frame_[f].insert(accessed_[i]);
      if (popped_[i] >= 0) accessed_in_frame_[f].insert(popped_[i]);
    }
  }
}

bool ForeignLists::Changes(int node) const {
  switch (graph_.node(node).kind) {
    case ForeignKind::kArrayRead:
    case ForeignKind::kArrayGather:
    case ForeignKind::kArraySize:
    case ForeignKind::kArrayConcat:
    case ForeignKind::kArrayGrad:
    case ForeignKind::kClose:
      return false;
    default:
      return true;
  }
}

int ForeignLists::ObjectOf(Port handle) const {
  const bool first = handle.index == 0 || graph_.node(handle.node).kind == ForeignKind::kSwitch;
  return first ? handle_of_[handle.node] : -1;
}

// The object whose handle is output 0 of the node, as far as its inputs say so.
int ForeignLists::HandleOf(int i) const {
  const ForeignNode& node = graph_.node(i);
  switch (node.kind) {
    case ForeignKind::kStackPop:
      return popped_[i];
    case ForeignKind::kStack:
    case ForeignKind::kArray:
    case ForeignKind::kArrayGrad:
      return accessed_[i];
    case ForeignKind::kEnter:
    case ForeignKind::kExit:
    case ForeignKind::kSwitch:
      return ObjectOf(node.inputs[0]);
    case ForeignKind::kMerge: {
      // Around a loop a handle stays what it was; the sides of a cond must agree.
      std::set<int> objects;
      for (Port p : node.inputs) {
        if (graph_.node(p.node).kind != ForeignKind::kNextIteration) objects.insert(ObjectOf(p));
      }
      return objects.size() == 1 ? *objects.begin() : -1;
    }
    default:
      return node.def && node.def->op() == "Identity" && !node.inputs.empty()
                 ? ObjectOf(node.inputs[0])
                 : -1;
  }
}

int ForeignLists::GradientOf(int array, const std::string& source) {
  const auto [it, fresh] = gradients_.try_emplace({array, source}, size());
  if (fresh) {
    ListObject gradient = objects_[array];
    gradient.creator = -1;
    gradient.array = array;
    objects_.push_back(gradient);
  }
  return it->second;
}

}  // namespace graphrun
