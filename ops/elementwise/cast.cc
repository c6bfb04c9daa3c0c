// Cast: conversion of element types.
#include <algorithm>
#include <bit>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "ops/batch_rules.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace cast {
namespace {

struct Attrs {
  DType from, to;
  bool truncate;
};

// Numbers from 2^63 on are converted less 2^63 and get its bit back. What uint64 cannot hold has
// the bits of what it becomes as int64.
template <typename From>
uint64_t ToUInt64(From v) {
  const auto low = static_cast<int64_t>(v), high = static_cast<int64_t>(v - From{0x1p63});
  return static_cast<uint64_t>(low | (high & (low >> 63)));
}

template <typename To>
struct Convert {
  template <typename X>
  auto operator()(const X& x) const {
    return PerElement(
        [](auto v) -> To {
          if constexpr (std::is_same_v<To, bool>) {
            return v != 0;
          } else if constexpr (std::is_same_v<To, uint64_t> &&
                               std::is_floating_point_v<decltype(v)>) {
            return ToUInt64(v);
          } else {
            return static_cast<To>(v);
          }
        },
        x);
  }
};

// The types that have loops of their own.
template <typename Fn>
void ForWide(DType dtype, Fn&& fn) {
  ForTypes<float, double, int32_t, int64_t, uint64_t, bool>(dtype, fn);
}

ElementLoop LoopFor(DType from, DType to) {
  ElementLoop loop;
  ForWide(from, [&](auto f) {
    ForWide(to, [&](auto t) { loop = LoopOf<Convert<decltype(t)>, decltype(t), decltype(f)>(); });
  });
  return loop;
}

// The small types have none: tiles of them become a wider type that holds all of their values, and
// come from it by rounding (half, bfloat16) or by the low bits (integers).
template <typename T>
using Carrier = std::conditional_t<std::is_same_v<T, uint32_t>, int64_t, Compute<T>>;

constexpr int64_t kTile = 512;
using Tile = std::array<int64_t, kTile>;  // memory for so many elements of any type

template <typename To, typename From>
void ConvertTile(const void* from, void* to, int64_t n) {
  const From* x = static_cast<const From*>(from);
  std::transform(x, x + n, static_cast<To*>(to), [](From v) { return static_cast<To>(v); });
}
using TileFn = void (*)(const void* from, void* to, int64_t n);

// The way of a type into its carrier and back; none when it is its own.
struct Carriage {
  DType carrier = DType::kInvalid;
  TileFn widen = nullptr, narrow = nullptr;
};
Carriage CarriageOf(DType dtype) {
  Carriage c;
  ForPlain(dtype, [&](auto zero) {
    using T = decltype(zero);
    using Wide = Carrier<T>;
    c.carrier = kDTypeOf<Wide>;
    if constexpr (!std::is_same_v<T, Wide>) {
      c.widen = ConvertTile<Wide, T>;
      c.narrow = ConvertTile<T, Wide>;
    }
  });
  return c;
}

// Whether a bfloat16 is not zero is told by its bits: as floats the denormal ones count as zero.
Carriage SourceOf(const Attrs& a) {
  if (a.from != DType::kBFloat16 || a.to != DType::kBool) return CarriageOf(a.from);
  return {.carrier = DType::kInt32, .widen = [](const void* from, void* to, int64_t n) {
            const BFloat16* x = static_cast<const BFloat16*>(from);
            std::transform(x, x + n, static_cast<int32_t*>(to),
                           [](BFloat16 v) { return v.bits() & 0x7fff; });
          }};
}

// Bits of the fraction that Truncate clears beforehand; between other types it changes nothing.
int BitsToClear(const Attrs& a) {
  if (!a.truncate) return 0;
  if (a.from == DType::kDouble && a.to == DType::kFloat) return 53 - 24;
  if (a.from == DType::kDouble && a.to == DType::kHalf) return 53 - 11;
  if (a.from == DType::kFloat && a.to == DType::kHalf) return 24 - 11;
  if (a.from == DType::kFloat && a.to == DType::kBFloat16) return 24 - 8;
  return 0;
}

// Clears the last `bits` bits of numbers, so that what follows has nothing to round.
template <typename T, typename Bits>
void ClearLowBits(void* tile, int64_t n, int bits) {
  T* x = static_cast<T*>(tile);
  const Bits mask = ~Bits{0} << bits;
  for (int64_t i = 0; i < n; ++i) {
    if (x[i] == x[i]) x[i] = std::bit_cast<T>(std::bit_cast<Bits>(x[i]) & mask);
  }
}

// Elements [begin, end) through the carriers, tile by tile.
void ConvertTiles(const KernelContext& k, const Attrs& a, int64_t begin, int64_t end, char* out) {
  const auto from_size = static_cast<int64_t>(DTypeSize(a.from));
  const auto to_size = static_cast<int64_t>(DTypeSize(a.to));
  const char* in = static_cast<const char*>(k.In(0).raw());
  if (a.from == a.to) {  // NaNs stay what they are
    std::copy_n(in + begin * from_size, (end - begin) * from_size, out + begin * to_size);
    return;
  }
  const Carriage source = SourceOf(a), target = CarriageOf(a.to);
  const ElementLoop loop = LoopFor(source.carrier, target.carrier);
  const int cleared = BitsToClear(a);
  alignas(kAlignment) Tile first, second;
  for (; begin < end; begin += kTile) {
    const int64_t n = std::min(kTile, end - begin);
    const void* x = in + begin * from_size;
    if (source.widen != nullptr) {
      source.widen(x, first.data(), n);
      x = first.data();
    }
    if (cleared > 0) {
      std::copy_n(in + begin * from_size, n * from_size, reinterpret_cast<char*>(first.data()));
      if (a.from == DType::kDouble) {
        ClearLowBits<double, uint64_t>(first.data(), n, cleared);
      } else {
        ClearLowBits<float, uint32_t>(first.data(), n, cleared);
      }
      x = first.data();
    }
    const Shape shape{n};
    const Operand operand{x, &shape};
    void* y = out + begin * to_size;
    if (target.narrow == nullptr) {
      RunElementwise(loop, {&operand, 1}, y, shape);
    } else {
      RunElementwise(loop, {&operand, 1}, second.data(), shape);
      target.narrow(second.data(), y, n);
    }
  }
}

// Whether a loop of its own converts the elements as they are.
bool IsWide(const Attrs& a) {
  return CarriageOf(a.from).carrier == a.from && CarriageOf(a.to).carrier == a.to && !a.truncate;
}

void ConvertAll(KernelContext& k, const ElementLoop& loop) {
  const Operand x{k.In(0).raw(), &k.In(0).shape()};
  RunElementwise(loop, {&x, 1}, k.Out(0).raw(), k.Out(0).shape());
}

void Kernel(KernelContext& k, const Attrs& a) {
  if (IsWide(a)) return ConvertAll(k, LoopFor(a.from, a.to));
  char* out = static_cast<char*>(k.Out(0).raw());
  const int64_t n = k.In(0).num_elements();
  ParallelFor((n + kTile - 1) / kTile, kCheap / kTile, [&](int64_t begin, int64_t end) {
    ConvertTiles(k, a, begin * kTile, std::min(end * kTile, n), out);
  });
}

TileRule Tiles(const KernelRequest& r, const Attrs& a) {
  if (!IsWide(a)) return {};
  TileRule rule;
  rule.loop = LoopFor(a.from, a.to);
  rule.operands = {{0, r.In(0)}};
  return rule;
}

}  // namespace
}  // namespace cast

