// Rows of the op table for ops/list. Lists are made and read inside a row, since they can be
// neither fed nor fetched. Outputs are squared, so that gradients of gradients are not zero.
#include "tests/op_cases_list.h"

#include "core/build/ops.h"

namespace graphrun::test {
namespace {

using Exprs = std::vector<Expr>;
using Build = std::function<std::vector<Expr>(const Scope&, const std::vector<Expr>& in)>;

Expr Int32(const Scope& s, int32_t v) { return s.Const(Tensor::Scalar(v)); }

// The list of x's rows, and a list's elements squared.
Expr List(const Scope& s, const Expr& x, std::vector<int32_t> row) {
  return op::TensorListFromTensor(s, x, op::Ints(s, row));
}
Expr Stacked(const Scope& s, const Expr& list, DType dtype, std::vector<int32_t> row) {
  return op::Square(s, op::TensorListStack(s, list, op::Ints(s, row), dtype));
}
Expr Item(const Scope& s, const Expr& list, int32_t i, DType dtype, std::vector<int32_t> row) {
  return op::Square(s, op::TensorListGetItem(s, list, Int32(s, i), op::Ints(s, row), dtype));
}

// Rows of x [n, 3] by number; -1 gives zeros.
Array RowsOf(const Array& x, const std::vector<int64_t>& rows) {
  const int64_t inner = x.size() / x.dim(0);
  Shape shape = x.shape;
  shape.Set(0, static_cast<int64_t>(rows.size()));
  Array out(shape);
  for (int64_t i = 0; i < out.size(); ++i) {
    const int64_t row = rows[i / inner];
    if (row >= 0) out.v[i] = x.v[row * inner + i % inner];
  }
  return out;
}
Array RowOf(const Array& x, int64_t row) {
  Array out = RowsOf(x, {row});
  out.shape = x.shape.From(1);
  return out;
}
Array Joined(const Array& a, const Array& b) {
  Array out(Concatenate({a.dim(0) + b.dim(0)}, a.shape.From(1)));
  std::copy(b.v.begin(), b.v.end(), std::copy(a.v.begin(), a.v.end(), out.v.begin()));
  return out;
}
Array AsRow(Array a) {
  a.shape = Concatenate({1}, a.shape);
  return a;
}

std::vector<OpCase> Cases() {
  std::vector<OpCase> rows;
  const auto add = [&](OpCase c) { rows.push_back(std::move(c)); };
  add({.op = "TensorListStack",
       .inputs = {"[4,3]"},
       .reference = [](const Arrays& in) -> Arrays { return {Squared(in[0])}; },
       .grad = {0},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         return {Stacked(s, List(s, in[0], {3}), in[0].dtype(), {3})};
       }});
  add({.op = "TensorListFromTensor",
       .inputs = {"[4,2,3]"},
       .reference = [](const Arrays& in) -> Arrays { return {Squared(RowOf(in[0], 2))}; },
       .grad = {0},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         return {Item(s, List(s, in[0], {-1, 3}), 2, in[0].dtype(), {2, 3})};
       }});
  // Two reads of one element and one of another: gradients add up.
  add({.op = "TensorListGetItem",
       .inputs = {"[4,3]"},
       .reference = [](const Arrays& in) -> Arrays {
         const Array a = Squared(RowOf(in[0], 1));
         return {a, Squared(RowOf(in[0], 3)), a};
       },
       .grad = {0},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const Expr list = List(s, in[0], {3});
         const DType t = in[0].dtype();
         return {Item(s, list, 1, t, {3}), Item(s, list, 3, t, {3}), Item(s, list, 1, t, {-1})};
       }});
  // The list before the change is still the one before the change.
  add({.op = "TensorListSetItem",
       .inputs = {"[4,3]", "[3]"},
       .reference = [](const Arrays& in) -> Arrays {
         const Array all = Joined(in[0], AsRow(in[1]));
         return {Squared(RowsOf(all, {0, 4, 2, 3})), Squared(in[0])};
       },
       .grad = {0, 1},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const Expr list = List(s, in[0], {3});
         const Expr set = op::TensorListSetItem(s, list, Int32(s, 1), in[1]);
         const DType t = in[0].dtype();
         return {Stacked(s, set, t, {3}), Stacked(s, list, t, {3})};
       }});
  add({.op = "TensorListSetItem",
       .inputs = {"[2,3]", "[3]"},
       .label = "resize",
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowsOf(Joined(in[0], AsRow(in[1])), {0, 1, -1, 2}))};
       },
       .grad = {0, 1},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const Expr set = s.Add("TensorListSetItem", {List(s, in[0], {3}), Int32(s, 3), in[1]},
                                {{"resize_if_index_out_of_bounds", true}});
         return {Stacked(s, set, in[0].dtype(), {3})};
       }});
  add({.op = "TensorListReserve",
       .inputs = {"[3]"},
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowsOf(AsRow(in[0]), {-1, -1, 0, -1})), Array(Shape{3})};
       },
       .grad = {0},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const DType t = in[0].dtype();
         const Expr unset = op::TensorListReserve(s, Int32(s, -1), Int32(s, 4), t);
         const Expr list = op::TensorListSetItem(s, unset, Int32(s, 2), in[0]);
         return {Stacked(s, list, t, {-1}), Item(s, list, 0, t, {-1})};
       },
       .unknown_shapes = false});
  const auto push = [](const Scope& s, const Exprs& in) {
    const DType t = in[0].dtype();
    Expr list = op::EmptyTensorList(s, op::Ints(s, {3}), Int32(s, -1), t);
    for (const Expr& e : in) list = op::TensorListPushBack(s, list, e);
    return list;
  };
  for (const char* op : {"EmptyTensorList", "TensorListPushBack"}) {
    add({.op = op,
         .inputs = {"[3]", "[3]"},
         .reference = [](const Arrays& in) -> Arrays {
           return {Squared(Joined(AsRow(in[0]), AsRow(in[1])))};
         },
         .grad = {0, 1},
         .build = [push](const Scope& s, const Exprs& in) -> Exprs {
           return {Stacked(s, push(s, in), in[0].dtype(), {3})};
         }});
  }
  add({.op = "TensorListPopBack",
       .inputs = {"[3]", "[3]"},
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(in[1]), Squared(AsRow(in[0]))};
       },
       .grad = {0, 1},
       .build = [push](const Scope& s, const Exprs& in) -> Exprs {
         const DType t = in[0].dtype();
         const Exprs popped = op::TensorListPopBack(s, push(s, in), op::Ints(s, {-1}), t);
         return {op::Square(s, popped[1]), Stacked(s, popped[0], t, {3})};
       }});
  // A list of lists, as nested loops keep their intermediate values.
  add({.op = "TensorListPopBack",
       .inputs = {"[4,3]", "[4,3]"},
       .label = "lists",
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowOf(in[1], 2)), Squared(in[0])};
       },
       .grad = {0, 1},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const Expr scalar = s.Const(Tensor(DType::kInt32, {0}));
         Expr outer = op::EmptyTensorList(s, scalar, Int32(s, -1), DType::kVariant);
         for (const Expr& e : in) outer = op::TensorListPushBack(s, outer, List(s, e, {3}));
         const Exprs second = op::TensorListPopBack(s, outer, scalar, DType::kVariant);
         const Exprs first = op::TensorListPopBack(s, second[0], scalar, DType::kVariant);
         const DType t = in[0].dtype();
         return {Item(s, second[1], 2, t, {3}), Stacked(s, first[1], t, {3})};
       }});
  // The gradient of the list of lists starts from zeros like it.
  add({.op = "TensorListGetItem",
       .inputs = {"[4,3]", "[2,3]"},
       .label = "lists",
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowOf(in[1], 1)), Squared(in[0]), Squared(in[1])};
       },
       .grad = {0, 1},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const Expr scalar = s.Const(Tensor(DType::kInt32, {0}));
         Expr outer = op::EmptyTensorList(s, scalar, Int32(s, -1), DType::kVariant);
         for (const Expr& e : in) outer = op::TensorListPushBack(s, outer, List(s, e, {3}));
         const auto inner = [&](int32_t i) {
           return op::TensorListGetItem(s, outer, Int32(s, i), scalar, DType::kVariant);
         };
         const DType t = in[0].dtype();
         return {Item(s, inner(1), 1, t, {3}), Stacked(s, inner(0), t, {3}),
                 Stacked(s, inner(1), t, {3})};
       }});
  for (const int32_t size : {2, 6}) {
    add({.op = "TensorListResize",
         .inputs = {"[4,3]"},
         .label = size == 2 ? "shorter" : "longer",
         .reference = [size](const Arrays& in) -> Arrays {
           std::vector<int64_t> kept = {0, 1, 2, 3, -1, -1};
           kept.resize(size);
           return {Squared(RowsOf(in[0], kept))};
         },
         .grad = {0},
         .build = [size](const Scope& s, const Exprs& in) -> Exprs {
           const Expr list = s.Add("TensorListResize", {List(s, in[0], {3}), Int32(s, size)});
           return {Stacked(s, list, in[0].dtype(), {3})};
         }});
  }
  add({.op = "TensorListLength",
       .inputs = {"[4,3]"},
       .expected = {Array("[]", {4})},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         return {op::TensorListLength(s, List(s, in[0], {3}))};
       }});
  add({.op = "TensorListElementShape",
       .inputs = {"[4,3,2]"},
       .expected = {Array("[2]", {3, 2}), Array("[]", {-1})},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const AttrMap type = {{"shape_type", DType::kInt64}};
         const Expr unknown = op::TensorListReserve(s, Int32(s, -1), Int32(s, 4), DType::kFloat);
         return {s.Add("TensorListElementShape", {List(s, in[0], {3, -1})}, type),
                 s.Add("TensorListElementShape", {unknown}, type)};
       }});
  add({.op = "TensorListGather",
       .inputs = {"[4,3]"},
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowsOf(in[0], {3, 0, 2}))};
       },
       .grad = {0},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const Expr chosen = s.Add("TensorListGather",
                                   {List(s, in[0], {3}), op::Ints(s, {3, 0, 2}), op::Ints(s, {3})},
                                   {{"element_dtype", in[0].dtype()}});
         return {op::Square(s, chosen)};
       }});
  add({.op = "TensorListScatterIntoExistingList",
       .inputs = {"[4,3]", "[2,3]"},
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowsOf(Joined(in[0], in[1]), {0, 5, 2, 3, -1, 4}))};
       },
       .grad = {0, 1},
       .build = [](const Scope& s, const Exprs& in) -> Exprs {
         const Expr list = s.Add("TensorListScatterIntoExistingList",
                                 {List(s, in[0], {3}), in[1], op::Ints(s, {5, 1})});
         return {Stacked(s, list, in[0].dtype(), {3})};
       }});
  const auto lengths = [](const Scope& s) { return s.Const(Tensor::Vector<int64_t>({1, 3, 2})); };
  add({.op = "TensorListSplit",
       .inputs = {"[6,2]"},
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowsOf(in[0], {1, 2, 3}))};
       },
       .grad = {0},
       .build = [lengths](const Scope& s, const Exprs& in) -> Exprs {
         const Expr list = s.Add("TensorListSplit", {in[0], op::Ints(s, {-1, 2}), lengths(s)});
         return {Item(s, list, 1, in[0].dtype(), {-1, 2})};
       }});
  add({.op = "TensorListConcatV2",
       .inputs = {"[6,2]", "[3,2]"},
       .reference = [](const Arrays& in) -> Arrays {
         return {Squared(RowsOf(Joined(in[0], in[1]), {0, 6, 7, 8, 4, 5})),
                 Array("[3]", {1, 3, 2})};
       },
       .grad = {0, 1},
       .grad_outputs = {0},
       .build = [lengths](const Scope& s, const Exprs& in) -> Exprs {
         const Expr list = s.Add("TensorListSplit", {in[0], op::Ints(s, {-1, 2}), lengths(s)});
         const Expr set = op::TensorListSetItem(s, list, Int32(s, 1), in[1]);
         const Exprs joined =
             s.AddMulti("TensorListConcatV2", {set, op::Ints(s, {-1, 2}), lengths(s)},
                        {{"element_dtype", in[0].dtype()}});
         return {op::Square(s, joined[0]), joined[1]};
       }});
  return rows;
}

}  // namespace

