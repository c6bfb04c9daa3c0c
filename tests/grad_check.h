// Gradients against finite differences, in double.
#ifndef GRAPHRUN_TESTS_GRAD_CHECK_H_
#define GRAPHRUN_TESTS_GRAD_CHECK_H_

#include <functional>
#include <string>
#include <vector>

#include "core/build/scope.h"
#include "core/graph/op_registry.h"

namespace graphrun::test {

// A function from tensors to tensors, built as a graph. The loss is the sum of all elements of its
// outputs of type float64, each with a random weight: no symmetry can hide an error.
struct GradProblem {
  const OpRegistry* registry = nullptr;
  std::vector<Tensor> inputs;
  std::function<std::vector<Expr>(const Scope&, const std::vector<Tensor>& values)> make_inputs;
  std::function<std::vector<Expr>(const Scope&, const std::vector<Expr>& in)> build;
  std::vector<int> wrt;      // inputs, of type float64
  std::vector<int> outputs;  // those that the loss uses; all of type float64 when empty
  bool second = true;        // check the gradient of the gradient too
  bool zero_second = false;  // which is zero by nature
  double tolerance = 1e-6;   // relative to the size of the terms that make up the derivative
  uint64_t seed = 1;
  bool interpret = false;
};

// "" when the gradients are right; otherwise what is wrong. A gradient that is zero or missing
// everywhere, and a NaN, are wrong too.
std::string CheckGradients(const GradProblem& problem);

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_GRAD_CHECK_H_
