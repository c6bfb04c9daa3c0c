#include "models/nn/layers.h"

#include <functional>

#include "models/nn/initializers.h"
#include "models/nn/naming.h"

namespace graphrun::nn {
namespace {

// x as a matrix of its last dimension's rows.
Expr Flatten(const Scope& s, Expr x) {
  const Scope own = Named(s, "Reshape");
  const Shape& shape = x.shape();
  const int64_t last = shape.known_rank() ? shape[shape.rank() - 1] : kUnknownDim;
  if (last != kUnknownDim) return op::Reshape(own, x, DimsConst(own.WithName("shape"), {-1, last}));
  const Expr dims = op::Shape(s, x);
  op::StridedSliceMasks to_end;
  to_end.end = 1;
  const Expr size =
      op::StridedSlice(s, dims, op::Ints(s, {-1}), op::Ints(s, {0}), op::Ints(s, {1}), to_end);
  return op::Reshape(own, x, op::Concat(Named(s, "concat"), {op::Ints(s, {-1}), size}, 0));
}

// All dimensions of x but the last, as an int32 vector.
Expr OuterShape(const Scope& s, Expr x) {
  const Shape& shape = x.shape();
  if (shape.known_rank() && shape.Slice(0, shape.rank() - 1).fully_known()) {
    return DimsConst(s, shape.Slice(0, shape.rank() - 1));
  }
  op::StridedSliceMasks from_begin;
  from_begin.begin = 1;
  return op::StridedSlice(s, op::Shape(s, x), op::Ints(s, {0}), op::Ints(s, {-1}), op::Ints(s, {1}),
                          from_begin);
}

Expr Vector(const Scope& s, Expr x) { return op::Reshape(s, x, op::Ints(s, {-1})); }

Expr DropoutBy(const Scope& scope, Expr x, const std::function<Expr(const Scope&)>& scale,
               const std::function<Expr(const Scope&)>& rate, std::optional<int64_t> seed) {
  if (!IsFloating(x.dtype())) {
    ThrowInvalid("dropout: x must be floating point, not " + std::string(DTypeName(x.dtype())));
  }
  const Scope own = scope.NameScope("dropout");
  const Expr scaled = op::Mul(own, x, scale(own));
  const Expr dims =
      x.shape().fully_known() ? DimsConst(own.WithName("Shape"), x.shape()) : op::Shape(own, x);
  const Expr draw = op::RandomUniform(own.NameScope("random_uniform"), dims, x.dtype(), seed);
  const Scope compare = Named(own, "GreaterEqual");
  const Expr keep = op::GreaterEqual(compare, draw, rate(compare.WithName("y")));
  return op::SelectV2(own, keep, scaled, ScalarConst(own, x.dtype(), 0));
}

}  // namespace

Expr Tensordot(const Scope& scope, Expr x, Expr w) {
  const Scope own = Named(scope, "Tensordot");
  const Scope inside = scope.NameScope(own.name_scope() + "/");
  const Expr product = op::MatMul(inside, Flatten(inside, x), w);
  const Shape& xs = x.shape();
  const Shape& ws = w.shape();
  Expr dims;
  if (xs.known_rank() && xs.Slice(0, xs.rank() - 1).fully_known() && ws.fully_known()) {
    dims = DimsConst(inside.WithName("shape"), Concatenate(xs.Slice(0, xs.rank() - 1), ws.From(1)));
  } else {
    const Expr columns = op::ExpandDims(inside, ElementAt(inside, op::Shape(inside, w), 1), 0);
    dims = op::Concat(Named(inside, "concat"), {OuterShape(inside, x), columns}, 0);
  }
  return op::Reshape(own, product, dims);
}

Expr Dense(const Scope& scope, Expr x, int64_t units, const DenseOptions& options) {
  const Shape& shape = x.shape();
  if (!shape.known_rank() || shape.rank() < 2 || shape[shape.rank() - 1] == kUnknownDim) {
    ThrowInvalid("dense: x needs rank 2 or more and a known last dimension, but is " +
                 shape.ToString() + " ('" + x.name() + "')");
  }
  const VariableScopeOptions reuse = {.reuse = options.reuse};
  const Scope s = options.name.empty() ? scope.DefaultVariableScope("dense", reuse)
                                       : scope.VariableScope(options.name, reuse);
  const Expr kernel = s.GetVariable("kernel", {shape[shape.rank() - 1], units},
                                    {.dtype = x.dtype(),
                                     .initializer = options.kernel_initializer,
                                     .regularizer = options.kernel_regularizer,
                                     .trainable = options.trainable});
  Expr bias;
  if (options.use_bias) {
    const Initializer given = options.bias_initializer;
    bias = s.GetVariable("bias", {units},
                         {.dtype = x.dtype(),
                          .initializer = given ? given : init::Zeros(),
                          .trainable = options.trainable});
  }
  Expr y = shape.rank() == 2 ? op::MatMul(s, x, kernel) : Tensordot(s, x, kernel);
  if (bias.valid()) y = op::BiasAdd(s, y, bias);
  return options.activation ? options.activation(s, y) : y;
}

Expr EmbeddingLookup(const Scope& scope, Expr params, Expr ids) {
  const Scope own = Named(scope, "embedding_lookup");
  const Expr rows = op::Gather(own, params, ids);
  return op::Identity(own.WithName("Identity"), rows);
}

Expr Dropout(const Scope& scope, Expr x, double rate, std::optional<int64_t> seed) {
  if (!(rate >= 0 && rate < 1)) {
    ThrowInvalid("dropout: the rate must be in [0, 1), not " + std::to_string(rate));
  }
  if (rate == 0) return x;
  const auto number = [&](double value) {
    return [&x, value](const Scope& s) { return ScalarConst(s, x.dtype(), value); };
  };
  return DropoutBy(scope, x, number(1 / (1 - rate)), number(rate), seed);
}

Expr Dropout(const Scope& scope, Expr x, Expr rate, std::optional<int64_t> seed) {
  const auto scale = [&](const Scope& s) {
    return WithNumber(s, "truediv", "RealDiv", 1, WithNumber(s, "sub", "Sub", 1, rate));
  };
  return DropoutBy(
      scope, x, scale, [&](const Scope&) { return rate; }, seed);
}

Expr OneHot(const Scope& scope, Expr ids, const Dim& depth, DType dtype) {
  const Scope own = Named(scope, "one_hot");
  const Expr on = ScalarConst(own.WithName("on_value"), dtype, 1);
  const Expr off = ScalarConst(own.WithName("off_value"), dtype, 0);
  return op::OneHot(own, ids, depth.AsExpr(own.WithName("depth")), on, off);
}

Expr SequenceMask(const Scope& scope, Expr lengths, std::optional<Dim> maxlen, DType dtype) {
  const Scope own = scope.NameScope("SequenceMask");
  const DType type = lengths.dtype();
  const auto number = [&](double value) { return ScalarConst(own, type, value); };
  Expr limit;
  if (!maxlen) {
    limit = op::Maximum(own, number(0), op::Max(own, lengths, op::AllAxes(own, lengths)));
  } else if (maxlen->known()) {
    limit = number(static_cast<double>(maxlen->value()));
  } else {
    limit = maxlen->AsExpr(own);
    if (limit.dtype() != type) limit = op::Cast(own, limit, type);
  }
  const Expr positions = op::Range(own, number(0), limit, number(1));
  const Expr mask = op::Less(own, positions, op::ExpandDims(own, lengths, -1));
  return dtype == DType::kBool ? mask : op::Cast(own, mask, dtype);
}

Expr SparseSoftmaxCrossEntropy(const Scope& scope, Expr labels, Expr logits) {
  const Scope own = scope.NameScope("SparseSoftmaxCrossEntropyWithLogits");
  const Shape& shape = logits.shape();
  if (shape.known_rank() && shape.rank() == 0) {
    ThrowInvalid("cross-entropy: logits need a dimension of classes, but are a scalar");
  }
  const Shape outer = shape.known_rank() ? shape.Slice(0, shape.rank() - 1) : Shape::Unknown();
  if (!outer.CompatibleWith(labels.shape())) {
    ThrowInvalid("cross-entropy: labels are " + labels.shape().ToString() + " for logits " +
                 shape.ToString() + "; they have the logits' shape without the last dimension");
  }
  if (shape.known_rank() && shape.rank() == 2) {
    return op::SparseSoftmaxCrossEntropyWithLogits(own, logits, labels)[0];
  }
  const Expr flat =
      op::SparseSoftmaxCrossEntropyWithLogits(own, Flatten(own, logits), Vector(own, labels))[0];
  return op::Reshape(own, flat, OuterShape(own, logits));
}

Expr SoftmaxCrossEntropy(const Scope& scope, Expr labels, Expr logits) {
  const Scope own = scope.NameScope("softmax_cross_entropy_with_logits");
  const Expr target = op::StopGradient(own.WithName("labels_stop_gradient"), labels);
  const Shape& shape = logits.shape();
  if (shape.known_rank() && shape.rank() == 2) {
    return op::SoftmaxCrossEntropyWithLogits(own, logits, target)[0];
  }
  const Expr flat =
      op::SoftmaxCrossEntropyWithLogits(own, Flatten(own, logits), Flatten(own, target))[0];
  return op::Reshape(own, flat, OuterShape(own, logits));
}

Expr SequenceLoss(const Scope& scope, Expr logits, Expr targets, Expr weights,
                  const SequenceLossOptions& options) {
  const auto expect = [](Expr x, const char* what, int rank) {
    if (x.shape().known_rank() && x.shape().rank() != rank) {
      ThrowInvalid(std::string("sequence_loss: ") + what + " must have rank " +
                   std::to_string(rank) + ", but are " + x.shape().ToString());
    }
  };
  expect(logits, "logits", 3);
  expect(targets, "targets", 2);
  expect(weights, "weights", 2);
  const Scope own = scope.NameScope("sequence_loss");
  const Scope inner = own.NameScope("SparseSoftmaxCrossEntropyWithLogits");
  const Expr flat =
      op::SparseSoftmaxCrossEntropyWithLogits(inner, Flatten(own, logits), Vector(own, targets))[0];
  const Expr weighted = op::Mul(own.WithName("mul"), flat, Vector(own, weights));
  const bool over_time = options.average_across_timesteps;
  const bool over_batch = options.average_across_batch;
  if (over_time && over_batch) {
    const Expr total = op::Sum(own, weights, {0, 1});
    return op::DivNoNan(own.WithName("div_no_nan"), op::Sum(own, weighted, {0}), total);
  }
  const Expr losses = op::Reshape(own, weighted, OuterShape(own, logits));
  if (!over_time && !over_batch) return losses;
  const std::vector<int32_t> axes = {over_time ? 1 : 0};
  return op::DivNoNan(own.WithName("div_no_nan"), op::Sum(own, losses, axes),
                      op::Sum(own, weights, axes));
}

Regularizer L2Regularizer(double scale) {
  if (!(scale >= 0)) ThrowInvalid("l2_regularizer: the scale must not be negative");
  return [scale](const Scope& scope, Expr value) {
    const Scope own = Named(scope, "l2_regularizer");
    const Expr factor = ScalarConst(own.WithName("scale"), value.dtype(), scale);
    return op::Mul(own, factor, op::L2Loss(own.WithName("L2Loss"), value));
  };
}

}  // namespace graphrun::nn
