// The random numbers of the built-in corpora.
#ifndef GRAPHRUN_CORE_TEXT_BUILTIN_RANDOM_H_
#define GRAPHRUN_CORE_TEXT_BUILTIN_RANDOM_H_

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace graphrun {

// SplitMix64 by its published constants: the same numbers on every machine, which <random>'s
// distributions are not.
class BuiltinRandom {
 public:
  explicit BuiltinRandom(uint64_t seed) : state_(seed) {}
  uint64_t Below(uint64_t n) {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return ((z ^ (z >> 31)) >> 32) * n >> 32;
  }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }
  // Low places come up more often, as frequent words do.
  template <typename List>
  const auto& Pick(const List& list) {
    const uint64_t n = std::size(list);
    const uint64_t a = Below(n),
                   b = Below(n + n / 2);  // in this order: arguments of a call have none
    return list[std::min(a, b)];
  }

 private:
  uint64_t state_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TEXT_BUILTIN_RANDOM_H_
