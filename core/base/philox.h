// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), keyed and
// advanced as TensorFlow's random ops do it.
#ifndef GRAPHRUN_CORE_BASE_PHILOX_H_
#define GRAPHRUN_CORE_BASE_PHILOX_H_

#include <array>
#include <cstdint>
#include <mutex>

namespace graphrun {

// A counter-based generator: block i is a pure function of key, stream and i.
class Philox {
 public:
  using Block = std::array<uint32_t, 4>;
  Philox() = default;
  // key = seed; the counter's low 64 bits start at 0, its high 64 bits are seed2.
  Philox(uint64_t seed, uint64_t seed2);
  void Skip(uint64_t blocks);  // 128-bit addition to the counter
  Block operator()();          // the block at the counter, which then advances by one

 private:
  std::array<uint32_t, 4> counter_{};
  std::array<uint32_t, 2> key_{};
};

// The stream of one random node in one session: its position goes on from run to run. Thread-safe.
class RandomStream {
 public:
  // The seeds that count when the node has none (both 0): fixed by `train --seed`, else drawn by
  // the session.
  RandomStream(uint64_t fallback_seed, uint64_t fallback_seed2)
      : fallback_{fallback_seed, fallback_seed2} {}
  // A generator at the present position, which then advances by `blocks` (TensorFlow reserves 256
  // for each output).
  Philox Reserve(int64_t seed, int64_t seed2, uint64_t blocks);

 private:
  std::mutex mutex_;
  std::array<uint64_t, 2> fallback_;
  bool started_ = false;
  Philox next_;
};

inline constexpr uint64_t kBlocksPerOutput = 256;

// [0, 1) from 23 random bits; [0, 1) from 52.
float UniformFloat(uint32_t x);
double UniformDouble(uint32_t x0, uint32_t x1);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_PHILOX_H_
