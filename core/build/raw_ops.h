// A builder for each op, named as TensorFlow names op, inputs and attributes: types and numbers
// that follow from the inputs are left out, and attributes with defaults come last. `graphrun ops
// NAME` says what an op does.
// Written by tools/generate_ops from the registry; tests/raw_ops_test.cc compares.
#ifndef GRAPHRUN_CORE_BUILD_RAW_OPS_H_
#define GRAPHRUN_CORE_BUILD_RAW_OPS_H_

#include <string>
#include <vector>

#include "core/build/scope.h"

namespace graphrun::raw_ops {

Expr Abs(const Scope& scope, Expr x);
Expr AccumulateNV2(const Scope& scope, const std::vector<Expr>& inputs,
                   const graphrun::Shape& shape);
Expr Acos(const Scope& scope, Expr x);
Expr Acosh(const Scope& scope, Expr x);
Expr Add(const Scope& scope, Expr x, Expr y);
Expr AddN(const Scope& scope, const std::vector<Expr>& inputs);
Expr AddV2(const Scope& scope, Expr x, Expr y);
Expr All(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
Expr Any(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
Expr ApproximateEqual(const Scope& scope, Expr x, Expr y, float tolerance = 1e-05f);
Expr ArgMax(const Scope& scope, Expr input, Expr dimension, DType output_type = DType::kInt64);
Expr ArgMin(const Scope& scope, Expr input, Expr dimension, DType output_type = DType::kInt64);
Expr Asin(const Scope& scope, Expr x);
Expr Asinh(const Scope& scope, Expr x);
Expr Assert(const Scope& scope, Expr condition, const std::vector<Expr>& data,
            int64_t summarize = 3);
Expr AssignAddVariableOp(const Scope& scope, Expr resource, Expr value);
Expr AssignSubVariableOp(const Scope& scope, Expr resource, Expr value);
Expr AssignVariableOp(const Scope& scope, Expr resource, Expr value, bool validate_shape = false);
Expr Atan(const Scope& scope, Expr x);
Expr Atan2(const Scope& scope, Expr y, Expr x);
Expr Atanh(const Scope& scope, Expr x);
Expr BatchMatMul(const Scope& scope, Expr x, Expr y, bool adj_x = false, bool adj_y = false);
Expr BatchMatMulV2(const Scope& scope, Expr x, Expr y, bool adj_x = false, bool adj_y = false);
Expr BatchMatMulV3(const Scope& scope, Expr x, Expr y, DType Tout, bool adj_x = false,
                   bool adj_y = false);
Expr BiasAdd(const Scope& scope, Expr value, Expr bias, const std::string& data_format = "NHWC");
Expr BiasAddGrad(const Scope& scope, Expr out_backprop, const std::string& data_format = "NHWC");
Expr Bincount(const Scope& scope, Expr arr, Expr size, Expr weights);
Expr Bitcast(const Scope& scope, Expr input, DType type);
Expr BitwiseAnd(const Scope& scope, Expr x, Expr y);
Expr BitwiseOr(const Scope& scope, Expr x, Expr y);
Expr BitwiseXor(const Scope& scope, Expr x, Expr y);
Expr BroadcastArgs(const Scope& scope, Expr s0, Expr s1);
std::vector<Expr> BroadcastGradientArgs(const Scope& scope, Expr s0, Expr s1);
Expr BroadcastTo(const Scope& scope, Expr input, Expr shape);
Expr Bucketize(const Scope& scope, Expr input, const std::vector<float>& boundaries);
Expr Cast(const Scope& scope, Expr x, DType DstT, bool Truncate = false);
Expr Ceil(const Scope& scope, Expr x);
Expr CheckNumerics(const Scope& scope, Expr tensor, const std::string& message);
Expr ClipByValue(const Scope& scope, Expr t, Expr clip_value_min, Expr clip_value_max);
std::vector<Expr> ConcatOffset(const Scope& scope, Expr concat_dim, const std::vector<Expr>& shape);
Expr ConcatV2(const Scope& scope, const std::vector<Expr>& values, Expr axis);
Expr Const(const Scope& scope, const Tensor& value, DType dtype);
Expr Cos(const Scope& scope, Expr x);
Expr Cosh(const Scope& scope, Expr x);
Expr Cross(const Scope& scope, Expr a, Expr b);
Expr Cumprod(const Scope& scope, Expr x, Expr axis, bool exclusive = false, bool reverse = false);
Expr Cumsum(const Scope& scope, Expr x, Expr axis, bool exclusive = false, bool reverse = false);
Expr DeepCopy(const Scope& scope, Expr x);
Expr DenseBincount(const Scope& scope, Expr input, Expr size, Expr weights,
                   bool binary_output = false);
Expr DepthToSpace(const Scope& scope, Expr input, int64_t block_size,
                  const std::string& data_format = "NHWC");
Expr DestroyResourceOp(const Scope& scope, Expr resource, bool ignore_lookup_error = true);
Expr Diag(const Scope& scope, Expr diagonal);
Expr DiagPart(const Scope& scope, Expr input);
Expr Digamma(const Scope& scope, Expr x);
Expr Div(const Scope& scope, Expr x, Expr y);
Expr DivNoNan(const Scope& scope, Expr x, Expr y);
std::vector<Expr> DynamicPartition(const Scope& scope, Expr data, Expr partitions,
                                   int64_t num_partitions);
Expr DynamicStitch(const Scope& scope, const std::vector<Expr>& indices,
                   const std::vector<Expr>& data);
Expr Einsum(const Scope& scope, const std::vector<Expr>& inputs, const std::string& equation);
Expr Elu(const Scope& scope, Expr features);
Expr EluGrad(const Scope& scope, Expr gradients, Expr outputs);
Expr Empty(const Scope& scope, Expr shape, DType dtype, bool init = false);
Expr EmptyTensorList(const Scope& scope, Expr element_shape, Expr max_num_elements,
                     DType element_dtype);
Expr EnsureShape(const Scope& scope, Expr input, const graphrun::Shape& shape);
Expr Equal(const Scope& scope, Expr x, Expr y, bool incompatible_shape_error = true);
Expr Erf(const Scope& scope, Expr x);
Expr Erfc(const Scope& scope, Expr x);
Expr EuclideanNorm(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
Expr Exp(const Scope& scope, Expr x);
Expr ExpandDims(const Scope& scope, Expr input, Expr dim);
Expr Expm1(const Scope& scope, Expr x);
Expr Fill(const Scope& scope, Expr dims, Expr value);
Expr Floor(const Scope& scope, Expr x);
Expr FloorDiv(const Scope& scope, Expr x, Expr y);
Expr FloorMod(const Scope& scope, Expr x, Expr y);
Expr Gather(const Scope& scope, Expr params, Expr indices, bool validate_indices = true);
Expr GatherNd(const Scope& scope, Expr params, Expr indices);
Expr GatherV2(const Scope& scope, Expr params, Expr indices, Expr axis, int64_t batch_dims = 0);
Expr Greater(const Scope& scope, Expr x, Expr y);
Expr GreaterEqual(const Scope& scope, Expr x, Expr y);
Expr HistogramSummary(const Scope& scope, Expr tag, Expr values);
Expr Identity(const Scope& scope, Expr input);
std::vector<Expr> IdentityN(const Scope& scope, const std::vector<Expr>& input);
std::vector<Expr> If(const Scope& scope, Expr cond, const std::vector<Expr>& input,
                     const std::vector<DType>& Tout, const FuncRef& then_branch,
                     const FuncRef& else_branch,
                     const std::vector<graphrun::Shape>& output_shapes = {});
Expr InTopK(const Scope& scope, Expr predictions, Expr targets, int64_t k);
Expr InTopKV2(const Scope& scope, Expr predictions, Expr targets, Expr k);
Expr Inv(const Scope& scope, Expr x);
Expr InvGrad(const Scope& scope, Expr y, Expr dy);
Expr Invert(const Scope& scope, Expr x);
Expr InvertPermutation(const Scope& scope, Expr x);
Expr IsFinite(const Scope& scope, Expr x);
Expr IsInf(const Scope& scope, Expr x);
Expr IsNan(const Scope& scope, Expr x);
Expr L2Loss(const Scope& scope, Expr t);
Expr LeakyRelu(const Scope& scope, Expr features, float alpha = 0.2f);
Expr LeakyReluGrad(const Scope& scope, Expr gradients, Expr features, float alpha = 0.2f);
Expr LeftShift(const Scope& scope, Expr x, Expr y);
Expr Less(const Scope& scope, Expr x, Expr y);
Expr LessEqual(const Scope& scope, Expr x, Expr y);
Expr Lgamma(const Scope& scope, Expr x);
Expr LinSpace(const Scope& scope, Expr start, Expr stop, Expr num);
std::vector<Expr> ListDiff(const Scope& scope, Expr x, Expr y, DType out_idx = DType::kInt32);
Expr Log(const Scope& scope, Expr x);
Expr Log1p(const Scope& scope, Expr x);
Expr LogSoftmax(const Scope& scope, Expr logits);
Expr LogicalAnd(const Scope& scope, Expr x, Expr y);
Expr LogicalNot(const Scope& scope, Expr x);
Expr LogicalOr(const Scope& scope, Expr x, Expr y);
Expr LowerBound(const Scope& scope, Expr sorted_inputs, Expr values,
                DType out_type = DType::kInt32);
Expr MatMul(const Scope& scope, Expr a, Expr b, bool transpose_a = false, bool transpose_b = false);
Expr MatrixBandPart(const Scope& scope, Expr input, Expr num_lower, Expr num_upper);
Expr MatrixDiag(const Scope& scope, Expr diagonal);
Expr MatrixDiagPart(const Scope& scope, Expr input);
Expr MatrixDiagPartV2(const Scope& scope, Expr input, Expr k, Expr padding_value);
Expr MatrixDiagPartV3(const Scope& scope, Expr input, Expr k, Expr padding_value,
                      const std::string& align = "RIGHT_LEFT");
Expr MatrixDiagV2(const Scope& scope, Expr diagonal, Expr k, Expr num_rows, Expr num_cols,
                  Expr padding_value);
Expr MatrixDiagV3(const Scope& scope, Expr diagonal, Expr k, Expr num_rows, Expr num_cols,
                  Expr padding_value, const std::string& align = "RIGHT_LEFT");
Expr MatrixSetDiag(const Scope& scope, Expr input, Expr diagonal);
Expr MatrixSetDiagV2(const Scope& scope, Expr input, Expr diagonal, Expr k);
Expr MatrixSetDiagV3(const Scope& scope, Expr input, Expr diagonal, Expr k,
                     const std::string& align = "RIGHT_LEFT");
Expr MatrixTriangularSolve(const Scope& scope, Expr matrix, Expr rhs, bool lower = true,
                           bool adjoint = false);
Expr Max(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
Expr Maximum(const Scope& scope, Expr x, Expr y);
Expr Mean(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
Expr MergeSummary(const Scope& scope, const std::vector<Expr>& inputs);
Expr Min(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
Expr Minimum(const Scope& scope, Expr x, Expr y);
Expr MirrorPad(const Scope& scope, Expr input, Expr paddings, const std::string& mode);
Expr MirrorPadGrad(const Scope& scope, Expr input, Expr paddings, const std::string& mode);
Expr Mod(const Scope& scope, Expr x, Expr y);
Expr Mul(const Scope& scope, Expr x, Expr y);
Expr MulNoNan(const Scope& scope, Expr x, Expr y);
Expr Multinomial(const Scope& scope, Expr logits, Expr num_samples, int64_t seed = 0,
                 int64_t seed2 = 0, DType output_dtype = DType::kInt64);
Expr Neg(const Scope& scope, Expr x);
Expr NoOp(const Scope& scope);
Expr NotEqual(const Scope& scope, Expr x, Expr y, bool incompatible_shape_error = true);
Expr OneHot(const Scope& scope, Expr indices, Expr depth, Expr on_value, Expr off_value,
            int64_t axis = -1);
Expr OnesLike(const Scope& scope, Expr x);
Expr OptionalFromValue(const Scope& scope, const std::vector<Expr>& components);
std::vector<Expr> OptionalGetValue(const Scope& scope, Expr optional,
                                   const std::vector<DType>& output_types,
                                   const std::vector<graphrun::Shape>& output_shapes);
Expr OptionalHasValue(const Scope& scope, Expr optional);
Expr OptionalNone(const Scope& scope);
Expr Pack(const Scope& scope, const std::vector<Expr>& values, int64_t axis = 0);
Expr Pad(const Scope& scope, Expr input, Expr paddings);
Expr PadV2(const Scope& scope, Expr input, Expr paddings, Expr constant_values);
Expr ParallelDynamicStitch(const Scope& scope, const std::vector<Expr>& indices,
                           const std::vector<Expr>& data);
std::vector<Expr> PartitionedCall(const Scope& scope, const std::vector<Expr>& args,
                                  const std::vector<DType>& Tout, const FuncRef& f,
                                  const std::string& config = "",
                                  const std::string& config_proto = "",
                                  const std::string& executor_type = "");
Expr Placeholder(const Scope& scope, DType dtype,
                 const graphrun::Shape& shape = graphrun::Shape::Unknown());
Expr PlaceholderWithDefault(const Scope& scope, Expr input, const graphrun::Shape& shape);
Expr Polygamma(const Scope& scope, Expr a, Expr x);
Expr Pow(const Scope& scope, Expr x, Expr y);
Expr PreventGradient(const Scope& scope, Expr input, const std::string& message = "");
Expr Prod(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
std::vector<Expr> Qr(const Scope& scope, Expr input, bool full_matrices = false);
Expr RandomShuffle(const Scope& scope, Expr value, int64_t seed = 0, int64_t seed2 = 0);
Expr RandomStandardNormal(const Scope& scope, Expr shape, DType dtype, int64_t seed = 0,
                          int64_t seed2 = 0);
Expr RandomUniform(const Scope& scope, Expr shape, DType dtype, int64_t seed = 0,
                   int64_t seed2 = 0);
Expr RandomUniformInt(const Scope& scope, Expr shape, Expr minval, Expr maxval, int64_t seed = 0,
                      int64_t seed2 = 0);
Expr Range(const Scope& scope, Expr start, Expr limit, Expr delta);
Expr Rank(const Scope& scope, Expr input);
Expr ReadVariableOp(const Scope& scope, Expr resource, DType dtype);
Expr RealDiv(const Scope& scope, Expr x, Expr y);
Expr Reciprocal(const Scope& scope, Expr x);
Expr ReciprocalGrad(const Scope& scope, Expr y, Expr dy);
Expr Relu(const Scope& scope, Expr features);
Expr Relu6(const Scope& scope, Expr features);
Expr Relu6Grad(const Scope& scope, Expr gradients, Expr features);
Expr ReluGrad(const Scope& scope, Expr gradients, Expr features);
Expr Reshape(const Scope& scope, Expr tensor, Expr shape);
Expr ResourceApplyAdaMax(const Scope& scope, Expr var, Expr m, Expr v, Expr beta1_power, Expr lr,
                         Expr beta1, Expr beta2, Expr epsilon, Expr grad, bool use_locking = false);
Expr ResourceApplyAdadelta(const Scope& scope, Expr var, Expr accum, Expr accum_update, Expr lr,
                           Expr rho, Expr epsilon, Expr grad, bool use_locking = false);
Expr ResourceApplyAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                          bool use_locking = false, bool update_slots = true);
Expr ResourceApplyAdagradV2(const Scope& scope, Expr var, Expr accum, Expr lr, Expr epsilon,
                            Expr grad, bool use_locking = false, bool update_slots = true);
Expr ResourceApplyAdam(const Scope& scope, Expr var, Expr m, Expr v, Expr beta1_power,
                       Expr beta2_power, Expr lr, Expr beta1, Expr beta2, Expr epsilon, Expr grad,
                       bool use_locking = false, bool use_nesterov = false);
Expr ResourceApplyAdamWithAmsgrad(const Scope& scope, Expr var, Expr m, Expr v, Expr vhat,
                                  Expr beta1_power, Expr beta2_power, Expr lr, Expr beta1,
                                  Expr beta2, Expr epsilon, Expr grad, bool use_locking = false);
Expr ResourceApplyAddSign(const Scope& scope, Expr var, Expr m, Expr lr, Expr alpha,
                          Expr sign_decay, Expr beta, Expr grad, bool use_locking = false);
Expr ResourceApplyCenteredRMSProp(const Scope& scope, Expr var, Expr mg, Expr ms, Expr mom, Expr lr,
                                  Expr rho, Expr momentum, Expr epsilon, Expr grad,
                                  bool use_locking = false);
Expr ResourceApplyFtrl(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad, Expr lr,
                       Expr l1, Expr l2, Expr lr_power, bool use_locking = false,
                       bool multiply_linear_by_lr = false);
Expr ResourceApplyFtrlV2(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad, Expr lr,
                         Expr l1, Expr l2, Expr l2_shrinkage, Expr lr_power,
                         bool use_locking = false, bool multiply_linear_by_lr = false);
Expr ResourceApplyGradientDescent(const Scope& scope, Expr var, Expr alpha, Expr delta,
                                  bool use_locking = false);
Expr ResourceApplyKerasMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                Expr momentum, bool use_locking = false, bool use_nesterov = false);
Expr ResourceApplyMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                           Expr momentum, bool use_locking = false, bool use_nesterov = false);
Expr ResourceApplyPowerSign(const Scope& scope, Expr var, Expr m, Expr lr, Expr logbase,
                            Expr sign_decay, Expr beta, Expr grad, bool use_locking = false);
Expr ResourceApplyProximalAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr l1,
                                  Expr l2, Expr grad, bool use_locking = false);
Expr ResourceApplyProximalGradientDescent(const Scope& scope, Expr var, Expr alpha, Expr l1,
                                          Expr l2, Expr delta, bool use_locking = false);
Expr ResourceApplyRMSProp(const Scope& scope, Expr var, Expr ms, Expr mom, Expr lr, Expr rho,
                          Expr momentum, Expr epsilon, Expr grad, bool use_locking = false);
Expr ResourceGather(const Scope& scope, Expr resource, Expr indices, DType dtype,
                    int64_t batch_dims = 0, bool validate_indices = true);
Expr ResourceScatterAdd(const Scope& scope, Expr resource, Expr indices, Expr updates);
Expr ResourceScatterDiv(const Scope& scope, Expr resource, Expr indices, Expr updates);
Expr ResourceScatterMax(const Scope& scope, Expr resource, Expr indices, Expr updates);
Expr ResourceScatterMin(const Scope& scope, Expr resource, Expr indices, Expr updates);
Expr ResourceScatterMul(const Scope& scope, Expr resource, Expr indices, Expr updates);
Expr ResourceScatterNdAdd(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking = true);
Expr ResourceScatterNdMax(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking = true);
Expr ResourceScatterNdMin(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking = true);
Expr ResourceScatterNdSub(const Scope& scope, Expr ref, Expr indices, Expr updates,
                          bool use_locking = true);
Expr ResourceScatterNdUpdate(const Scope& scope, Expr ref, Expr indices, Expr updates,
                             bool use_locking = true);
Expr ResourceScatterSub(const Scope& scope, Expr resource, Expr indices, Expr updates);
Expr ResourceScatterUpdate(const Scope& scope, Expr resource, Expr indices, Expr updates);
Expr ResourceSparseApplyAdadelta(const Scope& scope, Expr var, Expr accum, Expr accum_update,
                                 Expr lr, Expr rho, Expr epsilon, Expr grad, Expr indices,
                                 bool use_locking = false);
Expr ResourceSparseApplyAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                Expr indices, bool use_locking = false, bool update_slots = true);
Expr ResourceSparseApplyAdagradV2(const Scope& scope, Expr var, Expr accum, Expr lr, Expr epsilon,
                                  Expr grad, Expr indices, bool use_locking = false,
                                  bool update_slots = true);
Expr ResourceSparseApplyCenteredRMSProp(const Scope& scope, Expr var, Expr mg, Expr ms, Expr mom,
                                        Expr lr, Expr rho, Expr momentum, Expr epsilon, Expr grad,
                                        Expr indices, bool use_locking = false);
Expr ResourceSparseApplyFtrl(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad,
                             Expr indices, Expr lr, Expr l1, Expr l2, Expr lr_power,
                             bool use_locking = false, bool multiply_linear_by_lr = false);
Expr ResourceSparseApplyFtrlV2(const Scope& scope, Expr var, Expr accum, Expr linear, Expr grad,
                               Expr indices, Expr lr, Expr l1, Expr l2, Expr l2_shrinkage,
                               Expr lr_power, bool use_locking = false,
                               bool multiply_linear_by_lr = false);
Expr ResourceSparseApplyKerasMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                      Expr indices, Expr momentum, bool use_locking = false,
                                      bool use_nesterov = false);
Expr ResourceSparseApplyMomentum(const Scope& scope, Expr var, Expr accum, Expr lr, Expr grad,
                                 Expr indices, Expr momentum, bool use_locking = false,
                                 bool use_nesterov = false);
Expr ResourceSparseApplyProximalAdagrad(const Scope& scope, Expr var, Expr accum, Expr lr, Expr l1,
                                        Expr l2, Expr grad, Expr indices, bool use_locking = false);
Expr ResourceSparseApplyProximalGradientDescent(const Scope& scope, Expr var, Expr alpha, Expr l1,
                                                Expr l2, Expr grad, Expr indices,
                                                bool use_locking = false);
Expr ResourceSparseApplyRMSProp(const Scope& scope, Expr var, Expr ms, Expr mom, Expr lr, Expr rho,
                                Expr momentum, Expr epsilon, Expr grad, Expr indices,
                                bool use_locking = false);
Expr ReverseSequence(const Scope& scope, Expr input, Expr seq_lengths, int64_t seq_dim,
                     int64_t batch_dim = 0);
Expr ReverseV2(const Scope& scope, Expr tensor, Expr axis);
Expr RightShift(const Scope& scope, Expr x, Expr y);
Expr Rint(const Scope& scope, Expr x);
Expr Roll(const Scope& scope, Expr input, Expr shift, Expr axis);
Expr Round(const Scope& scope, Expr x);
Expr Rsqrt(const Scope& scope, Expr x);
Expr RsqrtGrad(const Scope& scope, Expr y, Expr dy);
Expr ScalarSummary(const Scope& scope, Expr tags, Expr values);
Expr ScatterNd(const Scope& scope, Expr indices, Expr updates, Expr shape);
Expr SegmentMax(const Scope& scope, Expr data, Expr segment_ids);
Expr SegmentMean(const Scope& scope, Expr data, Expr segment_ids);
Expr SegmentMin(const Scope& scope, Expr data, Expr segment_ids);
Expr SegmentProd(const Scope& scope, Expr data, Expr segment_ids);
Expr SegmentSum(const Scope& scope, Expr data, Expr segment_ids);
Expr Select(const Scope& scope, Expr condition, Expr t, Expr e);
Expr SelectV2(const Scope& scope, Expr condition, Expr t, Expr e);
Expr Selu(const Scope& scope, Expr features);
Expr SeluGrad(const Scope& scope, Expr gradients, Expr outputs);
Expr Shape(const Scope& scope, Expr input, DType out_type = DType::kInt32);
std::vector<Expr> ShapeN(const Scope& scope, const std::vector<Expr>& input,
                         DType out_type = DType::kInt32);
Expr Sigmoid(const Scope& scope, Expr x);
Expr SigmoidGrad(const Scope& scope, Expr y, Expr dy);
Expr Sign(const Scope& scope, Expr x);
Expr Sin(const Scope& scope, Expr x);
Expr Sinh(const Scope& scope, Expr x);
Expr Size(const Scope& scope, Expr input, DType out_type = DType::kInt32);
Expr Slice(const Scope& scope, Expr input, Expr begin, Expr size);
Expr Snapshot(const Scope& scope, Expr input);
Expr Softmax(const Scope& scope, Expr logits);
std::vector<Expr> SoftmaxCrossEntropyWithLogits(const Scope& scope, Expr features, Expr labels);
Expr Softplus(const Scope& scope, Expr features);
Expr SoftplusGrad(const Scope& scope, Expr gradients, Expr features);
Expr Softsign(const Scope& scope, Expr features);
Expr SoftsignGrad(const Scope& scope, Expr gradients, Expr features);
Expr SpaceToDepth(const Scope& scope, Expr input, int64_t block_size,
                  const std::string& data_format = "NHWC");
Expr SparseSegmentMean(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                       bool sparse_gradient = false);
Expr SparseSegmentMeanGrad(const Scope& scope, Expr grad, Expr indices, Expr segment_ids,
                           Expr output_dim0);
Expr SparseSegmentMeanWithNumSegments(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                                      Expr num_segments, bool sparse_gradient = false);
Expr SparseSegmentSqrtN(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                        bool sparse_gradient = false);
Expr SparseSegmentSqrtNGrad(const Scope& scope, Expr grad, Expr indices, Expr segment_ids,
                            Expr output_dim0);
Expr SparseSegmentSqrtNWithNumSegments(const Scope& scope, Expr data, Expr indices,
                                       Expr segment_ids, Expr num_segments,
                                       bool sparse_gradient = false);
Expr SparseSegmentSum(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                      bool sparse_gradient = false);
Expr SparseSegmentSumGrad(const Scope& scope, Expr grad, Expr indices, Expr segment_ids,
                          Expr output_dim0);
Expr SparseSegmentSumWithNumSegments(const Scope& scope, Expr data, Expr indices, Expr segment_ids,
                                     Expr num_segments, bool sparse_gradient = false);
std::vector<Expr> SparseSoftmaxCrossEntropyWithLogits(const Scope& scope, Expr features,
                                                      Expr labels);
std::vector<Expr> Split(const Scope& scope, Expr split_dim, Expr value, int64_t num_split);
std::vector<Expr> SplitV(const Scope& scope, Expr value, Expr size_splits, Expr split_dim,
                         int64_t num_split);
Expr Sqrt(const Scope& scope, Expr x);
Expr SqrtGrad(const Scope& scope, Expr y, Expr dy);
Expr Square(const Scope& scope, Expr x);
Expr SquaredDifference(const Scope& scope, Expr x, Expr y);
Expr Squeeze(const Scope& scope, Expr input, const std::vector<int64_t>& squeeze_dims = {});
std::vector<Expr> StatefulPartitionedCall(const Scope& scope, const std::vector<Expr>& args,
                                          const std::vector<DType>& Tout, const FuncRef& f,
                                          const std::string& config = "",
                                          const std::string& config_proto = "",
                                          const std::string& executor_type = "");
std::vector<Expr> StatelessIf(const Scope& scope, Expr cond, const std::vector<Expr>& input,
                              const std::vector<DType>& Tout, const FuncRef& then_branch,
                              const FuncRef& else_branch,
                              const std::vector<graphrun::Shape>& output_shapes = {});
Expr StatelessMultinomial(const Scope& scope, Expr logits, Expr num_samples, Expr seed,
                          DType output_dtype = DType::kInt64);
Expr StatelessRandomGetAlg(const Scope& scope);
std::vector<Expr> StatelessRandomGetKeyCounter(const Scope& scope, Expr seed);
std::vector<Expr> StatelessRandomGetKeyCounterAlg(const Scope& scope, Expr seed);
Expr StatelessRandomNormal(const Scope& scope, Expr shape, Expr seed, DType dtype = DType::kFloat);
Expr StatelessRandomNormalV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                             DType dtype = DType::kFloat);
Expr StatelessRandomUniform(const Scope& scope, Expr shape, Expr seed, DType dtype = DType::kFloat);
Expr StatelessRandomUniformFullInt(const Scope& scope, Expr shape, Expr seed,
                                   DType dtype = DType::kUInt64);
Expr StatelessRandomUniformFullIntV2(const Scope& scope, Expr shape, Expr key, Expr counter,
                                     Expr alg, DType dtype = DType::kUInt64);
Expr StatelessRandomUniformInt(const Scope& scope, Expr shape, Expr seed, Expr minval, Expr maxval);
Expr StatelessRandomUniformIntV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                                 Expr minval, Expr maxval);
Expr StatelessRandomUniformV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                              DType dtype = DType::kFloat);
Expr StatelessTruncatedNormal(const Scope& scope, Expr shape, Expr seed,
                              DType dtype = DType::kFloat);
