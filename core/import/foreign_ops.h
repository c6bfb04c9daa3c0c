// The ops of version 1 that a Graph does not have, and what becomes of them.
#ifndef GRAPHRUN_CORE_IMPORT_FOREIGN_OPS_H_
#define GRAPHRUN_CORE_IMPORT_FOREIGN_OPS_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/import/foreign_graph.h"

namespace graphrun {

// kPlain for ops of the registry, kUnknown for ops that nobody knows.
ForeignKind KindOf(std::string_view op, const OpRegistry& registry);

// The names of the outputs of an op of version 1 ("output_false", "output_true"), which function
// bodies use; empty when it has none or is no such op.
std::vector<std::string_view> ForeignOutputNames(std::string_view op);

// How many data inputs a node of this kind has at least, and at most.
struct InputCount {
  int least = 0;
  int most = 0;
};
InputCount InputsOf(ForeignKind kind);

// The attributes without which an op of version 1 means nothing.
std::vector<std::string_view> RequiredAttrs(ForeignKind kind);

// The op on resource variables that does what `op` does on references ("ApplyAdam" ->
// "ResourceApplyAdam"); "" when there is none.
std::string ResourceOp(std::string_view op);

// Whether output 0 of the op is its input 0 in the same memory: what reads it reads the variable
// behind it, at its own time.
bool SharesMemory(std::string_view op);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_FOREIGN_OPS_H_
