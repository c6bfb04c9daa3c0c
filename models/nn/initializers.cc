#include "models/nn/initializers.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "models/nn/naming.h"

namespace graphrun::init {
namespace {

// Above this, TensorFlow fills at run time instead of keeping the elements in the graph.
constexpr int64_t kMaxConstElements = 1000;

void RequireKnown(const Shape& shape) {
  if (!shape.fully_known()) {
    ThrowInvalid("an initializer needs a fully known shape, not " + shape.ToString() +
                 "; give the variable its sizes");
  }
}

Tensor Filled(DType dtype, const Shape& shape, double value) {
  Tensor t(dtype, shape);
  ForNumericOrBool(dtype, [&](auto z) {
    using T = decltype(z);
    std::fill_n(t.data<T>(), t.num_elements(), static_cast<T>(value));
  });
  return t;
}

Initializer Same(double value, const char* name) {
  return [value, name](const Scope& scope, const Shape& shape, DType dtype) {
    RequireKnown(shape);
    if (shape.num_elements() < kMaxConstElements) {
      return scope.WithName(name).Const(Filled(dtype, shape, value));
    }
    const Scope own = Named(scope, name);
    const Expr dims = op::ShapeConst(own.WithName("shape_as_tensor"), shape);
    return op::Fill(own, dims, own.WithName("Const").Const(Filled(dtype, Shape{}, value)));
  };
}

// draw * factor + offset.
Expr Scaled(const Scope& own, Expr draw, Expr factor, Expr offset) {
  return op::AddV2(own, op::Mul(own.WithName("mul"), draw, factor), offset);
}

using Draw = Expr (*)(const Scope&, Expr, DType, Seed);

Initializer Normal(const char* name, const char* op_name, Draw draw, double mean, double stddev,
                   Seed seed) {
  return [=](const Scope& scope, const Shape& shape, DType dtype) {
    RequireKnown(shape);
    const Scope own = Named(scope, name);
    const Expr dims = op::ShapeConst(own.WithName("shape"), shape);
    const Expr center = ScalarConst(own.WithName("mean"), dtype, mean);
    const Expr width = ScalarConst(own.WithName("stddev"), dtype, stddev);
    return Scaled(own, draw(own.WithName(op_name), dims, dtype, seed), width, center);
  };
}

std::pair<double, double> Fans(const Shape& shape) {
  if (shape.rank() == 0) return {1, 1};
  if (shape.rank() == 1) return {shape[0], shape[0]};
  double field = 1;
  for (int i = 0; i < shape.rank() - 2; ++i) field *= static_cast<double>(shape[i]);
  return {field * static_cast<double>(shape[shape.rank() - 2]),
          field * static_cast<double>(shape[shape.rank() - 1])};
}

}  // namespace

Initializer Zeros() { return Same(0, "zeros"); }
Initializer Ones() { return Same(1, "ones"); }
Initializer Constant(double value) { return Same(value, "Const"); }

Initializer Value(Tensor value) {
  return [value = std::move(value)](const Scope& scope, const Shape& shape, DType dtype) {
    if (value.dtype() != dtype || !shape.CompatibleWith(value.shape())) {
      ThrowInvalid("the initial value is " + value.ToString() + ", the variable " +
                   std::string(DTypeName(dtype)) + shape.ToString());
    }
    return scope.WithName("initial_value").Const(value);
  };
}

Initializer RandomUniform(double minval, double maxval, Seed seed) {
  return [=](const Scope& scope, const Shape& shape, DType dtype) {
    RequireKnown(shape);
    const Scope own = Named(scope, "random_uniform");
    const Expr dims = op::ShapeConst(own.WithName("shape"), shape);
    const Expr low = ScalarConst(own.WithName("min"), dtype, minval);
    const Expr high = ScalarConst(own.WithName("max"), dtype, maxval);
    if (IsInteger(dtype)) return op::RandomUniformInt(own, dims, low, high, seed);
    const Expr draw = op::RandomUniform(own.WithName("RandomUniform"), dims, dtype, seed);
    return Scaled(own, draw, op::Sub(own.WithName("sub"), high, low), low);
  };
}

Initializer RandomNormal(double mean, double stddev, Seed seed) {
  return Normal("random_normal", "RandomStandardNormal", op::RandomStandardNormal, mean, stddev,
                seed);
}

Initializer TruncatedNormal(double mean, double stddev, Seed seed) {
  return Normal("truncated_normal", "TruncatedNormal", op::TruncatedNormal, mean, stddev, seed);
}

Initializer VarianceScaling(const VarianceScalingOptions& options) {
  if (options.scale <= 0) ThrowInvalid("VarianceScaling: scale must be positive");
  return [options](const Scope& scope, const Shape& shape, DType dtype) {
    RequireKnown(shape);
    const auto [in, out] = Fans(shape);
    const double n = options.mode == FanMode::kIn    ? in
                     : options.mode == FanMode::kOut ? out
                                                     : (in + out) / 2;
    const double variance = options.scale / std::max(1.0, n);
    switch (options.distribution) {
      case Distribution::kUniform: {
        const double limit = std::sqrt(3 * variance);
        return RandomUniform(-limit, limit, options.seed)(scope, shape, dtype);
      }
      case Distribution::kUntruncatedNormal:
        return RandomNormal(0, std::sqrt(variance), options.seed)(scope, shape, dtype);
      case Distribution::kTruncatedNormal:
        break;
    }
    // The standard deviation of a normal distribution that is cut at two of them.
    constexpr double kTruncated = .87962566103423978;
    return TruncatedNormal(0, std::sqrt(variance) / kTruncated, options.seed)(scope, shape, dtype);
  };
}

Initializer GlorotUniform(Seed seed) {
  return VarianceScaling(
      {.mode = FanMode::kAverage, .distribution = Distribution::kUniform, .seed = seed});
}

Initializer GlorotNormal(Seed seed) {
  return VarianceScaling({.mode = FanMode::kAverage, .seed = seed});
}

Initializer Orthogonal(double gain, Seed seed) {
  return [gain, seed](const Scope& s, const Shape& shape, DType dtype) {
    if (!shape.fully_known() || shape.rank() < 2) {
      ThrowInvalid("the orthogonal initializer needs a fully known shape of rank 2 or more, not " +
                   shape.ToString());
    }
    const int64_t columns = shape[shape.rank() - 1];
    const int64_t rows = shape.Slice(0, shape.rank() - 1).num_elements();
    const Shape tall = {std::max(rows, columns), std::min(rows, columns)};
    const std::vector<Expr> qr = s.AddMulti("Qr", {RandomNormal(0, 1, seed)(s, tall, dtype)});
    // With the diagonal of R made positive the decomposition is unique, and Q as evenly drawn as
    // the directions of the normal draw.
    const Expr signs = op::Sign(s, s.Add("DiagPart", {qr[1]}));
    Expr q = op::Mul(s.WithName("mul"), qr[0], signs);
    if (rows < columns) q = op::MatrixTranspose(s.NameScope("matrix_transpose"), q);
    const Scope reshape = Named(s, "Reshape");
    q = op::Reshape(reshape, q, DimsConst(reshape.WithName("shape"), shape));
    return WithNumber(s, "mul_1", "Mul", gain, q);
  };
}

}  // namespace graphrun::init
