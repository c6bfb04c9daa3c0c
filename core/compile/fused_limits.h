// What a FusedProgram may take.
#ifndef GRAPHRUN_CORE_COMPILE_FUSED_LIMITS_H_
#define GRAPHRUN_CORE_COMPILE_FUSED_LIMITS_H_

#include "core/graph/element.h"

namespace graphrun {

inline constexpr int kSplatBytes = kBlock * 8;             // of one element, repeated
inline constexpr int kRegisterFileBytes = 24 << 10;        // half of a first-level cache
inline constexpr size_t kMostFileBytes = size_t{1} << 20;  // of one thread with whole rows
inline constexpr int kMostMemories = 256;                  // inputs, constants and results
inline constexpr int64_t kMostTileElements = int64_t{1} << 10;

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_FUSED_LIMITS_H_
