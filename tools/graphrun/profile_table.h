// The table of graphrun profile: where the time of a step goes.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_PROFILE_TABLE_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_PROFILE_TABLE_H_

#include <string>

#include "core/run/profile.h"
#include "tools/graphrun/machine_rates.h"

namespace graphrun {

struct ProfileTableOptions {
  enum class By { kShape, kOp, kNode };
  By by = By::kShape;  // what is one row: an op with these shapes, an op, or a node
  size_t rows = 30;    // that are printed
};

// `seconds` is what all steps took, without the observing.
std::string ProfileTable(const Profile& profile, int64_t steps, double seconds,
                         const MachineRates& machine, const ProfileTableOptions& options);

// Operations of all steps in products: what more operations than bytes bound.
double ProductFlops(const Profile& profile, const MachineRates& machine);

// "[30,400] [400,800]" of the inputs of a call, shortened.
std::string ShapesText(const Profile::Entry& entry);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_PROFILE_TABLE_H_
