// What the reductions share: signature, shapes, gradient helpers, and the order of the sums.
#ifndef GRAPHRUN_OPS_REDUCE_REDUCE_H_
#define GRAPHRUN_OPS_REDUCE_REDUCE_H_

#include <string>
#include <vector>

#include "core/autodiff/gradients.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"

namespace graphrun::ops {

struct ReduceAttrs {
  bool keep_dims;
};

// An op with input `input` of `type` ("T" with the allowed types, or "bool"), reduction_indices,
// output and keep_dims.
Op<ReduceAttrs> ReduceOp(const char* name, const std::string& what, const std::string& type,
                         const std::vector<DType>& allowed);

// The shape of the reduced tensor, for a ShapeContext's inputs 0 (tensor) and 1 (axes).
void InferReduceShape(ShapeContext& c, const ReduceAttrs& t);

inline constexpr int64_t kReduceGrain = 32 << 10;  // elements worth a second thread
inline constexpr int64_t kReduceColumns = 256;     // that are joined side by side

// How a tensor is walked: neighbouring dimensions that are both kept or both reduced are joined.
struct ReducePlan {
  struct Dim {
    int64_t size, stride;
  };
  PerDim<Dim> kept, reduced;  // without the innermost
  int num_kept = 0, num_reduced = 0;
  bool inner_reduced = false;  // the innermost dimension, of stride 1
  int64_t inner = 1;
  int64_t outputs = 1;  // elements of the result
  int64_t count = 1;    // elements reduced into each
  // Where few columns are kept, their rows are shared out in parts, which are joined in the end.
  int64_t parts = 1;

  size_t scratch_bytes() const;  // of the parts, in the widest type

  ReducePlan(const Shape& x, const AxisSet& axes);
  static int64_t Offset(const Dim* dims, int n, int64_t i);
};

// Of input 0 over the axes of input 1.
ReducePlan PlanReduce(const KernelRequest& request);

// `reduced`, of the shape of output 0, with the reduced dimensions of input 0 as 1.
Expr WithReducedDims(GradContext& g, const ReduceAttrs& t, Expr reduced);

// A scalar constant of floating dtype.
Expr FloatConst(const Scope& s, DType dtype, double value);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_REDUCE_REDUCE_H_
