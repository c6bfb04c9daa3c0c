// Rows of the op table for ops/layout: repeated elements.
#include "tests/op_cases_layout.h"

namespace graphrun::test {

void AddRepeatCases(OpTable* t) {
  const auto add = [&](OpCase c) {
    c.zero_second = true;
    t->cases.push_back(std::move(c));
  };
  const auto tiled = [](Position p) { return Position{p[0], p[1] % 3}; };
  add({.op = "Tile",
       .inputs = {"[2,3]", Ints({1, 2})},
       .reference = From("[2,6]", tiled),
       .grad = {0},
       .unknown_shapes = false});
  add({.op = "Tile",
       .inputs = {"[2,3]", FedInts({3, 2})},
       .label = "fed",
       .reference = From("[6,6]",
                         [](Position p) {
                           return Position{p[0] % 2, p[1] % 3};
                         }),
       .grad = {0},
       .unknown_shapes = false});
  add({.op = "Tile",
       .inputs = {"[2,3]", Ints({0, 2})},
       .label = "empty",
       .reference = From("[0,6]", tiled)});
  add({.op = "Fill",
       .inputs = {Ints({2, 3}), "[]"},
       .reference = From(
           "[2,3]", [](Position) { return Position{}; }, 1),
       .grad = {1}});
  add({.op = "Fill",
       .inputs = {FedInts({500, 301}), "[]"},
       .label = "large",
       .reference = From(
           "[500,301]", [](Position) { return Position{}; }, 1)});
  add({.op = "BroadcastTo",
       .inputs = {"[3,1]", Ints({2, 3, 4})},
       .reference = From("[2,3,4]",
                         [](Position p) {
                           return Position{p[1], 0};
                         }),
       .grad = {0}});
  add({.op = "BroadcastTo",
       .inputs = {"[1,4]", FedInts({3, 4})},
       .label = "fed",
       .reference = From("[3,4]",
                         [](Position p) {
                           return Position{0, p[1]};
                         }),
       .grad = {0}});
  add({.op = "BroadcastTo",
       .inputs = {"[]", Ints({2, 0})},
       .label = "empty",
       .reference = From("[2,0]", {})});
  for (const int64_t axis : {0, 1, -1}) {
    const int at = static_cast<int>(axis < 0 ? 2 : axis);
    add({.op = "OneHot",
         .inputs = {Fed(Tensor::Of<int64_t>({3, 0, -1, 2, 4, 1}, {2, 3})), Int(4), "[]", "[]"},
         .attrs = {{"axis", axis}},
         .label = "axis_" + std::to_string(at),
         .reference = [at](const Arrays& in) -> Arrays {
           Position dims = {2, 3};
           dims.insert(dims.begin() + at, 4);
           return {Make(Shape(dims), [&](Position p) {
             const int64_t i = p[at];
             p.erase(p.begin() + at);
             return in[in[0].at(p) == static_cast<double>(i) ? 2 : 3].v[0];
           })};
         },
         .types = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64}});
  }
  const auto vec = [](int i, std::vector<int32_t> v) { return std::pair(i, Tensor::Vector(v)); };
  const std::vector<DType> indexed = {DType::kFloat, DType::kInt32};
  const std::vector<DType> hot = {DType::kInt32, DType::kInt32};
  t->shapes.insert(
      t->shapes.end(),
      {
          {"Tile", "[2,?];[2]", "[6,?]", {}, {}, {vec(1, {3, 1})}},
          {"Tile", "?;[2]", "[?,?]", {}, indexed},
          {"Tile", "[2,3];[1]", "error: rank and length of multiples", {}, indexed},
          {"Tile", "[2];[1]", "error: is negative", {}, {}, {vec(1, {-1})}},
          {"Fill", "[2];[]", "[2,3]", {}, {}, {vec(0, {2, 3})}},
          {"Fill", "[2];[]", "[?,?]", {}, {DType::kInt32}},
          {"Fill", "[2];[1]", "error: rank 0", {}, {DType::kInt32}},
          {"BroadcastTo", "[?,1];[3]", "[2,3,4]", {}, {}, {vec(1, {2, 3, 4})}},
          {"BroadcastTo", "[3];[2]", "[?,?]", {}, indexed},
          {"BroadcastTo", "[3];[2]", "error: cannot be broadcast to", {}, {}, {vec(1, {3, 2})}},
          {"OneHot", "[2,?];[];[];[]", "[2,?,5]", {}, hot, {{1, Tensor::Scalar<int32_t>(5)}}},
          {"OneHot", "[2,3];[];[];[]", "[2,?,3]", {{"axis", int64_t{1}}}, hot},
          {"OneHot", "[2];[];[];[]", "error: axis 2 is out of range", {{"axis", int64_t{2}}}, hot},
          {"OneHot",
           "[2];[];[];[]",
           "error: is negative",
           {},
           hot,
           {{1, Tensor::Scalar<int32_t>(-5)}}},
      });
}

}  // namespace graphrun::test
