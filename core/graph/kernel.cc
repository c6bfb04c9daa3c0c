#include "core/graph/kernel.h"

#include <new>
#include <stdexcept>

#include "core/graph/op_def.h"

namespace graphrun {

void RunKernel(const Kernel& kernel, KernelContext& context) {
  try {
    kernel.Run(context);
  } catch (const std::bad_alloc&) {
    throw Error(Code::kResourceExhausted, "no memory is left");
  } catch (const std::length_error&) {
    throw Error(Code::kResourceExhausted, "more elements than memory can hold");
  }
}

void RunOnce(KernelContext& context) {
  RunKernel(*context.node().op->prepare(KernelRequest(context)), context);
}

}  // namespace graphrun
