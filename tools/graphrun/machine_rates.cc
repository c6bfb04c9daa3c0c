#include "tools/graphrun/machine_rates.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "core/base/parallel.h"
#include "ops/linear/gemm.h"

namespace graphrun {
namespace {

// The shortest of the calls of fn that fit into `seconds`, at least three.
template <typename Fn>
double Shortest(double seconds, Fn&& fn) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  double best = 1e30;
  for (int calls = 0;; ++calls) {
    const Clock::time_point begin = Clock::now();
    if (calls >= 3 && std::chrono::duration<double>(begin - start).count() > seconds) return best;
    fn();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
}

}  // namespace

MachineRates::MachineRates() {
  constexpr int64_t kSize = 768;
  std::vector<float> a(kSize * kSize, 0.5f), b(kSize * kSize, 0.25f), c(kSize * kSize);
  flops_ = 2.0 * kSize * kSize * kSize / Shortest(0.15, [&] {
             ops::Gemm<float>(false, false, kSize, kSize, kSize, a.data(), b.data(), c.data());
           });
  constexpr int64_t kLeast = 1 << 14, kMost = 1 << 26, kGrain = 1 << 16;
  std::vector<char> from(kMost, 1), to(kMost, 2);
  for (int64_t bytes = kLeast; bytes <= kMost; bytes *= 4) {
    const auto copy = [&](int64_t begin, int64_t end) {
      std::memcpy(to.data() + begin, from.data() + begin, static_cast<size_t>(end - begin));
    };
    // Several in one measurement, so that the clock does not count.
    const auto times = std::max<int64_t>(1, (1 << 20) / bytes);
    const double seconds = Shortest(0.03, [&] {
      for (int64_t i = 0; i < times; ++i) ParallelFor(bytes, kGrain, copy);
    });
    copies_.emplace_back(2.0 * static_cast<double>(bytes),
                         2.0 * static_cast<double>(bytes * times) / seconds);
  }
}

double MachineRates::bandwidth(double bytes) const {
  size_t i = 0;
  while (i + 1 < copies_.size() && copies_[i].first < bytes) ++i;
  return copies_[i].second;
}

double MachineRates::cache_bandwidth() const {
  double best = 0;
  for (const auto& [bytes, rate] : copies_) best = std::max(best, rate);
  return best;
}

double MachineRates::memory_bandwidth() const { return copies_.back().second; }

double MachineRates::Roof(double flops, double bytes) const {
  return std::max(flops / flops_, bytes / bandwidth(bytes));
}

}  // namespace graphrun
