// Tensors as text: what --feed takes, and what is printed.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_TENSOR_TEXT_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_TENSOR_TEXT_H_

#include <string>
#include <string_view>

#include "core/base/tensor.h"

namespace graphrun {

// "2.5", "[1, 2, 3]", "[[1 2] [3 4]]", "true": numbers in nested brackets, apart by commas or
// spaces. INVALID_ARGUMENT when it is none of these, rows differ in length, or a number does not
// fit dtype.
Tensor ParseTensor(std::string_view text, DType dtype);

// The elements in nested brackets, one innermost row a line; long axes show their ends only.
std::string FormatTensor(const Tensor& tensor);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_TENSOR_TEXT_H_
