// LayOut: where the values of a FusedProgram live while it runs, and how its work is cut.
#ifndef GRAPHRUN_CORE_COMPILE_FUSED_LAYOUT_H_
#define GRAPHRUN_CORE_COMPILE_FUSED_LAYOUT_H_

#include "core/compile/fused_program.h"

namespace graphrun {

// Of a program whose values have a register each: shares registers, and chooses tiles and blocks.
// `work` is what a column of all steps takes, in threads. False when it asks for too much.
bool LayOut(FusedProgram* program, double work);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_FUSED_LAYOUT_H_
