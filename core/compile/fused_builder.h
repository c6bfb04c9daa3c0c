// MakeFusedProgram: from a Function::fused to its FusedProgram.
#ifndef GRAPHRUN_CORE_COMPILE_FUSED_BUILDER_H_
#define GRAPHRUN_CORE_COMPILE_FUSED_BUILDER_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/compile/fused_program.h"
#include "core/graph/graph.h"
#include "core/graph/kernel.h"

namespace graphrun {

// Nothing when the function is no such program, or one that asks for too much.
std::optional<FusedProgram> MakeFusedProgram(const Function& function);

// The kernel of a call of the function.
class FusedKernel final : public Kernel {
 public:
  explicit FusedKernel(FusedProgram program) : program_(std::move(program)) {
    SetScratchBytes(program_.partial_bytes());
  }
  void Run(KernelContext& context) const override;
  const std::vector<std::pair<int, int>>& in_place() const { return program_.in_place; }

 private:
  FusedProgram program_;
};
// Null where there is no program: the call then runs as any other.
std::unique_ptr<FusedKernel> MakeFusedKernel(const Function& function);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_FUSED_BUILDER_H_