Expr StatelessTruncatedNormalV2(const Scope& scope, Expr shape, Expr key, Expr counter, Expr alg,
                                DType dtype = DType::kFloat);
std::vector<Expr> StatelessWhile(const Scope& scope, const std::vector<Expr>& input,
                                 const FuncRef& cond, const FuncRef& body,
                                 const std::vector<graphrun::Shape>& output_shapes = {},
                                 int64_t parallel_iterations = 10);
Expr StopGradient(const Scope& scope, Expr input);
Expr StridedSlice(const Scope& scope, Expr input, Expr begin, Expr end, Expr strides,
                  int64_t begin_mask = 0, int64_t end_mask = 0, int64_t ellipsis_mask = 0,
                  int64_t new_axis_mask = 0, int64_t shrink_axis_mask = 0);
Expr StridedSliceGrad(const Scope& scope, Expr shape, Expr begin, Expr end, Expr strides, Expr dy,
                      int64_t begin_mask = 0, int64_t end_mask = 0, int64_t ellipsis_mask = 0,
                      int64_t new_axis_mask = 0, int64_t shrink_axis_mask = 0);
Expr Sub(const Scope& scope, Expr x, Expr y);
Expr Sum(const Scope& scope, Expr input, Expr reduction_indices, bool keep_dims = false);
Expr Tan(const Scope& scope, Expr x);
Expr Tanh(const Scope& scope, Expr x);
Expr TanhGrad(const Scope& scope, Expr y, Expr dy);
std::vector<Expr> TensorListConcatV2(const Scope& scope, Expr input_handle, Expr element_shape,
                                     Expr leading_dims, DType element_dtype);
