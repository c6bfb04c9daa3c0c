// Unique, UniqueWithCounts, UniqueV2, UniqueWithCountsV2: the distinct elements or slices.
#include <functional>
#include <string>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"
#include "ops/index/position_table.h"

namespace graphrun::ops {
namespace unique {

struct Attrs {
  DType out_idx;
};

void InferShape(ShapeContext& c) {
  c.SetOut(0, {kUnknownDim});
  c.SetOut(1, c.WithRank(0, 1));
  if (c.num_outputs() > 2) c.SetOut(2, {kUnknownDim});
}

void InferAlongAxis(ShapeContext& c) {
  const Shape axis = c.WithRank(1, 1), &x = c.In(0);
  if (axis[0] > 1) ThrowInvalid("axis has at most one element, not " + std::to_string(axis[0]));
  if (axis[0] == 0) return InferShape(c);
  c.SetOut(1, {kUnknownDim});
  if (c.num_outputs() > 2) c.SetOut(2, {kUnknownDim});
  const std::optional<int64_t> at = c.IntValue(1);
  if (!x.known_rank() || !at) return;
  const int along = CanonicalAxis(*at, x.rank());
  Shape y = x;
  y.Set(along, kUnknownDim);
  c.SetOut(0, y);
  c.SetOut(1, {x[along]});
}

// The elements of x as [before, n, after]: slice i consists of all [*, i, *].
struct Slices {
  int axis = 0;
  int64_t before = 1, n = 0, after = 1;
};

Slices SlicesOf(const KernelContext& k, bool along_axis) {
  const Shape& x = k.In(0).shape();
  Slices s;
  if (along_axis && k.In(1).num_elements() > 0) {
    s.axis = CanonicalAxis(k.In(1).int_at(0), x.rank());
  } else if (x.rank() != 1) {
    ThrowInvalid(k.node().op->name + ": without an axis, x must be a vector, but its shape is " +
                 x.ToString());
  }
  s.before = CountElements(x, 0, s.axis);
  s.n = x[s.axis];
  s.after = CountElements(x, s.axis + 1, x.rank());
  return s;
}

// Calls fn(element) for those of slice i until it returns false; returns whether it never did.
template <typename Fn>
bool ForSlice(const Slices& s, int64_t i, const Fn& fn) {
  for (int64_t p = 0; p < s.before; ++p) {
    for (int64_t q = 0; q < s.after; ++q) {
      if (!fn((p * s.n + i) * s.after + q)) return false;
    }
  }
  return true;
}

template <typename T, typename Index>
void Run(KernelContext& k, const Slices& s) {
  const auto x = k.In<T>(0);
  const auto numbers = k.Allocate(1, kDTypeOf<Index>, {s.n}).template span<Index>();
  Tensor first = k.Scratch(DType::kInt64, {s.n});
  int64_t* const firsts = first.data<int64_t>();  // where distinct slice number j was met first
  PositionTable table(k, s.n);
  int64_t count = 0;
  for (int64_t i = 0; i < s.n; ++i) {
    uint64_t hash = 0;
    ForSlice(s, i, [&](int64_t at) {
      hash = hash * 0x100000001b3ull + std::hash<T>()(x[at]);
      return true;
    });
    const int64_t j = table.FindOrKeep(hash, count, [&](int64_t number) {
      const int64_t other = (firsts[number] - i) * s.after;
      return ForSlice(s, i, [&](int64_t at) { return x[at] == x[at + other]; });
    });
    if (j == count) firsts[count++] = i;
    numbers[i] = static_cast<Index>(j);
  }
  Shape shape = k.In(0).shape();
  shape.Set(s.axis, count);
  const auto y = k.Allocate(0, kDTypeOf<T>, shape).template span<T>();
  for (size_t at = 0; at < y.size(); ++at) {
    const int64_t p = static_cast<int64_t>(at) / s.after / count;
    const int64_t j = static_cast<int64_t>(at) / s.after % count;
    y[at] = x[(p * s.n + firsts[j]) * s.after + static_cast<int64_t>(at) % s.after];
  }
  if (k.num_outputs() < 3) return;
  const auto counts = k.Allocate(2, kDTypeOf<Index>, {count}).template span<Index>();
  std::fill(counts.begin(), counts.end(), 0);
  for (const Index number : numbers) ++counts[number];
}

void Kernel(KernelContext& k, const Attrs& t, bool along_axis) {
  const bool wide = t.out_idx == DType::kInt64;
  const Slices s = SlicesOf(k, along_axis);
  const auto run = [&](auto z) {
    using T = decltype(z);
    wide ? Run<T, int64_t>(k, s) : Run<T, int32_t>(k, s);
  };
  if (k.In(0).dtype() == DType::kString) return run(std::string());
  ForNumericOrBool(k.In(0).dtype(), run);
}

OpDef Declare(const char* name, const char* doc, bool along_axis, bool counts) {
  Op<Attrs> op(name);
  op.Doc(doc).Input("x", "T");
  if (along_axis) op.Input("axis", "Taxis");
  op.Output("y", "T").Output("idx", "out_idx");
  if (counts) op.Output("count", "out_idx");
  op.TypeAttr("T");
  if (along_axis) op.TypeAttr("Taxis", kInts, DType::kInt64);
  return op.TypeAttr("out_idx", &Attrs::out_idx, kInts, DType::kInt32)
      .Shape(along_axis ? InferAlongAxis : InferShape)
      .NoGradient("positions of elements")
      .Kernel([along_axis](KernelContext& k, const Attrs& t) { Kernel(k, t, along_axis); })
      .AllocatesOutputs();
}

}  // namespace unique

OpDef UniqueOp() {
  return unique::Declare(
      "Unique",
      "y has the distinct elements of the vector x in order of their first occurrence; x[i] = "
      "y[idx[i]].",
      false, false);
}

OpDef UniqueWithCountsOp() {
  return unique::Declare("UniqueWithCounts",
                         "y has the distinct elements of the vector x in order of their first "
                         "occurrence; x[i] = y[idx[i]]; y[j] occurs count[j] times.",
                         false, true);
}

OpDef UniqueV2Op() {
  return unique::Declare(
      "UniqueV2",
      "The distinct slices of x along dimension axis, an int vector of one element, in order of "
      "their first occurrence: slice i of x is slice idx[i] of y. An empty axis serves for a "
      "vector.",
      true, false);
}

OpDef UniqueWithCountsV2Op() {
  return unique::Declare("UniqueWithCountsV2",
                         "UniqueV2, and how often each slice of y occurs in x.", true, true);
}

}  // namespace graphrun::ops
