// Reduce: the kernel of all reductions, for a Joiner that says how two elements become one.
//
// Sums are as exact as pairwise ones: runs are added in lanes and blocks, blocks pairwise. How
// elements are grouped depends on the shape alone, not on the number of threads.
#ifndef GRAPHRUN_OPS_REDUCE_REDUCE_KERNEL_H_
#define GRAPHRUN_OPS_REDUCE_REDUCE_KERNEL_H_

#include <algorithm>
#include <type_traits>

#include "core/base/parallel.h"
#include "core/graph/tile_rule.h"
#include "ops/reduce/reduce.h"

namespace graphrun::ops {

// Joiners: Start() is neutral; Join is associative up to rounding. Integers wrap on overflow.
template <typename T>
struct Adder {
  static T Start() { return T{0}; }
  static T Join(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) +
                            static_cast<std::make_unsigned_t<T>>(b));
    } else {
      return a + b;
    }
  }
};

struct Identical {
  template <typename T>
  T operator()(T x) const {
    return x;
  }
};

inline constexpr int64_t kReduceBlock = 4096;  // elements added in lanes, without pairing

// The type in which elements of type T are joined: what they are mapped to.
template <typename Map, typename T>
using Joined = std::invoke_result_t<Map, T>;

// x[0..n) joined, each element mapped first, in lanes that a vector unit works on side by side.
// Not inlined: the recursion of ReduceRun would multiply it.
template <typename Joiner, typename Map, typename T>
[[gnu::noinline]] Joined<Map, T> ReduceBlock(const T* x, int64_t n, Map map) {
  constexpr int64_t kLanes = 64;
  Joined<Map, T> all = Joiner::Start();
  int64_t i = 0;
  if (n >= kLanes) {
    Joined<Map, T> lanes[kLanes];
    std::fill_n(lanes, kLanes, all);
    for (; i + kLanes <= n; i += kLanes) {
      for (int j = 0; j < kLanes; ++j) lanes[j] = Joiner::Join(lanes[j], map(x[i + j]));
    }
    for (int width = kLanes / 2; width > 0; width /= 2) {
      for (int j = 0; j < width; ++j) lanes[j] = Joiner::Join(lanes[j], lanes[j + width]);
    }
    all = lanes[0];
  }
  for (; i < n; ++i) all = Joiner::Join(all, map(x[i]));
  return all;
}

// The same for runs of any length: blocks are joined in pairs.
template <typename Joiner, typename Map = Identical, typename T>
Joined<Map, T> ReduceRun(const T* x, int64_t n, Map map = {}) {
  if (n <= kReduceBlock) return ReduceBlock<Joiner>(x, n, map);
  const int64_t half = (n / 2 + kReduceBlock - 1) / kReduceBlock * kReduceBlock;
  return Joiner::Join(ReduceRun<Joiner>(x, half, map), ReduceRun<Joiner>(x + half, n - half, map));
}

// The same for a long run, in parallel.
template <typename Joiner, typename Map = Identical, typename T>
Joined<Map, T> ReduceLongRun(const T* x, int64_t n, Map map = {}) {
  constexpr int64_t kMaxParts = 64;
  const int64_t parts = std::min(kMaxParts, n / kReduceGrain);
  if (parts < 2) return ReduceRun<Joiner>(x, n, map);
  Joined<Map, T> partial[kMaxParts];
  ParallelFor(parts, 1, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const int64_t first = n * p / parts;
      partial[p] = ReduceRun<Joiner>(x + first, n * (p + 1) / parts - first, map);
    }
  });
  return ReduceRun<Joiner>(partial, parts);
}

// Joins rows [begin, end) of the reduced dimensions into y[0..n), n <= kReduceColumns; x is at the
// first column.
template <typename Joiner, typename Map, typename T>
void ReduceColumns(const ReducePlan& p, const T* x, int64_t begin, int64_t end, int64_t n,
                   Joined<Map, T>* y, Map map) {
  Joined<Map, T> sums[kReduceColumns];
  std::fill_n(y, n, Joiner::Start());
  for (int64_t row = begin; row < end;) {
    const int64_t stop = std::min(end, row + kSummedRows);
    std::fill_n(sums, n, Joiner::Start());
    for (; row < stop; ++row) {
      const T* from = x + ReducePlan::Offset(p.reduced.data(), p.num_reduced, row);
      for (int64_t j = 0; j < n; ++j) sums[j] = Joiner::Join(sums[j], map(from[j]));
    }
    for (int64_t j = 0; j < n; ++j) y[j] = Joiner::Join(y[j], sums[j]);
  }
}

