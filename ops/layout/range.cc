// Range: evenly spaced numbers.
#include <cmath>
#include <limits>
#include <type_traits>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace range {

// How many numbers lie before limit, counted in the type T of all three, as TensorFlow does: of
// floats the rounded quotient decides, and a distance of integers that T cannot hold wraps.
template <typename T>
int64_t Count(T start, T limit, T delta) {
  const auto fail = [&](const char* why) {
    ThrowInvalid("Range: start " + std::to_string(start) + ", limit " + std::to_string(limit) +
                 ", delta " + std::to_string(delta) + ": " + why);
  };
  if (delta == 0) fail("delta must not be zero");
  if (delta > 0 ? !(start <= limit) : !(start >= limit)) fail("delta leads away from limit");
  if constexpr (std::is_floating_point_v<T>) {
    const T n = std::ceil(std::abs((limit - start) / delta));
    if (!(n < static_cast<T>(std::numeric_limits<int64_t>::max()))) fail("too many elements");
    return static_cast<int64_t>(n);
  } else {
    using U = std::make_unsigned_t<T>;
    const auto size = [](U difference) {
      return static_cast<T>(difference) < 0 ? U{0} - difference : difference;
    };
    const U span = size(static_cast<U>(limit) - static_cast<U>(start));
    const U step = size(static_cast<U>(delta));
    return static_cast<int64_t>(span / step + (span % step != 0 ? 1 : 0));
  }
}

void InferShape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i) c.WithRank(i, 0);
  int64_t n = kUnknownDim;
  if (c.Value(0) && c.Value(1) && c.Value(2)) {
    ForNumeric(c.Type(0).dtype, [&](auto z) {
      using T = decltype(z);
      n = Count(c.Value(0)->scalar<T>(), c.Value(1)->scalar<T>(), c.Value(2)->scalar<T>());
    });
  } else if (IsInteger(c.Type(0).dtype)) {
    const auto start = c.IntValue(0), limit = c.IntValue(1), delta = c.IntValue(2);
    if (start && limit && delta) n = Count(*start, *limit, *delta);
  }
  c.SetOut(0, {n});
}

Shape Elements(const PartialContext& c) {
  const Shape start = c.Value(0), limit = c.Value(1), delta = c.Value(2);
  for (const Shape& s : {start, limit, delta}) {
    if (s.rank() != 1 || s[0] < 0) return Shape::Unknown();
  }
  if (delta[0] == 0 || (limit[0] - start[0]) / delta[0] >= Shape::kMaxRank) return Shape::Unknown();
  Shape all;
  for (int64_t v = start[0]; v < limit[0]; v += delta[0]) all.Append(v);
  return all;
}

void Kernel(KernelContext& k) {
  ForNumeric(k.Out(0).dtype(), [&](auto z) {
    using T = decltype(z);
    const T start = k.In(0).scalar<T>(), delta = k.In(2).scalar<T>();
    const auto y = k.Out<T>(0);
    for (size_t i = 0; i < y.size(); ++i) {
      if constexpr (std::is_integral_v<T>) {  // parts of the way may be longer than T is wide
        y[i] = static_cast<T>(static_cast<uint64_t>(start) + i * static_cast<uint64_t>(delta));
      } else {
        y[i] = static_cast<T>(i) * delta;
      }
    }
    // A loop of its own: product and sum in one instruction would round once.
    if constexpr (!std::is_integral_v<T>) {
      for (T& v : y) v += start;
    }
  });
}

}  // namespace range

OpDef RangeOp() {
  return Op<>("Range")
      .Doc(
          "output is the vector start, start + delta, ... of the numbers before limit; all three "
          "are scalars. "
          "INVALID_ARGUMENT when delta is zero or leads away from limit.")
      .Input("start", "Tidx")
      .Input("limit", "Tidx")
      .Input("delta", "Tidx")
      .Output("output", "Tidx")
      .TypeAttr("Tidx", kNumbers, DType::kInt32)
      .Shape(range::InferShape)
      .Partial(range::Elements)
      .NoGradient("positions")
      .Kernel(range::Kernel);
}

}  // namespace graphrun::ops
