// Written by tools/generate_ops from the registry; tests/raw_ops_test.cc compares.
#include "core/build/raw_ops.h"

namespace graphrun::raw_ops {
namespace {

// Inputs one after the other, single ones and lists.
struct Joined {
  struct Item {
    Item(const Expr& e) : one(&e), count(1) {}  // NOLINT: implicit by design
    Item(const std::vector<Expr>& list) : one(list.data()), count(list.size()) {}  // NOLINT
    const Expr* one;
    size_t count;
  };
  Joined(std::initializer_list<Item> items) {
    for (const Item& item : items) inputs.insert(inputs.end(), item.one, item.one + item.count);
  }
  operator const std::vector<Expr>&() const { return inputs; }  // NOLINT
  std::vector<Expr> inputs;
};

}  // namespace

Expr Abs(const Scope& scope, Expr x) { return scope.Add("Abs", {x}); }

Expr AccumulateNV2(const Scope& scope, const std::vector<Expr>& inputs,
                   const graphrun::Shape& shape) {
  return scope.Add("AccumulateNV2", inputs, {{"shape", shape}});
}

Expr Acos(const Scope& scope, Expr x) { return scope.Add("Acos", {x}); }

Expr Acosh(const Scope& scope, Expr x) { return scope.Add("Acosh", {x}); }

Expr Add(const Scope& scope, Expr x, Expr y) { return scope.Add("Add", {x, y}); }

Expr AddN(const Scope& scope, const std::vector<Expr>& inputs) { return scope.Add("AddN", inputs); }

Expr AddV2(const Scope& scope, Expr x, Expr y) { return scope.Add("AddV2", {x, y}); }

Expr All(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("All", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

Expr Any(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("Any", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

Expr ApproximateEqual(const Scope& scope, Expr x, Expr y, float tolerance) {
  return scope.Add("ApproximateEqual", {x, y}, {{"tolerance", tolerance}});
}

Expr ArgMax(const Scope& scope, Expr input, Expr dimension, DType output_type) {
  return scope.Add("ArgMax", {input, dimension}, {{"output_type", output_type}});
}

Expr ArgMin(const Scope& scope, Expr input, Expr dimension, DType output_type) {
  return scope.Add("ArgMin", {input, dimension}, {{"output_type", output_type}});
}

Expr Asin(const Scope& scope, Expr x) { return scope.Add("Asin", {x}); }

Expr Asinh(const Scope& scope, Expr x) { return scope.Add("Asinh", {x}); }

Expr Assert(const Scope& scope, Expr condition, const std::vector<Expr>& data, int64_t summarize) {
  return scope.Add("Assert", Joined{condition, data}, {{"summarize", summarize}});
}

Expr AssignAddVariableOp(const Scope& scope, Expr resource, Expr value) {
  return scope.Add("AssignAddVariableOp", {resource, value});
}

Expr AssignSubVariableOp(const Scope& scope, Expr resource, Expr value) {
  return scope.Add("AssignSubVariableOp", {resource, value});
}

Expr AssignVariableOp(const Scope& scope, Expr resource, Expr value, bool validate_shape) {
  return scope.Add("AssignVariableOp", {resource, value}, {{"validate_shape", validate_shape}});
}

Expr Atan(const Scope& scope, Expr x) { return scope.Add("Atan", {x}); }

Expr Atan2(const Scope& scope, Expr y, Expr x) { return scope.Add("Atan2", {y, x}); }

Expr Atanh(const Scope& scope, Expr x) { return scope.Add("Atanh", {x}); }

Expr BatchMatMul(const Scope& scope, Expr x, Expr y, bool adj_x, bool adj_y) {
  return scope.Add("BatchMatMul", {x, y}, {{"adj_x", adj_x}, {"adj_y", adj_y}});
}

Expr BatchMatMulV2(const Scope& scope, Expr x, Expr y, bool adj_x, bool adj_y) {
  return scope.Add("BatchMatMulV2", {x, y}, {{"adj_x", adj_x}, {"adj_y", adj_y}});
}

Expr BatchMatMulV3(const Scope& scope, Expr x, Expr y, DType Tout, bool adj_x, bool adj_y) {
  return scope.Add("BatchMatMulV3", {x, y}, {{"Tout", Tout}, {"adj_x", adj_x}, {"adj_y", adj_y}});
}

Expr BiasAdd(const Scope& scope, Expr value, Expr bias, const std::string& data_format) {
  return scope.Add("BiasAdd", {value, bias}, {{"data_format", data_format}});
}

Expr BiasAddGrad(const Scope& scope, Expr out_backprop, const std::string& data_format) {
  return scope.Add("BiasAddGrad", {out_backprop}, {{"data_format", data_format}});
}

Expr Bincount(const Scope& scope, Expr arr, Expr size, Expr weights) {
  return scope.Add("Bincount", {arr, size, weights});
}

Expr Bitcast(const Scope& scope, Expr input, DType type) {
  return scope.Add("Bitcast", {input}, {{"type", type}});
}

Expr BitwiseAnd(const Scope& scope, Expr x, Expr y) { return scope.Add("BitwiseAnd", {x, y}); }

Expr BitwiseOr(const Scope& scope, Expr x, Expr y) { return scope.Add("BitwiseOr", {x, y}); }

Expr BitwiseXor(const Scope& scope, Expr x, Expr y) { return scope.Add("BitwiseXor", {x, y}); }

Expr BroadcastArgs(const Scope& scope, Expr s0, Expr s1) {
  return scope.Add("BroadcastArgs", {s0, s1});
}

std::vector<Expr> BroadcastGradientArgs(const Scope& scope, Expr s0, Expr s1) {
  return scope.AddMulti("BroadcastGradientArgs", {s0, s1});
}

Expr BroadcastTo(const Scope& scope, Expr input, Expr shape) {
  return scope.Add("BroadcastTo", {input, shape});
}

Expr Bucketize(const Scope& scope, Expr input, const std::vector<float>& boundaries) {
  return scope.Add("Bucketize", {input}, {{"boundaries", boundaries}});
}

Expr Cast(const Scope& scope, Expr x, DType DstT, bool Truncate) {
  return scope.Add("Cast", {x}, {{"DstT", DstT}, {"Truncate", Truncate}});
}

Expr Ceil(const Scope& scope, Expr x) { return scope.Add("Ceil", {x}); }

Expr CheckNumerics(const Scope& scope, Expr tensor, const std::string& message) {
  return scope.Add("CheckNumerics", {tensor}, {{"message", message}});
}

Expr ClipByValue(const Scope& scope, Expr t, Expr clip_value_min, Expr clip_value_max) {
  return scope.Add("ClipByValue", {t, clip_value_min, clip_value_max});
}

std::vector<Expr> ConcatOffset(const Scope& scope, Expr concat_dim,
                               const std::vector<Expr>& shape) {
  return scope.AddMulti("ConcatOffset", Joined{concat_dim, shape});
}

Expr ConcatV2(const Scope& scope, const std::vector<Expr>& values, Expr axis) {
  return scope.Add("ConcatV2", Joined{values, axis});
}

Expr Const(const Scope& scope, const Tensor& value, DType dtype) {
  return scope.Add("Const", {}, {{"value", value}, {"dtype", dtype}});
}

Expr Cos(const Scope& scope, Expr x) { return scope.Add("Cos", {x}); }

Expr Cosh(const Scope& scope, Expr x) { return scope.Add("Cosh", {x}); }

Expr Cross(const Scope& scope, Expr a, Expr b) { return scope.Add("Cross", {a, b}); }

Expr Cumprod(const Scope& scope, Expr x, Expr axis, bool exclusive, bool reverse) {
  return scope.Add("Cumprod", {x, axis}, {{"exclusive", exclusive}, {"reverse", reverse}});
}

Expr Cumsum(const Scope& scope, Expr x, Expr axis, bool exclusive, bool reverse) {
  return scope.Add("Cumsum", {x, axis}, {{"exclusive", exclusive}, {"reverse", reverse}});
}

Expr DeepCopy(const Scope& scope, Expr x) { return scope.Add("DeepCopy", {x}); }

Expr DenseBincount(const Scope& scope, Expr input, Expr size, Expr weights, bool binary_output) {
  return scope.Add("DenseBincount", {input, size, weights}, {{"binary_output", binary_output}});
}

Expr DepthToSpace(const Scope& scope, Expr input, int64_t block_size,
                  const std::string& data_format) {
  return scope.Add("DepthToSpace", {input},
                   {{"block_size", block_size}, {"data_format", data_format}});
}

Expr DestroyResourceOp(const Scope& scope, Expr resource, bool ignore_lookup_error) {
  return scope.Add("DestroyResourceOp", {resource}, {{"ignore_lookup_error", ignore_lookup_error}});
}

Expr Diag(const Scope& scope, Expr diagonal) { return scope.Add("Diag", {diagonal}); }

Expr DiagPart(const Scope& scope, Expr input) { return scope.Add("DiagPart", {input}); }

Expr Digamma(const Scope& scope, Expr x) { return scope.Add("Digamma", {x}); }

Expr Div(const Scope& scope, Expr x, Expr y) { return scope.Add("Div", {x, y}); }

Expr DivNoNan(const Scope& scope, Expr x, Expr y) { return scope.Add("DivNoNan", {x, y}); }

std::vector<Expr> DynamicPartition(const Scope& scope, Expr data, Expr partitions,
                                   int64_t num_partitions) {
  return scope.AddMulti("DynamicPartition", {data, partitions},
                        {{"num_partitions", num_partitions}});
}

Expr DynamicStitch(const Scope& scope, const std::vector<Expr>& indices,
                   const std::vector<Expr>& data) {
  return scope.Add("DynamicStitch", Joined{indices, data});
}

Expr Einsum(const Scope& scope, const std::vector<Expr>& inputs, const std::string& equation) {
  return scope.Add("Einsum", inputs, {{"equation", equation}});
}

Expr Elu(const Scope& scope, Expr features) { return scope.Add("Elu", {features}); }

Expr EluGrad(const Scope& scope, Expr gradients, Expr outputs) {
  return scope.Add("EluGrad", {gradients, outputs});
}

Expr Empty(const Scope& scope, Expr shape, DType dtype, bool init) {
  return scope.Add("Empty", {shape}, {{"dtype", dtype}, {"init", init}});
}

Expr EmptyTensorList(const Scope& scope, Expr element_shape, Expr max_num_elements,
                     DType element_dtype) {
  return scope.Add("EmptyTensorList", {element_shape, max_num_elements},
                   {{"element_dtype", element_dtype}});
}

Expr EnsureShape(const Scope& scope, Expr input, const graphrun::Shape& shape) {
  return scope.Add("EnsureShape", {input}, {{"shape", shape}});
}

Expr Equal(const Scope& scope, Expr x, Expr y, bool incompatible_shape_error) {
  return scope.Add("Equal", {x, y}, {{"incompatible_shape_error", incompatible_shape_error}});
}

Expr Erf(const Scope& scope, Expr x) { return scope.Add("Erf", {x}); }

Expr Erfc(const Scope& scope, Expr x) { return scope.Add("Erfc", {x}); }

Expr EuclideanNorm(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("EuclideanNorm", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

Expr Exp(const Scope& scope, Expr x) { return scope.Add("Exp", {x}); }

Expr ExpandDims(const Scope& scope, Expr input, Expr dim) {
  return scope.Add("ExpandDims", {input, dim});
}

Expr Expm1(const Scope& scope, Expr x) { return scope.Add("Expm1", {x}); }

Expr Fill(const Scope& scope, Expr dims, Expr value) { return scope.Add("Fill", {dims, value}); }

Expr Floor(const Scope& scope, Expr x) { return scope.Add("Floor", {x}); }

Expr FloorDiv(const Scope& scope, Expr x, Expr y) { return scope.Add("FloorDiv", {x, y}); }

Expr FloorMod(const Scope& scope, Expr x, Expr y) { return scope.Add("FloorMod", {x, y}); }

Expr Gather(const Scope& scope, Expr params, Expr indices, bool validate_indices) {
  return scope.Add("Gather", {params, indices}, {{"validate_indices", validate_indices}});
}

Expr GatherNd(const Scope& scope, Expr params, Expr indices) {
  return scope.Add("GatherNd", {params, indices});
}

Expr GatherV2(const Scope& scope, Expr params, Expr indices, Expr axis, int64_t batch_dims) {
  return scope.Add("GatherV2", {params, indices, axis}, {{"batch_dims", batch_dims}});
}

Expr Greater(const Scope& scope, Expr x, Expr y) { return scope.Add("Greater", {x, y}); }

Expr GreaterEqual(const Scope& scope, Expr x, Expr y) { return scope.Add("GreaterEqual", {x, y}); }

Expr HistogramSummary(const Scope& scope, Expr tag, Expr values) {
  return scope.Add("HistogramSummary", {tag, values});
}

Expr Identity(const Scope& scope, Expr input) { return scope.Add("Identity", {input}); }

std::vector<Expr> IdentityN(const Scope& scope, const std::vector<Expr>& input) {
  return scope.AddMulti("IdentityN", input);
}

std::vector<Expr> If(const Scope& scope, Expr cond, const std::vector<Expr>& input,
                     const std::vector<DType>& Tout, const FuncRef& then_branch,
                     const FuncRef& else_branch,
                     const std::vector<graphrun::Shape>& output_shapes) {
  return scope.AddMulti("If", Joined{cond, input},
                        {{"Tout", Tout},
                         {"then_branch", then_branch},
                         {"else_branch", else_branch},
                         {"output_shapes", output_shapes}});
}

Expr InTopK(const Scope& scope, Expr predictions, Expr targets, int64_t k) {
  return scope.Add("InTopK", {predictions, targets}, {{"k", k}});
}

Expr InTopKV2(const Scope& scope, Expr predictions, Expr targets, Expr k) {
  return scope.Add("InTopKV2", {predictions, targets, k});
}

Expr Inv(const Scope& scope, Expr x) { return scope.Add("Inv", {x}); }

Expr InvGrad(const Scope& scope, Expr y, Expr dy) { return scope.Add("InvGrad", {y, dy}); }

Expr Invert(const Scope& scope, Expr x) { return scope.Add("Invert", {x}); }

Expr InvertPermutation(const Scope& scope, Expr x) { return scope.Add("InvertPermutation", {x}); }

Expr IsFinite(const Scope& scope, Expr x) { return scope.Add("IsFinite", {x}); }

Expr IsInf(const Scope& scope, Expr x) { return scope.Add("IsInf", {x}); }

Expr IsNan(const Scope& scope, Expr x) { return scope.Add("IsNan", {x}); }

Expr L2Loss(const Scope& scope, Expr t) { return scope.Add("L2Loss", {t}); }

Expr LeakyRelu(const Scope& scope, Expr features, float alpha) {
  return scope.Add("LeakyRelu", {features}, {{"alpha", alpha}});
}

Expr LeakyReluGrad(const Scope& scope, Expr gradients, Expr features, float alpha) {
  return scope.Add("LeakyReluGrad", {gradients, features}, {{"alpha", alpha}});
}

Expr LeftShift(const Scope& scope, Expr x, Expr y) { return scope.Add("LeftShift", {x, y}); }

Expr Less(const Scope& scope, Expr x, Expr y) { return scope.Add("Less", {x, y}); }

Expr LessEqual(const Scope& scope, Expr x, Expr y) { return scope.Add("LessEqual", {x, y}); }

Expr Lgamma(const Scope& scope, Expr x) { return scope.Add("Lgamma", {x}); }

Expr LinSpace(const Scope& scope, Expr start, Expr stop, Expr num) {
  return scope.Add("LinSpace", {start, stop, num});
}

std::vector<Expr> ListDiff(const Scope& scope, Expr x, Expr y, DType out_idx) {
  return scope.AddMulti("ListDiff", {x, y}, {{"out_idx", out_idx}});
}

Expr Log(const Scope& scope, Expr x) { return scope.Add("Log", {x}); }

Expr Log1p(const Scope& scope, Expr x) { return scope.Add("Log1p", {x}); }

Expr LogSoftmax(const Scope& scope, Expr logits) { return scope.Add("LogSoftmax", {logits}); }

Expr LogicalAnd(const Scope& scope, Expr x, Expr y) { return scope.Add("LogicalAnd", {x, y}); }

Expr LogicalNot(const Scope& scope, Expr x) { return scope.Add("LogicalNot", {x}); }

Expr LogicalOr(const Scope& scope, Expr x, Expr y) { return scope.Add("LogicalOr", {x, y}); }

Expr LowerBound(const Scope& scope, Expr sorted_inputs, Expr values, DType out_type) {
  return scope.Add("LowerBound", {sorted_inputs, values}, {{"out_type", out_type}});
}

Expr MatMul(const Scope& scope, Expr a, Expr b, bool transpose_a, bool transpose_b) {
  return scope.Add("MatMul", {a, b}, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}

Expr MatrixBandPart(const Scope& scope, Expr input, Expr num_lower, Expr num_upper) {
  return scope.Add("MatrixBandPart", {input, num_lower, num_upper});
}

Expr MatrixDiag(const Scope& scope, Expr diagonal) { return scope.Add("MatrixDiag", {diagonal}); }

Expr MatrixDiagPart(const Scope& scope, Expr input) { return scope.Add("MatrixDiagPart", {input}); }

Expr MatrixDiagPartV2(const Scope& scope, Expr input, Expr k, Expr padding_value) {
  return scope.Add("MatrixDiagPartV2", {input, k, padding_value});
}

Expr MatrixDiagPartV3(const Scope& scope, Expr input, Expr k, Expr padding_value,
                      const std::string& align) {
  return scope.Add("MatrixDiagPartV3", {input, k, padding_value}, {{"align", align}});
}

Expr MatrixDiagV2(const Scope& scope, Expr diagonal, Expr k, Expr num_rows, Expr num_cols,
                  Expr padding_value) {
  return scope.Add("MatrixDiagV2", {diagonal, k, num_rows, num_cols, padding_value});
}

Expr MatrixDiagV3(const Scope& scope, Expr diagonal, Expr k, Expr num_rows, Expr num_cols,
                  Expr padding_value, const std::string& align) {
  return scope.Add("MatrixDiagV3", {diagonal, k, num_rows, num_cols, padding_value},
                   {{"align", align}});
}

Expr MatrixSetDiag(const Scope& scope, Expr input, Expr diagonal) {
  return scope.Add("MatrixSetDiag", {input, diagonal});
}

Expr MatrixSetDiagV2(const Scope& scope, Expr input, Expr diagonal, Expr k) {
  return scope.Add("MatrixSetDiagV2", {input, diagonal, k});
}

Expr MatrixSetDiagV3(const Scope& scope, Expr input, Expr diagonal, Expr k,
                     const std::string& align) {
  return scope.Add("MatrixSetDiagV3", {input, diagonal, k}, {{"align", align}});
}

Expr MatrixTriangularSolve(const Scope& scope, Expr matrix, Expr rhs, bool lower, bool adjoint) {
  return scope.Add("MatrixTriangularSolve", {matrix, rhs},
                   {{"lower", lower}, {"adjoint", adjoint}});
}

Expr Max(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("Max", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

Expr Maximum(const Scope& scope, Expr x, Expr y) { return scope.Add("Maximum", {x, y}); }

Expr Mean(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("Mean", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

Expr MergeSummary(const Scope& scope, const std::vector<Expr>& inputs) {
  return scope.Add("MergeSummary", inputs);
}

Expr Min(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("Min", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

Expr Minimum(const Scope& scope, Expr x, Expr y) { return scope.Add("Minimum", {x, y}); }

Expr MirrorPad(const Scope& scope, Expr input, Expr paddings, const std::string& mode) {
  return scope.Add("MirrorPad", {input, paddings}, {{"mode", mode}});
}

Expr MirrorPadGrad(const Scope& scope, Expr input, Expr paddings, const std::string& mode) {
  return scope.Add("MirrorPadGrad", {input, paddings}, {{"mode", mode}});
}

Expr Mod(const Scope& scope, Expr x, Expr y) { return scope.Add("Mod", {x, y}); }

Expr Mul(const Scope& scope, Expr x, Expr y) { return scope.Add("Mul", {x, y}); }

Expr MulNoNan(const Scope& scope, Expr x, Expr y) { return scope.Add("MulNoNan", {x, y}); }

Expr Multinomial(const Scope& scope, Expr logits, Expr num_samples, int64_t seed, int64_t seed2,
                 DType output_dtype) {
  return scope.Add("Multinomial", {logits, num_samples},
                   {{"seed", seed}, {"seed2", seed2}, {"output_dtype", output_dtype}});
}

Expr Neg(const Scope& scope, Expr x) { return scope.Add("Neg", {x}); }

Expr NoOp(const Scope& scope) { return scope.Add("NoOp", {}); }

Expr NotEqual(const Scope& scope, Expr x, Expr y, bool incompatible_shape_error) {
  return scope.Add("NotEqual", {x, y}, {{"incompatible_shape_error", incompatible_shape_error}});
}

Expr OneHot(const Scope& scope, Expr indices, Expr depth, Expr on_value, Expr off_value,
            int64_t axis) {
  return scope.Add("OneHot", {indices, depth, on_value, off_value}, {{"axis", axis}});
}

Expr OnesLike(const Scope& scope, Expr x) { return scope.Add("OnesLike", {x}); }

Expr OptionalFromValue(const Scope& scope, const std::vector<Expr>& components) {
  return scope.Add("OptionalFromValue", components);
}

std::vector<Expr> OptionalGetValue(const Scope& scope, Expr optional,
                                   const std::vector<DType>& output_types,
                                   const std::vector<graphrun::Shape>& output_shapes) {
  return scope.AddMulti("OptionalGetValue", {optional},
                        {{"output_types", output_types}, {"output_shapes", output_shapes}});
}

Expr OptionalHasValue(const Scope& scope, Expr optional) {
  return scope.Add("OptionalHasValue", {optional});
}

Expr OptionalNone(const Scope& scope) { return scope.Add("OptionalNone", {}); }

Expr Pack(const Scope& scope, const std::vector<Expr>& values, int64_t axis) {
  return scope.Add("Pack", values, {{"axis", axis}});
}

Expr Pad(const Scope& scope, Expr input, Expr paddings) {
  return scope.Add("Pad", {input, paddings});
}

Expr PadV2(const Scope& scope, Expr input, Expr paddings, Expr constant_values) {
  return scope.Add("PadV2", {input, paddings, constant_values});
}

Expr ParallelDynamicStitch(const Scope& scope, const std::vector<Expr>& indices,
                           const std::vector<Expr>& data) {
  return scope.Add("ParallelDynamicStitch", Joined{indices, data});
}

std::vector<Expr> PartitionedCall(const Scope& scope, const std::vector<Expr>& args,
                                  const std::vector<DType>& Tout, const FuncRef& f,
                                  const std::string& config, const std::string& config_proto,
                                  const std::string& executor_type) {
  return scope.AddMulti("PartitionedCall", args,
                        {{"Tout", Tout},
                         {"f", f},
                         {"config", config},
                         {"config_proto", config_proto},
                         {"executor_type", executor_type}});
}

Expr Placeholder(const Scope& scope, DType dtype, const graphrun::Shape& shape) {
  return scope.Add("Placeholder", {}, {{"dtype", dtype}, {"shape", shape}});
}

Expr PlaceholderWithDefault(const Scope& scope, Expr input, const graphrun::Shape& shape) {
  return scope.Add("PlaceholderWithDefault", {input}, {{"shape", shape}});
}

Expr Polygamma(const Scope& scope, Expr a, Expr x) { return scope.Add("Polygamma", {a, x}); }

Expr Pow(const Scope& scope, Expr x, Expr y) { return scope.Add("Pow", {x, y}); }

Expr PreventGradient(const Scope& scope, Expr input, const std::string& message) {
  return scope.Add("PreventGradient", {input}, {{"message", message}});
}

Expr Prod(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("Prod", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

std::vector<Expr> Qr(const Scope& scope, Expr input, bool full_matrices) {
  return scope.AddMulti("Qr", {input}, {{"full_matrices", full_matrices}});
}

Expr RandomShuffle(const Scope& scope, Expr value, int64_t seed, int64_t seed2) {
  return scope.Add("RandomShuffle", {value}, {{"seed", seed}, {"seed2", seed2}});
}

Expr RandomStandardNormal(const Scope& scope, Expr shape, DType dtype, int64_t seed,
                          int64_t seed2) {
  return scope.Add("RandomStandardNormal", {shape},
                   {{"dtype", dtype}, {"seed", seed}, {"seed2", seed2}});
}

Expr RandomUniform(const Scope& scope, Expr shape, DType dtype, int64_t seed, int64_t seed2) {
  return scope.Add("RandomUniform", {shape}, {{"dtype", dtype}, {"seed", seed}, {"seed2", seed2}});
}

Expr RandomUniformInt(const Scope& scope, Expr shape, Expr minval, Expr maxval, int64_t seed,
                      int64_t seed2) {
  return scope.Add("RandomUniformInt", {shape, minval, maxval}, {{"seed", seed}, {"seed2", seed2}});
}

Expr Range(const Scope& scope, Expr start, Expr limit, Expr delta) {
  return scope.Add("Range", {start, limit, delta});
}

Expr Rank(const Scope& scope, Expr input) { return scope.Add("Rank", {input}); }

Expr ReadVariableOp(const Scope& scope, Expr resource, DType dtype) {
  return scope.Add("ReadVariableOp", {resource}, {{"dtype", dtype}});
}

Expr RealDiv(const Scope& scope, Expr x, Expr y) { return scope.Add("RealDiv", {x, y}); }

Expr Reciprocal(const Scope& scope, Expr x) { return scope.Add("Reciprocal", {x}); }

Expr ReciprocalGrad(const Scope& scope, Expr y, Expr dy) {
  return scope.Add("ReciprocalGrad", {y, dy});
}

Expr Relu(const Scope& scope, Expr features) { return scope.Add("Relu", {features}); }

Expr Relu6(const Scope& scope, Expr features) { return scope.Add("Relu6", {features}); }

Expr Relu6Grad(const Scope& scope, Expr gradients, Expr features) {
  return scope.Add("Relu6Grad", {gradients, features});
}

Expr ReluGrad(const Scope& scope, Expr gradients, Expr features) {
  return scope.Add("ReluGrad", {gradients, features});
}

Expr Reshape(const Scope& scope, Expr tensor, Expr shape) {
  return scope.Add("Reshape", {tensor, shape});
}

Expr ResourceApplyAdaMax(const Scope& scope, Expr var, Expr m, Expr v, Expr beta1_power, Expr lr,
                         Expr beta1, Expr beta2, Expr epsilon, Expr grad, bool use_locking) {
  return scope.Add("ResourceApplyAdaMax", {var, m, v, beta1_power, lr, beta1, beta2, epsilon, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyAdadelta(const Scope& scope, Expr var, Expr accum, Expr accum_update, Expr lr,
                           Expr rho, Expr epsilon, Expr grad, bool use_locking) {
  return scope.Add("ResourceApplyAdadelta", {var, accum, accum_update, lr, rho, epsilon, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                          bool use_locking, bool update_slots) {
  return scope.Add("ResourceApplyAdagrad", {var, accum, lr, grad},
                   {{"use_locking", use_locking}, {"update_slots", update_slots}});
}

Expr ResourceApplyAdagradV2(const Scope& scope, Expr var, Expr accum, Expr lr, Expr epsilon,
                            Expr grad, bool use_locking, bool update_slots) {
  return scope.Add("ResourceApplyAdagradV2", {var, accum, lr, epsilon, grad},
                   {{"use_locking", use_locking}, {"update_slots", update_slots}});
}

Expr ResourceApplyAdam(const Scope& scope, Expr var, Expr m, Expr v, Expr beta1_power,
                       Expr beta2_power, Expr lr, Expr beta1, Expr beta2, Expr epsilon, Expr grad,
                       bool use_locking, bool use_nesterov) {
  return scope.Add("ResourceApplyAdam",
                   {var, m, v, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad},
                   {{"use_locking", use_locking}, {"use_nesterov", use_nesterov}});
}

Expr ResourceApplyAdamWithAmsgrad(const Scope& scope, Expr var, Expr m, Expr v, Expr vhat,
                                  Expr beta1_power, Expr beta2_power, Expr lr, Expr beta1,
                                  Expr beta2, Expr epsilon, Expr grad, bool use_locking) {
  return scope.Add("ResourceApplyAdamWithAmsgrad",
                   {var, m, v, vhat, beta1_power, beta2_power, lr, beta1, beta2, epsilon, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyAddSign(const Scope& scope, Expr var, Expr m, Expr lr, Expr alpha,
                          Expr sign_decay, Expr beta, Expr grad, bool use_locking) {
  return scope.Add("ResourceApplyAddSign", {var, m, lr, alpha, sign_decay, beta, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyCenteredRMSProp(const Scope& scope, Expr var, Expr mg, Expr ms, Expr mom, Expr lr,
                                  Expr rho, Expr momentum, Expr epsilon, Expr grad,
                                  bool use_locking) {
  return scope.Add("ResourceApplyCenteredRMSProp",
                   {var, mg, ms, mom, lr, rho, momentum, epsilon, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyFtrl(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad, Expr lr,
                       Expr l1, Expr l2, Expr lr_power, bool use_locking,
                       bool multiply_linear_by_lr) {
  return scope.Add(
      "ResourceApplyFtrl", {var, accum, linear, grad, lr, l1, l2, lr_power},
      {{"use_locking", use_locking}, {"multiply_linear_by_lr", multiply_linear_by_lr}});
}

Expr ResourceApplyFtrlV2(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad, Expr lr,
                         Expr l1, Expr l2, Expr l2_shrinkage, Expr lr_power, bool use_locking,
                         bool multiply_linear_by_lr) {
  return scope.Add(
      "ResourceApplyFtrlV2", {var, accum, linear, grad, lr, l1, l2, l2_shrinkage, lr_power},
      {{"use_locking", use_locking}, {"multiply_linear_by_lr", multiply_linear_by_lr}});
}

Expr ResourceApplyGradientDescent(const Scope& scope, Expr var, Expr alpha, Expr delta,
                                  bool use_locking) {
  return scope.Add("ResourceApplyGradientDescent", {var, alpha, delta},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyKerasMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                Expr momentum, bool use_locking, bool use_nesterov) {
  return scope.Add("ResourceApplyKerasMomentum", {var, accum, lr, grad, momentum},
                   {{"use_locking", use_locking}, {"use_nesterov", use_nesterov}});
}

Expr ResourceApplyMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                           Expr momentum, bool use_locking, bool use_nesterov) {
  return scope.Add("ResourceApplyMomentum", {var, accum, lr, grad, momentum},
                   {{"use_locking", use_locking}, {"use_nesterov", use_nesterov}});
}

Expr ResourceApplyPowerSign(const Scope& scope, Expr var, Expr m, Expr lr, Expr logbase,
                            Expr sign_decay, Expr beta, Expr grad, bool use_locking) {
  return scope.Add("ResourceApplyPowerSign", {var, m, lr, logbase, sign_decay, beta, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyProximalAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr l1,
                                  Expr l2, Expr grad, bool use_locking) {
  return scope.Add("ResourceApplyProximalAdagrad", {var, accum, lr, l1, l2, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyProximalGradientDescent(const Scope& scope, Expr var, Expr alpha, Expr l1,
                                          Expr l2, Expr delta, bool use_locking) {
  return scope.Add("ResourceApplyProximalGradientDescent", {var, alpha, l1, l2, delta},
                   {{"use_locking", use_locking}});
}

Expr ResourceApplyRMSProp(const Scope& scope, Expr var, Expr ms, Expr mom, Expr lr, Expr rho,
                          Expr momentum, Expr epsilon, Expr grad, bool use_locking) {
  return scope.Add("ResourceApplyRMSProp", {var, ms, mom, lr, rho, momentum, epsilon, grad},
                   {{"use_locking", use_locking}});
}

Expr ResourceGather(const Scope& scope, Expr resource, Expr indices, DType dtype,
                    int64_t batch_dims, bool validate_indices) {
  return scope.Add(
      "ResourceGather", {resource, indices},
      {{"dtype", dtype}, {"batch_dims", batch_dims}, {"validate_indices", validate_indices}});
}

Expr ResourceScatterAdd(const Scope& scope, Expr resource, Expr indices, Expr updates) {
  return scope.Add("ResourceScatterAdd", {resource, indices, updates});
}

Expr ResourceScatterDiv(const Scope& scope, Expr resource, Expr indices, Expr updates) {
  return scope.Add("ResourceScatterDiv", {resource, indices, updates});
}

Expr ResourceScatterMax(const Scope& scope, Expr resource, Expr indices, Expr updates) {
  return scope.Add("ResourceScatterMax", {resource, indices, updates});
}

Expr ResourceScatterMin(const Scope& scope, Expr resource, Expr indices, Expr updates) {
  return scope.Add("ResourceScatterMin", {resource, indices, updates});
}

Expr ResourceScatterMul(const Scope& scope, Expr resource, Expr indices, Expr updates) {
  return scope.Add("ResourceScatterMul", {resource, indices, updates});
}

Expr ResourceScatterNdAdd(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking) {
  return scope.Add("ResourceScatterNdAdd", {ref, indices, updates}, {{"use_locking", use_locking}});
}

Expr ResourceScatterNdMax(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking) {
  return scope.Add("ResourceScatterNdMax", {ref, indices, updates}, {{"use_locking", use_locking}});
}

Expr ResourceScatterNdMin(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking) {
  return scope.Add("ResourceScatterNdMin", {ref, indices, updates}, {{"use_locking", use_locking}});
}

Expr ResourceScatterNdSub(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking) {
  return scope.Add("ResourceScatterNdSub", {ref, indices, updates}, {{"use_locking", use_locking}});
}

Expr ResourceScatterNdUpdate(const Scope& scope, Expr ref, Expr indices, Expr updates,
                             bool use_locking) {
  return scope.Add("ResourceScatterNdUpdate", {ref, indices, updates},
                   {{"use_locking", use_locking}});
}

Expr ResourceScatterSub(const Scope& scope, Expr resource, Expr indices, Expr updates) {
  return scope.Add("ResourceScatterSub", {resource, indices, updates});
}

Expr ResourceScatterUpdate(const Scope& scope, Expr resource, Expr indices, Expr updates) {
  return scope.Add("ResourceScatterUpdate", {resource, indices, updates});
}

Expr ResourceSparseApplyAdadelta(const Scope& scope, Expr var, Expr accum, Expr accum_update,
                                 Expr lr, Expr rho, Expr epsilon, Expr grad, Expr indices,
                                 bool use_locking) {
  return scope.Add("ResourceSparseApplyAdadelta",
                   {var, accum, accum_update, lr, rho, epsilon, grad, indices},
                   {{"use_locking", use_locking}});
}

Expr ResourceSparseApplyAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                Expr indices, bool use_locking, bool update_slots) {
  return scope.Add("ResourceSparseApplyAdagrad", {var, accum, lr, grad, indices},
                   {{"use_locking", use_locking}, {"update_slots", update_slots}});
}

Expr ResourceSparseApplyAdagradV2(const Scope& scope, Expr var, Expr accum, Expr lr, Expr epsilon,
                                  Expr grad, Expr indices, bool use_locking, bool update_slots) {
  return scope.Add("ResourceSparseApplyAdagradV2", {var, accum, lr, epsilon, grad, indices},
                   {{"use_locking", use_locking}, {"update_slots", update_slots}});
}

Expr ResourceSparseApplyCenteredRMSProp(const Scope& scope, Expr var, Expr mg, Expr ms, Expr mom,
                                        Expr lr, Expr rho, Expr momentum, Expr epsilon, Expr grad,
                                        Expr indices, bool use_locking) {
  return scope.Add("ResourceSparseApplyCenteredRMSProp",
                   {var, mg, ms, mom, lr, rho, momentum, epsilon, grad, indices},
                   {{"use_locking", use_locking}});
}

Expr ResourceSparseApplyFtrl(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad,
                             Expr indices, Expr lr, Expr l1, Expr l2, Expr lr_power,
                             bool use_locking, bool multiply_linear_by_lr) {
  return scope.Add(
      "ResourceSparseApplyFtrl", {var, accum, linear, grad, indices, lr, l1, l2, lr_power},
      {{"use_locking", use_locking}, {"multiply_linear_by_lr", multiply_linear_by_lr}});
}

Expr ResourceSparseApplyFtrlV2(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad,
                               Expr indices, Expr lr, Expr l1, Expr l2, Expr l2_shrinkage,
                               Expr lr_power, bool use_locking, bool multiply_linear_by_lr) {
  return scope.Add(
      "ResourceSparseApplyFtrlV2",
      {var, accum, linear, grad, indices, lr, l1, l2, l2_shrinkage, lr_power},
      {{"use_locking", use_locking}, {"multiply_linear_by_lr", multiply_linear_by_lr}});
}

Expr ResourceSparseApplyKerasMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                      Expr indices, Expr momentum, bool use_locking,
                                      bool use_nesterov) {
  return scope.Add("ResourceSparseApplyKerasMomentum", {var, accum, lr, grad, indices, momentum},
                   {{"use_locking", use_locking}, {"use_nesterov", use_nesterov}});
}

Expr ResourceSparseApplyMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                 Expr indices, Expr momentum, bool use_locking, bool use_nesterov) {
  return scope.Add("ResourceSparseApplyMomentum", {var, accum, lr, grad, indices, momentum},
                   {{"use_locking", use_locking}, {"use_nesterov", use_nesterov}});
}

Expr ResourceSparseApplyProximalAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr l1,
                                        Expr l2, Expr grad, Expr indices, bool use_locking) {
  return scope.Add("ResourceSparseApplyProximalAdagrad", {var, accum, lr, l1, l2, grad, indices},
                   {{"use_locking", use_locking}});
}

Expr ResourceSparseApplyProximalGradientDescent(const Scope& scope, Expr var, Expr alpha, Expr l1,
                                                Expr l2, Expr grad, Expr indices,
                                                bool use_locking) {
  return scope.Add("ResourceSparseApplyProximalGradientDescent",
                   {var, alpha, l1, l2, grad, indices}, {{"use_locking", use_locking}});
}

Expr ResourceSparseApplyRMSProp(const Scope& scope, Expr var, Expr ms, Expr mom, Expr lr, Expr rho,
                                Expr momentum, Expr epsilon, Expr grad, Expr indices,
                                bool use_locking) {
  return scope.Add("ResourceSparseApplyRMSProp",
                   {var, ms, mom, lr, rho, momentum, epsilon, grad, indices},
                   {{"use_locking", use_locking}});
}

Expr ReverseSequence(const Scope& scope, Expr input, Expr seq_lengths, int64_t seq_dim,
                     int64_t batch_dim) {
  return scope.Add("ReverseSequence", {input, seq_lengths},
                   {{"seq_dim", seq_dim}, {"batch_dim", batch_dim}});
}

Expr ReverseV2(const Scope& scope, Expr tensor, Expr axis) {
  return scope.Add("ReverseV2", {tensor, axis});
}

Expr RightShift(const Scope& scope, Expr x, Expr y) { return scope.Add("RightShift", {x, y}); }

Expr Rint(const Scope& scope, Expr x) { return scope.Add("Rint", {x}); }

Expr Roll(const Scope& scope, Expr input, Expr shift, Expr axis) {
  return scope.Add("Roll", {input, shift, axis});
}

Expr Round(const Scope& scope, Expr x) { return scope.Add("Round", {x}); }

Expr Rsqrt(const Scope& scope, Expr x) { return scope.Add("Rsqrt", {x}); }

Expr RsqrtGrad(const Scope& scope, Expr y, Expr dy) { return scope.Add("RsqrtGrad", {y, dy}); }

Expr ScalarSummary(const Scope& scope, Expr tags, Expr values) {
  return scope.Add("ScalarSummary", {tags, values});
}

Expr ScatterNd(const Scope& scope, Expr indices, Expr updates, Expr shape) {
  return scope.Add("ScatterNd", {indices, updates, shape});
}

Expr SegmentMax(const Scope& scope, Expr data, Expr segment_ids) {
  return scope.Add("SegmentMax", {data, segment_ids});
}

Expr SegmentMean(const Scope& scope, Expr data, Expr segment_ids) {
  return scope.Add("SegmentMean", {data, segment_ids});
}

Expr SegmentMin(const Scope& scope, Expr data, Expr segment_ids) {
  return scope.Add("SegmentMin", {data, segment_ids});
}

Expr SegmentProd(const Scope& scope, Expr data, Expr segment_ids) {
  return scope.Add("SegmentProd", {data, segment_ids});
}

Expr SegmentSum(const Scope& scope, Expr data, Expr segment_ids) {
  return scope.Add("SegmentSum", {data, segment_ids});
}

Expr Select(const Scope& scope, Expr condition, Expr t, Expr e) {
  return scope.Add("Select", {condition, t, e});
}

Expr SelectV2(const Scope& scope, Expr condition, Expr t, Expr e) {
  return scope.Add("SelectV2", {condition, t, e});
}

Expr Selu(const Scope& scope, Expr features) { return scope.Add("Selu", {features}); }

Expr SeluGrad(const Scope& scope, Expr gradients, Expr outputs) {
  return scope.Add("SeluGrad", {gradients, outputs});
}

Expr Shape(const Scope& scope, Expr input, DType out_type) {
  return scope.Add("Shape", {input}, {{"out_type", out_type}});
}

std::vector<Expr> ShapeN(const Scope& scope, const std::vector<Expr>& input, DType out_type) {
  return scope.AddMulti("ShapeN", input, {{"out_type", out_type}});
}

Expr Sigmoid(const Scope& scope, Expr x) { return scope.Add("Sigmoid", {x}); }

Expr SigmoidGrad(const Scope& scope, Expr y, Expr dy) { return scope.Add("SigmoidGrad", {y, dy}); }

Expr Sign(const Scope& scope, Expr x) { return scope.Add("Sign", {x}); }

Expr Sin(const Scope& scope, Expr x) { return scope.Add("Sin", {x}); }

Expr Sinh(const Scope& scope, Expr x) { return scope.Add("Sinh", {x}); }

Expr Size(const Scope& scope, Expr input, DType out_type) {
  return scope.Add("Size", {input}, {{"out_type", out_type}});
}

Expr Slice(const Scope& scope, Expr input, Expr begin, Expr size) {
  return scope.Add("Slice", {input, begin, size});
}

Expr Snapshot(const Scope& scope, Expr input) { return scope.Add("Snapshot", {input}); }

Expr Softmax(const Scope& scope, Expr logits) { return scope.Add("Softmax", {logits}); }

std::vector<Expr> SoftmaxCrossEntropyWithLogits(const Scope& scope, Expr features, Expr labels) {
  return scope.AddMulti("SoftmaxCrossEntropyWithLogits", {features, labels});
}

Expr Softplus(const Scope& scope, Expr features) { return scope.Add("Softplus", {features}); }

Expr SoftplusGrad(const Scope& scope, Expr gradients, Expr features) {
  return scope.Add("SoftplusGrad", {gradients, features});
}

Expr Softsign(const Scope& scope, Expr features) { return scope.Add("Softsign", {features}); }

Expr SoftsignGrad(const Scope& scope, Expr gradients, Expr features) {
  return scope.Add("SoftsignGrad", {gradients, features});
}

Expr SpaceToDepth(const Scope& scope, Expr input, int64_t block_size,
                  const std::string& data_format) {
  return scope.Add("SpaceToDepth", {input},
                   {{"block_size", block_size}, {"data_format", data_format}});
}

Expr SparseSegmentMean(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                       bool sparse_gradient) {
  return scope.Add("SparseSegmentMean", {data, indices, segment_ids},
                   {{"sparse_gradient", sparse_gradient}});
}

Expr SparseSegmentMeanGrad(const Scope& scope, Expr grad, Expr indices, Expr segment_ids,
                           Expr output_dim0) {
  return scope.Add("SparseSegmentMeanGrad", {grad, indices, segment_ids, output_dim0});
}

Expr SparseSegmentMeanWithNumSegments(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                                      Expr num_segments, bool sparse_gradient) {
  return scope.Add("SparseSegmentMeanWithNumSegments", {data, indices, segment_ids, num_segments},
                   {{"sparse_gradient", sparse_gradient}});
}

Expr SparseSegmentSqrtN(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                        bool sparse_gradient) {
  return scope.Add("SparseSegmentSqrtN", {data, indices, segment_ids},
                   {{"sparse_gradient", sparse_gradient}});
}

Expr SparseSegmentSqrtNGrad(const Scope& scope, Expr grad, Expr indices, Expr segment_ids,
                            Expr output_dim0) {
  return scope.Add("SparseSegmentSqrtNGrad", {grad, indices, segment_ids, output_dim0});
}

Expr SparseSegmentSqrtNWithNumSegments(const Scope& scope, Expr data, Expr indices,
                                       Expr segment_ids, Expr num_segments, bool sparse_gradient) {
  return scope.Add("SparseSegmentSqrtNWithNumSegments", {data, indices, segment_ids, num_segments},
                   {{"sparse_gradient", sparse_gradient}});
}

Expr SparseSegmentSum(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                      bool sparse_gradient) {
  return scope.Add("SparseSegmentSum", {data, indices, segment_ids},
                   {{"sparse_gradient", sparse_gradient}});
}

Expr SparseSegmentSumGrad(const Scope& scope, Expr grad, Expr indices, Expr segment_ids,
                          Expr output_dim0) {
  return scope.Add("SparseSegmentSumGrad", {grad, indices, segment_ids, output_dim0});
}

Expr SparseSegmentSumWithNumSegments(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                                     Expr num_segments, bool sparse_gradient) {
  return scope.Add("SparseSegmentSumWithNumSegments", {data, indices, segment_ids, num_segments},
                   {{"sparse_gradient", sparse_gradient}});
}

std::vector<Expr> SparseSoftmaxCrossEntropyWithLogits(const Scope& scope, Expr features,
                                                      Expr labels) {
  return scope.AddMulti("SparseSoftmaxCrossEntropyWithLogits", {features, labels});
}

std::vector<Expr> Split(const Scope& scope, Expr split_dim, Expr value, int64_t num_split) {
  return scope.AddMulti("Split", {split_dim, value}, {{"num_split", num_split}});
}

std::vector<Expr> SplitV(const Scope& scope, Expr value, Expr size_splits, Expr split_dim,
                         int64_t num_split) {
  return scope.AddMulti("SplitV", {value, size_splits, split_dim}, {{"num_split", num_split}});
}

Expr Sqrt(const Scope& scope, Expr x) { return scope.Add("Sqrt", {x}); }

Expr SqrtGrad(const Scope& scope, Expr y, Expr dy) { return scope.Add("SqrtGrad", {y, dy}); }

Expr Square(const Scope& scope, Expr x) { return scope.Add("Square", {x}); }

Expr SquaredDifference(const Scope& scope, Expr x, Expr y) {
  return scope.Add("SquaredDifference", {x, y});
}

Expr Squeeze(const Scope& scope, Expr input, const std::vector<int64_t>& squeeze_dims) {
  return scope.Add("Squeeze", {input}, {{"squeeze_dims", squeeze_dims}});
}

std::vector<Expr> StatefulPartitionedCall(const Scope& scope, const std::vector<Expr>& args,
                                          const std::vector<DType>& Tout, const FuncRef& f,
                                          const std::string& config,
                                          const std::string& config_proto,
                                          const std::string& executor_type) {
  return scope.AddMulti("StatefulPartitionedCall", args,
                        {{"Tout", Tout},
                         {"f", f},
                         {"config", config},
                         {"config_proto", config_proto},
                         {"executor_type", executor_type}});
}

std::vector<Expr> StatelessIf(const Scope& scope, Expr cond, const std::vector<Expr>& input,
                              const std::vector<DType>& Tout, const FuncRef& then_branch,
                              const FuncRef& else_branch,
                              const std::vector<graphrun::Shape>& output_shapes) {
  return scope.AddMulti("StatelessIf", Joined{cond, input},
                        {{"Tout", Tout},
                         {"then_branch", then_branch},
                         {"else_branch", else_branch},
                         {"output_shapes", output_shapes}});
}

Expr StatelessMultinomial(const Scope& scope, Expr logits, Expr num_samples, Expr seed,
                          DType output_dtype) {
  return scope.Add("StatelessMultinomial", {logits, num_samples, seed},
                   {{"output_dtype", output_dtype}});
}

Expr StatelessRandomGetAlg(const Scope& scope) { return scope.Add("StatelessRandomGetAlg", {}); }

std::vector<Expr> StatelessRandomGetKeyCounter(const Scope& scope, Expr seed) {
  return scope.AddMulti("StatelessRandomGetKeyCounter", {seed});
}

std::vector<Expr> StatelessRandomGetKeyCounterAlg(const Scope& scope, Expr seed) {
  return scope.AddMulti("StatelessRandomGetKeyCounterAlg", {seed});
}

Expr StatelessRandomNormal(const Scope& scope, Expr shape, Expr seed, DType dtype) {
  return scope.Add("StatelessRandomNormal", {shape, seed}, {{"dtype", dtype}});
}

Expr StatelessRandomNormalV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                             DType dtype) {
  return scope.Add("StatelessRandomNormalV2", {shape, key, counter, alg}, {{"dtype", dtype}});
}

Expr StatelessRandomUniform(const Scope& scope, Expr shape, Expr seed, DType dtype) {
  return scope.Add("StatelessRandomUniform", {shape, seed}, {{"dtype", dtype}});
}

Expr StatelessRandomUniformFullInt(const Scope& scope, Expr shape, Expr seed, DType dtype) {
  return scope.Add("StatelessRandomUniformFullInt", {shape, seed}, {{"dtype", dtype}});
}

Expr StatelessRandomUniformFullIntV2(const Scope& scope, Expr shape, Expr key, Expr counter,
                                     Expr alg, DType dtype) {
  return scope.Add("StatelessRandomUniformFullIntV2", {shape, key, counter, alg},
                   {{"dtype", dtype}});
}

Expr StatelessRandomUniformInt(const Scope& scope, Expr shape, Expr seed, Expr minval,
                               Expr maxval) {
  return scope.Add("StatelessRandomUniformInt", {shape, seed, minval, maxval});
}

Expr StatelessRandomUniformIntV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                                 Expr minval, Expr maxval) {
  return scope.Add("StatelessRandomUniformIntV2", {shape, key, counter, alg, minval, maxval});
}

Expr StatelessRandomUniformV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                              DType dtype) {
  return scope.Add("StatelessRandomUniformV2", {shape, key, counter, alg}, {{"dtype", dtype}});
}

Expr StatelessTruncatedNormal(const Scope& scope, Expr shape, Expr seed, DType dtype) {
  return scope.Add("StatelessTruncatedNormal", {shape, seed}, {{"dtype", dtype}});
}

Expr StatelessTruncatedNormalV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                                DType dtype) {
  return scope.Add("StatelessTruncatedNormalV2", {shape, key, counter, alg}, {{"dtype", dtype}});
}

std::vector<Expr> StatelessWhile(const Scope& scope, const std::vector<Expr>& input,
                                 const FuncRef& cond, const FuncRef& body,
                                 const std::vector<graphrun::Shape>& output_shapes,
                                 int64_t parallel_iterations) {
  return scope.AddMulti("StatelessWhile", input,
                        {{"cond", cond},
                         {"body", body},
                         {"output_shapes", output_shapes},
                         {"parallel_iterations", parallel_iterations}});
}

Expr StopGradient(const Scope& scope, Expr input) { return scope.Add("StopGradient", {input}); }

Expr StridedSlice(const Scope& scope, Expr input, Expr begin, Expr end, Expr strides,
                  int64_t begin_mask, int64_t end_mask, int64_t ellipsis_mask,
                  int64_t new_axis_mask, int64_t shrink_axis_mask) {
  return scope.Add("StridedSlice", {input, begin, end, strides},
                   {{"begin_mask", begin_mask},
                    {"end_mask", end_mask},
                    {"ellipsis_mask", ellipsis_mask},
                    {"new_axis_mask", new_axis_mask},
                    {"shrink_axis_mask", shrink_axis_mask}});
}

Expr StridedSliceGrad(const Scope& scope, Expr shape, Expr begin, Expr end, Expr strides, Expr dy,
                      int64_t begin_mask, int64_t end_mask, int64_t ellipsis_mask,
                      int64_t new_axis_mask, int64_t shrink_axis_mask) {
  return scope.Add("StridedSliceGrad", {shape, begin, end, strides, dy},
                   {{"begin_mask", begin_mask},
                    {"end_mask", end_mask},
                    {"ellipsis_mask", ellipsis_mask},
                    {"new_axis_mask", new_axis_mask},
                    {"shrink_axis_mask", shrink_axis_mask}});
}

Expr Sub(const Scope& scope, Expr x, Expr y) { return scope.Add("Sub", {x, y}); }

Expr Sum(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims) {
  return scope.Add("Sum", {input, reduction_indices}, {{"keep_dims", keep_dims}});
}

Expr Tan(const Scope& scope, Expr x) { return scope.Add("Tan", {x}); }

Expr Tanh(const Scope& scope, Expr x) { return scope.Add("Tanh", {x}); }

Expr TanhGrad(const Scope& scope, Expr y, Expr dy) { return scope.Add("TanhGrad", {y, dy}); }

std::vector<Expr> TensorListConcatV2(const Scope& scope, Expr input_handle, Expr element_shape,
                                     Expr leading_dims, DType element_dtype) {
  return scope.AddMulti("TensorListConcatV2", {input_handle, element_shape, leading_dims},
                        {{"element_dtype", element_dtype}});
}

Expr TensorListElementShape(const Scope& scope, Expr input_handle, DType shape_type) {
  return scope.Add("TensorListElementShape", {input_handle}, {{"shape_type", shape_type}});
}

Expr TensorListFromTensor(const Scope& scope, Expr tensor, Expr element_shape) {
  return scope.Add("TensorListFromTensor", {tensor, element_shape});
}

Expr TensorListGather(const Scope& scope, Expr input_handle, Expr indices, Expr element_shape,
                      DType element_dtype) {
  return scope.Add("TensorListGather", {input_handle, indices, element_shape},
                   {{"element_dtype", element_dtype}});
}

Expr TensorListGetItem(const Scope& scope, Expr input_handle, Expr index, Expr element_shape,
                       DType element_dtype) {
  return scope.Add("TensorListGetItem", {input_handle, index, element_shape},
                   {{"element_dtype", element_dtype}});
}

Expr TensorListLength(const Scope& scope, Expr input_handle) {
  return scope.Add("TensorListLength", {input_handle});
}

std::vector<Expr> TensorListPopBack(const Scope& scope, Expr input_handle, Expr element_shape,
                                    DType element_dtype) {
  return scope.AddMulti("TensorListPopBack", {input_handle, element_shape},
                        {{"element_dtype", element_dtype}});
}

Expr TensorListPushBack(const Scope& scope, Expr input_handle, Expr tensor) {
  return scope.Add("TensorListPushBack", {input_handle, tensor});
}

Expr TensorListReserve(const Scope& scope, Expr element_shape, Expr num_elements,
                       DType element_dtype) {
  return scope.Add("TensorListReserve", {element_shape, num_elements},
                   {{"element_dtype", element_dtype}});
}

Expr TensorListResize(const Scope& scope, Expr input_handle, Expr size) {
  return scope.Add("TensorListResize", {input_handle, size});
}

Expr TensorListScatterIntoExistingList(const Scope& scope, Expr input_handle, Expr tensor,
                                       Expr indices) {
  return scope.Add("TensorListScatterIntoExistingList", {input_handle, tensor, indices});
}

Expr TensorListSetItem(const Scope& scope, Expr input_handle, Expr index, Expr item,
                       bool resize_if_index_out_of_bounds) {
  return scope.Add("TensorListSetItem", {input_handle, index, item},
                   {{"resize_if_index_out_of_bounds", resize_if_index_out_of_bounds}});
}

Expr TensorListSplit(const Scope& scope, Expr tensor, Expr element_shape, Expr lengths) {
  return scope.Add("TensorListSplit", {tensor, element_shape, lengths});
}

Expr TensorListStack(const Scope& scope, Expr input_handle, Expr element_shape, DType element_dtype,
                     int64_t num_elements) {
  return scope.Add("TensorListStack", {input_handle, element_shape},
                   {{"element_dtype", element_dtype}, {"num_elements", num_elements}});
}

Expr TensorScatterAdd(const Scope& scope, Expr tensor, Expr indices, Expr updates) {
  return scope.Add("TensorScatterAdd", {tensor, indices, updates});
}

Expr TensorScatterMax(const Scope& scope, Expr tensor, Expr indices, Expr updates) {
  return scope.Add("TensorScatterMax", {tensor, indices, updates});
}

Expr TensorScatterMin(const Scope& scope, Expr tensor, Expr indices, Expr updates) {
  return scope.Add("TensorScatterMin", {tensor, indices, updates});
}

Expr TensorScatterSub(const Scope& scope, Expr tensor, Expr indices, Expr updates) {
  return scope.Add("TensorScatterSub", {tensor, indices, updates});
}

Expr TensorScatterUpdate(const Scope& scope, Expr tensor, Expr indices, Expr updates) {
  return scope.Add("TensorScatterUpdate", {tensor, indices, updates});
}

Expr TensorSummaryV2(const Scope& scope, Expr tag, Expr tensor, Expr serialized_summary_metadata) {
  return scope.Add("TensorSummaryV2", {tag, tensor, serialized_summary_metadata});
}

Expr Tile(const Scope& scope, Expr input, Expr multiples) {
  return scope.Add("Tile", {input, multiples});
}

std::vector<Expr> TopK(const Scope& scope, Expr input, int64_t k, bool sorted) {
  return scope.AddMulti("TopK", {input}, {{"k", k}, {"sorted", sorted}});
}

std::vector<Expr> TopKV2(const Scope& scope, Expr input, Expr k, bool sorted, DType index_type) {
  return scope.AddMulti("TopKV2", {input, k}, {{"sorted", sorted}, {"index_type", index_type}});
}

Expr Transpose(const Scope& scope, Expr x, Expr perm) { return scope.Add("Transpose", {x, perm}); }

Expr TruncateDiv(const Scope& scope, Expr x, Expr y) { return scope.Add("TruncateDiv", {x, y}); }

Expr TruncateMod(const Scope& scope, Expr x, Expr y) { return scope.Add("TruncateMod", {x, y}); }

Expr TruncatedNormal(const Scope& scope, Expr shape, DType dtype, int64_t seed, int64_t seed2) {
  return scope.Add("TruncatedNormal", {shape},
                   {{"dtype", dtype}, {"seed", seed}, {"seed2", seed2}});
}

std::vector<Expr> Unique(const Scope& scope, Expr x, DType out_idx) {
  return scope.AddMulti("Unique", {x}, {{"out_idx", out_idx}});
}

std::vector<Expr> UniqueV2(const Scope& scope, Expr x, Expr axis, DType out_idx) {
  return scope.AddMulti("UniqueV2", {x, axis}, {{"out_idx", out_idx}});
}

std::vector<Expr> UniqueWithCounts(const Scope& scope, Expr x, DType out_idx) {
  return scope.AddMulti("UniqueWithCounts", {x}, {{"out_idx", out_idx}});
}

std::vector<Expr> UniqueWithCountsV2(const Scope& scope, Expr x, Expr axis, DType out_idx) {
  return scope.AddMulti("UniqueWithCountsV2", {x, axis}, {{"out_idx", out_idx}});
}

std::vector<Expr> Unpack(const Scope& scope, Expr value, int64_t num, int64_t axis) {
  return scope.AddMulti("Unpack", {value}, {{"num", num}, {"axis", axis}});
}

Expr UnsortedSegmentMax(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments) {
  return scope.Add("UnsortedSegmentMax", {data, segment_ids, num_segments});
}

Expr UnsortedSegmentMin(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments) {
  return scope.Add("UnsortedSegmentMin", {data, segment_ids, num_segments});
}

Expr UnsortedSegmentProd(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments) {
  return scope.Add("UnsortedSegmentProd", {data, segment_ids, num_segments});
}

Expr UnsortedSegmentSum(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments) {
  return scope.Add("UnsortedSegmentSum", {data, segment_ids, num_segments});
}

Expr UpperBound(const Scope& scope, Expr sorted_inputs, Expr values, DType out_type) {
  return scope.Add("UpperBound", {sorted_inputs, values}, {{"out_type", out_type}});
}

Expr VarHandleOp(const Scope& scope, DType dtype, const graphrun::Shape& shape,
                 const std::string& container, const std::string& shared_name,
                 const std::string& debug_name, const std::vector<std::string>& allowed_devices) {
  return scope.Add("VarHandleOp", {},
                   {{"dtype", dtype},
                    {"shape", shape},
                    {"container", container},
                    {"shared_name", shared_name},
                    {"debug_name", debug_name},
                    {"allowed_devices", allowed_devices}});
}

Expr VarIsInitializedOp(const Scope& scope, Expr resource) {
  return scope.Add("VarIsInitializedOp", {resource});
}

Expr VariableShape(const Scope& scope, Expr input, DType out_type) {
  return scope.Add("VariableShape", {input}, {{"out_type", out_type}});
}

Expr Where(const Scope& scope, Expr input) { return scope.Add("Where", {input}); }

std::vector<Expr> While(const Scope& scope, const std::vector<Expr>& input, const FuncRef& cond,
                        const FuncRef& body, const std::vector<graphrun::Shape>& output_shapes,
                        int64_t parallel_iterations) {
  return scope.AddMulti("While", input,
                        {{"cond", cond},
                         {"body", body},
                         {"output_shapes", output_shapes},
                         {"parallel_iterations", parallel_iterations}});
}

Expr Xdivy(const Scope& scope, Expr x, Expr y) { return scope.Add("Xdivy", {x, y}); }

Expr Xlog1py(const Scope& scope, Expr x, Expr y) { return scope.Add("Xlog1py", {x, y}); }

Expr Xlogy(const Scope& scope, Expr x, Expr y) { return scope.Add("Xlogy", {x, y}); }

Expr ZerosLike(const Scope& scope, Expr x) { return scope.Add("ZerosLike", {x}); }

}  // namespace graphrun::raw_ops
