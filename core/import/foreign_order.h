// Which of some nodes, such as the writes of variables, run before others.
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_ORDER_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_ORDER_H_

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/import/foreign_loops.h"

namespace graphrun {

// Paths of data and control edges lead from what comes before; an Exit is after everything in its
// loop.
class ForeignOrder {
 public:
  ForeignOrder() = default;
  ForeignOrder(const ForeignGraph& graph, const ForeignLoops& loops,
               const std::vector<int>& marked);

  // Whether a path leads from `marked` to `node`.
  bool Before(int marked, int node) const {
    return !before_.empty() && Has(before_[node], index_.at(marked));
  }
  // After this, whether paths lead from two marked nodes of one group to a third node of it; nodes
  // that `groups` does not have are in none.
  void FindMeetings(const ForeignGraph& graph, const ForeignLoops& loops,
                    const std::unordered_map<int, int>& groups);
  bool Meet(int marked, int other) const {
    return !meets_.empty() && Has(meets_[index_.at(marked)], index_.at(other));
  }

 private:
  using Bits = std::vector<uint64_t>;
  static bool Has(const Bits& bits, int i) { return bits[i / 64] >> (i % 64) & 1; }
  static void Set(Bits& bits, int i) { bits[i / 64] |= uint64_t{1} << (i % 64); }
  static void Unite(Bits& to, const Bits& from) {
    for (size_t k = 0; k < to.size(); ++k) to[k] |= from[k];
  }

  std::unordered_map<int, int> index_;  // of marked nodes
  std::vector<Bits> before_;            // [node]
  std::vector<Bits> meets_;             // [index of a marked node]
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_ORDER_H_
