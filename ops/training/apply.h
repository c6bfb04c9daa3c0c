// What the optimizers' ops share: checks of their inputs, and loops over a variable and its slots.
//
// An update rule is a function of Eigen arrays: rule(gradient, variable, slot...). The dense loop
// calls it with segments of whole tensors, the sparse loop with the rows that the indices choose,
// so both forms of an op have one rule.
#ifndef GRAPHRUN_OPS_TRAINING_APPLY_H_
#define GRAPHRUN_OPS_TRAINING_APPLY_H_

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <utility>

#include "core/base/parallel.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/exact_sqrt.h"
#include "ops/state/handle.h"

namespace graphrun::ops {

struct ApplyAttrs {
  bool use_locking;  // kept for saving: a run orders its writes anyway
};

// Inputs 0..handles-1 are handles of variables with the shape of input `grad`; the others are
// scalars.
void InferApplyDense(ShapeContext& c, int handles, int grad);
// The same for rows: input `indices` [n] and input `grad` [n, inner...] for variables [rows,
// inner...].
void InferApplySparse(ShapeContext& c, int handles, int grad, int indices);
// The same, for the values that turned up; INTERNAL for a variable that has none, as in TensorFlow,
// NOT_FOUND from handle `looked_up` on. REQUIRES: the variables are locked. INVALID_ARGUMENT also
// for an index outside [0, rows).
void CheckApplyDense(const KernelContext& k, int handles, int grad, int looked_up);
void CheckApplySparse(const KernelContext& k, int handles, int grad, int indices);

template <typename T>
using Elements = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
template <typename T>
using ConstElements = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

namespace apply {

// INTERNAL, or NOT_FOUND from `looked_up` on, for a variable of inputs 0..handles-1 without a
// value.
void CheckValues(const KernelContext& k, int handles, int looked_up);

inline constexpr int64_t kGrain = 1 << 14;  // elements that are worth a thread

// Sole access to the variables of inputs 0..N-1.
template <size_t... I>
std::array<const VariableState*, sizeof...(I)> Variables(const KernelContext& k,
                                                         std::index_sequence<I...>) {
  return {&k.VariableAt(static_cast<int>(I))...};
}

// Their memory, to be changed.
template <typename T, size_t... I>
std::array<T*, sizeof...(I)> Targets(const KernelContext& k, std::index_sequence<I...>) {
  return {k.VariableAt(static_cast<int>(I)).Mutable(k.pool()).template data<T>()...};
}

template <typename T, typename Rule, size_t... I>
void Call(const Rule& rule, const T* grad, const std::array<T*, sizeof...(I)>& targets, int64_t at,
          int64_t n, std::index_sequence<I...>) {
  rule(ConstElements<T>(grad, n), Elements<T>(targets[I] + at, n)...);
}

}  // namespace apply

// Fails as the ops below do when a variable of inputs 0..N-1 has no value: for what is checked only
// after that.
template <int N>
void CheckApplyValues(const KernelContext& k) {
  const VariableLock lock(apply::Variables(k, std::make_index_sequence<N>()));
  apply::CheckValues(k, N, N);
}

// rule on all elements of the variables of inputs 0..N-1 and the gradient at input `grad`.
template <typename T, int N, typename Rule>
void ApplyDense(KernelContext& k, int grad, const Rule& rule, int looked_up = N) {
  constexpr std::make_index_sequence<N> all;
  const VariableLock lock(apply::Variables(k, all));
  CheckApplyDense(k, N, grad, looked_up);
  const auto targets = apply::Targets<T>(k, all);
  const T* g = k.In(grad).data<T>();
  ParallelFor(k.In(grad).num_elements(), apply::kGrain, [&](int64_t begin, int64_t end) {
    apply::Call(rule, g + begin, targets, begin, end - begin, all);
  });
}

// rule on the rows that input `indices` chooses, in their order, a repeated row once for each time.
// Threads share the columns, so the order holds for every element.
template <typename T, int N, typename Rule>
void ApplySparse(KernelContext& k, int grad, int indices, const Rule& rule) {
  constexpr std::make_index_sequence<N> all;
  const VariableLock lock(apply::Variables(k, all));
  CheckApplySparse(k, N, grad, indices);
  const int64_t n = k.In(indices).num_elements();
  if (n == 0) return;
  const auto targets = apply::Targets<T>(k, all);
  const T* g = k.In(grad).data<T>();
  const Tensor& rows = k.In(indices);
  const int64_t inner = k.In(grad).num_elements() / n;
  ParallelFor(inner, 1 + apply::kGrain / n, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < n; ++i) {
      apply::Call(rule, g + i * inner + begin, targets, rows.int_at(i) * inner + begin, end - begin,
                  all);
    }
  });
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_TRAINING_APPLY_H_
