// Functions of a model file that cannot be rewritten.
#ifndef GRAPHRUN_CORE_IMPORT_UNAVAILABLE_FUNCTION_H_
#define GRAPHRUN_CORE_IMPORT_UNAVAILABLE_FUNCTION_H_

#include <memory>

#include "core/graph/graph.h"
#include "core/import/foreign_graph.h"

namespace graphrun {

namespace pb {
class FunctionDef;
}  // namespace pb

// The type of a parameter. UNIMPLEMENTED when it is not fixed.
ValueType ArgumentType(const pb::FunctionDef& def, int i);

// A function of that name with the parameters and results of `def` (none at all if their types are
// not fixed), whose body is one _Unavailable. It is saved as it is in the file.
std::unique_ptr<Function> MakeUnavailableFunction(const pb::FunctionDef& def,
                                                  const Problem& problem, const Graph& owner);

// The _Unavailable that is the body of such a function; nullptr for other functions.
const Node* UnavailableBody(const Function& function);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_UNAVAILABLE_FUNCTION_H_
