// Rows of the ops in ops/elementwise: those that pass values on, and conversions of small types.
#include <gtest/gtest.h>

#include <cstring>

#include "core/build/ops.h"
#include "tests/op_cases_elementwise.h"

namespace graphrun::test {
namespace {

void AddPassing(OpTable* t) {
  const Reference same = Each([](double x) { return x; });
  for (const char* op : {"Snapshot", "DeepCopy"}) {
    t->cases.push_back({.op = op, .inputs = {"[3,7]"}, .reference = same});
    t->cases.push_back({.op = op, .inputs = {"[0,3]"}, .label = "empty", .reference = same});
    t->shapes.push_back({op, "[2,?]", "[2,?]"});
  }
  t->cases.push_back({.op = "DeepCopy",
                      .inputs = {Fed(Tensor::Vector<std::string>({"a", "bc"}))},
                      .label = "strings",
                      .check = [](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
                        EXPECT_EQ(out[0].span<std::string>()[1], "bc");
                      }});
  const Reference all = [](const Arrays& in) { return in; };
  t->cases.push_back({.op = "IdentityN",
                      .inputs = {"[3,7]", "[2]", {"[4]", Domain::kBool, DType::kBool}},
                      .reference = all,
                      .grad = {0, 1},
                      .zero_second = true});
  t->cases.push_back({.op = "IdentityN",
                      .inputs = {"[3,7]", "[2]"},
                      .label = "of_results",  // whose memory is the plan's
                      .reference = [](const Arrays& in) -> Arrays {
                        return {Each([](double x) { return 2 * x; })({in[0]})[0], in[1],
                                Each([](double x) { return x * x; })({in[0]})[0]};
                      },
                      .build =
                          [](const Scope& s, const std::vector<Expr>& in) {
                            const auto out = s.AddMulti("IdentityN", {in[0] + in[0], in[1]});
                            return std::vector<Expr>{out[0], out[1], in[0] * in[0]};
                          }});
  t->shapes.push_back({"IdentityN", "[2,?];?", "[2,?];?"});
  t->cases.push_back({.op = "EnsureShape",
                      .inputs = {"[3,7]"},
                      .attrs = {{"shape", Shape{3, -1}}},
                      .reference = same,
                      .grad = {0},
                      .zero_second = true});
  t->shapes.push_back({"EnsureShape", "?", "[2,?]", {{"shape", Shape{2, -1}}}});
  t->shapes.push_back({"EnsureShape", "[?,3]", "[2,3]", {{"shape", Shape{2, -1}}}});
  t->shapes.push_back(
      {"EnsureShape", "[3]", "error: the shape that EnsureShape asks for", {{"shape", Shape{2}}}});
  const Reference sum = [](const Arrays& in) -> Arrays {
    Array total{in[0].shape};
    for (const Array& a : in) {
      for (int64_t i = 0; i < a.size(); ++i) total.v[i] += a.v[i];
    }
    return {total};
  };
  t->cases.push_back({.op = "AccumulateNV2",
                      .inputs = {"[3,7]", "[3,7]", "[3,7]"},
                      .attrs = {{"shape", Shape{3, 7}}},
                      .reference = sum,
                      .grad = {0, 1, 2},
                      .zero_second = true});
  t->cases.push_back({.op = "AccumulateNV2",
                      .inputs = {{"[5]", Domain::kSmallInts}},
                      .attrs = {{"shape", Shape::Unknown()}},
                      .label = "one",
                      .reference = sum,
                      .types = kIntRow});
  t->shapes.push_back({"AccumulateNV2", "[2,?];?", "[2,3]", {{"shape", Shape{-1, 3}}}});
  t->shapes.push_back(
      {"AccumulateNV2", "[2];[2]", "error: the shapes of attribute", {{"shape", Shape{3}}}});
}

// Bits of one float16 or bfloat16 each.
Tensor Small(DType dtype, const std::vector<uint16_t>& bits) {
  Tensor t(dtype, {static_cast<int64_t>(bits.size())});
  std::memcpy(t.raw(), bits.data(), bits.size() * sizeof(uint16_t));
  return t;
}

void AddCasts(OpTable* t) {
  const auto bits = [t](DType to, const char* label, AttrMap attrs, std::vector<double> x,
                        std::vector<uint16_t> expected) {
    attrs["DstT"] = to;
    const std::string shape = "[" + std::to_string(x.size()) + "]";
    t->cases.push_back(
        {.op = "Cast",
         .inputs = {Values(shape.c_str(), x)},
         .attrs = attrs,
         .label = std::string(DTypeName(to)) + label,
         .check = [expected](const std::vector<Tensor>&, const std::vector<Tensor>& out) {
           const auto* got = static_cast<const uint16_t*>(out[0].raw());
           for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(got[i], expected[i]) << i;
         }});
  };
  // Halves of the last digit go to the even neighbour; then the largest, infinity, the smallest.
  bits(DType::kHalf, "_rounds", {},
       {1 + 0x1p-11, 1 + 0x3p-11, 1 + 0x1p-11 + 0x1p-20, -2, 65519, 65520, 0x1p-24, 0x1p-25},
       {0x3C00, 0x3C02, 0x3C01, 0xC000, 0x7BFF, 0x7C00, 0x0001, 0x0000});
  bits(DType::kBFloat16, "_rounds", {}, {1 + 0x1p-8, 1 + 0x3p-8, 1 + 0x1p-8 + 0x1p-20, -2, kInf},
       {0x3F80, 0x3F82, 0x3F81, 0xC000, 0x7F80});
  const AttrMap truncate = {{"Truncate", true}};
  bits(DType::kHalf, "_truncates", truncate, {1 + 0x3p-11, -1 - 0x3p-11, 1.5},
       {0x3C01, 0xBC01, 0x3E00});
  t->cases.push_back({.op = "Cast",
                      .inputs = {Values("[2]", {1 + 0x1.8p-23, -1 - 0x1.8p-23})},
                      .attrs = {{"Truncate", true}, {"DstT", DType::kFloat}},
                      .label = "float32_truncates",
                      .expected = {Array("[2]", {1 + 0x1p-23, -1 - 0x1p-23})},
                      .types = {DType::kDouble},
                      .tolerance = 0});
  // What a small type holds, in each of the others.
  struct Row {
    DType type;
    Tensor value;
    std::vector<double> expected;
  };
  const auto whole = [](DType dtype, std::vector<double> v) {
    Tensor x(dtype, {static_cast<int64_t>(v.size())});
    const bool wide = dtype == DType::kUInt32;
    for (size_t i = 0; i < v.size(); ++i) {
      const auto n = static_cast<int64_t>(v[i]);
      std::memcpy(static_cast<char*>(x.raw()) + i * (wide ? 4 : 2), &n, wide ? 4 : 2);
    }
    return Row{dtype, x, v};
  };
  const Row rows[] = {
      {DType::kHalf, Small(DType::kHalf, {0x3E00, 0xC100, 0x0000}), {1.5, -2.5, 0}},
      {DType::kBFloat16, Small(DType::kBFloat16, {0x3FC0, 0xC020, 0x8000}), {1.5, -2.5, 0}},
      whole(DType::kInt16, {-32768, 77, 0}),
      whole(DType::kUInt16, {65535, 77, 0}),
      whole(DType::kUInt32, {4294967295, 77, 0}),
  };
  for (const Row& r : rows) {
    const auto size = static_cast<int64_t>(r.expected.size());
    const std::string shape = Shape{size}.ToString();
    for (const DType to : {DType::kFloat, DType::kDouble, DType::kInt64, DType::kBool}) {
      Array expected(Shape{size}, r.expected);
      for (double& x : expected.v) {
        if (to == DType::kInt64) x = std::trunc(x);
        if (to == DType::kBool) x = x != 0;
      }
      t->cases.push_back(
          {.op = "Cast",
           .inputs = {Fed(r.value)},
           .attrs = {{"DstT", to}},
           .label = std::string(DTypeName(r.type)) + "_" + std::string(DTypeName(to)),
           .expected = {expected},
           .types = {DType::kDouble}});
    }
    // From a basic type and back; through the carriers of two small types.
    t->cases.push_back({.op = "Cast",
                        .inputs = {{"[5,7]", Domain::kNonZeroInts}},
                        .label = std::string(DTypeName(r.type)) + "_back",
                        .reference = Each([](double x) { return std::abs(x); }),
                        .types = {DType::kFloat, DType::kInt32},
                        .build = [type = r.type](const Scope& s, const std::vector<Expr>& in) {
                          const Expr small = op::Cast(s, op::Abs(s, in[0]), type);
                          const Expr byte = op::Cast(s, small, DType::kUInt8);
                          return std::vector<Expr>{
                              op::Cast(s, op::Cast(s, byte, type), in[0].dtype())};
                        }});
  }
  t->cases.push_back({.op = "Cast",
                      .inputs = {"[7,100]"},
                      .label = "tiles",
                      .reference = Each([](double x) { return x; }),
                      .types = {DType::kFloat},
                      .tolerance = 1e-3,
                      .build = [](const Scope& s, const std::vector<Expr>& in) {
                        const Expr half = op::Cast(s, in[0], DType::kHalf);
                        return std::vector<Expr>{op::Cast(s, half, DType::kFloat)};
                      }});
  // A shape is known while the graph is planned; in a small type it is computed all the same.
  t->cases.push_back({.op = "Cast",
                      .inputs = {"[3,300]"},
                      .label = "small_shape",
                      .expected = {Array("[2]", {3, 44})},
                      .types = {DType::kFloat},
                      .build = [](const Scope& s, const std::vector<Expr>& in) {
                        const Expr small = op::Cast(s, op::Shape(s, in[0]), DType::kUInt8);
                        return std::vector<Expr>{op::Cast(s, small, DType::kInt32)};
                      }});
  t->cases.push_back({.op = "Cast",
                      .inputs = {"[0,3]"},
                      .attrs = {{"DstT", DType::kBFloat16}},
                      .label = "empty_small",
                      .reference = Each([](double x) { return x; })});
}

}  // namespace

void AddPassingCases(OpTable* t) {
  AddPassing(t);
  AddCasts(t);
}

}  // namespace graphrun::test
