// FuseElements: the pass, and why what it might have joined stays apart.
#ifndef GRAPHRUN_CORE_COMPILE_FUSE_H_
#define GRAPHRUN_CORE_COMPILE_FUSE_H_

#include <array>
#include <cstddef>

#include "core/graph/unit.h"

namespace graphrun {

// Why two nodes, of which one uses the other and both have a TileRule, are not in one kernel.
enum class Apart : uint8_t {
  kUnknownShape,  // of one of them
  kOrder,         // a control edge holds one of them in its place
  kBroadcast,     // the value is broadcast to the other's rows or columns
  kColumns,       // pieces of columns too narrow or too many, or rows that do not match
  kSize,          // the kernel would be too large
  kPath,          // what lies between them would have to run in the midst of the kernel
  kPoor,          // no more is saved than a copy
};
inline constexpr size_t kApartReasons = 7;
const char* ApartText(Apart why);

struct FusionCounts {
  int kernels = 0, nodes = 0;                 // made, and what went into them
  std::array<int, kApartReasons> apart = {};  // pairs, by reason
};
// FuseElements (passes.h), counted.
FusionCounts FuseAndCount(Unit& unit);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_FUSE_H_
