// Rows of the op table for ops/layout: slices and padding.
#include "core/build/ops.h"
#include "tests/op_cases_layout.h"

namespace graphrun::test {
namespace {

OpInput Matrix(const char* shape, std::vector<int32_t> values) {
  return Constant(Tensor::Of(values, Shape::Parse(shape)));
}
AttrMap Masks(int64_t begin, int64_t end, int64_t ellipsis, int64_t new_axis, int64_t shrink) {
  return {{"begin_mask", begin},
          {"end_mask", end},
          {"ellipsis_mask", ellipsis},
          {"new_axis_mask", new_axis},
          {"shrink_axis_mask", shrink}};
}

}  // namespace

void AddSliceCases(OpTable* t) {
  const auto add = [&](OpCase c) {
    c.zero_second = true;
    t->cases.push_back(std::move(c));
  };
  const auto box = [](Position p) { return Position{p[0] + 1, p[1], p[2] + 2}; };
  add({.op = "Slice",
       .inputs = {"[3,4,5]", Ints({1, 0, 2}), Ints({2, -1, 2})},
       .reference = From("[2,4,2]", box),
       .grad = {0}});
  add({.op = "Slice",
       .inputs = {"[3,4,5]", FedInts({1, 0, 2}), FedInts({2, 4, -1})},
       .label = "fed",
       .reference = From("[2,4,3]", box),
       .grad = {0}});
  add({.op = "Slice",
       .inputs = {"[3,4]", Ints({1, 4}), Ints({2, 0})},
       .label = "empty",
       .reference = From("[2,0]", {})});
  add({.op = "Pad",
       .inputs = {"[2,3]", Matrix("[2,2]", {1, 2, 0, 3})},
       .reference = [](const Arrays& in) -> Arrays {
         return {Make({5, 6}, [&](const Position& p) {
           return p[0] < 1 || p[0] > 2 || p[1] > 2 ? 0 : in[0].at({p[0] - 1, p[1]});
         })};
       },
       .grad = {0}});
  add({.op = "Pad",
       .inputs = {"[2]", Fed(Tensor::Of<int32_t>({1, 2}, {1, 2}))},
       .label = "fed",
       .reference = [](const Arrays& in) -> Arrays {
         return {Array("[5]", {0, in[0].v[0], in[0].v[1], 0, 0})};
       },
       .grad = {0}});
  // x[..., 1, newaxis, 3:0:-2] and such: the expected element for each position, and the bounds
  // that say so.
  struct Row {
    const char *label, *shape;
    std::vector<int32_t> begin, end, strides;
    AttrMap masks;
    std::function<Position(Position)> source;
    const char* x = "[3,4,5]";
  };
  const std::vector<Row> rows = {
      {"plain",
       "[2,2,2]",
       {1, 1, 0},
       {3, 4, 5},
       {1, 2, 3},
       {},
       [](Position p) {
         return Position{1 + p[0], 1 + 2 * p[1], 3 * p[2]};
       }},
      {"negative",
       "[2,2,3]",
       {-1, -3, -1},
       {-3, -1, -6},
       {-1, 1, -2},
       {},
       [](Position p) {
         return Position{2 - p[0], 1 + p[1], 4 - 2 * p[2]};
       }},
      {"masks",
       "[2,4,5]",
       {7, 7, 7},
       {2, 0, 0},
       {1, -1, 1},
       Masks(7, 6, 0, 0, 0),
       [](Position p) {
         return Position{p[0], 3 - p[1], p[2]};
       }},
      {"shrink",
       "[4]",
       {-1, 0, 2},
       {0, 4, 3},
       {1, 1, 1},
       Masks(0, 0, 0, 0, 5),
       [](Position p) {
         return Position{2, p[0], 2};
       }},
      {"ellipsis",
       "[3,4,2]",
       {0, 1},
       {0, 3},
       {1, 1},
       Masks(0, 0, 1, 0, 0),
       [](Position p) {
         return Position{p[0], p[1], 1 + p[2]};
       }},
      {"new_axis",
       "[1,3,4,1,2]",
       {0, 0, 0, 3},
       {0, 0, 0, 9},
       {1, 1, 1, 1},
       Masks(0, 0, 2, 5, 0),
       [](Position p) {
         return Position{p[1], p[2], 3 + p[4]};
       }},
      {"short",
       "[2,4,5]",
       {1},
       {3},
       {1},
       {},
       [](Position p) {
         return Position{1 + p[0], p[1], p[2]};
       }},
      {"clamped", "[3,4,5]", {-9, 0, 0}, {9, 9, 9}, {1, 1, 1}, {}, [](Position p) { return p; }},
      {"empty", "[0,4,5]", {2}, {1}, {1}, {}, [](Position p) { return p; }},
      {"last",
       "[]",
       {-1},
       {0},
       {1},
       Masks(0, 0, 0, 0, 1),
       [](Position) { return Position{3}; },
       "[4]"},
      {"whole_by_nothing", "[3,4,5]", {}, {}, {}, {}, [](Position p) { return p; }},
  };
  for (const Row& r : rows) {
    const bool empty = std::string(r.label) == "empty";
    const std::vector<int> grad = empty ? std::vector<int>{} : std::vector<int>{0};
    add({.op = "StridedSlice",
         .inputs = {r.x, Ints(r.begin), Ints(r.end), Ints(r.strides)},
         .attrs = r.masks,
         .label = r.label,
         .reference = From(r.shape, r.source),
         .grad = grad});
    add({.op = "StridedSlice",
         .inputs = {r.x, FedInts(r.begin), FedInts(r.end), FedInts(r.strides)},
         .attrs = r.masks,
         .label = std::string(r.label) + "_fed",
         .reference = From(r.shape, r.source),
         .grad = grad});
    const Shape x = Shape::Parse(r.x);
    const auto source = r.source;
    add({.op = "StridedSliceGrad",
         .inputs = {Ints({x.dims().begin(), x.dims().end()}), Ints(r.begin), Ints(r.end),
                    Ints(r.strides), r.shape},
         .attrs = r.masks,
         .label = r.label,
         .reference = [x, source](const Arrays& in) -> Arrays {
           Array out{x};
           for (const Position& p : Positions(in[4].shape)) out.at(source(p)) = in[4].at(p);
           return {out};
         },
         .grad = empty ? std::vector<int>{} : std::vector<int>{4}});
  }
  const auto bound = [](int i, std::vector<int32_t> v) { return std::pair(i, Tensor::Vector(v)); };
  const std::vector<DType> indexed = {DType::kFloat, DType::kInt32, DType::kInt32, DType::kInt32};
  const std::vector<DType> graded = {DType::kInt32, DType::kInt32, DType::kInt32, DType::kInt32,
                                     DType::kFloat};
  t->shapes.insert(
      t->shapes.end(),
      {
          {"Slice", "[3,?];[2];[2]", "[2,?]", {}, {}, {bound(1, {1, 0}), bound(2, {-1, -1})}},
          {"Slice", "[3,4];[2];[2]", "[2,3]", {}, {}, {bound(1, {1, 0}), bound(2, {2, 3})}},
          {"Slice", "?;[2];[2]", "[?,?]", {}, indexed},
          {"Slice",
           "[3,4];[2];[2]",
           "error: do not fit dimension 1",
           {},
           {},
           {bound(1, {1, 2}), bound(2, {2, 3})}},
          {"Slice", "[3,4];[3];[3]", "error: length of begin and rank of input", {}, indexed},
          {"Pad", "[2,?];[2,2]", "[5,?]", {}, {}, {{1, Tensor::Of<int32_t>({1, 2, 0, 1}, {2, 2})}}},
          {"Pad", "?;[2,2]", "[?,?]", {}, indexed},
          {"Pad",
           "[2];[1,2]",
           "error: are not both positive",
           {},
           {},
           {{1, Tensor::Of<int32_t>({1, -2}, {1, 2})}}},
          {"Pad", "[2];[2,2]", "error: rank and rows of paddings", {}, indexed},
          {"StridedSlice",
           "[?,4,5];[2];[2];[2]",
           "[?,2,5]",
           Masks(1, 1, 0, 0, 0),
           {},
           {bound(1, {0, 1}), bound(2, {0, 3}), bound(3, {1, 1})}},
          {"StridedSlice",
           "[3,4];[2];[2];[2]",
           "[3]",
           Masks(1, 1, 0, 0, 2),
           indexed,
           {bound(3, {1, 1})}},
          {"StridedSlice", "[3,4];[1];[1];[1]", "[?,4]", {}, indexed, {bound(3, {1})}},
          {"StridedSlice", "?;[1];[1];[1]", "?", {}, indexed},
          {"StridedSlice",
           "[3];[1];[1];[1]",
           "error: slice index 3 of dimension 0 is out of bounds",
           Masks(0, 0, 0, 0, 1),
           {},
           {bound(1, {3}), bound(2, {4}), bound(3, {1})}},
          {"StridedSlice",
           "[3];[1];[1];[1]",
           "error: is zero",
           {},
           {},
           {bound(1, {0}), bound(2, {4}), bound(3, {0})}},
          {"StridedSlice",
           "[3];[2];[2];[2]",
           "error: 2 indices for a tensor of shape [3]",
           {},
           indexed},
          {"StridedSlice", "[3];[2];[2];[2]", "error: at most one ellipsis", Masks(0, 0, 3, 0, 0),
           indexed},
          {"StridedSlice", "[3];[2];[1];[2]", "error: lengths of begin and end", {}, indexed},
          {"StridedSliceGrad", "[2];[1];[1];[1];?", "[3,4]", {}, graded, {bound(0, {3, 4})}},
          {"StridedSliceGrad", "[2];[1];[1];[1];?", "[?,?]", {}, graded},
          {"StridedSliceGrad",
           "[2];[1];[1];[1];[3,4]",
           "error: shapes of dy and slice",
           {},
           graded,
           {bound(0, {3, 4}), bound(1, {0}), bound(2, {2}), bound(3, {1})}},
      });
  t->errors.push_back({"Slice", {"[3]", FedInts({2}), FedInts({2})}, "do not fit dimension 0"});
  t->errors.push_back({"StridedSlice",
                       {"[3]", FedInts({-4}), FedInts({0}), FedInts({1})},
                       "slice index -4",
                       Masks(0, 0, 0, 0, 1)});
}

}  // namespace graphrun::test
