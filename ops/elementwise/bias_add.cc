// BiasAdd, BiasAddGrad: a vector added along the channels of a tensor.
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "ops/batch_rules.h"
#include "ops/elementwise/elementwise.h"
#include "ops/reduce/add_rows.h"

namespace graphrun::ops {
namespace bias_add {
namespace {

struct Attrs {
  std::string data_format;
};
using AddFn = decltype([](const auto& x, const auto& y) { return x + y; });

constexpr int64_t kRowsAtOnce = 1024;  // of a tall matrix: summed apart, then together

// The dimension that the vector runs along.
int Channel(const Attrs& a, int rank) {
  if (a.data_format == "NHWC") return rank - 1;
  if (a.data_format == "NCHW") return 1;
  ThrowInvalid("data_format is \"" + a.data_format + "\"; it must be \"NHWC\" or \"NCHW\"");
}

void AddShape(ShapeContext& c, const Attrs& a) {
  Shape out = c.WithRankAtLeast(0, 2);
  const Shape bias = c.WithRank(1, 1);
  const int channel = Channel(a, std::max(2, out.rank()));
  if (out.known_rank()) out.Set(channel, c.MergeDim(out[channel], bias[0], "channels and bias:"));
  c.SetOut(0, out);
}

void GradShape(ShapeContext& c, const Attrs& a) {
  const Shape dy = c.WithRankAtLeast(0, 2);
  c.SetOut(0, {dy.known_rank() ? dy[Channel(a, dy.rank())] : (Channel(a, 2), kUnknownDim)});
}

// out = the sum of `rows` rows of `width` elements, `stride` apart.
template <typename T>
void SumRows(const T* in, int64_t rows, int64_t width, int64_t stride, T* out) {
  std::fill_n(out, width, T{0});
  for (int64_t c = 0; c < width; c += kSumLanes) {
    const int64_t n = std::min(kSumLanes, width - c);
    for (int64_t first = 0; first < rows; first += kSummedRows) {
      T part[kSumLanes] = {};
      AddRows(std::min(kSummedRows, rows - first), n, in + first * stride + c, stride, part);
      AddRows(1, n, part, 0, out + c);
    }
  }
}

// The sum of all rows. Threads take columns of a wide matrix, and rows of a tall one, whose parts
// depend on the shape alone.
template <typename T>
void SumColumns(KernelContext& k, const T* in, int64_t rows, int64_t width, T* out) {
  if (rows <= 2 * kRowsAtOnce || width >= kRowsAtOnce) {
    constexpr int64_t kColumns =
        1024;  // of one pass down the matrix: the sums stay in the first-level cache
    const int64_t grain = std::max<int64_t>(kBlock, kCheap / std::max<int64_t>(1, rows));
    ParallelFor(width, grain, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; c += kColumns) {
        SumRows(in + c, rows, std::min(kColumns, end - c), width, out + c);
      }
    });
    return;
  }
  const int64_t parts = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
  Tensor partial = k.Scratch(kDTypeOf<T>, {parts, width});
  ParallelFor(parts, std::max<int64_t>(1, kCheap / (kRowsAtOnce * width)),
              [&](int64_t begin, int64_t end) {
                for (int64_t p = begin; p < end; ++p) {
                  const int64_t first = p * kRowsAtOnce;
                  SumRows(in + first * width, std::min(kRowsAtOnce, rows - first), width, width,
                          partial.data<T>() + p * width);
                }
              });
  SumRows(partial.data<T>(), parts, width, width, out);
}

// Batch, channel, and what lies behind the channel, as one dimension each.
std::array<int64_t, 3> Split3(const Shape& shape, int channel) {
  return {shape.Slice(0, channel).num_elements(), shape[channel],
          shape.From(channel + 1).num_elements()};
}

constexpr auto kLoops = LoopsOf<2, false, AddFn>(kNumberTypes, kCheap);

TileRule AddTiles(const KernelRequest& r, const Attrs& a) {
  if (Channel(a, r.In(0).rank()) != r.In(0).rank() - 1) return {};
  return ElementsRule(kLoops, r);
}

TileRule GradTiles(const KernelRequest& r, const Attrs& a) {
  return Channel(a, r.In(0).rank()) == r.In(0).rank() - 1 ? SumRule(r) : TileRule();
}

void AddKernel(KernelContext& k, const Attrs& a) {
  const auto [batch, channels, inner] = Split3(k.In(0).shape(), Channel(a, k.In(0).shape().rank()));
  const Shape value{batch, channels, inner}, bias{channels, 1};
  const std::array<Operand, 2> in{Operand{k.In(0).raw(), &value}, Operand{k.In(1).raw(), &bias}};
  RunElementwise(FindLoop(kLoops, k.In(0).dtype()), in, k.Out(0).raw(), value);
}

void GradKernel(KernelContext& k, const Attrs& a) {
  const auto split = Split3(k.In(0).shape(), Channel(a, k.In(0).shape().rank()));
  const int64_t batch = split[0], channels = split[1], inner = split[2];
  ForNumeric(k.In(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* in = k.In<T>(0).data();
    T* out = k.Out<T>(0).data();
    if (inner == 1) return SumColumns(k, in, batch, channels, out);
    ParallelFor(channels, std::max<int64_t>(1, kCheap / std::max<int64_t>(1, batch * inner)),
                [&](int64_t begin, int64_t end) {
                  for (int64_t c = begin; c < end; ++c) {
                    T sum = 0;
                    for (int64_t b = 0; b < batch; ++b) {
                      using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
                      sum += Eigen::Map<const Row>(in + (b * channels + c) * inner, inner).sum();
                    }
                    out[c] = sum;
                  }
                });
  });
}

// A bias that is the same in all trips fits more rows too.
std::vector<Output> BatchAdd(BatchContext& c, const Attrs& a) {
  if (a.data_format != "NHWC" || c.Stacked(1)) return {};
  return {c.Again({c.Full(0), c.In(1)})};
}

Output SumOfTrips(BatchContext& c, const Attrs& a) {
  if (a.data_format != "NHWC") return {};
  return c.Again({c.In(0)});
}

}  // namespace
}  // namespace bias_add

