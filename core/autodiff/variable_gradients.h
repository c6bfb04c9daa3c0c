// Gradients with respect to variables of a graph that was read from a file, where each use of a
// variable may have a read of its own.
#ifndef GRAPHRUN_CORE_AUTODIFF_VARIABLE_GRADIENTS_H_
#define GRAPHRUN_CORE_AUTODIFF_VARIABLE_GRADIENTS_H_

#include <vector>

#include "core/autodiff/gradients.h"

namespace graphrun {

// A variable as scopes know it; `value` is its snapshot, or a new read when the file names none.
Variable VariableOf(const Scope& root, const VariableInfo& info);

// d loss / d variable for each of `variables`: the sum over all reads of the variable that the loss
// needs, those in loops and branches included (see HoistReads). Sparse when all reads are gathers
// of rows; none for the reason that `*why` gets at its place (see Gradients).
std::vector<Grad> VariableGradients(const Scope& root, Expr loss,
                                    const std::vector<Variable>& variables,
                                    std::vector<std::string>* why);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_AUTODIFF_VARIABLE_GRADIENTS_H_
