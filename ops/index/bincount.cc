// Bincount, DenseBincount: how often each number occurs.
#include <algorithm>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace bincount {

struct Attrs {
  bool binary_output;
};

int64_t KnownSize(ShapeContext& c) {
  c.WithRank(1, 0);
  const std::optional<int64_t> size = c.IntValue(1);
  if (size && *size < 0) {
    ThrowInvalid(c.node().op->name + ": size is " + std::to_string(*size) +
                 "; it must be at least 0");
  }
  return size.value_or(kUnknownDim);
}

void InferShape(ShapeContext& c) { c.SetOut(0, {KnownSize(c)}); }

void InferDense(ShapeContext& c) {
  const Shape& x = c.In(0);
  const int64_t size = KnownSize(c);
  if (!x.known_rank()) return;
  if (x.rank() < 1 || x.rank() > 2) {
    ThrowInvalid("DenseBincount: input must be a vector or a matrix, but its shape is " +
                 x.ToString());
  }
  c.SetOut(0, Concatenate(x.Slice(0, x.rank() - 1), {size}));
}

// Rows of input, each counted into a row of the output. Numbers of `size` or more are left out.
template <typename T>
void Count(KernelContext& k, int64_t rows, bool binary) {
  const Tensor &x = k.In(0), &weights = k.In(2);
  const auto y = k.Out<T>(0);
  std::fill(y.begin(), y.end(), T(0));
  const int64_t n = x.num_elements(),
                size = static_cast<int64_t>(y.size()) / std::max<int64_t>(1, rows);
  const bool weighted = weights.num_elements() > 0;
  for (int64_t i = 0; i < n; ++i) {
    const int64_t value = x.int_at(i);
    if (value < 0) {
      ThrowInvalid(k.node().op->name + ": element " + std::to_string(i) + " of input is " +
                   std::to_string(value) + "; it must not be negative");
    }
    if (value >= size) continue;
    T& count = y[i / (n / rows) * size + value];
    count = binary ? T(1) : count + (weighted ? weights.data<T>()[i] : T(1));
  }
}

void Kernel(KernelContext& k, bool matrix, bool binary) {
  const Shape &x = k.In(0).shape(), &weights = k.In(2).shape();
  // Of Bincount only the numbers of elements matter.
  const bool fits = matrix ? weights == x : weights.num_elements() == x.num_elements();
  if (weights.num_elements() > 0 && !fits) {
    ThrowInvalid(k.node().op->name + ": weights of shape " + weights.ToString() +
                 " for an input of shape " + x.ToString());
  }
  ForNumeric(k.Out(0).dtype(),
             [&](auto z) { Count<decltype(z)>(k, matrix && x.rank() == 2 ? x[0] : 1, binary); });
}

}  // namespace bincount

OpDef BincountOp() {
  return Op("Bincount")
      .Doc(
          "bins[v] is how often v occurs in arr, or the sum of the weights there, for v in "
          "[0, size); weights has as many elements as arr, or none. INVALID_ARGUMENT for a "
          "negative "
          "number.")
      .Input("arr", "int32")
      .Input("size", "int32")
      .Input("weights", "T")
      .Output("bins", "T")
      .TypeAttr("T", kNumbers)
      .Shape(bincount::InferShape)
      .NoGradient("TensorFlow defines none")
      .Kernel([](KernelContext& k) { bincount::Kernel(k, false, false); });
}

OpDef DenseBincountOp() {
  using bincount::Attrs;
  return Op<Attrs>("DenseBincount")
      .Doc(
          "output[v] is how often v occurs in the vector input, or the sum of the weights there, "
          "for v in [0, size); of a matrix, a row for each of its rows. weights has input's shape "
          "or no element. With binary_output 1 where v occurs at all. INVALID_ARGUMENT for a "
          "negative number.")
      .Input("input", "Tidx")
      .Input("size", "Tidx")
      .Input("weights", "T")
      .Output("output", "T")
      .Attr("binary_output", &Attrs::binary_output, false)
      .TypeAttr("Tidx", kInts)
      .TypeAttr("T", kNumbers)
      .Shape(bincount::InferDense)
      .NoGradient("TensorFlow defines none")
      .Kernel([](KernelContext& k, const Attrs& t) { bincount::Kernel(k, true, t.binary_output); });
}

}  // namespace graphrun::ops