Expr TensorListElementShape(const Scope& scope, Expr input_handle, DType shape_type);
Expr TensorListFromTensor(const Scope& scope, Expr tensor, Expr element_shape);
Expr TensorListGather(const Scope& scope, Expr input_handle, Expr indices, Expr element_shape,
                      DType element_dtype);
Expr TensorListGetItem(const Scope& scope, Expr input_handle, Expr index, Expr element_shape,
                       DType element_dtype);
Expr TensorListLength(const Scope& scope, Expr input_handle);
std::vector<Expr> TensorListPopBack(const Scope& scope, Expr input_handle, Expr element_shape,
                                    DType element_dtype);
Expr TensorListPushBack(const Scope& scope, Expr input_handle, Expr tensor);
Expr TensorListReserve(const Scope& scope, Expr element_shape, Expr num_elements,
                       DType element_dtype);
Expr TensorListResize(const Scope& scope, Expr input_handle, Expr size);
Expr TensorListScatterIntoExistingList(const Scope& scope, Expr input_handle, Expr tensor,
                                       Expr indices);
Expr TensorListSetItem(const Scope& scope, Expr input_handle, Expr index, Expr item,
                       bool resize_if_index_out_of_bounds = false);
Expr TensorListSplit(const Scope& scope, Expr tensor, Expr element_shape, Expr lengths);
Expr TensorListStack(const Scope& scope, Expr input_handle, Expr element_shape, DType element_dtype,
                     int64_t num_elements = -1);
