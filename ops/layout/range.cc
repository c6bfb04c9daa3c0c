// Range: evenly spaced numbers.
#include <cmath>
#include <limits>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace range {

constexpr double kMaxElements = 1e12;

template <typename T>
void Refuse(T start, T limit, T delta, const char* why) {
  ThrowInvalid("Range: start " + std::to_string(start) + ", limit " + std::to_string(limit) +
               ", delta " + std::to_string(delta) + ": " + why);
}

template <typename T>
void CheckDirection(T start, T limit, T delta) {
  if (!(delta > 0 || delta < 0)) Refuse(start, limit, delta, "delta must not be zero");
  if (delta > 0 ? start > limit : start < limit)
    Refuse(start, limit, delta, "delta leads away from limit");
}

void CheckBounds(double start, double limit, double delta) {
  CheckDirection(start, limit, delta);
  if (!((limit - start) / delta < kMaxElements)) Refuse(start, limit, delta, "too many elements");
}

// Between any two int64 there are numbers that fit uint64.
int64_t CountInts(int64_t start, int64_t limit, int64_t delta) {
  CheckDirection(start, limit, delta);
  const auto a = static_cast<uint64_t>(start), b = static_cast<uint64_t>(limit),
             d = static_cast<uint64_t>(delta);
  const uint64_t span = delta > 0 ? b - a : a - b, step = delta > 0 ? d : 0 - d;
  const uint64_t n = span / step + (span % step > 0 ? 1 : 0);
  if (n > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    ThrowInvalid("Range: " + std::to_string(n) + " elements are too many");
  return static_cast<int64_t>(n);
}

void InferShape(ShapeContext& c) {
  for (int i = 0; i < 3; ++i) c.WithRank(i, 0);
  int64_t n = kUnknownDim;
  if (IsInteger(c.Type(0).dtype)) {
    const auto start = c.IntValue(0), limit = c.IntValue(1), delta = c.IntValue(2);
    if (start && limit && delta) n = CountInts(*start, *limit, *delta);
  } else if (c.Value(0) && c.Value(1) && c.Value(2)) {
    const double start = c.Value(0)->number_at(0), limit = c.Value(1)->number_at(0),
                 delta = c.Value(2)->number_at(0);
    CheckBounds(start, limit, delta);
    n = static_cast<int64_t>(std::ceil(std::abs((limit - start) / delta)));
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
        y[i] = start + static_cast<T>(i) * delta;
      }
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
