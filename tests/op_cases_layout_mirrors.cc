// Rows of the op table for ops/layout: mirrored and other padding, diagonals, shifts, bytes.
#include <algorithm>

#include "tests/op_cases_layout.h"

namespace graphrun::test {
namespace {

OpInput Paddings(std::vector<int32_t> values) {
  const auto rows = static_cast<int64_t>(values.size()) / 2;
  return Constant(Tensor::Of(values, {rows, 2}));
}

// The position in a row of n that position p of the padded row shows.
int64_t Mirrored(int64_t p, int64_t before, int64_t n, bool reflect) {
  p -= before;
  if (p < 0) p = reflect ? -p : -p - 1;
  if (p >= n) p = reflect ? 2 * n - 2 - p : 2 * n - 1 - p;
  return p;
}

void AddMirrors(OpTable* t) {
  struct Row {
    const char *shape, *label;
    std::vector<int32_t> paddings;
  };
  for (const Row& r : std::vector<Row>{{"[3,4]", "both", {1, 2, 0, 3}},
                                       {"[3,4]", "none", {0, 0, 0, 0}},
                                       {"[2,3,5]", "three", {1, 1, 0, 2, 4, 3}},
                                       {"[]", "scalar", {}}}) {
    for (const bool reflect : {false, true}) {
      const Shape inner = Shape::Parse(r.shape);
      Shape padded = inner;
      for (int i = 0; i < inner.rank(); ++i)
        padded.Set(i, inner[i] + r.paddings[2 * i] + r.paddings[2 * i + 1]);
      const auto source = [=](Position p) {
        for (size_t i = 0; i < p.size(); ++i)
          p[i] = Mirrored(p[i], r.paddings[2 * i], inner[static_cast<int>(i)], reflect);
        return p;
      };
      const std::string mode = reflect ? "REFLECT" : "SYMMETRIC";
      const OpInput paddings =
          r.paddings.empty() ? Constant(Tensor(DType::kInt32, {0, 2})) : Paddings(r.paddings);
      t->cases.push_back(
          {.op = "MirrorPad",
           .inputs = {r.shape, paddings},
           .attrs = {{"mode", mode}},
           .label = mode + "_" + r.label,
           .reference = [=](const Arrays& in) -> Arrays {
             return {Make(padded, [&](const Position& p) { return in[0].at(source(p)); })};
           },
           .grad = {0},
           .zero_second = true,
           .types = kNumberRow});
      t->cases.push_back({.op = "MirrorPadGrad",
                          .inputs = {OpInput(padded.ToString().c_str()), paddings},
                          .attrs = {{"mode", mode}},
                          .label = mode + "_" + r.label,
                          .reference = [=](const Arrays& in) -> Arrays {
                            Array out{inner};
                            for (const Position& p : Positions(padded))
                              out.at(source(p)) += in[0].at(p);
                            return {out};
                          },
                          .grad = {0},
                          .zero_second = true,
                          .types = kNumberRow});
    }
  }
  t->cases.push_back(
      {.op = "MirrorPad",
       .inputs = {"[3]", Fed(Tensor::Of<int64_t>({1, 2}, {1, 2}))},
       .attrs = {{"mode", std::string("REFLECT")}},
       .label = "fed",
       .reference = From("[6]",
                         [](Position p) {
                           return Position{std::vector<int64_t>{1, 0, 1, 2, 1, 0}[p[0]]};
                         }),
       .grad = {0},
       .zero_second = true});
  t->cases.push_back({.op = "MirrorPad",
                      .inputs = {"[0,3]", Paddings({0, 0, 1, 1})},
                      .attrs = {{"mode", std::string("SYMMETRIC")}},
                      .label = "empty",
                      .expected = {Array("[0,5]", {})}});
  const auto paddings = [](std::vector<int32_t> v) {
    return std::pair(1, Tensor::Of(v, {static_cast<int64_t>(v.size()) / 2, 2}));
  };
  const AttrMap reflect = {{"mode", std::string("REFLECT")}};
  const std::vector<DType> indexed = {DType::kFloat, DType::kInt32};
  t->shapes.insert(
      t->shapes.end(),
      {
          {"MirrorPad", "[2,?];[2,2]", "[4,?]", reflect, {}, {paddings({1, 1, 0, 7})}},
          {"MirrorPad", "?;[2,2]", "[?,?]", reflect, indexed},
          {"MirrorPad", "[2];[1,2]", "error: at most 1", reflect, {}, {paddings({2, 0})}},
          {"MirrorPad", "[2];[1,2]", "error: at least 0", reflect, {}, {paddings({0, -1})}},
          {"MirrorPad", "[2];[1,2]", "error: neither", {{"mode", std::string("WRAP")}}, indexed},
          {"MirrorPadGrad", "[6,?];[2,2]", "[3,?]", reflect, {}, {paddings({1, 2, 0, 7})}},
          {"MirrorPadGrad", "[4];[1,2]", "error: at most", reflect, {}, {paddings({2, 1})}},
      });
}

void AddPadV2(OpTable* t) {
  t->cases.push_back(
      {.op = "PadV2",
       .inputs = {"[2,3]", Paddings({1, 2, 0, 3}), "[]"},
       .reference = [](const Arrays& in) -> Arrays {
         return {Make({5, 6}, [&](const Position& p) {
           return p[0] < 1 || p[0] > 2 || p[1] > 2 ? in[2].v[0] : in[0].at({p[0] - 1, p[1]});
         })};
       },
       .grad = {0},
       .zero_second = true,
       .types = kNumberRow});
  t->cases.push_back({.op = "PadV2",
                      .inputs = {"[0]", Paddings({2, 1}), Values("[]", {7})},
                      .label = "empty",
                      .expected = {Array("[3]", {7, 7, 7})}});
  t->shapes.push_back(
      {"PadV2", "[2,?];[2,2];[]", "[5,?]", {}, {}, {{1, Paddings({1, 2, 0, 1}).value}}});
  t->shapes.push_back(
      {"PadV2", "[2];[1,2];[1]", "error: rank 0", {}, {}, {{1, Paddings({1, 2}).value}}});
}

void AddDiagonals(OpTable* t) {
  t->cases.push_back({.op = "Diag",
                      .inputs = {"[2,3]"},
                      .reference = [](const Arrays& in) -> Arrays {
                        return {Make({2, 3, 2, 3}, [&](const Position& p) {
                          return p[0] == p[2] && p[1] == p[3] ? in[0].at({p[0], p[1]}) : 0;
                        })};
                      },
                      .grad = {0},
                      .zero_second = true,
                      .types = kNumberRow});
  t->cases.push_back(
      {.op = "Diag", .inputs = {"[0]"}, .label = "empty", .expected = {Array("[0,0]", {})}});
  t->cases.push_back({.op = "DiagPart",
                      .inputs = {"[2,3,2,3]"},
                      .reference = From("[2,3]",
                                        [](Position p) {
                                          return Position{p[0], p[1], p[0], p[1]};
                                        }),
                      .grad = {0},
                      .zero_second = true,
                      .types = kNumberRow});
  for (const auto& [lower, upper] : {std::pair{1, 0}, {-1, 2}, {0, -1}, {-1, -1}, {3, 5}}) {
    t->cases.push_back({.op = "MatrixBandPart",
                        .inputs = {"[2,3,5]", Constant(Tensor::Scalar<int64_t>(lower)),
                                   Constant(Tensor::Scalar<int64_t>(upper))},
                        .label = std::to_string(t->cases.size()),
                        .reference = [lo = lower, up = upper](const Arrays& in) -> Arrays {
                          return {Make(in[0].shape, [&](const Position& p) {
                            const bool kept =
                                (lo < 0 || p[1] - p[2] <= lo) && (up < 0 || p[2] - p[1] <= up);
                            return kept ? in[0].at(p) : 0;
                          })};
                        },
                        .grad = {0},
                        .zero_second = true,
                        .types = kNumberRow});
  }
  t->cases.push_back({.op = "MatrixBandPart",
                      .inputs = {"[2,3,0]", Int(0), Int(0)},
                      .label = "empty",
                      .expected = {Array("[2,3,0]", {})}});
  t->shapes.insert(t->shapes.end(), {{"Diag", "[2,?]", "[2,?,2,?]"},
                                     {"Diag", "[]", "error: at least rank 1"},
                                     {"DiagPart", "[2,?,?,3]", "[2,3]"},
                                     {"DiagPart", "[2,3]", "error: the halves"},
                                     {"DiagPart", "[2,3,4]", "error: an even rank"},
                                     {"MatrixBandPart",
                                      "[2,?];[];[]",
                                      "[2,?]",
                                      {},
                                      {DType::kFloat, DType::kInt64, DType::kInt64}},
                                     {"MatrixBandPart",
                                      "[2];[];[]",
                                      "error: at least rank 2",
                                      {},
                                      {DType::kFloat, DType::kInt64, DType::kInt64}}});
  t->errors.push_back({"MatrixBandPart", {"[3,5]", Int(4), Int(0)}, "num_lower = 4 is above"});
}

void AddRolls(OpTable* t) {
  const auto roll = [t](const char* label, OpInput shift, OpInput axis, Position by) {
    t->cases.push_back({.op = "Roll",
                        .inputs = {"[3,4,5]", std::move(shift), std::move(axis)},
                        .label = label,
                        .reference = From("[3,4,5]",
                                          [by](Position p) {
                                            const Position n{3, 4, 5};
                                            for (int i : {0, 1, 2})
                                              p[i] = ((p[i] - by[i]) % n[i] + n[i]) % n[i];
                                            return p;
                                          }),
                        .grad = {0},
                        .zero_second = true,
                        .types = kNumberRow});
  };
  roll("first", Int(1), Int(0), {1, 0, 0});
  roll("back", Int(-7), Int(-1), {0, 0, -7});
  roll("two", Ints({2, -1}), Ints({2, 0}), {-1, 0, 2});
  roll("twice", FedInts({1, 2}), FedInts({1, 1}), {0, 3, 0});
  roll("all", Ints({1, 1, 1}), Ints({0, 1, 2}), {1, 1, 1});
  roll("round", Int(8), Int(1), {0, 0, 0});
  t->cases.push_back({.op = "Roll",
                      .inputs = {"[0,3]", Int(1), Int(0)},
                      .label = "empty",
                      .expected = {Array("[0,3]", {})}});
  const std::vector<DType> indexed = {DType::kFloat, DType::kInt32, DType::kInt32};
  t->shapes.push_back({"Roll", "[2,?];[2];[2]", "[2,?]", {}, indexed});
  t->shapes.push_back({"Roll", "[2,?];[2];[1]", "error: shift and axis", {}, indexed});
  t->shapes.push_back({"Roll", "[];[];[]", "error: at least rank 1", {}, indexed});
  t->errors.push_back({"Roll", {"[2,3]", Int(1), Int(2)}, "axis 2 is out of range"});
}

void AddMadeTensors(OpTable* t) {
  t->cases.push_back({.op = "LinSpace",
                      .inputs = {Values("[]", {-1}), Values("[]", {2}), Int(7)},
                      .expected = {Array("[7]", {-1, -0.5, 0, 0.5, 1, 1.5, 2})}});
  t->cases.push_back(
      {.op = "LinSpace",
       .inputs = {Values("[]", {3}), Values("[]", {2}), Fed(Tensor::Scalar<int64_t>(1))},
       .label = "one",
       .expected = {Array("[1]", {3})}});
  t->cases.push_back({.op = "Empty",
                      .inputs = {Ints({2, 3})},
                      .attrs = {{"dtype", DType::kFloat}, {"init", true}},
                      .expected = {Array("[2,3]", {0, 0, 0, 0, 0, 0})}});
  t->cases.push_back({.op = "BroadcastArgs",
                      .inputs = {FedInts({2, 1, 5}), FedInts({3, 1})},
                      .expected = {Array("[3]", {2, 3, 5})}});
  t->cases.push_back({.op = "BroadcastArgs",
                      .inputs = {Ints({0, 1}), Fed(Tensor(DType::kInt32, {0}))},
                      .label = "empty",
                      .expected = {Array("[2]", {0, 1})}});
  // 1.0f is 0x3F800000.
  t->cases.push_back({.op = "Bitcast",
                      .inputs = {Values("[2]", {1, -2})},
                      .attrs = {{"type", DType::kInt32}},
                      .label = "same_size",
                      .expected = {Array("[2]", {0x3F800000, -0x40000000})},
                      .types = {DType::kFloat}});
  t->cases.push_back({.op = "Bitcast",
                      .inputs = {Values("[2]", {0x04030201, -1})},
                      .attrs = {{"type", DType::kUInt8}},
                      .label = "smaller",
                      .expected = {Array("[2,4]", {1, 2, 3, 4, 255, 255, 255, 255})},
                      .types = {DType::kInt32}});
  t->cases.push_back({.op = "Bitcast",
                      .inputs = {Values("[3,2]", {1, 0, 0, 1, -1, -1})},
                      .attrs = {{"type", DType::kInt64}},
                      .label = "larger",
                      .expected = {Array("[3]", {1, 0x1p32, -1})},
                      .types = {DType::kInt32}});
  t->cases.push_back({.op = "Bitcast",
                      .inputs = {"[0,2]"},
                      .attrs = {{"type", DType::kInt32}},
                      .label = "empty",
                      .expected = {Array("[0,2]", {})},
                      .types = {DType::kFloat}});
  const std::vector<DType> ints = {DType::kInt32, DType::kInt32, DType::kInt32};
  const std::vector<DType> ends = {DType::kFloat, DType::kFloat, DType::kInt32};
  const auto vector = [](int i, std::vector<int32_t> v) { return std::pair(i, Tensor::Vector(v)); };
  t->shapes.insert(
      t->shapes.end(),
      {
          {"LinSpace", "[];[];[]", "[?]", {}, ends},
          {"LinSpace", "[];[];[]", "error: above 0", {}, ends, {{2, Tensor::Scalar<int32_t>(0)}}},
          {"Empty", "[2]", "[?,?]", {{"dtype", DType::kInt64}}, ints},
          {"Empty", "[2]", "[2,3]", {{"dtype", DType::kInt64}}, ints, {vector(0, {2, 3})}},
          {"BroadcastArgs", "[2];[3]", "[3]", {}, ints},
          {"BroadcastArgs", "[?];[3]", "[?]", {}, ints},
          {"Bitcast", "[2,?]", "[2,?]", {{"type", DType::kInt32}}},
          {"Bitcast", "[2,?]", "[2,?,2]", {{"type", DType::kHalf}}},
          {"Bitcast", "[3,?]", "[3]", {{"type", DType::kDouble}}},
          {"Bitcast", "[3]", "error: a last dimension of 2", {{"type", DType::kDouble}}},
      });
  t->errors.push_back({"BroadcastArgs", {FedInts({2, 3}), FedInts({4})}, "3 and 4 cannot"});
}

void AddBlocks(OpTable* t) {
  struct Row {
    const char *wide, *deep;
    int64_t block;
  };
  for (const Row& r : {Row{"[2,4,6,3]", "[2,2,3,12]", 2}, Row{"[5,6,9,2]", "[5,2,3,18]", 3},
                       Row{"[0,4,6,3]", "[0,2,3,12]", 2}}) {
    const int64_t block = r.block, depth = Shape::Parse(r.wide)[3];
    const bool empty = Shape::Parse(r.wide)[0] == 0;
    const auto add = [&](const char* op, const char* from, const char* to,
                         std::function<Position(Position)> source) {
      t->cases.push_back({.op = op,
                          .inputs = {from},
                          .attrs = {{"block_size", block}},
                          .label = empty ? "empty" : "of_" + std::to_string(block),
                          .reference = From(to, std::move(source)),
                          .grad = empty ? std::vector<int>{} : std::vector<int>{0},
                          .zero_second = true,
                          .types = kNumberRow});
    };
    add("SpaceToDepth", r.wide, r.deep, [=](Position p) {
      const int64_t pixel = p[3] / depth;
      return Position{p[0], p[1] * block + pixel / block, p[2] * block + pixel % block,
                      p[3] % depth};
    });
    add("DepthToSpace", r.deep, r.wide, [=](Position p) {
      const int64_t pixel = p[1] % block * block + p[2] % block;
      return Position{p[0], p[1] / block, p[2] / block, pixel * depth + p[3]};
    });
  }
  const AttrMap two = {{"block_size", int64_t{2}}};
  const AttrMap planes = {{"block_size", int64_t{2}}, {"data_format", std::string("NCHW")}};
  t->shapes.insert(
      t->shapes.end(),
      {
          {"SpaceToDepth", "[2,?,6,3]", "[2,?,3,12]", two},
          {"SpaceToDepth", "?", "[?,?,?,?]", two},
          {"SpaceToDepth", "[2,6,3]", "error: rank 4", two},
          {"SpaceToDepth", "[2,5,6,3]", "error: do not divide into blocks", two},
          {"SpaceToDepth", "[2,4,6,3]", "error: only \"NHWC\"", planes},
          {"SpaceToDepth", "[2,4,6,3]", "error: at least 2", {{"block_size", int64_t{1}}}},
          {"DepthToSpace", "[2,?,3,12]", "[2,?,6,3]", two},
          {"DepthToSpace", "[2,3,?,?]", "[2,6,?,?]", two},
          {"DepthToSpace", "[2,3,5,6]", "error: do not divide into blocks", two},
          {"DepthToSpace", "[2,3,5,8]", "error: only \"NHWC\"", planes},
      });
}

}  // namespace

void AddMirrorCases(OpTable* t) {
  AddBlocks(t);
  AddMirrors(t);
  AddPadV2(t);
  AddDiagonals(t);
  AddRolls(t);
  AddMadeTensors(t);
}

}  // namespace graphrun::test
