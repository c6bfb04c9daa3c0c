#include "core/import/foreign_ops.h"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>

#include "core/graph/op_registry.h"

namespace graphrun {
namespace {

const std::unordered_map<std::string_view, ForeignKind>& Kinds() {
  using enum ForeignKind;
  static const std::unordered_map<std::string_view, ForeignKind> kinds = {
      {"Enter", kEnter},
      {"RefEnter", kEnter},
      {"Exit", kExit},
      {"RefExit", kExit},
      {"Switch", kSwitch},
      {"RefSwitch", kSwitch},
      {"Merge", kMerge},
      {"RefMerge", kMerge},
      {"NextIteration", kNextIteration},
      {"RefNextIteration", kNextIteration},
      {"LoopCond", kLoopCond},
      {"ControlTrigger", kControlTrigger},
      {"StackV2", kStack},
      {"StackPushV2", kStackPush},
      {"StackPopV2", kStackPop},
      {"StackCloseV2", kClose},
      {"TensorArrayV3", kArray},
      {"TensorArrayGradV3", kArrayGrad},
      {"TensorArrayReadV3", kArrayRead},
      {"TensorArrayWriteV3", kArrayWrite},
      {"TensorArrayGatherV3", kArrayGather},
      {"TensorArrayScatterV3", kArrayScatter},
      {"TensorArraySizeV3", kArraySize},
      {"TensorArrayConcatV3", kArrayConcat},
      {"TensorArraySplitV3", kArraySplit},
      {"TensorArrayCloseV3", kClose},
      {"Variable", kVariable},
      {"VariableV2", kVariable},
      {"IsVariableInitialized", kVariableIsInitialized},
      {"Case", kCase},
      {"StatelessCase", kCase},
      {"SymbolicGradient", kSymbolicGradient},
  };
  return kinds;
}

}  // namespace

ForeignKind KindOf(std::string_view op, const OpRegistry& registry) {
  if (const auto it = Kinds().find(op); it != Kinds().end()) return it->second;
  if (const OpDef* known = registry.Find(op)) {
    // What we alone make is never in a file.
    const bool ours =
        known->structure == Structure::kUnavailable || known->structure == Structure::kCountedLoop;
    return ours ? ForeignKind::kUnknown : ForeignKind::kPlain;
  }
  if (op == "RefIdentity") return ForeignKind::kPlain;
  const std::string resource = ResourceOp(op);
  return !resource.empty() && registry.Find(resource) ? ForeignKind::kVariableWrite
                                                      : ForeignKind::kUnknown;
}

std::vector<std::string_view> ForeignOutputNames(std::string_view op) {
  using enum ForeignKind;
  const auto it = Kinds().find(op);
  if (it == Kinds().end()) return {};
  switch (it->second) {
    case kSwitch:
      return {"output_false", "output_true"};
    case kMerge:
      return {"output", "value_index"};
    case kArray:
      return {"handle", "flow"};
    case kArrayGrad:
      return {"grad_handle", "flow_out"};
    case kArrayConcat:
      return {"value", "lengths"};
    case kArrayRead:
    case kArrayGather:
      return {"value"};
    case kArrayWrite:
    case kArrayScatter:
    case kArraySplit:
      return {"flow_out"};
    case kArraySize:
      return {"size"};
    case kStack:
      return {"handle"};
    case kStackPop:
      return {"elem"};
    case kVariable:
      return {"ref"};
    case kVariableIsInitialized:
      return {"is_initialized"};
    case kControlTrigger:
    case kClose:
      return {};
    default:
      return {"output"};
  }
}

InputCount InputsOf(ForeignKind kind) {
  using enum ForeignKind;
  constexpr int kAny = std::numeric_limits<int>::max();
  switch (kind) {
    case kEnter:
    case kExit:
    case kNextIteration:
    case kLoopCond:
    case kStack:
    case kStackPop:
    case kArray:
    case kClose:
    case kVariableIsInitialized:
      return {1, 1};
    case kMerge:
    case kVariableWrite:
    case kCase:
      return {1, kAny};
    case kSwitch:
    case kStackPush:
    case kArrayGrad:
    case kArraySize:
    case kArrayConcat:
      return {2, 2};
    case kArrayRead:
    case kArrayGather:
      return {3, 3};
    case kArrayWrite:
    case kArrayScatter:
    case kArraySplit:
      return {4, 4};
    case kControlTrigger:
    case kVariable:
      return {0, 0};
    default:
      return {0, kAny};
  }
}

std::vector<std::string_view> RequiredAttrs(ForeignKind kind) {
  using enum ForeignKind;
  switch (kind) {
    case kEnter:
      return {"T", "frame_name"};
    case kMerge:
      return {"T", "N"};
    case kExit:
    case kSwitch:
    case kNextIteration:
    case kStackPush:
    case kArrayWrite:
    case kArrayScatter:
    case kArraySplit:
      return {"T"};
    case kStack:
    case kStackPop:
      return {"elem_type"};
    case kArray:
    case kArrayRead:
    case kArrayGather:
    case kArrayConcat:
      return {"dtype"};
    case kArrayGrad:
      return {"source"};
    case kVariable:
      return {"dtype", "shape"};
    default:
      return {};
  }
}

std::string ResourceOp(std::string_view op) {
  if (op == "Assign") return "AssignVariableOp";
  if (op == "AssignAdd") return "AssignAddVariableOp";
  if (op == "AssignSub") return "AssignSubVariableOp";
  for (const std::string_view family : {"Apply", "SparseApply", "Scatter"}) {
    if (op.starts_with(family)) return "Resource" + std::string(op);
  }
  return "";
}

bool SharesMemory(std::string_view op) {
  static constexpr std::array<std::string_view, 8> kOps = {
      "Identity", "RefIdentity",  "Reshape",         "ExpandDims",
      "Squeeze",  "StopGradient", "PreventGradient", "CheckNumerics"};
  return std::find(kOps.begin(), kOps.end(), op) != kOps.end();
}

}  // namespace graphrun
