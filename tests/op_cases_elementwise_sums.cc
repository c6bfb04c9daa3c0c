// Rows of the ops in ops/elementwise: choices, sums of many, conversions.
#include "core/build/ops.h"
#include "tests/op_cases_elementwise.h"

namespace graphrun::test {
namespace {

// Tensor lists: element by element, an element that was never set being zero.
void AddLists(OpTable* t) {
  const auto rows = [](const Scope& s, Expr x) {
    return op::TensorListFromTensor(s, x, op::Ints(s, {4}));
  };
  const auto stack = [](const Scope& s, Expr list, DType dtype) {
    return std::vector<Expr>{op::TensorListStack(s, list, op::Ints(s, {4}), dtype)};
  };
  t->cases.push_back(
      {.op = "AddN",
       .inputs = {"[3,4]", "[4]"},
       .label = "lists",
       .reference = [](const Arrays& in) -> Arrays {
         Array out = in[0];
         for (int64_t i = 0; i < 4; ++i) out.at({1, i}) += 2 * in[1].v[i];
         return {out};
       },
       .grad = {0, 1},
       .zero_second = true,
       .build =
           [=](const Scope& s, const std::vector<Expr>& in) {
             Expr part = op::TensorListReserve(s, op::Ints(s, {4}), op::Const(s, 3), in[0].dtype());
             part = op::TensorListSetItem(s, part, op::Const(s, 1), in[1]);
             const Expr sum = op::AddN(s, {part, rows(s, in[0]), op::Identity(s, part)});
             return stack(s, sum, in[0].dtype());
           }});
  t->cases.push_back({.op = "ZerosLike",
                      .inputs = {"[3,4]"},
                      .label = "list",
                      .reference = Each([](double) { return 0.0; }),
                      .build = [=](const Scope& s, const std::vector<Expr>& in) {
                        return stack(s, op::ZerosLike(s, rows(s, in[0])), in[0].dtype());
                      }});
}

}  // namespace

void AddChoiceCases(OpTable* t) {
  const Reference choose = Each([](double c, double x, double y) { return c != 0 ? x : y; });
  const OpInput mask{"[3,7]", Domain::kBool, DType::kBool};
  t->cases.push_back({.op = "Select",
                      .inputs = {mask, "[3,7]", "[3,7]"},
                      .reference = choose,
                      .grad = {1, 2},
                      .zero_second = true});
  t->cases.push_back({.op = "Select",
                      .inputs = {Fed(Tensor::Scalar(true)), "[3,7]", "[3,7]"},
                      .label = "scalar",
                      .reference = choose,
                      .grad = {1},
                      .zero_second = true});
  t->cases.push_back({.op = "Select",
                      .inputs = {{"[5]", Domain::kBool, DType::kBool}, "[5,2,13]", "[5,2,13]"},
                      .label = "rows",
                      .reference = [](const Arrays& in) -> Arrays {
                        Array out = in[2];
                        for (const auto& p : Positions(out.shape)) {
                          if (in[0].at({p[0]}) != 0) out.at(p) = in[1].at(p);
                        }
                        return {out};
                      },
                      .grad = {1, 2},
                      .zero_second = true});
  t->cases.push_back(
      {.op = "Select",
       .inputs = {{"[9]", Domain::kBool}, {"[9]", Domain::kBool}, {"[9]", Domain::kBool}},
       .label = "bools",
       .reference = choose,
       .types = kBoolRow});
  t->cases.push_back({.op = "SelectV2",
                      .inputs = {mask, "[3,7]", "[3,7]"},
                      .reference = choose,
                      .grad = {1, 2},
                      .zero_second = true});
  t->cases.push_back({.op = "SelectV2",
                      .inputs = {{"[3]", Domain::kBool, DType::kBool}, "[2,3]", "[2,1]"},
                      .label = "broadcast",
                      .reference = choose,
                      .grad = {1, 2},
                      .zero_second = true});
  t->cases.push_back(
      {.op = "SelectV2",
       .inputs = {Fed(FromNumbers(DType::kBool, {3, 1}, {1, 0, 1})), "[2,1,29]", "[]"},
       .label = "mask_of_rows",
       .reference = choose,
       .grad = {1, 2},
       .zero_second = true});
  t->cases.push_back({.op = "SelectV2",
                      .inputs = {{"[4]", Domain::kBool, DType::kBool},
                                 {"[3,4]", Domain::kSmallInts},
                                 {"[]", Domain::kSmallInts}},
                      .label = "ints",
                      .reference = choose,
                      .types = kIntRow});
  const std::vector<DType> dtypes = {DType::kBool, DType::kFloat, DType::kFloat};
  const auto shape = [&](const char* op, const char* in, const char* out) {
    t->shapes.push_back({.op = op, .inputs = in, .expected = out, .dtypes = dtypes});
  };
  shape("Select", "[2,?];[2,3];[?,3]", "[2,3]");
  shape("Select", "[2];[?,3];[?,?]", "[2,3]");
  shape("Select", "?;[2,3];?", "[2,3]");
  shape("Select", "[];?;[2]", "[2]");
  shape("Select", "[2];?;?", "?");
  shape("Select", "[1,2];[2,3];[2,3]", "error: [1,2] vs [2,3]");
  shape("Select", "[3];[2,3];[2,3]", "error: 3 vs 2");
  shape("Select", "[2];[2,3];[2,1]", "error: [2,3] vs [2,1]");
  shape("SelectV2", "[3];[2,1];[?]", "[2,3]");
  shape("SelectV2", "[2];[2,3];[2,3]", "error: broadcast");
  t->errors.push_back({.op = "Select",
                       .inputs = {{"[3]", Domain::kBool, DType::kBool}, "[2,3]", "[2,3]"},
                       .error = "3 vs 2"});
  t->errors.push_back({.op = "SelectV2",
                       .inputs = {{"[2]", Domain::kBool, DType::kBool}, "[2,3]", "[2,3]"},
                       .error = "broadcast"});

  const Reference clip =
      Each([](double x, double low, double high) { return std::max(std::min(x, high), low); });
  t->cases.push_back({.op = "ClipByValue",
                      .inputs = {"[5,7]", Values("[]", {-0.51}), Values("[]", {0.62})},
                      .reference = clip,
                      .grad = {0, 1, 2},
                      .zero_second = true});
  t->cases.push_back({.op = "ClipByValue",
                      .inputs = {"[2,3]", "[2,3]", Values("[]", {2.5})},
                      .label = "bounds",
                      .reference = clip,
                      .grad = {0, 1},
                      .zero_second = true});
  t->cases.push_back(
      {.op = "ClipByValue",
       .inputs = {{"[4,5]", Domain::kSmallInts}, Values("[]", {-3}), Values("[]", {4})},
       .label = "ints",
       .reference = clip,
       .types = kIntRow});
  t->cases.push_back(
      {.op = "ClipByValue",
       .inputs = {Values("[4]", {kNan, -1, 2, 7}), Values("[]", {0}), Values("[]", {5})},
       .label = "special",
       .expected = {{"[4]", {kNan, 0, 2, 5}}}});
  t->shapes.push_back({"ClipByValue", "[2,?];[];[?,3]", "[2,3]"});
  t->shapes.push_back({"ClipByValue", "[2,3];[3];[]", "error: [2,3] vs [3]"});
}

void AddSumCases(OpTable* t) {
  const auto sum = [](const Arrays& in) -> Arrays {
    Array out{in[0].shape};
    for (const Array& a : in) {
      for (int64_t i = 0; i < out.size(); ++i) out.v[i] += a.v[i];
    }
    return {out};
  };
  for (const int n : {1, 2, 3, 4, 5, 9}) {
    std::vector<OpInput> in(n, OpInput("[3,7]"));
    std::vector<int> wrt(n);
    for (int i = 0; i < n; ++i) wrt[i] = i;
    t->cases.push_back({.op = "AddN",
                        .inputs = in,
                        .label = "of" + std::to_string(n),
                        .reference = sum,
                        .grad = wrt,
                        .zero_second = true});
  }
  t->cases.push_back({.op = "AddN",
                      .inputs = {{"[5]", Domain::kSmallInts}, {"[5]", Domain::kSmallInts}},
                      .label = "ints",
                      .reference = sum,
                      .types = kIntRow});
  // One tensor several times, so that the output may not be written before the last use of an
  // input.
  t->cases.push_back({.op = "AddN",
                      .inputs = {"[3,7]"},
                      .label = "repeated",
                      .reference = Each([](double x) { return 6 * x * x; }),
                      .grad = {0},
                      .build = [](const Scope& s, const std::vector<Expr>& in) {
                        const Expr x = op::Square(s, in[0]);
                        return std::vector<Expr>{op::AddN(s, {x, x, x, x, x, x})};
                      }});
  t->shapes.push_back({"AddN", "[2,?];[?,3];?", "[2,3]"});
  t->shapes.push_back({"AddN", "[3];[2]", "error: [3] vs [2]"});
  t->errors.push_back({.op = "AddN", .inputs = {"[3]", "[2]"}, .error = "[3] vs [2]"});

  const AttrMap nchw = {{"data_format", std::string("NCHW")}};
  const auto biased = [](int channel) -> Reference {
    return [channel](const Arrays& in) -> Arrays {
      Array out = in[0];
      const int at = channel < 0 ? out.shape.rank() - 1 : channel;
      for (const auto& p : Positions(out.shape)) out.at(p) += in[1].v[p[at]];
      return {out};
    };
  };
  const auto bias_grad = [](int channel) -> Reference {
    return [channel](const Arrays& in) -> Arrays {
      const int at = channel < 0 ? in[0].shape.rank() - 1 : channel;
      Array out{Shape{in[0].shape[at]}};
      for (const auto& p : Positions(in[0].shape)) out.v[p[at]] += in[0].at(p);
      return {out};
    };
  };
  for (const char* shape : {"[4,37]", "[2,5,3]"}) {
    const char* channels = shape[1] == '4' ? "[37]" : "[3]";
    t->cases.push_back({.op = "BiasAdd",
                        .inputs = {shape, channels},
                        .reference = biased(-1),
                        .grad = {0, 1},
                        .zero_second = true});
    t->cases.push_back({.op = "BiasAddGrad",
                        .inputs = {shape},
                        .reference = bias_grad(-1),
                        .grad = {0},
                        .zero_second = true});
  }
  for (const char* shape : {"[2,3,5]", "[2,3,4,17]", "[4,3]"}) {
    t->cases.push_back({.op = "BiasAdd",
                        .inputs = {shape, "[3]"},
                        .attrs = nchw,
                        .label = "nchw",
                        .reference = biased(1),
                        .grad = {0, 1},
                        .zero_second = true});
    t->cases.push_back({.op = "BiasAddGrad",
                        .inputs = {shape},
                        .attrs = nchw,
                        .label = "nchw",
                        .reference = bias_grad(1),
                        .grad = {0},
                        .zero_second = true});
  }
  t->cases.push_back({.op = "BiasAddGrad",
                      .inputs = {"[2503,6]"},
                      .label = "tall",
                      .reference = bias_grad(-1),
                      .tolerance = 1e-4});
  t->cases.push_back(
      {.op = "BiasAddGrad", .inputs = {"[31,2503]"}, .label = "wide", .reference = bias_grad(-1)});
  t->cases.push_back(
      {.op = "BiasAddGrad", .inputs = {"[0,3]"}, .label = "empty", .reference = bias_grad(-1)});
  t->shapes.push_back({"BiasAdd", "[2,?];[3]", "[2,3]"});
  t->shapes.push_back({"BiasAdd", "?;[3]", "?"});
  t->shapes.push_back({"BiasAdd", "[2,3];[2]", "error: 3 vs 2"});
  t->shapes.push_back({"BiasAdd", "[3];[3]", "error: at least rank 2"});
  t->shapes.push_back({"BiasAdd", "[2,3];[3,1]", "error: rank 1"});
  t->shapes.push_back({"BiasAdd", "[2,3,5];[3]", "[2,3,5]", nchw});
  t->shapes.push_back(
      {"BiasAdd", "[2,3];[3]", "error: NCWH", {{"data_format", std::string("NCWH")}}});
  t->shapes.push_back({"BiasAddGrad", "[2,?,3]", "[3]"});
  t->shapes.push_back({"BiasAddGrad", "[2,5,3]", "[5]", nchw});
  t->shapes.push_back({"BiasAddGrad", "?", "[?]"});
  t->shapes.push_back({"BiasAddGrad", "[3]", "error: at least rank 2"});
  AddLists(t);
}

void AddConversionCases(OpTable* t) {
  const auto cast = [t](DType from, DType to, std::vector<double> x, std::vector<double> y) {
    const std::string shape = "[" + std::to_string(x.size()) + "]";
    OpInput in = Values(shape.c_str(), x);
    t->cases.push_back({.op = "Cast",
                        .inputs = {in},
                        .attrs = {{"DstT", to}},
                        .label = std::string(DTypeName(from)) + "_" + std::string(DTypeName(to)),
                        .expected = {{shape.c_str(), y}},
                        .types = {from}});
  };
  cast(DType::kFloat, DType::kInt32, {2.75, -2.75, 0, 7}, {2, -2, 0, 7});
  cast(DType::kDouble, DType::kInt64, {2.75, -2.75, 0, 7}, {2, -2, 0, 7});
  cast(DType::kFloat, DType::kBool, {0, 0.25, kNan, -3}, {0, 1, 1, 1});
  cast(DType::kFloat, DType::kDouble, {0.5, -1.25}, {0.5, -1.25});
  cast(DType::kDouble, DType::kFloat, {0.5, -1.25}, {0.5, -1.25});
  cast(DType::kInt32, DType::kFloat, {3, -4}, {3, -4});
  cast(DType::kInt64, DType::kInt32, {3, -4}, {3, -4});
  cast(DType::kInt32, DType::kBool, {3, 0}, {1, 0});
  cast(DType::kBool, DType::kFloat, {1, 0}, {1, 0});
  cast(DType::kBool, DType::kInt64, {1, 0}, {1, 0});
  cast(DType::kFloat, DType::kFloat, {1.5, 0}, {1.5, 0});
  t->cases.push_back({.op = "Cast",
                      .inputs = {"[3,7]"},
                      .attrs = {{"DstT", DType::kDouble}},
                      .label = "gradient",
                      .reference = Each([](double x) { return x; }),
                      .grad = {0},
                      .zero_second = true});
  t->shapes.push_back({"Cast", "[2,?]", "[2,?]", {{"DstT", DType::kInt32}}});
  t->shapes.push_back({"Cast", "[2]", "error: DstT", {{"DstT", DType::kString}}});
  t->shapes.push_back({"Cast", "[2]", "error: DstT"});

  const Reference same = Each([](double x) { return x; });
  t->cases.push_back(
      {.op = "Identity", .inputs = {"[3,7]"}, .reference = same, .grad = {0}, .zero_second = true});
  t->cases.push_back({.op = "Identity",
                      .inputs = {{"[5]", Domain::kBool}},
                      .label = "bools",
                      .reference = same,
                      .types = kBoolRow});
  t->cases.push_back({.op = "StopGradient", .inputs = {"[3,7]"}, .reference = same});
  t->cases.push_back({.op = "CheckNumerics",
                      .inputs = {"[3,7]"},
                      .attrs = {{"message", std::string("x")}},
                      .reference = same,
                      .grad = {0},
                      .zero_second = true});
  for (const char* op : {"Identity", "StopGradient"}) t->shapes.push_back({op, "[2,?]", "[2,?]"});
  t->shapes.push_back({"CheckNumerics", "?", "?", {{"message", std::string("x")}}});
  const AttrMap message = {{"message", std::string("bad loss")}};
  t->errors.push_back({.op = "CheckNumerics",
                       .inputs = {Values("[2]", {1, kNan})},
                       .error = "bad loss : Tensor had NaN values",
                       .attrs = message});
  t->errors.push_back({.op = "CheckNumerics",
                       .inputs = {Values("[3]", {kInf, 1, kNan})},
                       .error = "bad loss : Tensor had Inf and NaN values",
                       .attrs = message,
                       .type = DType::kDouble});

  const auto axes = [t](std::vector<int32_t> s0, std::vector<int32_t> s1, std::vector<double> r0,
                        std::vector<double> r1) {
    const auto array = [](const std::vector<double>& v) {
      return Array(Shape{static_cast<int64_t>(v.size())}, v);
    };
    for (const bool constant : {false, true}) {
      const Tensor a = Tensor::Vector(s0), b = Tensor::Vector(s1);
      t->cases.push_back(
          {.op = "BroadcastGradientArgs",
           .inputs = {constant ? Constant(a) : Fed(a), constant ? Constant(b) : Fed(b)},
           .label = constant ? "constant" : "fed",
           .expected = {array(r0), array(r1)},
           .types = {DType::kInt32}});
    }
  };
  axes({2, 1, 3}, {1, 3}, {1}, {0, 1});
  axes({1}, {1}, {}, {});
  axes({}, {2}, {0}, {});
  axes({2, 3}, {3}, {}, {0});
  axes({1, 3}, {2, 1}, {0}, {1});
  axes({2, 3}, {2, 3}, {}, {});
  axes({2, 1}, {2, 1}, {}, {});
  axes({0}, {1}, {}, {0});
  const std::vector<DType> ints = {DType::kInt32, DType::kInt32};
  t->shapes.push_back(
      {.op = "BroadcastGradientArgs", .inputs = "[3];[2]", .expected = "[?];[?]", .dtypes = ints});
  t->shapes.push_back(
      {.op = "BroadcastGradientArgs",
       .inputs = "[2];[1]",
       .expected = "[0];[1]",
       .values = {{0, Tensor::Vector<int32_t>({2, 3})}, {1, Tensor::Vector<int32_t>({3})}}});
  t->shapes.push_back({.op = "BroadcastGradientArgs",
                       .inputs = "[];[2]",
                       .expected = "error: rank 1",
                       .dtypes = ints});
  t->errors.push_back(
      {.op = "BroadcastGradientArgs",
       .inputs = {Fed(Tensor::Vector<int32_t>({2, 3})), Fed(Tensor::Vector<int32_t>({2}))},
       .error = "[2,3] and [2]"});
}

}  // namespace graphrun::test