// dvalue = dy, dbias = dy summed over all but the channels
OpDef BiasAddOp() {
  return Op<bias_add::Attrs>("BiasAdd")
      .Doc("value [..., c] + bias [c]. With data_format \"NCHW\", value is [n, c, ...].")
      .Input("value", "T")
      .Input("bias", "T")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .Attr("data_format", &bias_add::Attrs::data_format, "NHWC")
      .Shape(bias_add::AddShape)
      .Grad([](GradContext& g, const bias_add::Attrs& a) {
        std::vector<Grad> grads(2);
        if (g.Needs(0)) grads[0] = g.DOut(0);
        if (g.Needs(1))
          grads[1] = g.scope().Add("BiasAddGrad", {g.DOut(0)}, {{"data_format", a.data_format}});
        return grads;
      })
      .Tiles(bias_add::AddTiles)
      .Kernel(bias_add::AddKernel)
      .Batch(bias_add::BatchAdd)
      .InPlace(0);
}

// The gradient repeats the vector along all other dimensions.
OpDef BiasAddGradOp() {
  return Op<bias_add::Attrs>("BiasAddGrad")
      .Doc(
          "Gradient of BiasAdd for its bias: out_backprop [..., c] summed to [c]; of [n, c, ...] "
          "with data_format "
          "\"NCHW\".")
      .Input("out_backprop", "T")
      .Output("output", "T")
      .TypeAttr("T", kNumbers)
      .Attr("data_format", &bias_add::Attrs::data_format, "NHWC")
      .Shape(bias_add::GradShape)
      .Grad([](GradContext& g, const bias_add::Attrs& a) -> std::vector<Grad> {
        const Expr zeros = op::ZerosLike(g.scope(), g.In(0));
        return {g.scope().Add("BiasAdd", {zeros, g.DOut(0)}, {{"data_format", a.data_format}})};
      })
      .Tiles(bias_add::GradTiles)
      .Kernel(bias_add::GradKernel)
      .BatchSum(bias_add::SumOfTrips);
}

}  // namespace graphrun::ops