OpTable ListCases() {
  OpTable t;
  t.cases = Cases();
  const AttrMap floats = {{"element_dtype", DType::kFloat}};
  const std::vector<DType> list = {DType::kVariant, DType::kInt32, DType::kInt32};
  const std::vector<DType> from = {DType::kFloat, DType::kInt32};
  const std::vector<DType> ints = {DType::kInt32, DType::kInt32};
  t.shapes = {
      {"TensorListReserve", "[2];[]", "[]", floats, ints},
      {"TensorListReserve", "[2];[2]", "error: rank 0", floats, ints},
      {"TensorListFromTensor", "[4,?];[1]", "[]", {}, from},
      {"TensorListFromTensor", "[];[1]", "error: at least rank 1", {}, from},
      {"TensorListFromTensor",
       "[4,3];[1]",
       "error: [3] vs [5]",
       {},
       from,
       {{1, Tensor::Vector<int32_t>({5})}}},
      {"TensorListStack", "[];[2]", "[?,?,?]", floats, list},
      {"TensorListStack",
       "[];[2]",
       "[7,3,?]",
       {{"element_dtype", DType::kFloat}, {"num_elements", int64_t{7}}},
       list,
       {{1, Tensor::Vector<int32_t>({3, -1})}}},
      {"TensorListStack", "[2];[2]", "error: rank 0", floats, list},
      {"TensorListGetItem", "[];[];[1]", "[?]", floats, list},
      {"TensorListPopBack", "[];?", "[];?", floats, list},
      {"TensorListGather",
       "[];[5];[1]",
       "[5,3]",
       floats,
       list,
       {{2, Tensor::Vector<int32_t>({3})}}},
      {"TensorListConcatV2",
       "[];[2];[?]",
       "[?,3];[?]",
       floats,
       {DType::kVariant, DType::kInt32, DType::kInt64},
       {{1, Tensor::Vector<int32_t>({4, 3})}}},
      {"TensorListElementShape", "[]", "?", {{"shape_type", DType::kInt32}}, list},
  };
  AddOptionalCases(&t);
  return t;
}

}  // namespace graphrun::test