Expr TensorScatterAdd(const Scope& scope, Expr tensor, Expr indices, Expr updates);
Expr TensorScatterMax(const Scope& scope, Expr tensor, Expr indices, Expr updates);
Expr TensorScatterMin(const Scope& scope, Expr tensor, Expr indices, Expr updates);
Expr TensorScatterSub(const Scope& scope, Expr tensor, Expr indices, Expr updates);
Expr TensorScatterUpdate(const Scope& scope, Expr tensor, Expr indices, Expr updates);
Expr TensorSummaryV2(const Scope& scope, Expr tag, Expr tensor, Expr serialized_summary_metadata);
Expr Tile(const Scope& scope, Expr input, Expr multiples);
std::vector<Expr> TopK(const Scope& scope, Expr input, int64_t k, bool sorted = true);
std::vector<Expr> TopKV2(const Scope& scope, Expr input, Expr k, bool sorted = true,
                         DType index_type = DType::kInt32);
Expr Transpose(const Scope& scope, Expr x, Expr perm);
Expr TruncateDiv(const Scope& scope, Expr x, Expr y);
Expr TruncateMod(const Scope& scope, Expr x, Expr y);
Expr TruncatedNormal(const Scope& scope, Expr shape, DType dtype, int64_t seed = 0,
                     int64_t seed2 = 0);