OpDef CastOp() {
  const std::vector<DType> types(kPlainTypes.begin(), kPlainTypes.end());
  return Op<cast::Attrs>("Cast")
      .Doc(
          "x with elements of type DstT. Numbers are truncated towards zero to integers, rounded "
          "to the nearest (of two, to the even one) to floating types, and are true when not 0. "
          "What int32 or int64 cannot hold becomes its smallest number; shorter integers have the "
          "last bits of an int32 then, uint32 and uint64 those of an int64. "
          "With Truncate, digits of float32 and float64 that a smaller floating type cannot hold "
          "are cut off instead.")
      .Input("x", "SrcT")
      .Output("y", "DstT")
      .TypeAttr("SrcT", &cast::Attrs::from, types)
      .TypeAttr("DstT", &cast::Attrs::to, types)
      .Attr("Truncate", &cast::Attrs::truncate, false)
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .Partial([](const PartialContext& c, const cast::Attrs& a) {
        // Smaller integers hold no shapes.
        return a.to == DType::kInt32 || a.to == DType::kInt64 ? c.Value(0) : Shape::Unknown();
      })
      .Grad([](GradContext& g, const cast::Attrs& a) -> std::vector<Grad> {
        if (!IsFloating(a.from) || !IsFloating(a.to)) return g.None();
        return {op::Cast(g.scope(), g.DOut(0), a.from)};
      })
      .Tiles(cast::Tiles)
      .Kernel(cast::Kernel)
      .Batch(BatchStacked);
}

}  // namespace graphrun::ops
