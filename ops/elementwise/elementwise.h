// Element-wise ops: UnaryElementwise and friends make a declaration of which only the gradient is
// missing, from one lambda on Eigen array expressions.
//
//   OpDef TanhOp() {
//     return UnaryElementwise("Tanh", "...", kFloatTypes, [](const auto& x) { return x.tanh(); },
//     kHeavy)
//         .Grad([](GradContext& g) { ... });
//   }
//
// The lambda is compiled once for each type, as a loop over blocks of kBlock elements that Eigen or
// the compiler vectorises. RunElementwise feeds that loop by an ElementwisePlan: it cuts the work
// into blocks and threads, and repeats or gathers elements of operands that are broadcast.
// Remainders are computed in padded blocks by the same instructions, so a result depends neither on
// an element's position nor on the number of threads.
#ifndef GRAPHRUN_OPS_ELEMENTWISE_ELEMENTWISE_H_
#define GRAPHRUN_OPS_ELEMENTWISE_ELEMENTWISE_H_

#include <Eigen/Core>
#include <array>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/autodiff/gradients.h"
#include "core/base/per_dim.h"
#include "core/graph/element.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "core/graph/tile_rule.h"

namespace graphrun::ops {

// Elements that are worth a thread of their own.
inline constexpr int64_t kCheap = 32768;  // bounded by memory: Add
inline constexpr int64_t kHeavy = 8192;   // tens of instructions: Tanh

// How operands of given shapes are walked, so that a loop sees blocks of them.
struct ElementwisePlan {
  // REQUIRES: the shapes broadcast to `out`, which they all have where they are as many.
  ElementwisePlan(const ElementLoop& element_loop, std::span<const Shape* const> operands,
                  const Shape& out);

