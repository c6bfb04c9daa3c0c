// RandomShuffle: the rows of a tensor in random order.
#include <cstring>
#include <numeric>

#include "core/base/size.h"
#include "ops/random/sampling.h"

namespace graphrun::ops {
namespace random_shuffle {

struct Attrs {
  int64_t seed, seed2;
};

// Fisher and Yates' shuffle from the front, one 32-bit number for each row but the last.
void Shuffle(Philox philox, int64_t* order, int64_t rows) {
  std::iota(order, order + rows, int64_t{0});
  Philox::Block block{};
  for (int64_t i = 0; i + 1 < rows; ++i) {
    if (i % 4 == 0) block = philox();
    std::swap(order[i], order[i + block[i % 4] % static_cast<uint32_t>(rows - i)]);
  }
}

void Kernel(KernelContext& k, const Attrs& t) {
  const Tensor& in = k.In(0);
  const int64_t rows = in.shape().rank() == 0 ? 1 : in.shape()[0];
  if (in.num_elements() <= 1 || rows <= 1) return k.SetOut(0, k.Retain(0));
  Tensor order = k.Scratch(DType::kInt64, {rows});
  Shuffle(k.stream().Reserve(t.seed, t.seed2, (rows - 1 + 3) / 4), order.data<int64_t>(), rows);
  Tensor& out = k.Allocate(0, in.dtype(), in.shape());
  const int64_t inner = in.num_elements() / rows;
  for (int64_t i = 0; i < rows; ++i) {
    const int64_t from = order.data<int64_t>()[i];
    if (in.dtype() == DType::kString) {
      std::copy_n(in.data<std::string>() + from * inner, inner,
                  out.data<std::string>() + i * inner);
    } else {
      const size_t bytes = CheckedBytes(inner, in.dtype());
      std::memcpy(static_cast<char*>(out.raw()) + i * bytes,
                  static_cast<const char*>(in.raw()) + from * bytes, bytes);
    }
  }
}

}  // namespace random_shuffle

OpDef RandomShuffleOp() {
  using random_shuffle::Attrs;
  return Op<Attrs>("RandomShuffle")
      .Doc("The input's rows (elements along dimension 0) in random order.")
      .Input("value", "T")
      .Output("output", "T")
      .TypeAttr("T")
      .Attr("seed", &Attrs::seed, 0)
      .Attr("seed2", &Attrs::seed2, 0)
      .Has(Effect::kRandom)
      .AllocatesOutputs()
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .NoGradient("to have one, gather rows by a shuffled range instead")
      .Kernel(random_shuffle::Kernel);
}

}  // namespace graphrun::ops
