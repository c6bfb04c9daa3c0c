// ResourceGather: rows of a variable.
#include <cstring>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "core/graph/op_def.h"
#include "ops/state/handle.h"

namespace graphrun::ops {
namespace resource_gather {

struct Attrs {
  int64_t batch_dims;
  bool validate_indices;
  DType dtype;
};

// [batch..., rows, inner...] gathered by [batch..., indices...] is [batch..., indices...,
// inner...].
Shape OutputShape(const Shape& params, const Shape& indices, int batch_dims) {
  return Concatenate(indices, params.From(batch_dims + 1));
}

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape params = HandleShape(c, 0, t.dtype);
  const Shape& indices = c.In(1);
  const int batch = static_cast<int>(t.batch_dims);
  if (t.batch_dims < 0 || t.batch_dims >= Shape::kMaxRank) {
    ThrowInvalid("attribute batch_dims is " + std::to_string(t.batch_dims) +
                 "; it must be at least 0 and below the variable's rank");
  }
  if (indices.known_rank()) c.WithRankAtLeast(1, batch);
  if (!params.known_rank() || !indices.known_rank()) return;
  if (params.rank() <= batch) {
    ThrowInvalid("the variable's shape is " + params.ToString() + "; with batch_dims " +
                 std::to_string(batch) + " it needs more dimensions than that");
  }
  Shape out = OutputShape(params, indices, batch);
  for (int i = 0; i < batch; ++i) {
    out.Set(i, c.MergeDim(params[i], indices[i], "batch dimension"));
  }
  c.SetOut(0, out);
}

// The variable's value may be of any shape that fits the inferred one, so all sizes come from it.
void Kernel(KernelContext& k, const Attrs& t) {
  const Tensor params = ValueOf(k, VariableOfType(k, 0, t.dtype));
  const Tensor& indices = k.In(1);
  const int batch = static_cast<int>(t.batch_dims);
  const Shape& shape = params.shape();
  if (shape.rank() <= batch || shape.Slice(0, batch) != indices.shape().Slice(0, batch)) {
    ThrowInvalid("indices of shape " + indices.shape().ToString() +
                 " do not fit a variable of shape " + shape.ToString() + " with batch_dims " +
                 std::to_string(batch));
  }
  Tensor& out = k.Allocate(0, t.dtype, OutputShape(shape, indices.shape(), batch));
  const int64_t limit = shape[batch], n = indices.num_elements();
  CheckIndices(indices, limit);
  const int64_t per_batch = indices.shape().From(batch).num_elements();
  if (out.num_elements() == 0) return;
  const size_t row = CheckedBytes(shape.From(batch + 1).num_elements(), t.dtype);
  const char* from = static_cast<const char*>(params.raw());
  char* to = static_cast<char*>(out.raw());
  ParallelFor(n, static_cast<int64_t>(1 + (1 << 16) / row), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i / per_batch * limit + indices.int_at(i);
      std::memcpy(to + i * row, from + at * row, row);
    }
  });
}

// The rows of dy, one for each index, flat.
std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  if (t.batch_dims != 0) {
    throw Error(Code::kUnimplemented,
                "a gather of a variable with batch_dims has no gradient; gather from its value");
  }
  const Scope& s = g.scope();
  const Expr shape = s.Add("VariableShape", {g.In(0)}), flat = op::Ints(s, {-1});
  const Expr row =
      s.Add("StridedSlice", {shape, op::Ints(s, {1}), op::Ints(s, {0}), op::Ints(s, {1})},
            {{"end_mask", int64_t{1}}});
  const Expr dims = s.Add("ConcatV2", {flat, row, s.Const(Tensor::Scalar<int32_t>(0))});
  const IndexedSlices rows{op::Reshape(s, g.DOut(0), dims), op::Reshape(s, g.In(1), flat), shape};
  return {rows, {}};
}

}  // namespace resource_gather

OpDef ResourceGatherOp() {
  using resource_gather::Attrs;
  return Op<Attrs>("ResourceGather")
      .Doc(
          "Rows of the variable [batch..., rows, inner...], chosen by indices [batch..., n...]: "
          "[batch..., n..., inner...], with `batch_dims` dimensions in batch. INVALID_ARGUMENT for "
          "an index outside [0, rows).")
      .Input("resource", "resource")
      .Input("indices", "Tindices")
      .Output("output", "dtype")
      .Attr("batch_dims", &Attrs::batch_dims, 0)
      .Attr("validate_indices", &Attrs::validate_indices, true)
      .TypeAttr("dtype", &Attrs::dtype,
                {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64, DType::kBool})
      .TypeAttr("Tindices", kInts)
      .Reads()
      .AllocatesOutputs()
      .Shape(resource_gather::InferShape)
      .Grad(resource_gather::Gradient)
      .Kernel(resource_gather::Kernel);
}

}  // namespace graphrun::ops
