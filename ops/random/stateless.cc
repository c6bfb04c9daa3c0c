// StatelessRandomGetKeyCounter, StatelessRandomGetAlg, StatelessRandomGetKeyCounterAlg: the stream
// that a seed stands for.
#include "ops/random/stateless.h"

#include "core/graph/op_def.h"

namespace graphrun::ops {

Philox StatelessStream::Start() const {
  Philox philox(key, high);
  philox.Skip(low);
  return philox;
}

StatelessStream StreamOfSeed(const Tensor& seed) {
  const auto half = [&](int i) { return static_cast<uint64_t>(seed.int_at(i)); };
  const Philox::Block mix = StatelessStream{0x02461e293ec8f720, half(0), half(1)}.Start()();
  const auto word = [&](int i) { return uint64_t{mix[i + 1]} << 32 | mix[i]; };
  return {word(0), 0, word(2)};
}

void CheckSeedShape(ShapeContext& c, int i) { c.MergeShapes(c.In(i), {2}, "seed's shape and"); }

namespace stateless {

constexpr int32_t kPhilox = 1;  // its number among TensorFlow's algorithms

void InferKeyCounter(ShapeContext& c) {
  CheckSeedShape(c, 0);
  c.SetOut(0, {1});
  c.SetOut(1, {2});
  if (c.num_outputs() > 2) c.SetOut(2, {});
}

void KeyCounter(KernelContext& k) {
  const StatelessStream stream = StreamOfSeed(k.In(0));
  k.Out<uint64_t>(0)[0] = stream.key;
  k.Out<uint64_t>(1)[0] = stream.low;
  k.Out<uint64_t>(1)[1] = stream.high;
  if (k.num_outputs() > 2) k.Out<int32_t>(2)[0] = kPhilox;
}

}  // namespace stateless

OpDef StatelessRandomGetKeyCounterOp() {
  return Op("StatelessRandomGetKeyCounter")
      .Doc("key [1] and counter [2] of the random stream that `seed` [2] stands for.")
      .Input("seed", "Tseed")
      .Output("key", "uint64")
      .Output("counter", "uint64")
      .TypeAttr("Tseed", kInts, DType::kInt64)
      .Shape(stateless::InferKeyCounter)
      .NoGradient("its input is a seed")
      .Kernel(stateless::KeyCounter);
}

OpDef StatelessRandomGetKeyCounterAlgOp() {
  return Op("StatelessRandomGetKeyCounterAlg")
      .Doc(
          "key [1] and counter [2] of the random stream that `seed` [2] stands for, and the number "
          "of the algorithm that makes it: 1, Philox.")
      .Input("seed", "Tseed")
      .Output("key", "uint64")
      .Output("counter", "uint64")
      .Output("alg", "int32")
      .TypeAttr("Tseed", kInts, DType::kInt64)
      .Shape(stateless::InferKeyCounter)
      .NoGradient("its input is a seed")
      .Kernel(stateless::KeyCounter);
}

OpDef StatelessRandomGetAlgOp() {
  return Op("StatelessRandomGetAlg")
      .Doc("The number of the algorithm that makes random numbers: 1, Philox.")
      .Output("alg", "int32")
      .Shape([](ShapeContext& c) { c.SetOut(0, {}); })
      .NoGradient("it has no inputs")
      .Kernel([](KernelContext& k) { k.Out<int32_t>(0)[0] = stateless::kPhilox; });
}

}  // namespace graphrun::ops