std::vector<Expr> Unique(const Scope& scope, Expr x, DType out_idx = DType::kInt32);
std::vector<Expr> UniqueV2(const Scope& scope, Expr x, Expr axis, DType out_idx = DType::kInt32);
std::vector<Expr> UniqueWithCounts(const Scope& scope, Expr x, DType out_idx = DType::kInt32);
std::vector<Expr> UniqueWithCountsV2(const Scope& scope, Expr x, Expr axis,
                                     DType out_idx = DType::kInt32);
std::vector<Expr> Unpack(const Scope& scope, Expr value, int64_t num, int64_t axis = 0);
Expr UnsortedSegmentMax(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments);
Expr UnsortedSegmentMin(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments);
Expr UnsortedSegmentProd(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments);
Expr UnsortedSegmentSum(const Scope& scope, Expr data, Expr segment_ids, Expr num_segments);
Expr UpperBound(const Scope& scope, Expr sorted_inputs, Expr values,
                DType out_type = DType::kInt32);
Expr VarHandleOp(const Scope& scope, DType dtype, const graphrun::Shape& shape,
                 const std::string& container = "", const std::string& shared_name = "",
                 const std::string& debug_name = "",
                 const std::vector<std::string>& allowed_devices = {});
Expr VarIsInitializedOp(const Scope& scope, Expr resource);
Expr VariableShape(const Scope& scope, Expr input, DType out_type = DType::kInt32);
Expr Where(const Scope& scope, Expr input);
std::vector<Expr> While(const Scope& scope, const std::vector<Expr>& input, const FuncRef& cond,
                        const FuncRef& body, const std::vector<graphrun::Shape>& output_shapes = {},
                        int64_t parallel_iterations = 10);
Expr Xdivy(const Scope& scope, Expr x, Expr y);
Expr Xlog1py(const Scope& scope, Expr x, Expr y);
Expr Xlogy(const Scope& scope, Expr x, Expr y);
Expr ZerosLike(const Scope& scope, Expr x);

}  // namespace graphrun::raw_ops

#endif  // GRAPHRUN_CORE_BUILD_RAW_OPS_H_
