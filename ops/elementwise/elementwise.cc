// The driver of all element-wise kernels: broadcasting, threads, remainders.
#include "ops/elementwise/elementwise.h"

#include <algorithm>
#include <cstring>

#include "core/base/parallel.h"
#include "core/base/per_dim.h"
#include "core/base/size.h"
#include "core/build/ops.h"
#include "ops/batch_rules.h"

namespace graphrun::ops {
namespace elementwise {
namespace {

constexpr int64_t kGather = 16 * kBlock;   // elements gathered at a time
constexpr int64_t kPiece = 1024 * kBlock;  // a long row is cut into such pieces

using Byte = char;

// Counts through the first `rank` dimensions of a walk and keeps each operand's offset.
struct Odometer {
  Odometer(const ElementwisePlan& walk, int walk_rank, int operands, int64_t start)
      : w(walk), rank(walk_rank), n(operands), at(walk_rank) {
    for (int i = rank - 1; i >= 0; --i) {
      at[i] = start % w.dims[i];
      start /= w.dims[i];
      for (int k = 0; k < n; ++k) offset[k] += at[i] * w.strides[k][i];
    }
  }
  void Next() {
    for (int i = rank - 1; i >= 0; --i) {
      for (int k = 0; k < n; ++k) offset[k] += w.strides[k][i];
      if (++at[i] < w.dims[i]) return;
      for (int k = 0; k < n; ++k) offset[k] -= at[i] * w.strides[k][i];
      at[i] = 0;
    }
  }
  const ElementwisePlan& w;
  int rank;
  int n;
  PerDim<int64_t> at;
  std::array<int64_t, kMaxOperands> offset{};
};

template <typename T>
void FillAs(void* to, const void* from, int64_t n) {
  std::fill_n(static_cast<T*>(to), n, *static_cast<const T*>(from));
}
void FillWith(int size, void* to, const void* from, int64_t n) {
  if (size == 4) return FillAs<uint32_t>(to, from, n);
  if (size == 8) return FillAs<uint64_t>(to, from, n);
  FillAs<uint8_t>(to, from, n);
}

// One element to a whole block, by one store: what reads the block would wait for several.
void Splat(int size, void* to, const void* from) {
  if (size == 4) return FillAs<uint32_t>(to, from, kBlock);
  if (size == 8) return FillAs<uint64_t>(to, from, kBlock);
  FillAs<uint8_t>(to, from, kBlock);
}

template <typename T>
void CopyStridedAs(void* to, const void* from, int64_t stride, int64_t n) {
  for (int64_t i = 0; i < n; ++i) static_cast<T*>(to)[i] = static_cast<const T*>(from)[i * stride];
}
void CopyStrided(int size, void* to, const void* from, int64_t stride, int64_t n) {
  if (size == 4) return CopyStridedAs<uint32_t>(to, from, stride, n);
  if (size == 8) return CopyStridedAs<uint64_t>(to, from, stride, n);
  CopyStridedAs<uint8_t>(to, from, stride, n);
}

// A row of `count` elements; operand k is a row too, or one element when step[k] is 0.
void RunRow(const ElementLoop& loop, int n, std::array<const Byte*, kMaxOperands> in,
            const std::array<int64_t, kMaxOperands>& step, Byte* out, int64_t count) {
  alignas(kAlignment) Byte splat[kMaxOperands][kBlock * 8];
  std::array<const void*, kMaxOperands> from{};
  std::array<int64_t, kMaxOperands> by{};
  for (int k = 0; k < n; ++k) {
    from[k] = in[k];
    by[k] = step[k] * kBlock;
    if (step[k] != 0) continue;
    Splat(loop.in_size[k], splat[k], in[k]);
    from[k] = splat[k];
  }
  const int64_t blocks = count / kBlock, rest = count % kBlock;
  if (blocks > 0) loop.run(blocks, from.data(), by.data(), out);
  if (rest == 0) return;
  alignas(kAlignment) Byte result[kBlock * 8];
  for (int k = 0; k < n; ++k) {
    if (step[k] == 0) continue;
    const Byte* tail = in[k] + blocks * kBlock * loop.in_size[k];
    std::memcpy(splat[k], tail, rest * loop.in_size[k]);
    // Padded with a value that the op must take anyway: other values could be refused.
    FillWith(loop.in_size[k], splat[k] + rest * loop.in_size[k], tail, kBlock - rest);
    from[k] = splat[k];
  }
  loop.run(1, from.data(), by.data(), result);
  std::memcpy(out + blocks * kBlock * loop.out_size, result, rest * loop.out_size);
}

// One element of each operand.
void RunOne(const ElementLoop& loop, int n, std::span<const void* const> in, Byte* out) {
  alignas(kAlignment) Byte splat[kMaxOperands][kBlock * 8];
  alignas(kAlignment) Byte result[kBlock * 8];
  std::array<const void*, kMaxOperands> from{};
  constexpr std::array<int64_t, kMaxOperands> kStay{};
  for (int k = 0; k < n; ++k) {
    Splat(loop.in_size[k], splat[k], in[k]);
    from[k] = splat[k];
  }
  loop.run(1, from.data(), kStay.data(), result);
  std::memcpy(out, result, loop.out_size);
}

// Elements [begin, end) of a walk whose rows are shorter than a block: operands are gathered first.
void RunGathered(const ElementwisePlan& w, std::span<const void* const> in, Byte* out,
                 int64_t begin, int64_t end) {
  const ElementLoop& loop = w.loop;
  const int n = w.operands;
  const int64_t inner = w.dims[w.rank - 1];
  alignas(kAlignment) Byte gathered[kMaxOperands][kGather * 8];
  Odometer outer(w, w.rank - 1, n, begin / inner);
  int64_t column = begin % inner;
  while (begin < end) {
    const int64_t count = std::min(kGather, end - begin);
    for (int64_t done = 0; done < count;) {
      const int64_t run = std::min(inner - column, count - done);
      for (int k = 0; k < n; ++k) {
        const int64_t stride = w.strides[k][w.rank - 1], size = loop.in_size[k];
        const Byte* from =
            static_cast<const Byte*>(in[k]) + (outer.offset[k] + column * stride) * size;
        CopyStrided(static_cast<int>(size), gathered[k] + done * size, from, stride, run);
      }
      done += run;
      column += run;
      if (column == inner) {
        column = 0;
        outer.Next();
      }
    }
    std::array<const Byte*, kMaxOperands> from{};
    for (int k = 0; k < n; ++k) from[k] = gathered[k];
    RunRow(loop, n, from, {1, 1, 1}, out + begin * loop.out_size, count);
    begin += count;
  }
}

// Rows of at least a block: units of work are rows, or pieces of long ones.
void RunRows(const ElementwisePlan& w, std::span<const void* const> in, Byte* out) {
  const ElementLoop& loop = w.loop;
  const int n = w.operands;
  const int64_t inner = w.dims[w.rank - 1];
  const int64_t piece = std::min(inner, kPiece), pieces = (inner + piece - 1) / piece;
  ParallelFor(w.total / inner * pieces, std::max<int64_t>(1, loop.grain / piece),
              [&](int64_t begin, int64_t end) {
                Odometer outer(w, w.rank - 1, n, begin / pieces);
                for (int64_t unit = begin; unit < end; ++unit) {
                  const int64_t column = unit % pieces * piece;
                  std::array<const Byte*, kMaxOperands> from{};
                  std::array<int64_t, kMaxOperands> step{};
                  for (int k = 0; k < n; ++k) {
                    step[k] = w.strides[k][w.rank - 1];
                    from[k] = static_cast<const Byte*>(in[k]) +
                              (outer.offset[k] + column * step[k]) * loop.in_size[k];
                  }
                  RunRow(loop, n, from, step,
                         out + (unit / pieces * inner + column) * loop.out_size,
                         std::min(piece, inner - column));
                  if (unit % pieces == pieces - 1) outer.Next();
                }
              });
}

}  // namespace
}  // namespace elementwise

ElementwisePlan::ElementwisePlan(const ElementLoop& element_loop,
                                 std::span<const Shape* const> shapes, const Shape& out)
    : loop(element_loop),
      operands(static_cast<int>(shapes.size())),
      total(out.num_elements()),
      dense(std::all_of(shapes.begin(), shapes.end(),
                        [&](const Shape* s) { return s->num_elements() == total; })) {
  if (dense || total == 0) return;
  std::array<PerDim<int64_t>, kMaxOperands> full;
  for (int k = 0; k < operands; ++k) {
    const Shape& s = *shapes[k];
    full[k] = PerDim<int64_t>(out.rank());
    strides[k] = PerDim<int64_t>(std::max(out.rank(), 1));
    int64_t stride = 1;
    for (int i = out.rank() - 1, j = s.rank() - 1; j >= 0; --i, --j) {
      full[k][i] = s[j] == 1 ? 0 : stride;
      stride *= s[j];
    }
  }
  dims = PerDim<int64_t>(std::max(out.rank(), 1));
  for (int i = 0; i < out.rank(); ++i) {
    if (out[i] == 1) continue;
    bool joins = rank > 0;
    for (int k = 0; joins && k < operands; ++k) joins = strides[k][rank - 1] == full[k][i] * out[i];
    if (!joins) dims[rank++] = 1;
    dims[rank - 1] = CheckedMul(dims[rank - 1], out[i]);
    for (int k = 0; k < operands; ++k) strides[k][rank - 1] = full[k][i];
  }
  if (rank == 0) dims[rank++] = 1;  // one element
}

void RunElementwise(const ElementwisePlan& plan, std::span<const void* const> in, void* out) {
  using namespace elementwise;  // NOLINT: this file's own
  if (plan.total == 0) return;
  Byte* const to = static_cast<Byte*>(out);
  const ElementLoop& loop = plan.loop;
  if (plan.total == 1) return RunOne(loop, plan.operands, in, to);
  if (plan.dense) {
    const int64_t blocks = (plan.total + kBlock - 1) / kBlock;
    ParallelFor(blocks, loop.grain / kBlock, [&](int64_t begin, int64_t end) {
      begin *= kBlock;
      end = std::min(end * kBlock, plan.total);
      std::array<const Byte*, kMaxOperands> from{};
      for (int k = 0; k < plan.operands; ++k)
        from[k] = static_cast<const Byte*>(in[k]) + begin * loop.in_size[k];
      RunRow(loop, plan.operands, from, {1, 1, 1}, to + begin * loop.out_size, end - begin);
    });
  } else if (plan.rank == 1 || plan.dims[plan.rank - 1] >= kBlock) {
    RunRows(plan, in, to);
  } else {
    ParallelFor(plan.total, loop.grain,
                [&](int64_t begin, int64_t end) { RunGathered(plan, in, to, begin, end); });
  }
}

void RunElementwise(const ElementLoop& loop, std::span<const Operand> in, void* out,
                    const Shape& shape) {
  std::array<const Shape*, kMaxOperands> shapes{};
  std::array<const void*, kMaxOperands> data{};
  for (size_t k = 0; k < in.size(); ++k) {
    shapes[k] = in[k].shape;
    data[k] = in[k].data;
  }
  RunElementwise(ElementwisePlan(loop, std::span(shapes.data(), in.size()), shape), data, out);
}

ElementwisePlan PlanElements(const KernelRequest& request) {
  std::array<const Shape*, kMaxOperands> shapes{};
  const int n = request.num_inputs();
  for (int k = 0; k < n; ++k) shapes[k] = &request.In(k);
  return ElementwisePlan(FindLoop(request.node().op->elements, request.InType(n - 1)),
                         std::span(shapes.data(), n), request.Out(0));
}

void RunElements(KernelContext& k, const ElementwisePlan& plan) {
  std::array<const void*, kMaxOperands> data{};
  for (int i = 0; i < plan.operands; ++i) data[i] = k.In(i).raw();
  RunElementwise(plan, data, k.Out(0).raw());
}

Op<> ElementwiseDeclaration(std::string name, std::string doc, std::vector<DType> types,
                            const ArgNames& args, bool same_shape, bool bool_result) {
  Op<> op(std::move(name));
  op.Doc(std::move(doc));
  // An op of one type, as LogicalAnd, has no attribute for it.
  const bool fixed = types.size() == 1;
  const std::string type = fixed ? std::string(DTypeName(types[0])) : "T";
  for (const std::string& input : args.inputs) op.Input(input, type);
  op.Output(args.output, bool_result ? "bool" : type);
  if (!fixed) op.TypeAttr("T", std::move(types));
  op.Shape([same_shape](ShapeContext& c) {
    Shape shape = c.In(0);
    for (int i = 1; i < c.num_inputs(); ++i) {
      shape = same_shape ? c.MergeShapes(shape, c.In(i), "the operands' shapes")
                         : Broadcast(shape, c.In(i));
    }
    c.SetOut(0, shape);
  });
  op.Batch(same_shape ? BatchStacked : BatchBroadcast);
  op.Cost([](const CostContext& c) {
    const Shape& out = c.Out(0);
    return Flops(out.fully_known() ? static_cast<double>(out.num_elements()) : 0);
  });
  return op;
}

Expr ConstLike(const Scope& scope, Expr like, double value) {
  Expr out;
  ForNumeric(like.dtype(),
             [&](auto t) { out = op::Const(scope, static_cast<decltype(t)>(value)); });
  return out;
}

}  // namespace graphrun::ops
