// Ctrl-C asks a loop to end after its step; a second one kills the process as usual.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_INTERRUPT_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_INTERRUPT_H_

namespace graphrun {

void CatchInterrupt();
bool Interrupted();

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_INTERRUPT_H_
