// Compiled for x86-64-v3.
#include <utility>

#include "ops/linear/gemm_kernels.h"

#if defined(__x86_64__)
namespace graphrun::ops {
namespace {
#include "ops/linear/gemm_kernels.inc"
}  // namespace

const GemmKernels& GemmKernelsV3() {
  static const GemmKernels kernels = MakeKernels<8, 16>();
  return kernels;
}

}  // namespace graphrun::ops
#endif
