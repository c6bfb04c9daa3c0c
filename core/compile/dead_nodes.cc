#include "core/compile/passes.h"

namespace graphrun {

void RemoveDeadNodes(Unit& unit) {
  for (Function* f : unit.functions()) unit.RemoveDeadNodes(*f);
}

}  // namespace graphrun
