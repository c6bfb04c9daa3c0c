// What random ops share: filling a tensor from a Philox stream so that every element has its own
// place in it, whatever the number of threads. The numbers are TensorFlow's for the same seeds.
#ifndef GRAPHRUN_OPS_RANDOM_SAMPLING_H_
#define GRAPHRUN_OPS_RANDOM_SAMPLING_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/parallel.h"
#include "core/base/philox.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {

struct SeedAttrs {
  int64_t seed, seed2;
  DType dtype;
};

// Output 0 has the shape that input 0 spells.
void InferRandomShape(ShapeContext& c);
// An op with one random output of the shape that its input spells; it needs a kernel yet.
Op<SeedAttrs> RandomOfShape(std::string name, std::string doc);

// Calls `sample(block, out)` for one block after the other to fill data[0, n), kPerBlock elements
// from each; the last block may give fewer.
template <int kPerBlock, typename T, typename Sample>
void FillFromBlocks(const Philox& start, T* data, int64_t n, const Sample& sample) {
  const int64_t blocks = (n + kPerBlock - 1) / kPerBlock;
  ParallelFor(blocks, 2048, [&](int64_t begin, int64_t end) {
    Philox philox = start;
    philox.Skip(begin);
    std::array<T, kPerBlock> group;
    for (int64_t b = begin; b < end; ++b) {
      sample(philox(), group.data());
      const int64_t at = b * kPerBlock;
      std::copy_n(group.begin(), std::min<int64_t>(kPerBlock, n - at), data + at);
    }
  });
}

// A pair of independent standard normal numbers from uniform bits, by Box and Muller's transform.
void NormalPair(uint32_t x0, uint32_t x1, float* out);
void NormalPair(uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3, double* out);

// All numbers that one block gives: four floats, or two doubles.
template <typename T>
inline constexpr int kNormalsPerBlock = sizeof(T) == 4 ? 4 : 2;
inline void NormalsOfBlock(const Philox::Block& x, float* out) {
  NormalPair(x[0], x[1], out);
  NormalPair(x[2], x[3], out + 2);
}
inline void NormalsOfBlock(const Philox::Block& x, double* out) {
  NormalPair(x[0], x[1], x[2], x[3], out);
}

// Fill all of `t`, float32 or float64, beginning at `start`: uniform in [0, 1), standard normal,
// and standard normal without what lies outside (-2, 2).
void FillUniform(const Philox& start, Tensor& t);
void FillNormal(const Philox& start, Tensor& t);
void FillTruncatedNormal(const Philox& start, Tensor& t);
// Fills `t`, of 32 or 64 bit integers, from [low, high), scalars of its dtype. INVALID_ARGUMENT
// unless low < high or t is empty.
void FillUniformInt(const Philox& start, const Tensor& low, const Tensor& high, Tensor& t);
// The same from the dtype's whole range.
void FillBits(const Philox& start, Tensor& t);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_RANDOM_SAMPLING_H_
