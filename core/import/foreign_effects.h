// Which foreign nodes have effects, themselves or by what they need.
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_EFFECTS_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_EFFECTS_H_

#include <cstdint>
#include <vector>

#include "core/import/foreign_loops.h"

namespace graphrun {

class ForeignEffects {
 public:
  ForeignEffects(const OpRegistry& registry, const ForeignGraph& graph, const ForeignLoops& loops);

  // Whether the node, or something that it needs, does more than compute its outputs; an Exit needs
  // all that is in its loop.
  bool has_effect(int node) const { return has_effect_[node] != 0; }
  // The same of writes, checks and output.
  bool must_run(int node) const { return must_run_[node] != 0; }

 private:
  bool HasOwnEffect(int node) const;
  bool MustRun(int node) const;

  const OpRegistry& registry_;
  const ForeignGraph& foreign_;
  std::vector<uint8_t> has_effect_, must_run_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_EFFECTS_H_