  ElementLoop loop;
  int operands;
  int64_t total;  // elements of the output
  bool dense;     // all operands have as many, in the same order
  // Otherwise: the output's dimensions with those of size 1 dropped and neighbours joined where
  // every operand allows it, and each operand's strides in elements: 0 where it is broadcast.
  int rank = 0;
  PerDim<int64_t> dims{0};
  std::array<PerDim<int64_t>, kMaxOperands> strides;
};

// Writes all elements of `out`. It may be the memory of an operand of as many elements.
void RunElementwise(const ElementwisePlan& plan, std::span<const void* const> in, void* out);

struct Operand {
  const void* data;
  const Shape* shape;
};

// Writes all elements of `out`, of shape `shape`, to which the operands are broadcast.
// REQUIRES: the operands' shapes broadcast to `shape`. `out` may be the memory of an operand of as
// many elements.
void RunElementwise(const ElementLoop& loop, std::span<const Operand> in, void* out,
                    const Shape& shape);
// The same for the inputs and output 0 of a node, as many as its op's loops take.
ElementwisePlan PlanElements(const KernelRequest& request);
void RunElements(KernelContext& k, const ElementwisePlan& plan);

template <typename... T>
struct TypeList {
  static std::vector<DType> dtypes() { return {kDTypeOf<T>...}; }
};
inline constexpr TypeList<float, double> kFloatTypes;
inline constexpr TypeList<int32_t, int64_t> kIntTypes;
inline constexpr TypeList<float, double, int32_t, int64_t> kNumberTypes;
inline constexpr TypeList<float, double, int32_t, int64_t, bool> kNumberOrBoolTypes;

template <typename Fn, typename Out, typename... In>
void BlockLoopOf(int64_t blocks, const void* const* in, const int64_t* step, void* out) {
  [&]<size_t... k>(std::index_sequence<k...>) {
    std::tuple<const In*...> from(static_cast<const In*>(in[k])...);
    const std::array<int64_t, sizeof...(In)> by{step[k]...};
    Out* to = static_cast<Out*>(out);
    for (int64_t b = 0; b < blocks; ++b, to += kBlock) {
      auto&& result = Fn{}(Eigen::Map<const Eigen::Array<In, kBlock, 1>>(std::get<k>(from))...);
      if constexpr (std::is_same_v<std::decay_t<decltype(result)>, Eigen::Array<Out, kBlock, 1>>) {
        // From PerElement: copied in vectors of the width that its loop stored, or the loads would
        // wait for the stores.
        for (int i = 0; i < kBlock; ++i) to[i] = result.data()[i];
      } else {
        Eigen::Map<Eigen::Array<Out, kBlock, 1>>{to} = result;
      }
      ((std::get<k>(from) += by[k]), ...);
    }
  }
  (std::index_sequence_for<In...>{});
}

template <typename Fn, typename Out, typename... In>
constexpr ElementLoop LoopOf(int64_t grain = kCheap) {
  return {BlockLoopOf<Fn, Out, In...>, {sizeof(In)...}, sizeof(Out), grain};
}

// The loops of `kInputs` operands of one type, by that type. With kBoolResult the result is bool.
template <int kInputs, bool kBoolResult, typename Fn, typename... T>
constexpr auto LoopsOf(TypeList<T...>, int64_t grain) {
  const auto one = [grain]<typename U>(U) {
    return [&]<size_t... k>(std::index_sequence<k...>) {
      using Out = std::conditional_t<kBoolResult, bool, U>;
      return LoopOf<Fn, Out, std::conditional_t<k + 1 != 0, U, void>...>(grain);
    }
    (std::make_index_sequence<kInputs>{});
  };
  return std::array{std::pair<DType, ElementLoop>{kDTypeOf<T>, one(T{})}...};
}

// The rule of a node whose inputs are broadcast as they are. None when there is no loop for the
// type of the last.
template <typename Loops>
TileRule ElementsRule(const Loops& loops, const KernelRequest& r) {
  TileRule rule;
  const int n = r.num_inputs();
  for (const auto& [type, loop] : loops) {
    if (type == r.InType(n - 1)) rule.loop = loop;
  }
  for (int i = 0; i < n; ++i) rule.operands.push_back({i, r.In(i)});
  return rule;
}

template <typename Loops>
const ElementLoop& FindLoop(const Loops& loops, DType dtype) {
  for (const auto& [type, loop] : loops) {
    if (type == dtype) return loop;
  }
  ThrowUnsupportedType(dtype, "the types that the op declares");
}

// What operands and result are called: TensorFlow's names, by which function definitions refer to
// outputs.
struct ArgNames {
  std::vector<std::string> inputs;
  std::string output;
};

// All but gradient, kernel and in-place pairs. `same_shape`: operands are not broadcast.
Op<> ElementwiseDeclaration(std::string name, std::string doc, std::vector<DType> types,
                            const ArgNames& args, bool same_shape, bool bool_result);

template <int kInputs, bool kBoolResult, typename Fn, typename... T>
Op<> Elementwise(std::string name, std::string doc, TypeList<T...> types, Fn, int64_t grain,
                 const ArgNames& args, bool same_shape) {
  Op<> op = ElementwiseDeclaration(std::move(name), std::move(doc), types.dtypes(), args,
                                   same_shape, kBoolResult);
  op.Elements(LoopsOf<kInputs, kBoolResult, Fn>(types, grain)).Kernel(PlanElements, RunElements);
  if (!kBoolResult) {
    for (int i = 0; i < kInputs; ++i) op.InPlace(i);
  }
  return op;
}

// y = fn(x).
template <typename Fn, typename... T>
Op<> UnaryElementwise(std::string name, std::string doc, TypeList<T...> types, Fn fn,
                      int64_t grain = kCheap, const ArgNames& args = {{"x"}, "y"}) {
  return Elementwise<1, false>(std::move(name), std::move(doc), types, fn, grain, args, true);
}
// z = fn(x, y), broadcast.
template <typename Fn, typename... T>
Op<> BinaryElementwise(std::string name, std::string doc, TypeList<T...> types, Fn fn,
                       int64_t grain = kCheap) {
  return Elementwise<2, false>(std::move(name), std::move(doc), types, fn, grain, {{"x", "y"}, "z"},
                               false);
}
// A helper of a gradient: fn(y, dy) or fn(dy, x), of equal shapes.
template <typename Fn, typename... T>
Op<> ElementwiseGrad(std::string name, std::string doc, TypeList<T...> types, Fn fn,
                     int64_t grain = kCheap, const ArgNames& args = {{"y", "dy"}, "z"}) {
  return Elementwise<2, false>(std::move(name), std::move(doc), types, fn, grain, args, true);
}
// A bool for each element, or pair of elements; no gradient.
template <int kInputs, typename Fn, typename... T>
Op<> Predicate(std::string name, std::string doc, TypeList<T...> types, Fn fn) {
  const ArgNames args = kInputs == 1 ? ArgNames{{"x"}, "y"} : ArgNames{{"x", "y"}, "z"};
  return Elementwise<kInputs, true>(std::move(name), std::move(doc), types, fn, kCheap, args, false)
      .NoGradient("the result is bool");
}

// fn of the elements one by one, for lambdas: a loop that the compiler vectorises where it can.
template <typename Fn, typename... X>
auto PerElement(Fn fn, const X&... x) {
  Eigen::Array<decltype(fn(x.coeff(0)...)), kBlock, 1> out;
  for (int i = 0; i < kBlock; ++i) out.data()[i] = fn(x.coeff(i)...);
  return out;
}
// x·y, and 0 where y is 0 whatever x is, for lambdas. So do gradients at singular points: what the
// loss does not depend on gets no gradient, however steep.
template <typename X, typename Y>
auto ProductNoNan(const X& x, const Y& y) {
  return PerElement([](auto a, auto b) -> decltype(a) { return b == 0 ? 0 : a * b; }, x, y);
}
// A constant of x's scalar type, for lambdas: x * Num(x, 0.5).
template <typename Array>
auto Num(const Array&, double value) {
  return static_cast<typename std::decay_t<Array>::Scalar>(value);
}
// A scalar constant of like's dtype, for gradients.
Expr ConstLike(const Scope& scope, Expr like, double value);

// The gradients of two broadcast operands, each built only when it is wanted.
template <typename Dx, typename Dy>
std::vector<Grad> BinaryGrad(GradContext& g, Dx dx, Dy dy) {
  std::vector<Grad> grads(2);
  if (g.Needs(0)) grads[0] = g.SumTo(0, dx());
  if (g.Needs(1)) grads[1] = g.SumTo(1, dy());
  return grads;
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_ELEMENTWISE_ELEMENTWISE_H_
