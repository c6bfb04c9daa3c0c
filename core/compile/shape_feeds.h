// Which feeds decide shapes.
#ifndef GRAPHRUN_CORE_COMPILE_SHAPE_FEEDS_H_
#define GRAPHRUN_CORE_COMPILE_SHAPE_FEEDS_H_

#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// Integers of this many elements at most may spell a shape, or be part of one.
inline constexpr int64_t kMaxShapeElements = 8;

// Whether a value of this type may be a size, or several.
bool MaySpellShape(const ValueType& type);

// For each parameter of a specialised function whether shapes would be known, which are not, if its
// value were: some shape function reads it, or what small integers were computed from it.
std::vector<bool> ParametersInShapes(const Function& f);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_SHAPE_FEEDS_H_
