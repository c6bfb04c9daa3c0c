#include "ops/register_all.h"

namespace graphrun {
namespace ops {
#define GRAPHRUN_OP(Name) OpDef Name##Op();
#include "ops/op_list.inc"
#undef GRAPHRUN_OP
}  // namespace ops

void RegisterAllOps(OpRegistry* registry) {
#define GRAPHRUN_OP(Name) registry->Add(ops::Name##Op());
#include "ops/op_list.inc"
#undef GRAPHRUN_OP
}

OpRegistry AllOps() {
  OpRegistry registry;
  RegisterAllOps(&registry);
  return registry;
}

}  // namespace graphrun
