// Typed builders for the ops that people and gradients write: op::MatMul(scope, a, b).
// Each adds one node; what the op does is in its file (`graphrun ops NAME` prints it).
#ifndef GRAPHRUN_CORE_BUILD_OPS_H_
#define GRAPHRUN_CORE_BUILD_OPS_H_

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/build/scope.h"

namespace graphrun::op {

// --- constants, placeholders, plumbing
inline Expr Const(const Scope& s, Tensor value) { return s.Const(std::move(value)); }
template <typename T>
requires(kDTypeOf<T> != DType::kInvalid) Expr Const(const Scope& s, T value) {
  return s.Const(Tensor::Scalar(value));
}
inline Expr Const(const Scope& s, const char* value) {
  return s.Const(Tensor::Scalar(std::string(value)));
}
template <typename T>
Expr Const(const Scope& s, const std::vector<T>& values) {
  return s.Const(Tensor::Vector(values));
}
template <typename T>
Expr Const(const Scope& s, const std::vector<T>& values, const Shape& shape) {
  return s.Const(Tensor::Of(values, shape));
}
// An int32 vector: shapes, axes, permutations.
inline Expr Ints(const Scope& s, const std::vector<int32_t>& values) { return Const(s, values); }
// An int32 vector of a known shape's dimensions.
Expr ShapeConst(const Scope& s, const graphrun::Shape& shape);
inline Expr Placeholder(const Scope& s, DType dtype,
                        const graphrun::Shape& shape = graphrun::Shape::Unknown()) {
  return s.Add("Placeholder", {}, {{"dtype", dtype}, {"shape", shape}});
}
inline Expr PlaceholderWithDefault(const Scope& s, Expr input, const graphrun::Shape& shape) {
  return s.Add("PlaceholderWithDefault", {input}, {{"shape", shape}});
}
inline Expr NoOp(const Scope& s) { return s.Add("NoOp", {}); }
inline Expr Identity(const Scope& s, Expr x) { return s.Add("Identity", {x}); }
inline Expr StopGradient(const Scope& s, Expr x) { return s.Add("StopGradient", {x}); }
inline Expr CheckNumerics(const Scope& s, Expr x, std::string message) {
  return s.Add("CheckNumerics", {x}, {{"message", std::move(message)}});
}
inline Expr Assert(const Scope& s, Expr condition, const std::vector<Expr>& data) {
  std::vector<Expr> inputs = {condition};
  inputs.insert(inputs.end(), data.begin(), data.end());
  return s.Add("Assert", inputs);
}
inline Expr Cast(const Scope& s, Expr x, DType to) { return s.Add("Cast", {x}, {{"DstT", to}}); }

// --- element-wise, one operand
#define GRAPHRUN_UNARY(Name) \
  inline Expr Name(const Scope& s, Expr x) { return s.Add(#Name, {x}); }
GRAPHRUN_UNARY(Abs)
GRAPHRUN_UNARY(Ceil)
GRAPHRUN_UNARY(Cos)
GRAPHRUN_UNARY(Elu)
GRAPHRUN_UNARY(Erf)
GRAPHRUN_UNARY(Exp)
GRAPHRUN_UNARY(Expm1)
GRAPHRUN_UNARY(Floor)
GRAPHRUN_UNARY(IsFinite)
GRAPHRUN_UNARY(IsInf)
GRAPHRUN_UNARY(IsNan)
GRAPHRUN_UNARY(Log)
GRAPHRUN_UNARY(Log1p)
GRAPHRUN_UNARY(LogicalNot)
GRAPHRUN_UNARY(Neg)
GRAPHRUN_UNARY(OnesLike)
GRAPHRUN_UNARY(Reciprocal)
GRAPHRUN_UNARY(Relu)
GRAPHRUN_UNARY(Relu6)
GRAPHRUN_UNARY(Rint)
GRAPHRUN_UNARY(Round)
GRAPHRUN_UNARY(Rsqrt)
GRAPHRUN_UNARY(Sigmoid)
GRAPHRUN_UNARY(Sign)
GRAPHRUN_UNARY(Sin)
GRAPHRUN_UNARY(Softplus)
GRAPHRUN_UNARY(Sqrt)
GRAPHRUN_UNARY(Square)
GRAPHRUN_UNARY(Tan)
GRAPHRUN_UNARY(Tanh)
GRAPHRUN_UNARY(ZerosLike)
#undef GRAPHRUN_UNARY

// --- element-wise, two operands, broadcast
#define GRAPHRUN_BINARY(Name) \
  inline Expr Name(const Scope& s, Expr x, Expr y) { return s.Add(#Name, {x, y}); }
GRAPHRUN_BINARY(Add)
GRAPHRUN_BINARY(AddV2)
GRAPHRUN_BINARY(Sub)
GRAPHRUN_BINARY(Mul)
GRAPHRUN_BINARY(Div)
GRAPHRUN_BINARY(RealDiv)
GRAPHRUN_BINARY(DivNoNan)
GRAPHRUN_BINARY(FloorDiv)
GRAPHRUN_BINARY(FloorMod)
GRAPHRUN_BINARY(Maximum)
GRAPHRUN_BINARY(Minimum)
GRAPHRUN_BINARY(Pow)
GRAPHRUN_BINARY(SquaredDifference)
GRAPHRUN_BINARY(Less)
GRAPHRUN_BINARY(LessEqual)
GRAPHRUN_BINARY(Greater)
GRAPHRUN_BINARY(GreaterEqual)
GRAPHRUN_BINARY(Equal)
GRAPHRUN_BINARY(NotEqual)
GRAPHRUN_BINARY(LogicalAnd)
GRAPHRUN_BINARY(LogicalOr)
GRAPHRUN_BINARY(BiasAdd)
// Gradient helpers: (y, dy) for those of an output, (dy, x) for ReluGrad, EluGrad(dy, y),
// SoftplusGrad.
GRAPHRUN_BINARY(TanhGrad)
GRAPHRUN_BINARY(SigmoidGrad)
GRAPHRUN_BINARY(SqrtGrad)
GRAPHRUN_BINARY(RsqrtGrad)
GRAPHRUN_BINARY(ReciprocalGrad)
GRAPHRUN_BINARY(ReluGrad)
GRAPHRUN_BINARY(Relu6Grad)
GRAPHRUN_BINARY(EluGrad)
GRAPHRUN_BINARY(SoftplusGrad)
#undef GRAPHRUN_BINARY
inline Expr BiasAddGrad(const Scope& s, Expr dy) { return s.Add("BiasAddGrad", {dy}); }
inline Expr AddN(const Scope& s, const std::vector<Expr>& xs) { return s.Add("AddN", xs); }
// TensorFlow's Select (condition of x's shape, or a vector of its rows) and SelectV2 (all
// broadcast).
inline Expr Select(const Scope& s, Expr condition, Expr x, Expr y) {
  return s.Add("Select", {condition, x, y});
}
inline Expr SelectV2(const Scope& s, Expr condition, Expr x, Expr y) {
  return s.Add("SelectV2", {condition, x, y});
}
inline Expr ClipByValue(const Scope& s, Expr x, Expr low, Expr high) {
  return s.Add("ClipByValue", {x, low, high});
}
// The axes over which the gradients of two broadcast operands are summed: {r0, r1}.
inline std::vector<Expr> BroadcastGradientArgs(const Scope& s, Expr shape0, Expr shape1) {
  return s.AddMulti("BroadcastGradientArgs", {shape0, shape1});
}

// --- products
inline Expr MatMul(const Scope& s, Expr a, Expr b, bool transpose_a = false,
                   bool transpose_b = false) {
  return s.Add("MatMul", {a, b}, {{"transpose_a", transpose_a}, {"transpose_b", transpose_b}});
}
inline Expr BatchMatMulV2(const Scope& s, Expr x, Expr y, bool adj_x = false, bool adj_y = false) {
  return s.Add("BatchMatMulV2", {x, y}, {{"adj_x", adj_x}, {"adj_y", adj_y}});
}

// --- layout
inline Expr Reshape(const Scope& s, Expr x, Expr shape) { return s.Add("Reshape", {x, shape}); }
inline Expr Transpose(const Scope& s, Expr x, Expr perm) { return s.Add("Transpose", {x, perm}); }
inline Expr InvertPermutation(const Scope& s, Expr perm) {
  return s.Add("InvertPermutation", {perm});
}
inline Expr Concat(const Scope& s, const std::vector<Expr>& xs, Expr axis) {
  std::vector<Expr> inputs = xs;
  inputs.push_back(axis);
  return s.Add("ConcatV2", inputs);
}
inline Expr Concat(const Scope& s, const std::vector<Expr>& xs, int axis) {
  return Concat(s, xs, s.WithName("axis").Const(Tensor::Scalar<int32_t>(axis)));
}
// `concat_dim` and int32 shapes -> the offset of each input in the concatenation.
inline std::vector<Expr> ConcatOffset(const Scope& s, Expr concat_dim,
                                      const std::vector<Expr>& shapes) {
  std::vector<Expr> inputs = {concat_dim};
  inputs.insert(inputs.end(), shapes.begin(), shapes.end());
  return s.AddMulti("ConcatOffset", inputs);
}
inline std::vector<Expr> Split(const Scope& s, Expr axis, Expr x, int64_t num_split) {
  return s.AddMulti("Split", {axis, x}, {{"num_split", num_split}});
}
inline std::vector<Expr> SplitV(const Scope& s, Expr x, Expr sizes, Expr axis, int64_t num_split) {
  return s.AddMulti("SplitV", {x, sizes, axis}, {{"num_split", num_split}});
}
inline Expr Pack(const Scope& s, const std::vector<Expr>& xs, int64_t axis = 0) {
  return s.Add("Pack", xs, {{"axis", axis}});
}
inline std::vector<Expr> Unpack(const Scope& s, Expr x, int64_t num, int64_t axis = 0) {
  return s.AddMulti("Unpack", {x}, {{"num", num}, {"axis", axis}});
}
inline Expr ExpandDims(const Scope& s, Expr x, Expr axis) { return s.Add("ExpandDims", {x, axis}); }
inline Expr ExpandDims(const Scope& s, Expr x, int axis) {
  return ExpandDims(s, x, s.Const(Tensor::Scalar<int32_t>(axis)));
}
inline Expr Squeeze(const Scope& s, Expr x, std::vector<int64_t> dims = {}) {
  return s.Add("Squeeze", {x}, {{"squeeze_dims", std::move(dims)}});
}
inline Expr Slice(const Scope& s, Expr x, Expr begin, Expr size) {
  return s.Add("Slice", {x, begin, size});
}
struct StridedSliceMasks {
  int64_t begin = 0, end = 0, ellipsis = 0, new_axis = 0, shrink_axis = 0;
};
inline AttrMap MaskAttrs(const StridedSliceMasks& m) {
  return {{"begin_mask", m.begin},
          {"end_mask", m.end},
          {"ellipsis_mask", m.ellipsis},
          {"new_axis_mask", m.new_axis},
          {"shrink_axis_mask", m.shrink_axis}};
}
inline Expr StridedSlice(const Scope& s, Expr x, Expr begin, Expr end, Expr strides,
                         const StridedSliceMasks& m = {}) {
  return s.Add("StridedSlice", {x, begin, end, strides}, MaskAttrs(m));
}
inline Expr StridedSliceGrad(const Scope& s, Expr shape, Expr begin, Expr end, Expr strides,
                             Expr dy, const StridedSliceMasks& m) {
  return s.Add("StridedSliceGrad", {shape, begin, end, strides, dy}, MaskAttrs(m));
}
inline Expr Pad(const Scope& s, Expr x, Expr paddings) { return s.Add("Pad", {x, paddings}); }
inline Expr Tile(const Scope& s, Expr x, Expr multiples) { return s.Add("Tile", {x, multiples}); }
inline Expr Fill(const Scope& s, Expr dims, Expr value) { return s.Add("Fill", {dims, value}); }
inline Expr BroadcastTo(const Scope& s, Expr x, Expr shape) {
  return s.Add("BroadcastTo", {x, shape});
}
inline Expr Shape(const Scope& s, Expr x, DType out_type = DType::kInt32) {
  return s.Add("Shape", {x}, {{"out_type", out_type}});
}
inline Expr Size(const Scope& s, Expr x) { return s.Add("Size", {x}); }
inline Expr Rank(const Scope& s, Expr x) { return s.Add("Rank", {x}); }
inline Expr Range(const Scope& s, Expr start, Expr limit, Expr delta) {
  return s.Add("Range", {start, limit, delta});
}
inline Expr OneHot(const Scope& s, Expr indices, Expr depth, Expr on, Expr off, int64_t axis = -1) {
  return s.Add("OneHot", {indices, depth, on, off}, {{"axis", axis}});
}
inline Expr ReverseV2(const Scope& s, Expr x, Expr axes) { return s.Add("ReverseV2", {x, axes}); }
inline Expr ReverseSequence(const Scope& s, Expr x, Expr lengths, int64_t seq_dim,
                            int64_t batch_dim) {
  return s.Add("ReverseSequence", {x, lengths}, {{"seq_dim", seq_dim}, {"batch_dim", batch_dim}});
}
inline Expr MatrixTranspose(const Scope& s, Expr x) {
  return Transpose(s, x, Ints(s.WithName(""), {1, 0}));
}

// --- indexing
inline Expr Gather(const Scope& s, Expr params, Expr indices, Expr axis) {
  return s.Add("GatherV2", {params, indices, axis});
}
inline Expr Gather(const Scope& s, Expr params, Expr indices, int axis = 0) {
  return Gather(s, params, indices, s.WithName("axis").Const(Tensor::Scalar<int32_t>(axis)));
}
inline Expr GatherNd(const Scope& s, Expr params, Expr indices) {
  return s.Add("GatherNd", {params, indices});
}
inline Expr ScatterNd(const Scope& s, Expr indices, Expr updates, Expr shape) {
  return s.Add("ScatterNd", {indices, updates, shape});
}
inline Expr UnsortedSegmentSum(const Scope& s, Expr data, Expr ids, Expr num_segments) {
  return s.Add("UnsortedSegmentSum", {data, ids, num_segments});
}
// {values, index of each element among them}
inline std::vector<Expr> Unique(const Scope& s, Expr x) { return s.AddMulti("Unique", {x}); }
inline Expr Where(const Scope& s, Expr condition) { return s.Add("Where", {condition}); }

// --- reductions over `axes` (int32 scalar or vector)
#define GRAPHRUN_REDUCE(Name)                                                                   \
  inline Expr Name(const Scope& s, Expr x, Expr axes, bool keep_dims = false) {                 \
    return s.Add(#Name, {x, axes}, {{"keep_dims", keep_dims}});                                 \
  }                                                                                             \
  inline Expr Name(const Scope& s, Expr x, std::vector<int32_t> axes, bool keep_dims = false) { \
    return Name(s, x, Ints(s.WithName(""), axes), keep_dims);                                   \
  }
GRAPHRUN_REDUCE(All)
GRAPHRUN_REDUCE(Any)
GRAPHRUN_REDUCE(Max)
GRAPHRUN_REDUCE(Mean)
GRAPHRUN_REDUCE(Min)
GRAPHRUN_REDUCE(Prod)
GRAPHRUN_REDUCE(Sum)
#undef GRAPHRUN_REDUCE
// All axes of a tensor of any rank.
Expr AllAxes(const Scope& s, Expr x);
inline Expr ReduceSum(const Scope& s, Expr x) { return Sum(s, x, AllAxes(s, x)); }
inline Expr ReduceMean(const Scope& s, Expr x) { return Mean(s, x, AllAxes(s, x)); }
inline Expr ReduceMax(const Scope& s, Expr x) { return Max(s, x, AllAxes(s, x)); }
inline Expr ArgMax(const Scope& s, Expr x, Expr axis, DType output_type = DType::kInt64) {
  return s.Add("ArgMax", {x, axis}, {{"output_type", output_type}});
}
inline Expr L2Loss(const Scope& s, Expr x) { return s.Add("L2Loss", {x}); }

// --- softmax and losses
inline Expr Softmax(const Scope& s, Expr logits) { return s.Add("Softmax", {logits}); }
inline Expr LogSoftmax(const Scope& s, Expr logits) { return s.Add("LogSoftmax", {logits}); }
// {loss [n], backprop [n, classes]} of logits [n, classes] and labels int [n].
inline std::vector<Expr> SparseSoftmaxCrossEntropyWithLogits(const Scope& s, Expr logits,
                                                             Expr labels) {
  return s.AddMulti("SparseSoftmaxCrossEntropyWithLogits", {logits, labels});
}
inline std::vector<Expr> SoftmaxCrossEntropyWithLogits(const Scope& s, Expr logits, Expr labels) {
  return s.AddMulti("SoftmaxCrossEntropyWithLogits", {logits, labels});
}

// --- random; `seed` as the op-level seed of TensorFlow's Python functions
inline AttrMap SeedAttrs(const Scope& s, std::optional<int64_t> seed) {
  const auto [seed1, seed2] = s.Seeds(seed);
  return {{"seed", seed1}, {"seed2", seed2}};
}
inline Expr RandomUniform(const Scope& s, Expr shape, DType dtype,
                          std::optional<int64_t> seed = {}) {
  AttrMap attrs = SeedAttrs(s, seed);
  attrs["dtype"] = dtype;
  return s.Add("RandomUniform", {shape}, attrs);
}
inline Expr RandomUniformInt(const Scope& s, Expr shape, Expr minval, Expr maxval,
                             std::optional<int64_t> seed = {}) {
  return s.Add("RandomUniformInt", {shape, minval, maxval}, SeedAttrs(s, seed));
}
inline Expr RandomStandardNormal(const Scope& s, Expr shape, DType dtype,
                                 std::optional<int64_t> seed = {}) {
  AttrMap attrs = SeedAttrs(s, seed);
  attrs["dtype"] = dtype;
  return s.Add("RandomStandardNormal", {shape}, attrs);
}
inline Expr TruncatedNormal(const Scope& s, Expr shape, DType dtype,
                            std::optional<int64_t> seed = {}) {
  AttrMap attrs = SeedAttrs(s, seed);
  attrs["dtype"] = dtype;
  return s.Add("TruncatedNormal", {shape}, attrs);
}
// Class indices [batch, num_samples] drawn from logits [batch, classes].
inline Expr Multinomial(const Scope& s, Expr logits, Expr num_samples,
                        DType output_dtype = DType::kInt64, std::optional<int64_t> seed = {}) {
  AttrMap attrs = SeedAttrs(s, seed);
  attrs["output_dtype"] = output_dtype;
  return s.Add("Multinomial", {logits, num_samples}, attrs);
}
inline Expr RandomShuffle(const Scope& s, Expr x, std::optional<int64_t> seed = {}) {
  return s.Add("RandomShuffle", {x}, SeedAttrs(s, seed));
}

// --- variables, by handle
inline Expr ReadVariable(const Scope& s, Expr handle) {
  return s.Add("ReadVariableOp", {handle}, {{"dtype", handle.type().element_dtype}});
}
inline Expr AssignVariable(const Scope& s, Expr handle, Expr value) {
  return s.Add("AssignVariableOp", {handle, value});
}
inline Expr AssignAddVariable(const Scope& s, Expr handle, Expr value) {
  return s.Add("AssignAddVariableOp", {handle, value});
}
inline Expr AssignSubVariable(const Scope& s, Expr handle, Expr value) {
  return s.Add("AssignSubVariableOp", {handle, value});
}
inline Expr ResourceGather(const Scope& s, Expr handle, Expr indices) {
  return s.Add("ResourceGather", {handle, indices}, {{"dtype", handle.type().element_dtype}});
}
inline Expr ResourceScatterAdd(const Scope& s, Expr handle, Expr indices, Expr updates) {
  return s.Add("ResourceScatterAdd", {handle, indices, updates});
}

// --- tensor lists; element_shape is an int32 vector (or scalar -1)
inline Expr EmptyTensorList(const Scope& s, Expr element_shape, Expr max_num_elements,
                            DType element_dtype) {
  return s.Add("EmptyTensorList", {element_shape, max_num_elements},
               {{"element_dtype", element_dtype}});
}
inline Expr TensorListReserve(const Scope& s, Expr element_shape, Expr num_elements,
                              DType element_dtype) {
  return s.Add("TensorListReserve", {element_shape, num_elements},
               {{"element_dtype", element_dtype}});
}
inline Expr TensorListPushBack(const Scope& s, Expr list, Expr element) {
  return s.Add("TensorListPushBack", {list, element});
}
// {list without its last element, that element}
inline std::vector<Expr> TensorListPopBack(const Scope& s, Expr list, Expr element_shape,
                                           DType element_dtype) {
  return s.AddMulti("TensorListPopBack", {list, element_shape}, {{"element_dtype", element_dtype}});
}
inline Expr TensorListGetItem(const Scope& s, Expr list, Expr index, Expr element_shape,
                              DType element_dtype) {
  return s.Add("TensorListGetItem", {list, index, element_shape},
               {{"element_dtype", element_dtype}});
}
inline Expr TensorListSetItem(const Scope& s, Expr list, Expr index, Expr element) {
  return s.Add("TensorListSetItem", {list, index, element});
}
inline Expr TensorListLength(const Scope& s, Expr list) {
  return s.Add("TensorListLength", {list});
}
inline Expr TensorListStack(const Scope& s, Expr list, Expr element_shape, DType element_dtype,
                            int64_t num_elements = -1) {
  return s.Add("TensorListStack", {list, element_shape},
               {{"element_dtype", element_dtype}, {"num_elements", num_elements}});
}
inline Expr TensorListFromTensor(const Scope& s, Expr tensor, Expr element_shape) {
  return s.Add("TensorListFromTensor", {tensor, element_shape});
}

}  // namespace graphrun::op

#endif  // GRAPHRUN_CORE_BUILD_OPS_H_