// The innermost dimension is reduced.
template <typename Joiner, typename Map, typename T>
void ReduceInner(const ReducePlan& p, const T* x, Joined<Map, T>* y, Map map) {
  const int64_t runs = p.count / p.inner;
  const bool few = p.outputs < 8 && p.inner >= 2 * kReduceGrain;
  ParallelFor(p.outputs, few ? p.outputs : kReduceGrain / p.count + 1,
              [&](int64_t begin, int64_t end) {
                for (int64_t i = begin; i < end; ++i) {
                  const T* from = x + ReducePlan::Offset(p.kept.data(), p.num_kept, i);
                  Joined<Map, T> all = Joiner::Start();
                  for (int64_t r = 0; r < runs; ++r) {
                    const T* run = from + ReducePlan::Offset(p.reduced.data(), p.num_reduced, r);
                    all = Joiner::Join(all, few ? ReduceLongRun<Joiner>(run, p.inner, map)
                                                : ReduceRun<Joiner>(run, p.inner, map));
                  }
                  y[i] = all;
                }
              });
}

// The innermost dimension is kept.
template <typename Joiner, typename Map, typename T>
void ReduceOuter(const ReducePlan& p, KernelContext& k, const T* x, Joined<Map, T>* y, Map map) {
  using Sum = Joined<Map, T>;
  const int64_t tiles = (p.inner + kReduceColumns - 1) / kReduceColumns;
  const int64_t units = p.outputs / p.inner * tiles;
  const int64_t parts = p.parts;
  Tensor scratch = parts > 1 ? k.Scratch(kDTypeOf<Sum>, {parts, p.outputs}) : Tensor();
  Sum* to = parts > 1 ? scratch.data<Sum>() : y;
  const int64_t unit_work = std::min(p.inner, kReduceColumns) * (p.count / parts);
  ParallelFor(parts * units, kReduceGrain / (unit_work + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; ++u) {
      const int64_t part = u / units, outer = u % units / tiles,
                    column = u % tiles * kReduceColumns;
      const T* from = x + ReducePlan::Offset(p.kept.data(), p.num_kept, outer) + column;
      ReduceColumns<Joiner>(p, from, p.count * part / parts, p.count * (part + 1) / parts,
                            std::min(kReduceColumns, p.inner - column),
                            to + part * p.outputs + outer * p.inner + column, map);
    }
  });
  if (parts == 1) return;
  for (int64_t i = 0; i < p.outputs; ++i) {
    Sum all = to[i];
    for (int64_t part = 1; part < parts; ++part) all = Joiner::Join(all, to[part * p.outputs + i]);
    y[i] = all;
  }
}

// Input 0, each element mapped first, as planned into y, which has output 0's elements.
template <typename Joiner, typename T, typename Map = Identical>
void ReduceTo(KernelContext& k, const ReducePlan& plan, Joined<Map, T>* y, Map map = {}) {
  const Tensor& x = k.In(0);
  if (x.num_elements() == 0) {
    std::fill_n(y, plan.outputs, Joiner::Start());
  } else if (plan.count == 1) {
    // Joined with nothing: -0 stays what it is.
    const T* from = x.data<T>();
    ParallelFor(plan.outputs, kReduceGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = map(from[i]);
    });
  } else if (plan.inner_reduced) {
    ReduceInner<Joiner>(plan, x.data<T>(), y, map);
  } else {
    ReduceOuter<Joiner>(plan, k, x.data<T>(), y, map);
  }
}

// The same into output 0.
template <typename Joiner, typename T, typename Map = Identical>
void Reduce(KernelContext& k, const ReducePlan& plan, Map map = {}) {
  ReduceTo<Joiner, T, Map>(k, plan, k.Out(0).data<Joined<Map, T>>(), map);
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_REDUCE_REDUCE_KERNEL_H_
