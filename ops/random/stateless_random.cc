// Stateless random numbers of a shape: StatelessRandomUniform, StatelessRandomNormal,
// StatelessTruncatedNormal, StatelessRandomUniformInt, StatelessRandomUniformFullInt, by a seed,
// and their second versions, by key, counter and algorithm.
#include "ops/random/sampling.h"
#include "ops/random/stateless.h"

namespace graphrun::ops {
namespace stateless_random {

struct Attrs {
  DType dtype;
};

using Filler = void (*)(const Philox& start, Tensor& t);

constexpr int32_t kPhilox = 1, kAutoSelect = 3;  // TensorFlow's numbers of algorithms

const std::vector<DType> kWords = {DType::kInt32, DType::kInt64, DType::kUInt32, DType::kUInt64};

// Inputs from 1 on say which stream: seed, or key, counter and alg.
void InferShape(ShapeContext& c, bool v2, int scalars) {
  if (v2) {
    c.MergeShapes(c.In(1), {1}, "key's shape and");
    const Shape counter = c.WithRank(2, 1);
    if (counter[0] != kUnknownDim && counter[0] < 2) {
      ThrowInvalid(c.node().op->name +
                   ": counter must have at least 2 elements, but its shape is " +
                   counter.ToString());
    }
    c.WithRank(3, 0);
  } else {
    CheckSeedShape(c, 1);
  }
  for (int i = 0; i < scalars; ++i) c.WithRank((v2 ? 4 : 2) + i, 0);
  InferRandomShape(c);
}

Philox Start(const KernelContext& k, bool v2) {
  if (!v2) return StreamOfSeed(k.In(1)).Start();
  const int32_t alg = k.In(3).scalar<int32_t>();
  if (alg != kPhilox && alg != kAutoSelect) {
    ThrowInvalid(k.node().op->name + ": algorithm " + std::to_string(alg) +
                 " is not known here; 1 (Philox) and 3 (any) are");
  }
  const auto counter = k.In<uint64_t>(2);
  return StatelessStream{k.In<uint64_t>(1)[0], counter[0], counter[1]}.Start();
}

// The op without kernel and shape function. V2 has other names for the shape's type.
Op<Attrs> Declare(const char* name, std::string doc, bool v2) {
  Op<Attrs> op(name);
  op.Input("shape", v2 ? "Tshape" : "T");
  if (v2) {
    op.Input("key", "uint64").Input("counter", "uint64").Input("alg", "int32");
    doc += " key [1], counter [2] and alg say which stream they come from.";
  } else {
    op.Input("seed", "Tseed");
    doc += " `seed` [2] says which.";
  }
  return op.Doc(doc + " The numbers are TensorFlow's.")
      .Output("output", "dtype")
      .NoGradient("its inputs are no real numbers");
}

Op<Attrs>& AddTypes(Op<Attrs>& op, bool v2, const std::vector<DType>& types,
                    std::optional<DType> dtype) {
  op.TypeAttr("dtype", &Attrs::dtype, types, dtype);
  if (v2) return op.TypeAttr("Tshape", kInts, DType::kInt32);
  return op.TypeAttr("T", kInts, DType::kInt32).TypeAttr("Tseed", kInts, DType::kInt64);
}

OpDef Floats(const char* name, const char* doc, bool v2, Filler fill) {
  Op<Attrs> op = Declare(name, doc, v2);
  return AddTypes(op, v2, kFloats, DType::kFloat)
      .Shape([v2](ShapeContext& c) { InferShape(c, v2, 0); })
      .Kernel([v2, fill](KernelContext& k) { fill(Start(k, v2), k.Out(0)); });
}

OpDef Integers(const char* name, bool v2) {
  Op<Attrs> op = Declare(name,
                         "Uniform integers from [minval, maxval), of the shape that the int vector "
                         "`shape` spells; INVALID_ARGUMENT unless minval < maxval.",
                         v2);
  op.Input("minval", "dtype").Input("maxval", "dtype");
  return AddTypes(op, v2, v2 ? kWords : kInts, std::nullopt)
      .Shape([v2](ShapeContext& c) { InferShape(c, v2, 2); })
      .Kernel([v2](KernelContext& k) {
        const int low = v2 ? 4 : 2;
        FillUniformInt(Start(k, v2), k.In(low), k.In(low + 1), k.Out(0));
      });
}

OpDef FullIntegers(const char* name, bool v2) {
  Op<Attrs> op =
      Declare(name,
              "Uniform integers from the whole range of dtype, of the shape that the int "
              "vector `shape` spells.",
              v2);
  return AddTypes(op, v2, kWords, DType::kUInt64)
      .Shape([v2](ShapeContext& c) { InferShape(c, v2, 0); })
      .Kernel([v2](KernelContext& k) { FillBits(Start(k, v2), k.Out(0)); });
}

constexpr const char* kUniform =
    "Uniform numbers from [0, 1), of the shape that the int vector `shape` spells.";
constexpr const char* kNormal =
    "Normal numbers with mean 0 and standard deviation 1, of the shape that the int vector `shape` "
    "spells.";
constexpr const char* kTruncated =
    "Standard normal numbers without those of size 2 or more, of the shape that the int vector "
    "`shape` spells.";

}  // namespace stateless_random

OpDef StatelessRandomUniformOp() {
  using namespace stateless_random;
  return Floats("StatelessRandomUniform", kUniform, false, FillUniform);
}

OpDef StatelessRandomUniformV2Op() {
  using namespace stateless_random;
  return Floats("StatelessRandomUniformV2", kUniform, true, FillUniform);
}

OpDef StatelessRandomNormalOp() {
  using namespace stateless_random;
  return Floats("StatelessRandomNormal", kNormal, false, FillNormal);
}

OpDef StatelessRandomNormalV2Op() {
  using namespace stateless_random;
  return Floats("StatelessRandomNormalV2", kNormal, true, FillNormal);
}

OpDef StatelessTruncatedNormalOp() {
  using namespace stateless_random;
  return Floats("StatelessTruncatedNormal", kTruncated, false, FillTruncatedNormal);
}

OpDef StatelessTruncatedNormalV2Op() {
  using namespace stateless_random;
  return Floats("StatelessTruncatedNormalV2", kTruncated, true, FillTruncatedNormal);
}

OpDef StatelessRandomUniformIntOp() {
  return stateless_random::Integers("StatelessRandomUniformInt", false);
}

OpDef StatelessRandomUniformIntV2Op() {
  return stateless_random::Integers("StatelessRandomUniformIntV2", true);
}

OpDef StatelessRandomUniformFullIntOp() {
  return stateless_random::FullIntegers("StatelessRandomUniformFullInt", false);
}

OpDef StatelessRandomUniformFullIntV2Op() {
  return stateless_random::FullIntegers("StatelessRandomUniformFullIntV2", true);
}

}  // namespace graphrun::ops
