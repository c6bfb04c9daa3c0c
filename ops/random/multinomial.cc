// Multinomial, StatelessMultinomial: class indices drawn by unnormalized log-probabilities.
#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/random/sampling.h"
#include "ops/random/stateless.h"

namespace graphrun::ops {
namespace multinomial {

struct Attrs {
  int64_t seed, seed2;
  DType output_dtype;
};

void InferShape(ShapeContext& c) {
  c.WithRank(1, 0);
  c.SetOut(0, {c.WithRank(0, 2)[0], c.IntValue(1).value_or(kUnknownDim)});
}

// cdf[j]: the sum of the probabilities of classes 0..j, times a constant. Classes without a finite
// logit have none.
template <typename T>
void Cumulate(const T* logits, int64_t classes, double* cdf) {
  T most = std::numeric_limits<T>::lowest();
  for (int64_t j = 0; j < classes; ++j) {
    if (std::isfinite(logits[j])) most = std::max(most, logits[j]);
  }
  double total = 0;
  for (int64_t j = 0; j < classes; ++j) {
    if (std::isfinite(logits[j])) {
      total += std::exp(static_cast<double>(logits[j]) - static_cast<double>(most));
    }
    cdf[j] = total;
  }
}

// TensorFlow cuts the rows into shards by its number of threads, and the numbers depend on the cut.
// These are those of one shard, which TensorFlow uses when there is little to do: row after row,
// two samples from each block.
template <typename T, typename Index>
void Sample(Philox philox, const Tensor& logits, int64_t samples, double* cdf, Index* out) {
  const int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  Philox::Block block{};
  int used = 4;
  for (int64_t i = 0; i < rows; ++i) {
    Cumulate(logits.data<T>() + i * classes, classes, cdf);
    const double total = cdf[classes - 1];
    for (int64_t s = 0; s < samples; ++s) {
      if (used == 4) {
        block = philox();
        used = 0;
      }
      const double at = UniformDouble(block[used], block[used + 1]) * total;
      used += 2;
      *out++ = static_cast<Index>(std::upper_bound(cdf, cdf + classes, at) - cdf);
    }
  }
}

// `start` makes the generator from the number of its blocks that are to be reserved.
template <typename Start>
void Draw(KernelContext& k, DType output_dtype, const Start& start) {
  const Tensor& logits = k.In(0);
  const int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  const int64_t samples = k.In(1).int_at(0);
  if (samples < 0) {
    ThrowInvalid("num_samples is " + std::to_string(samples) + "; it must not be negative");
  }
  if (classes == 0) ThrowInvalid("logits of shape " + logits.shape().ToString() + " have no class");
  Tensor& out = k.Allocate(0, output_dtype, {rows, samples});
  if (out.num_elements() == 0) return;
  const int64_t reserved = rows * ((samples + 3) / 4 * 4) * 2;
  const Philox philox = start(kBlocksPerOutput * reserved);
  Tensor cdf = k.Scratch(DType::kDouble, {classes});
  ForFloat(logits.dtype(), [&](auto z) {
    ForInt(output_dtype, [&](auto i) {
      Sample<decltype(z)>(philox, logits, samples, cdf.data<double>(), out.data<decltype(i)>());
    });
  });
}

void Kernel(KernelContext& k, const Attrs& t) {
  Draw(k, t.output_dtype,
       [&](int64_t blocks) { return k.stream().Reserve(t.seed, t.seed2, blocks); });
}

struct StatelessAttrs {
  DType output_dtype;
};

void InferStateless(ShapeContext& c) {
  CheckSeedShape(c, 2);
  InferShape(c);
}

void StatelessKernel(KernelContext& k, const StatelessAttrs& t) {
  Draw(k, t.output_dtype, [&](int64_t) { return StreamOfSeed(k.In(2)).Start(); });
}

}  // namespace multinomial

OpDef MultinomialOp() {
  using multinomial::Attrs;
  return Op<Attrs>("Multinomial")
      .Doc(
          "num_samples class indices [batch, num_samples] for each row of logits [batch, classes], "
          "each class with a probability in proportion to exp(logit). The numbers are TensorFlow's "
          "for the same seeds where it works on one thread.")
      .Input("logits", "T")
      .Input("num_samples", "int32")
      .Output("output", "output_dtype")
      .Attr("seed", &Attrs::seed, 0)
      .Attr("seed2", &Attrs::seed2, 0)
      .TypeAttr("T", kFloats)
      .TypeAttr("output_dtype", &Attrs::output_dtype, kInts, DType::kInt64)
      .Has(Effect::kRandom)
      .AllocatesOutputs()
      .Shape(multinomial::InferShape)
      .NoGradient("samples are integers")
      .Kernel(multinomial::Kernel);
}

OpDef StatelessMultinomialOp() {
  using Attrs = multinomial::StatelessAttrs;
  return Op<Attrs>("StatelessMultinomial")
      .Doc(
          "Multinomial with the numbers that `seed` [2] stands for: the same in every run. They "
          "are "
          "TensorFlow's for the same seed where it works on one thread.")
      .Input("logits", "T")
      .Input("num_samples", "int32")
      .Input("seed", "Tseed")
      .Output("output", "output_dtype")
      .TypeAttr("T", kFloats)
      .TypeAttr("Tseed", kInts, DType::kInt64)
      .TypeAttr("output_dtype", &Attrs::output_dtype, kInts, DType::kInt64)
      .AllocatesOutputs()
      .Shape(multinomial::InferStateless)
      .NoGradient("samples are integers")
      .Kernel(multinomial::StatelessKernel);
}

}  // namespace graphrun::ops
