// Rows of the op table for ops/list: optionals.
#include "core/build/ops.h"
#include "tests/op_cases_list.h"

namespace graphrun::test {
namespace {

using Exprs = std::vector<Expr>;

// An optional of the given tensors, and the tensors of an optional like those.
Expr Some(const Scope& s, const Exprs& parts) { return s.Add("OptionalFromValue", parts); }
Exprs Get(const Scope& s, Expr optional, const Exprs& like) {
  std::vector<DType> types;
  std::vector<Shape> shapes;
  for (const Expr& e : like) {
    types.push_back(e.dtype());
    shapes.push_back(e.shape());
  }
  return s.AddMulti("OptionalGetValue", {optional},
                    {{"output_types", types}, {"output_shapes", shapes}});
}

Exprs Squares(const Scope& s, Exprs xs) {
  for (Expr& x : xs) x = op::Square(s, x);
  return xs;
}

}  // namespace

void AddOptionalCases(OpTable* t) {
  const auto both = [](const Arrays& in) -> Arrays { return {Squared(in[0]), Squared(in[1])}; };
  for (const char* op : {"OptionalFromValue", "OptionalGetValue"}) {
    t->cases.push_back({.op = op,
                        .inputs = {"[2,3]", "[4]"},
                        .reference = both,
                        .grad = {0, 1},
                        .build = [](const Scope& s, const Exprs& in) {
                          return Squares(s, Get(s, Some(s, in), in));
                        }});
  }
  // A loss that uses one of the tensors alone, and another type in the optional.
  t->cases.push_back({.op = "OptionalGetValue",
                      .inputs = {"[2,3]", Fed(Tensor::Vector<int32_t>({5, 6})), "[4]"},
                      .label = "mixed_types",
                      .reference = [](const Arrays& in) -> Arrays { return {Squared(in[2])}; },
                      .grad = {2},
                      .build = [](const Scope& s, const Exprs& in) -> Exprs {
                        return {op::Square(s, Get(s, Some(s, in), in)[2])};
                      }});
  // Two reads: their gradients are optionals that are added up.
  t->cases.push_back({.op = "OptionalGetValue",
                      .inputs = {"[2,3]", "[4]"},
                      .label = "twice",
                      .reference = [both](const Arrays& in) -> Arrays {
                        return {both(in)[0], both(in)[1], both(in)[1]};
                      },
                      .grad = {0, 1},
                      .build = [](const Scope& s, const Exprs& in) -> Exprs {
                        const Expr optional = Some(s, in);
                        Exprs out = Squares(s, Get(s, optional, in));
                        out.push_back(op::Square(s, Get(s, optional, in)[1]));
                        return out;
                      }});
  // A list of optionals, as loops keep those of the conditionals in them.
  t->cases.push_back({.op = "OptionalGetValue",
                      .inputs = {"[2,3]", "[2,3]"},
                      .label = "in_a_list",
                      .reference = [](const Arrays& in) -> Arrays {
                        return {Squared(in[1]), Squared(in[0])};
                      },
                      .grad = {0, 1},
                      .build = [](const Scope& s, const Exprs& in) -> Exprs {
                        const Expr scalar = s.Const(Tensor(DType::kInt32, {0}));
                        Expr list = op::EmptyTensorList(
                            s, scalar, s.Const(Tensor::Scalar<int32_t>(-1)), DType::kVariant);
                        for (const Expr& e : in)
                          list = op::TensorListPushBack(s, list, Some(s, {e}));
                        const Exprs last = op::TensorListPopBack(s, list, scalar, DType::kVariant);
                        const Exprs first =
                            op::TensorListPopBack(s, last[0], scalar, DType::kVariant);
                        return {op::Square(s, Get(s, last[1], {in[1]})[0]),
                                op::Square(s, Get(s, first[1], {in[0]})[0])};
                      }});
  t->cases.push_back({.op = "OptionalHasValue",
                      .inputs = {"[2]"},
                      .expected = {Array("[]", {1}), Array("[]", {0})},
                      .build = [](const Scope& s, const Exprs& in) -> Exprs {
                        return {s.Add("OptionalHasValue", {Some(s, in)}),
                                s.Add("OptionalHasValue", {s.Add("OptionalNone", {})})};
                      }});
  t->cases.push_back({.op = "OptionalNone",
                      .inputs = {"[2]"},
                      .expected = {Array("[]", {0})},
                      .build = [](const Scope& s, const Exprs&) -> Exprs {
                        const Expr none = s.Add("OptionalNone", {});
                        return {s.Add("OptionalHasValue", {s.Add("ZerosLike", {none})})};
                      }});
  const AttrMap two = {{"output_types", std::vector<DType>{DType::kFloat, DType::kInt32}},
                       {"output_shapes", std::vector<Shape>{{2, 3}, Shape::Unknown()}}};
  const AttrMap short_of_one = {{"output_types", std::vector<DType>{DType::kFloat, DType::kInt32}},
                                {"output_shapes", std::vector<Shape>{{2, 3}}}};
  t->shapes.push_back({"OptionalFromValue", "[2];[3]", "[]"});
  t->shapes.push_back({"OptionalNone", "", "[]"});
  t->shapes.push_back({"OptionalHasValue", "[2]", "error: rank 0", {}, {DType::kVariant}});
  t->shapes.push_back({"OptionalGetValue", "[]", "[2,3];?", two, {DType::kVariant}});
  t->shapes.push_back(
      {"OptionalGetValue", "[]", "error: 1 shapes for 2", short_of_one, {DType::kVariant}});
}

}  // namespace graphrun::test
