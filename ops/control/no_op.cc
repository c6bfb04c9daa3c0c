// NoOp: computes nothing; control edges give it a meaning, as the end of a group of operations.
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {

OpDef NoOpOp() {
  return Op("NoOp")
      .Doc("Does nothing. A target that runs all that it has control edges from.")
      .Is(Structure::kNoOp)
      .Shape([](ShapeContext&) {})
      .NoGradient("it has no inputs");
}

}  // namespace graphrun::ops
