#include <algorithm>

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

bool PassesHandle(const ForeignNode& node) {
  const bool passes = node.kind == ForeignKind::kEnter || node.kind == ForeignKind::kExit ||
                      node.kind == ForeignKind::kSwitch ||
                      (node.kind == ForeignKind::kPlain && node.def->op() == "Identity");
  return passes && !node.inputs.empty();
}

}  // namespace

ForeignLists::ForeignLists(ForeignGraph* graph, const ForeignLoops& loops)
    : graph_(*graph),
      accessed_(graph->size(), -1),
      popped_(graph->size(), -1),
      handle_of_(graph->size(), -1),
      flow_(graph->size(), 0),
      accessed_in_frame_(loops.num_frames()),
      changed_in_frame_(loops.num_frames()) {
  for (int i : graph_.order()) {
    const ForeignKind kind = graph_.node(i).kind;
    flow_[i] = PassesFlow(i);
    if (kind < ForeignKind::kStack || kind > ForeignKind::kClose) {
      handle_of_[i] = HandleOf(i);
      continue;
    }
    try {
      WithContext([&] { return "while rewriting " + graph_.Describe(i); },
                  [&] { FindObject(i, loops); });
    } catch (const Error& e) {
      if (e.broken()) throw;
      graph->Break(i, Problem::Of(e));
    }
    handle_of_[i] = HandleOf(i);
    if (accessed_[i] < 0) continue;
    for (int f = loops.FrameOf(i); f >= 0; f = loops.frame(f).parent) {
      accessed_in_frame_[f].insert(accessed_[i]);
      if (Changes(i)) changed_in_frame_[f].insert(accessed_[i]);
      if (popped_[i] >= 0) accessed_in_frame_[f].insert(popped_[i]);
    }
  }
  FindOrder(loops);
}

void ForeignLists::FindOrder(const ForeignLoops& loops) {
  accesses_.resize(objects_.size());
  std::vector<int> changes;
  std::unordered_map<int, int> groups;
  for (int i : graph_.order()) {
    if (accessed_[i] < 0) continue;
    accesses_[accessed_[i]].push_back(i);
    if (ArrayOf(accessed_[i]) != accessed_[i]) continue;
    groups[i] = accessed_[i];
    if (Changes(i)) changes.push_back(i);
  }
  order_ = ForeignOrder(graph_, loops, changes);
  order_.FindMeetings(graph_, loops, groups);
}

bool ForeignLists::ChangesTwice(int object) const {
  return std::count_if(accesses_[object].begin(), accesses_[object].end(),
                       [&](int i) { return Changes(i); }) > 1;
}

int ForeignLists::ArrayOf(int object) const {
  while (objects_[object].array >= 0) object = objects_[object].array;
  const ForeignKind kind = graph_.node(objects_[object].creator).kind;
  return kind == ForeignKind::kArray ? object : -1;
}

bool ForeignLists::Sees(int access, int change) const {
  const int object = accessed_[access];
  // An array of gradients is made once, for all that use it.
  if (objects_[object].array >= 0) {
    return std::any_of(accesses_[object].begin(), accesses_[object].end(),
                       [&](int i) { return order_.Before(change, i); });
  }
  return order_.Before(change, access) || (Changes(access) && order_.Meet(change, access));
}

void ForeignLists::FindObject(int i, const ForeignLoops& loops) {
  const ForeignNode& node = graph_.node(i);
  if (node.kind == ForeignKind::kStack || node.kind == ForeignKind::kArray) {
    const bool array = node.kind == ForeignKind::kArray;
    const DType dtype = TypeAttr(node, array ? "dtype" : "elem_type");
    accessed_[i] = size();
    objects_.push_back({.creator = i,
                        .array = -1,
                        .dtype = dtype,
                        .dynamic_size = array && BoolAttr(node, "dynamic_size", false),
                        .clear_after_read = !array || BoolAttr(node, "clear_after_read", true),
                        .one_shape = !array || BoolAttr(node, "identical_element_shapes", false)});
    return;
  }
  const int object = ObjectOf(node.inputs.at(0));
  if (object < 0) {
    Port handle = node.inputs.at(0);
    while (PassesHandle(graph_.node(handle.node))) handle = graph_.node(handle.node).inputs[0];
    const bool unknown = graph_.node(handle.node).kind == ForeignKind::kUnknown;
    throw Error(unknown ? Code::kUnimplemented : Code::kInvalidArgument,
                "it cannot be told which stack or TensorArray " + graph_.Describe(handle.node) +
                    " leads to");
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

bool ForeignLists::IsFlow(Port port) const {
  const ForeignKind kind = graph_.node(port.node).kind;
  if (kind == ForeignKind::kArray || kind == ForeignKind::kArrayGrad) return port.index == 1;
  return flow_[port.node] != 0;
}

// Sums of flows are what gradients wait for.
bool ForeignLists::PassesFlow(int i) const {
  const ForeignNode& node = graph_.node(i);
  switch (node.kind) {
    case ForeignKind::kArrayWrite:
    case ForeignKind::kArrayScatter:
    case ForeignKind::kArraySplit:
    case ForeignKind::kBroken:  // it may have been one of these, or have passed a flow on
      return true;
    case ForeignKind::kEnter:
    case ForeignKind::kExit:
    case ForeignKind::kSwitch:
    case ForeignKind::kMerge:
      return IsFlow(node.inputs[0]);
    case ForeignKind::kPlain: {
      const std::string& op = node.def->op();
      if (op != "Identity" && op != "AddN" && op != "AddV2" && op != "Add") return false;
      return std::any_of(node.inputs.begin(), node.inputs.end(), [&](Port p) { return IsFlow(p); });
    }
    default:
      return false;
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
    case ForeignKind::kMerge: {
      // Around a loop a handle stays what it was; the sides of a cond must agree.
      std::set<int> objects;
      for (Port p : node.inputs) {
        if (graph_.node(p.node).kind != ForeignKind::kNextIteration) objects.insert(ObjectOf(p));
      }
      return objects.size() == 1 ? *objects.begin() : -1;
    }
    default:
      return PassesHandle(node) ? ObjectOf(node.inputs[0]) : -1;
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
