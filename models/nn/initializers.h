// Initial values of variables, as tf.initializers. Each function returns an Initializer for
// Scope::GetVariable or a variable scope; nodes come out under NAME/Initializer as TensorFlow names
// them.
#ifndef GRAPHRUN_MODELS_NN_INITIALIZERS_H_
#define GRAPHRUN_MODELS_NN_INITIALIZERS_H_

#include <cstdint>
#include <optional>

#include "core/build/scope.h"

// All of them make a tensor of the variable's shape, which must be fully known (INVALID_ARGUMENT
// otherwise). Random ones take floating dtypes (RandomUniform integers too). `seed` is the op-level
// seed; without one, the graph's.
namespace graphrun::init {

using Seed = std::optional<int64_t>;

Initializer Zeros();
Initializer Ones();
// Every element is `value`, converted to the variable's dtype (any number or bool).
Initializer Constant(double value);
// The given elements. INVALID_ARGUMENT when their dtype or shape is not the variable's.
Initializer Value(Tensor value);
// Uniform in [minval, maxval); for integers 0 <= minval < maxval.
Initializer RandomUniform(double minval = -0.05, double maxval = 0.05, Seed seed = {});
Initializer RandomNormal(double mean = 0, double stddev = 1, Seed seed = {});
// Normal, values beyond two standard deviations drawn again.
Initializer TruncatedNormal(double mean = 0, double stddev = 1, Seed seed = {});

enum class FanMode { kIn, kOut, kAverage };
enum class Distribution { kTruncatedNormal, kUntruncatedNormal, kUniform };
struct VarianceScalingOptions {
  double scale = 1;
  FanMode mode = FanMode::kIn;
  Distribution distribution = Distribution::kTruncatedNormal;
  Seed seed = {};
};
// Variance scale / n, where n is the number of inputs, of outputs, or their mean: the last two
// dimensions of the shape (both the length of a vector), times the product of the dimensions before
// them.
Initializer VarianceScaling(const VarianceScalingOptions& options = {});
// Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
// 2010.
Initializer GlorotUniform(Seed seed = {});
Initializer GlorotNormal(Seed seed = {});

// `gain` times a matrix of orthonormal rows or columns, whichever are fewer, drawn evenly from all
// of them; dimensions before the last count as rows. INVALID_ARGUMENT for a shape that is not fully
// known or of rank below 2. After Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear
// dynamics of learning in deep linear neural networks", 2014.
Initializer Orthogonal(double gain = 1, Seed seed = {});

}  // namespace graphrun::init

#endif  // GRAPHRUN_MODELS_NN_INITIALIZERS_H_
