// Rows of the op table for ops/random: the stateless ops, with the numbers that TensorFlow 2.15.1
// gives for the seed (7, -8).
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/op_cases_random.h"

namespace graphrun::test {
namespace {

const std::vector<int64_t> kSeed = {7, -8};
constexpr uint64_t kKey = 18350891301105770929u, kHigh = 11186871965487053919u;

OpInput Words(std::vector<uint64_t> words) { return Fed(Tensor::Vector(words)); }

struct Drawn {
  const char* name;  // without "V2"
  std::vector<double> floats, doubles;
};

// The first version by seeds of both widths, the second by the key and counter they stand for.
void AddFloats(OpTable* t, const Drawn& d) {
  const std::string v1 = std::string("Stateless") + d.name;
  for (const DType dtype : {DType::kFloat, DType::kDouble}) {
    const std::vector<double>& want = dtype == DType::kFloat ? d.floats : d.doubles;
    const AttrMap attrs = {{"dtype", dtype}};
    const auto check = [want](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
      ASSERT_EQ(out[0].shape(), (Shape{5}));
      for (int i = 0; i < 5; ++i) EXPECT_NEAR(out[0].number_at(i), want[i], 4e-6) << i;
    };
    const auto add = [&](const std::string& op, const char* label, std::vector<OpInput> more) {
      std::vector<OpInput> inputs = {Ints({5})};
      inputs.insert(inputs.end(), more.begin(), more.end());
      t->cases.push_back({.op = op,
                          .inputs = inputs,
                          .attrs = attrs,
                          .label = label,
                          .check = check,
                          .types = {DType::kFloat}});
    };
    add(v1, "", {Fed(Tensor::Vector(kSeed))});
    add(v1, "narrow_seed", {Fed(Tensor::Vector<int32_t>({7, -8}))});
    add(v1 + "V2", "", {Words({kKey}), Words({0, kHigh}), Int(1)});
    add(v1 + "V2", "any_algorithm", {Words({kKey}), Words({0, kHigh}), Int(3)});
  }
}

void AddShapes(OpTable* t, const std::string& op, AttrMap attrs, const char* scalars) {
  using D = DType;
  const std::string s = scalars;
  t->shapes.push_back(
      {op, "[2];[2]" + s, "[?,?]", attrs, {D::kInt32, D::kInt64, D::kInt32, D::kInt32}});
  t->shapes.push_back({op,
                       "[2];[3]" + s,
                       "error: seed's shape",
                       attrs,
                       {D::kInt32, D::kInt64, D::kInt32, D::kInt32}});
  const std::vector<D> v2 = {D::kInt32, D::kUInt64, D::kUInt64, D::kInt32, D::kInt32, D::kInt32};
  t->shapes.push_back({op + "V2", "[2];[1];[2];[]" + s, "[?,?]", attrs, v2});
  t->shapes.push_back({op + "V2", "[2];[2];[2];[]" + s, "error: key's shape", attrs, v2});
  t->shapes.push_back({op + "V2", "[2];[1];[1];[]" + s, "error: at least 2 elements", attrs, v2});
}

void AddIntegers(OpTable* t) {
  const std::vector<DType> row = {DType::kInt32};
  const auto add = [&](const char* op, std::vector<OpInput> inputs, AttrMap attrs, Array want) {
    t->cases.push_back(
        {.op = op, .inputs = inputs, .attrs = attrs, .expected = {want}, .types = row});
  };
  const OpInput seed = Fed(Tensor::Vector(kSeed));
  const OpInput key = Words({kKey}), counter = Words({0, kHigh});
  const Array few("[5]", {2, -1, 1, -2, 2});
  const Array any("[5]", {1872190505, -237947774, -881718264, 922523737, -665751743});
  const AttrMap int32 = {{"dtype", DType::kInt32}};
  add("StatelessRandomUniformInt", {Ints({5}), seed, Int(-3), Int(9)}, {}, few);
  add("StatelessRandomUniformIntV2", {Ints({5}), key, counter, Int(1), Int(-3), Int(9)}, {}, few);
  add("StatelessRandomUniformFullInt", {Ints({5}), seed}, int32, any);
  add("StatelessRandomUniformFullIntV2", {Ints({5}), key, counter, Int(1)}, int32, any);
  t->errors.push_back({"StatelessRandomUniformInt",
                       {Ints({5}), seed, Int(4), Int(4)},
                       "minval 4 must be less than maxval 4"});
  t->errors.push_back({"StatelessRandomUniformV2",
                       {Ints({5}), key, counter, Int(2)},
                       "algorithm 2 is not known",
                       {{"dtype", DType::kFloat}}});
  AddShapes(t, "StatelessRandomUniformInt", {}, ";[];[]");
  AddShapes(t, "StatelessRandomUniformFullInt", int32, "");
}

void AddStreams(OpTable* t) {
  const auto check = [](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
    ASSERT_EQ(out[0].shape(), (Shape{1}));
    ASSERT_EQ(out[1].shape(), (Shape{2}));
    EXPECT_EQ(out[0].data<uint64_t>()[0], kKey);
    EXPECT_EQ(out[1].data<uint64_t>()[0], 0u);
    EXPECT_EQ(out[1].data<uint64_t>()[1], kHigh);
    if (out.size() > 2) {
      EXPECT_EQ(out[2].scalar<int32_t>(), 1);
    }
  };
  for (const char* op : {"StatelessRandomGetKeyCounter", "StatelessRandomGetKeyCounterAlg"}) {
    t->cases.push_back({.op = op,
                        .inputs = {Fed(Tensor::Vector(kSeed))},
                        .check = check,
                        .types = {DType::kFloat}});
    t->shapes.push_back({op, "[3]", "error: seed's shape", {}, {DType::kInt64}});
  }
  t->cases.push_back({.op = "StatelessRandomGetAlg",
                      .inputs = {},
                      .expected = {Array("[]", {1})},
                      .types = {DType::kFloat}});
}

}  // namespace

void AddStatelessCases(OpTable* t) {
  AddFloats(t, {"RandomUniform",
                {0.18250000476837158, 0.6344149112701416, 0.8909921646118164, 0.97339928150177,
                 0.6362076997756958},
                {0.4600009389862696, 0.12793752173594997, 0.08966252527428864, 0.6975032271420947,
                 0.11618788442795602}});
  AddFloats(t, {"RandomNormal",
                {-1.379051923751831, -1.2248371839523315, -0.07992907613515854, 0.47376224398612976,
                 -0.929703414440155},
                {0.8973209776134734, 0.8647939405361036, -2.077830849379672, -0.7113534372310448,
                 -2.0557577421087365}});
  AddFloats(t, {"TruncatedNormal",
                {-1.379051923751831, -1.2248371839523315, -0.07992907613515854, 0.47376224398612976,
                 -0.808570384979248},
                {0.8973209776134734, 0.8647939405361036, -1.0934899411435084, -0.6920593406934215,
                 0.5590440000306541}});
  for (const char* op : {"RandomUniform", "RandomNormal", "TruncatedNormal"}) {
    AddShapes(t, std::string("Stateless") + op, {{"dtype", DType::kFloat}}, "");
  }
  AddIntegers(t);
  AddStreams(t);
  t->cases.push_back(
      {.op = "StatelessMultinomial",
       .inputs = {Values("[2,3]", {0, 1, 2, 1, 0, -1}), Int(6), Fed(Tensor::Vector(kSeed))},
       .expected = {Array("[2,6]", {2, 1, 0, 2, 1, 2, 1, 0, 0, 0, 0, 0})}});
  t->errors.push_back({"StatelessMultinomial",
                       {"[2,3]", Fed(Tensor::Scalar<int32_t>(-1)), Fed(Tensor::Vector(kSeed))},
                       "must not be negative"});
  t->shapes.push_back({"StatelessMultinomial",
                       "[5,?];[];[2]",
                       "[5,?]",
                       {},
                       {DType::kFloat, DType::kInt32, DType::kInt64}});
}

}  // namespace graphrun::test
