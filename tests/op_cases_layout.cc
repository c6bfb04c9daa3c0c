// Rows of the op table for ops/layout: views, permutations, sizes.
#include "tests/op_cases_layout.h"

#include <gtest/gtest.h>

#include "core/build/ops.h"

namespace graphrun::test {

Array Make(const Shape& shape, const std::function<double(const Position&)>& fn) {
  Array out{shape};
  int64_t i = 0;
  for (const Position& p : Positions(shape)) out.v[i++] = fn(p);
  return out;
}

Reference From(const char* shape, std::function<Position(Position)> source, int input) {
  return [=](const Arrays& in) -> Arrays {
    return {Make(Shape::Parse(shape), [&](const Position& p) { return in[input].at(source(p)); })};
  };
}

OpInput FedInts(std::vector<int32_t> values) { return Fed(Tensor::Vector(values)); }

namespace {

// The same elements under another shape.
Reference Under(const char* shape) {
  return [shape](const Arrays& in) -> Arrays { return {Array(shape, in[0].v)}; };
}

Reference Permuted(std::vector<int> perm) {
  return [perm](const Arrays& in) -> Arrays {
    Shape shape;
    for (const int d : perm) shape.Append(in[0].dim(d));
    return {Make(shape, [&](const Position& p) {
      Position from(p.size());
      for (size_t i = 0; i < perm.size(); ++i) from[perm[i]] = p[i];
      return in[0].at(from);
    })};
  };
}

Arrays ReversedSequences(const Arrays& in, int seq, int batch) {
  return {Make(in[0].shape, [&](Position p) {
    const int64_t length = in[1].int_at(p[batch]);
    if (p[seq] < length) p[seq] = length - 1 - p[seq];
    return in[0].at(p);
  })};
}

OpInput Const64(std::vector<int64_t> values) { return Constant(Tensor::Vector(values)); }

void AddViews(OpTable* t) {
  const auto add = [&](OpCase c) {
    c.zero_second = true;
    t->cases.push_back(std::move(c));
  };
  add({.op = "Reshape",
       .inputs = {"[2,6]", Ints({3, -1})},
       .reference = Under("[3,4]"),
       .grad = {0}});
  add({.op = "Reshape",
       .inputs = {"[2,6]", FedInts({3, 2, 2})},
       .label = "fed",
       .reference = Under("[3,2,2]"),
       .grad = {0}});
  add({.op = "Reshape",
       .inputs = {"[1,1]", Const64({})},
       .label = "scalar",
       .reference = Under("[]"),
       .grad = {0}});
  add({.op = "Reshape",
       .inputs = {"[0,3]", Ints({3, -1})},
       .label = "empty",
       .reference = Under("[3,0]")});
  add({.op = "ExpandDims",
       .inputs = {"[2,3]", Int(1)},
       .reference = Under("[2,1,3]"),
       .grad = {0}});
  add({.op = "ExpandDims",
       .inputs = {"[2,3]", Int(-1)},
       .label = "last",
       .reference = Under("[2,3,1]"),
       .grad = {0}});
  add({.op = "Squeeze", .inputs = {"[1,2,1,3]"}, .reference = Under("[2,3]"), .grad = {0}});
  add({.op = "Squeeze",
       .inputs = {"[1,2,1,3]"},
       .attrs = {{"squeeze_dims", std::vector<int64_t>{-2}}},
       .label = "dims",
       .reference = Under("[1,2,3]"),
       .grad = {0}});
  const auto target = [](std::vector<int32_t> v) { return std::pair(1, Tensor::Vector(v)); };
  t->shapes.insert(
      t->shapes.end(),
      {
          {"Reshape", "[2,6];[2]", "[3,4]", {}, {}, {target({3, -1})}},
          {"Reshape", "[2,?];[2]", "[3,?]", {}, {}, {target({3, -1})}},
          {"Reshape", "?;[3]", "[?,?,?]", {}, {DType::kFloat, DType::kInt32}},
          {"Reshape", "?;?", "?", {}, {DType::kFloat, DType::kInt32}},
          {"Reshape",
           "[2,6];[2]",
           "error: do not fit the requested shape",
           {},
           {},
           {target({3, 5})}},
          {"Reshape",
           "[2,6];[2]",
           "error: do not fit the requested shape",
           {},
           {},
           {target({5, -1})}},
          {"Reshape", "[2,6];[2]", "error: only one size", {}, {}, {target({-1, -1})}},
          {"Reshape", "[0,6];[2]", "[0,6]", {}, {}, {target({0, -1})}},
          {"Reshape", "[0,6];[3]", "[0,2,3]", {}, {}, {target({0, -1, 3})}},
          {"Reshape", "[0,6];[2]", "[6,0]", {}, {}, {target({-1, 0})}},
          {"Reshape", "[0,5];[2]", "[0,7]", {}, {}, {target({-1, 7})}},
          {"Reshape", "[0,6];[2]", "error: do not fit", {}, {}, {target({0, -1, 4})}},
          {"Reshape", "[2,3];[2]", "error: do not fit", {}, {}, {target({0, -1})}},
          {"ExpandDims", "[2,?];[]", "[2,?,1]", {}, {}, {{1, Tensor::Scalar<int32_t>(2)}}},
          {"ExpandDims", "[2,?];[]", "[?,?,?]", {}, {DType::kFloat, DType::kInt32}},
          {"ExpandDims",
           "[2,?];[]",
           "error: axis 3 is out of range",
           {},
           {},
           {{1, Tensor::Scalar<int32_t>(3)}}},
          {"Squeeze", "[1,?,3]", "?"},
          {"Squeeze", "[1,?,3]", "[1,3]", {{"squeeze_dims", std::vector<int64_t>{1}}}},
          {"Squeeze",
           "[1,2,3]",
           "error: dimension 1 of shape [1,2,3] is not 1",
           {{"squeeze_dims", std::vector<int64_t>{1}}}},
      });
  t->errors.push_back({"Reshape", {"[2,6]", FedInts({5, -1})}, "do not fit the requested shape"});
}

void AddPermutations(OpTable* t) {
  struct Row {
    const char *shape, *label;
    std::vector<int> perm;
  };
  for (const Row& r : std::vector<Row>{{"[2,3]", "matrix", {1, 0}},
                                       {"[2,3,4]", "inner", {0, 2, 1}},
                                       {"[2,3,4]", "outer", {1, 0, 2}},
                                       {"[2,3,4]", "rotated", {2, 0, 1}},
                                       {"[2,3,4,5]", "all", {3, 1, 2, 0}},
                                       {"[2,3]", "same", {0, 1}},
                                       {"[]", "scalar", {}},
                                       {"[0,3]", "empty", {1, 0}}}) {
    const std::vector<int32_t> perm(r.perm.begin(), r.perm.end());
    t->cases.push_back({.op = "Transpose",
                        .inputs = {r.shape, Ints(perm)},
                        .label = r.label,
                        .reference = Permuted(r.perm),
                        .grad = {0},
                        .zero_second = true});
    if (std::string(r.label) == "empty") t->cases.back().grad = {};
  }
  t->cases.push_back({.op = "Transpose",
                      .inputs = {"[2,3,4]", FedInts({2, 0, 1})},
                      .label = "fed",
                      .reference = Permuted({2, 0, 1}),
                      .grad = {0},
                      .zero_second = true});
  t->cases.push_back({.op = "Transpose",
                      .inputs = {"[301,205]", Ints({1, 0})},
                      .label = "large",
                      .reference = Permuted({1, 0})});
  t->cases.push_back({.op = "Transpose",
                      .inputs = {"[31,20,70]", Ints({1, 0, 2})},
                      .label = "large_rows",
                      .reference = Permuted({1, 0, 2})});
  t->cases.push_back({.op = "Transpose",
                      .inputs = {"[31,20,70]", Ints({2, 1, 0})},
                      .label = "large_reversed",
                      .reference = Permuted({2, 1, 0}),
                      .types = {DType::kFloat, DType::kDouble, DType::kInt64}});
  t->cases.push_back({.op = "InvertPermutation",
                      .inputs = {FedInts({2, 0, 3, 1})},
                      .expected = {Array("[4]", {1, 3, 0, 2})}});
  t->cases.push_back({.op = "ReverseV2",
                      .inputs = {"[2,3,4]", Ints({-1, 0})},
                      .reference = From("[2,3,4]",
                                        [](Position p) {
                                          return Position{1 - p[0], p[1], 3 - p[2]};
                                        }),
                      .grad = {0},
                      .zero_second = true});
  t->cases.push_back({.op = "ReverseV2",
                      .inputs = {"[0,3]", Ints({0})},
                      .label = "empty",
                      .reference = Under("[0,3]")});
  t->cases.push_back({.op = "ReverseSequence",
                      .inputs = {"[4,3,2]", Fed(Tensor::Vector<int64_t>({4, 0, 3}))},
                      .attrs = {{"seq_dim", int64_t{0}}, {"batch_dim", int64_t{1}}},
                      .reference = [](const Arrays& in) { return ReversedSequences(in, 0, 1); },
                      .grad = {0},
                      .zero_second = true});
  t->cases.push_back({.op = "ReverseSequence",
                      .inputs = {"[3,4,2]", FedInts({1, 2, 4})},
                      .attrs = {{"seq_dim", int64_t{1}}},
                      .label = "batch_first",
                      .reference = [](const Arrays& in) { return ReversedSequences(in, 1, 0); },
                      .grad = {0},
                      .zero_second = true});
  const auto perm = [](std::vector<int32_t> v) { return std::pair(1, Tensor::Vector(v)); };
  const std::vector<DType> indexed = {DType::kFloat, DType::kInt32};
  t->shapes.insert(
      t->shapes.end(),
      {
          {"Transpose", "[2,?,4];[3]", "[4,2,?]", {}, {}, {perm({2, 0, 1})}},
          {"Transpose", "[2,3];[2]", "[?,?]", {}, indexed},
          {"Transpose", "?;[2]", "[?,?]", {}, {}, {perm({1, 0})}},
          {"Transpose", "[2,3];[3]", "error: rank and length of perm", {}, {}, {perm({2, 0, 1})}},
          {"Transpose", "[2,3];[2]", "error: is no permutation", {}, {}, {perm({1, 1})}},
          {"InvertPermutation", "[4]", "[4]", {}, {DType::kInt32}},
          {"InvertPermutation", "[4,1]", "error: rank 1", {}, {DType::kInt32}},
          {"ReverseV2", "[2,?];[1]", "[2,?]", {}, indexed},
          {"ReverseV2", "[2,3];[1]", "error: axis 2 is out of range", {}, {}, {perm({2})}},
          {"ReverseV2", "[2,3];[2]", "error: occurs twice", {}, {}, {perm({1, -1})}},
          {"ReverseSequence", "[?,4,2];[3]", "[3,4,2]", {{"seq_dim", int64_t{1}}}, indexed},
          {"ReverseSequence",
           "[2,4,2];[3]",
           "error: number of lengths",
           {{"seq_dim", int64_t{1}}},
           indexed},
          {"ReverseSequence",
           "[2,4,2];[2]",
           "error: are both 0",
           {{"seq_dim", int64_t{0}}},
           indexed},
      });
  t->errors.push_back({"InvertPermutation", {FedInts({2, 0, 2})}, "is no permutation"});
  t->errors.push_back({"Transpose", {"[2,3]", FedInts({0, 2})}, "is no permutation"});
  t->errors.push_back({"ReverseSequence",
                       {"[2,3]", FedInts({1, 4})},
                       "seq_lengths[1] = 4 is not in [0, 3]",
                       {{"seq_dim", int64_t{1}}}});
}

void AddSizes(OpTable* t) {
  t->cases.push_back({.op = "Shape", .inputs = {"[2,0,3]"}, .expected = {Array("[3]", {2, 0, 3})}});
  t->cases.push_back({.op = "Shape",
                      .inputs = {"[]"},
                      .attrs = {{"out_type", DType::kInt64}},
                      .label = "scalar",
                      .expected = {Array("[0]", {})}});
  t->cases.push_back({.op = "ShapeN",
                      .inputs = {"[2,3]", "[4]"},
                      .expected = {Array("[2]", {2, 3}), Array("[1]", {4})}});
  t->cases.push_back({.op = "Size", .inputs = {"[2,3,4]"}, .expected = {Array("[]", {24})}});
  t->cases.push_back({.op = "Rank", .inputs = {"[2,3,4]"}, .expected = {Array("[]", {3})}});
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  t->cases.push_back({.op = "Range",
                      .inputs = {Values("[]", {2}), Values("[]", {9}), Values("[]", {3})},
                      .expected = {Array("[3]", {2, 5, 8})},
                      .types = numbers});
  t->cases.push_back({.op = "Range",
                      .inputs = {Values("[]", {3}), Values("[]", {-3}), Values("[]", {-2})},
                      .label = "down",
                      .expected = {Array("[3]", {3, 1, -1})},
                      .types = numbers});
  t->cases.push_back({.op = "Range",
                      .inputs = {Int(2), Int(2), Int(1)},
                      .label = "empty",
                      .expected = {Array("[0]", {})}});
  t->cases.push_back({.op = "Range",
                      .inputs = {Values("[]", {0}), Values("[]", {1}), Values("[]", {0.25})},
                      .label = "fractions",
                      .expected = {Array("[4]", {0, 0.25, 0.5, 0.75})}});
  // Sizes that only parts of a shape depend on are known while the graph is built.
  t->cases.push_back(
      {.op = "Fill",
       .inputs = {"[2,3]"},
       .label = "partial_shape",
       .reference = [](const Arrays&) -> Arrays {
         return {Array(Shape{3, 2, 7})};
       },
       .build = [](const Scope& s, const std::vector<Expr>& in) -> std::vector<Expr> {
         const Expr shape = op::Shape(s, in[0]);
         const Expr last = op::StridedSlice(s, shape, op::Ints(s, {-1}), op::Ints(s, {0}),
                                            op::Ints(s, {1}), {.end = 1});
         const Expr first = op::StridedSlice(s, shape, op::Ints(s, {0}), op::Ints(s, {1}),
                                             op::Ints(s, {1}), {.shrink_axis = 1});
         const Expr rest = op::Pack(s, {first, op::Const(s, 7)});
         const Expr zeros = op::Fill(s, op::Concat(s, {last, rest}, 0), op::Const(s, 0.0f));
         EXPECT_EQ(zeros.shape(),
                   in[0].shape().fully_known() ? Shape({3, 2, 7}) : Shape::Unknown());
         return {zeros};
       }});
  const std::vector<DType> ints = {DType::kInt32, DType::kInt32, DType::kInt32};
  const auto scalar = [](int i, int32_t v) { return std::pair(i, Tensor::Scalar(v)); };
  t->shapes.insert(
      t->shapes.end(),
      {
          {"Shape", "[2,?]", "[2]"},
          {"Shape", "?", "[?]"},
          {"ShapeN", "[2,?];?", "[2];[?]"},
          {"Size", "?", "[]"},
          {"Rank", "?", "[]"},
          {"Range", "[];[];[]", "[?]", {}, ints},
          {"Range", "[];[];[]", "[4]", {}, ints, {scalar(0, 1), scalar(1, 8), scalar(2, 2)}},
          {"Range",
           "[];[];[]",
           "error: delta must not be zero",
           {},
           ints,
           {scalar(0, 1), scalar(1, 8), scalar(2, 0)}},
          {"Range",
           "[];[];[]",
           "error: leads away from limit",
           {},
           ints,
           {scalar(0, 8), scalar(1, 1), scalar(2, 2)}},
          {"Range", "[1];[];[]", "error: rank 0", {}, ints},
      });
  t->errors.push_back({"Range",
                       {Values("[]", {1}), Values("[]", {2}), Values("[]", {0})},
                       "delta must not be zero"});
}

}  // namespace

OpTable LayoutCases() {
  OpTable t;
  AddViews(&t);
  AddPermutations(&t);
  AddSizes(&t);
  AddJoinCases(&t);
  AddSliceCases(&t);
  AddRepeatCases(&t);
  AddMirrorCases(&t);
  AddDiagonalCases(&t);
  return t;
}

}  // namespace graphrun::test
