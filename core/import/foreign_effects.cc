#include "core/import/foreign_effects.h"

#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "proto/node_def.pb.h"

namespace graphrun {

bool ForeignEffects::HasOwnEffect(int i) const {
  const ForeignNode& node = foreign_.node(i);
  if (node.kind == ForeignKind::kCase) return node.def->op() == "Case";
  if (node.kind != ForeignKind::kPlain)
    return node.kind >= ForeignKind::kUnknown || node.kind == ForeignKind::kVariableWrite;
  const OpDef* op = registry_.Find(node.def->op());
  return op && (!op->pure() ||
                (op->structure >= Structure::kWhile && !node.def->op().starts_with("Stateless")));
}

bool ForeignEffects::MustRun(int i) const {
  const ForeignNode& node = foreign_.node(i);
  const OpDef* op = node.kind == ForeignKind::kPlain ? registry_.Find(node.def->op()) : nullptr;
  return HasOwnEffect(i) && !(op && (op->effect == Effect::kRead || op->effect == Effect::kRandom));
}

ForeignEffects::ForeignEffects(const OpRegistry& registry, const ForeignGraph& graph,
                               const ForeignLoops& loops)
    : registry_(registry), foreign_(graph), has_effect_(graph.size(), 0) {
  must_run_ = has_effect_;
  std::vector<uint8_t> frame_has_effect(loops.num_frames(), 0), frame_must_run(frame_has_effect);
  for (int i = 0; i < foreign_.size(); ++i) {
    const int f = loops.FrameOf(i);
    if (f == 0) continue;
    if (HasOwnEffect(i)) frame_has_effect[f] = 1;
    if (MustRun(i)) frame_must_run[f] = 1;
  }
  for (int f = loops.num_frames() - 1; f > 0; --f) {
    const int parent = loops.frame(f).parent;
    frame_has_effect[parent] |= frame_has_effect[f];
    frame_must_run[parent] |= frame_must_run[f];
  }
  for (int i : foreign_.order()) {
    const ForeignNode& node = foreign_.node(i);
    bool effect = HasOwnEffect(i), must_run = MustRun(i);
    const auto follow = [&](int producer) {
      effect = effect || has_effect_[producer];
      must_run = must_run || must_run_[producer];
    };
    for (Port p : node.inputs) follow(p.node);
    for (int c : node.controls) follow(c);
    if (const int loop = loops.LoopLeftBy(i); loop >= 0) {
      effect = effect || frame_has_effect[loop];
      must_run = must_run || frame_must_run[loop];
    }
    has_effect_[i] = effect;
    must_run_[i] = must_run;
  }
}

}  // namespace graphrun
