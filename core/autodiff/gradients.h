// Reverse-mode differentiation: builds the nodes that compute gradients, so they can be saved,
// optimised and differentiated again.
#ifndef GRAPHRUN_CORE_AUTODIFF_GRADIENTS_H_
#define GRAPHRUN_CORE_AUTODIFF_GRADIENTS_H_

#include <functional>
#include <string>
#include <vector>

#include "core/build/scope.h"
#include "core/graph/op_def.h"

namespace graphrun {

// Rows of a tensor of shape `dense_shape`: values[k] belongs to row indices[k]; repeated rows add
// up.
struct IndexedSlices {
  Expr values;       // [n, ...]
  Expr indices;      // int32 or int64 [n]
  Expr dense_shape;  // int32 or int64 vector
};

// The gradient with respect to one tensor: none, dense, or sparse.
struct Grad {
  Grad() = default;
  Grad(Expr e) : dense(e) {}                       // NOLINT: gradients are mostly dense
  Grad(IndexedSlices s) : slices(std::move(s)) {}  // NOLINT
  bool none() const { return !dense.valid() && !slices.values.valid(); }
  bool sparse() const { return slices.values.valid(); }
  Expr dense;
  IndexedSlices slices;
};

// What an op's gradient function receives. It returns one Grad for each input; none where there is
// no gradient.
class GradContext {
 public:
  struct Impl;
  explicit GradContext(Impl* impl) : impl_(impl) {}

  // Of the op whose gradient this is: the node's, unless the file gives it another one's.
  template <typename Attrs>
  const Attrs& attrs() const {
    return *static_cast<const Attrs*>(parsed_attrs());
  }
  const Node& node() const;
  const Scope& scope() const;  // for new nodes, under gradients/NAME_grad
  int num_inputs() const;
  int num_outputs() const;
  Expr In(int i) const;
  Expr Out(int i) const;
  // The gradient of the loss with respect to output i; zeros when the loss does not depend on it.
  Expr DOut(int i) const;
  bool HasDOut(int i) const;
  const Grad& SparseDOut(int i) const;  // the same as it is: none, dense or sparse
  // Whether the gradient with respect to input i is wanted at all.
  bool Needs(int i) const;
  // The gradient of input i that other uses have contributed so far; none at first. An op whose
  // gradient is an update of one list (an element read) extends it and declares so by Accumulated.
  Expr SoFar(int i) const;
  void SetTotal(int i, Expr total);  // replaces SoFar(i); return none for this input

  // No gradient for any input.
  std::vector<Grad> None() const { return std::vector<Grad>(num_inputs()); }
  // dense summed over the dimensions that broadcasting added, so that it has input i's shape.
  Expr SumTo(int i, Expr dense) const;
  // The shape of input or output as an int32 vector: a constant when it is known.
  Expr ShapeOf(Expr x) const;
  // Zeros of the type of an input or output; for a list, one of as many unset elements; for a
  // variable, of its value.
  Expr ZerosOf(Expr x) const;

  // For gradients of control flow: the graph that is differentiated, and the node in it.
  FunctionBuilder* forward() const;
  NodeId id() const;
  bool overrides() const;  // BackwardRequest::overrides

 private:
  const void* parsed_attrs() const;

  Impl* impl_;
};

// d(sum over i of ys[i] * grad_ys[i]) / dx for each x. An invalid or missing grad_y is ones. An x
// that the ys do not depend on, or only by what is not differentiable, gets none; `*why` then says
// at its place which it is. The gradient with respect to a variable's handle is that of its value.
// New nodes go under the name scope "gradients". While and If nodes on the way get further outputs,
// which save what their gradients need. INVALID_ARGUMENT when ys and xs are not of one graph, or a
// y is not floating; UNIMPLEMENTED when a gradient flows into a node that has none that is known
// here, although TensorFlow does not declare it not differentiable.
std::vector<Grad> Gradients(const Scope& scope, const std::vector<Expr>& ys,
                            const std::vector<Expr>& xs, const std::vector<Expr>& grad_ys = {},
                            std::vector<std::string>* why = nullptr);

// Zeros of the type of a tensor or list, or of the value of a variable.
Expr ZerosLike(const Scope& scope, Expr x);
// The gradient as a dense tensor; invalid when there is none.
Expr ToDense(const Scope& scope, const Grad& grad);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_AUTODIFF_GRADIENTS_H_
