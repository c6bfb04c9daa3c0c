// Compiled for the least that an x86-64-v2, or another processor, has; and the choice.
#include <utility>

#include "ops/linear/gemm_kernels.h"

namespace graphrun::ops {
namespace {
#include "ops/linear/gemm_kernels.inc"
}  // namespace

const GemmKernels& GemmKernelsBase() {
#if defined(__x86_64__)
  static const GemmKernels kernels = MakeKernels<4, 16>();
#else
  static const GemmKernels kernels = MakeKernels<4, 32>();
#endif
  return kernels;
}

const GemmKernels& GemmKernelsHere() {
#if defined(__x86_64__)
  static const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                         __builtin_cpu_supports("bmi2");
  static const bool v4 = v3 && __builtin_cpu_supports("avx512f") &&
                         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (v4) return GemmKernelsV4();
  if (v3) return GemmKernelsV3();
#endif
  return GemmKernelsBase();
}

}  // namespace graphrun::ops
