// The one list of all ops.
#ifndef GRAPHRUN_OPS_REGISTER_ALL_H_
#define GRAPHRUN_OPS_REGISTER_ALL_H_

#include "core/graph/op_registry.h"

namespace graphrun {

void RegisterAllOps(OpRegistry* registry);
// A registry of all ops.
OpRegistry AllOps();

}  // namespace graphrun

#endif  // GRAPHRUN_OPS_REGISTER_ALL_H_
