// Rows of the op table for ops/linear.
#include "tests/op_cases_linear.h"

namespace graphrun::test {
namespace {

// The product of the matrices in the last two dimensions; leading ones are broadcast.
Array Product(const Array& a, const Array& b, bool ta, bool tb) {
  const int ra = a.shape.rank(), rb = b.shape.rank();
  const int64_t inner = a.dim(ta ? ra - 2 : ra - 1);
  Shape shape = Broadcast(a.shape.Slice(0, ra - 2), b.shape.Slice(0, rb - 2));
  shape.Append(a.dim(ta ? ra - 1 : ra - 2));
  shape.Append(b.dim(tb ? rb - 2 : rb - 1));
  Array out{shape};
  const int rank = shape.rank();
  const auto element = [rank](const Array& x, const std::vector<int64_t>& p, int64_t row,
                              int64_t col) {
    const int r = x.shape.rank();
    std::vector<int64_t> at(p.end() - 2 - (r - 2), p.end());
    for (int i = 0; i < r - 2; ++i) {
      at[i] = x.dim(i) == 1 ? 0 : p[rank - r + i];
    }
    at[r - 2] = row;
    at[r - 1] = col;
    return x.at(at);
  };
  for (const auto& p : Positions(shape)) {
    double sum = 0;
    for (int64_t k = 0; k < inner; ++k) {
      const int64_t i = p[rank - 2], j = p[rank - 1];
      sum += element(a, p, ta ? k : i, ta ? i : k) * element(b, p, tb ? j : k, tb ? k : j);
    }
    out.at(p) = sum;
  }
  return out;
}

Reference ProductOf(bool ta, bool tb) {
  return [ta, tb](const Arrays& in) -> Arrays { return {Product(in[0], in[1], ta, tb)}; };
}

}  // namespace

OpTable LinearCases() {
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  OpTable t;
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const std::string label = std::string(ta ? "T" : "N") + (tb ? "T" : "N");
      t.cases.push_back({.op = "MatMul",
                         .inputs = {ta ? "[3,5]" : "[5,3]", tb ? "[4,3]" : "[3,4]"},
                         .attrs = {{"transpose_a", ta}, {"transpose_b", tb}},
                         .label = label,
                         .reference = ProductOf(ta, tb),
                         .grad = {0, 1},
                         .types = numbers});
      // Large enough for several threads and for blocks with remainders.
      t.cases.push_back({.op = "MatMul",
                         .inputs = {ta ? "[67,131]" : "[131,67]", tb ? "[97,67]" : "[67,97]"},
                         .attrs = {{"transpose_a", ta}, {"transpose_b", tb}},
                         .label = label + "_large",
                         .reference = ProductOf(ta, tb),
                         .types = numbers});
      // One row has a kernel of its own, which gives threads columns of wide matrices, rows of
      // narrow ones.
      t.cases.push_back({.op = "MatMul",
                         .inputs = {ta ? "[67,1]" : "[1,67]", tb ? "[2300,67]" : "[67,2300]"},
                         .attrs = {{"transpose_a", ta}, {"transpose_b", tb}},
                         .label = label + "_wide_row",
                         .reference = ProductOf(ta, tb),
                         .types = numbers});
      t.cases.push_back({.op = "MatMul",
                         .inputs = {ta ? "[613,1]" : "[1,613]", tb ? "[233,613]" : "[613,233]"},
                         .attrs = {{"transpose_a", ta}, {"transpose_b", tb}},
                         .label = label + "_row",
                         .reference = ProductOf(ta, tb),
                         .types = numbers,
                         .tolerance = 5e-5});
      t.cases.push_back({.op = "BatchMatMulV2",
                         .inputs = {ta ? "[2,1,3,5]" : "[2,1,5,3]", tb ? "[6,4,3]" : "[6,3,4]"},
                         .attrs = {{"adj_x", ta}, {"adj_y", tb}},
                         .label = label,
                         .reference = ProductOf(ta, tb),
                         .grad = {0, 1},
                         .types = numbers});
      t.cases.push_back({.op = "BatchMatMul",
                         .inputs = {ta ? "[2,3,5]" : "[2,5,3]", tb ? "[2,4,3]" : "[2,3,4]"},
                         .attrs = {{"adj_x", ta}, {"adj_y", tb}},
                         .label = label,
                         .reference = ProductOf(ta, tb),
                         .grad = {0, 1},
                         .types = numbers});
    }
  }
  for (const auto& [a, b, label] : {std::tuple{"[0,3]", "[3,4]", "no_rows"},
                                    {"[2,0]", "[0,4]", "no_inner"},
                                    {"[2,3]", "[3,0]", "no_columns"},
                                    {"[1,3]", "[3,1]", "vectors"}}) {
    t.cases.push_back({.op = "MatMul",
                       .inputs = {a, b},
                       .label = label,
                       .reference = ProductOf(false, false),
                       .types = numbers});
  }
  t.cases.push_back({.op = "BatchMatMulV2",
                     .inputs = {"[0,2,3]", "[3,4]"},
                     .label = "empty",
                     .reference = ProductOf(false, false)});
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      t.cases.push_back(
          {.op = "BatchMatMulV3",
           .inputs = {ta ? "[2,1,3,5]" : "[2,1,5,3]", tb ? "[6,4,3]" : "[6,3,4]"},
           .label = std::string(ta ? "T" : "N") + (tb ? "T" : "N"),
           .reference = ProductOf(ta, tb),
           .grad = {0, 1},
           .types = numbers,
           .build = [ta, tb](const Scope& s, const std::vector<Expr>& in) {
             const AttrMap attrs = {{"adj_x", ta}, {"adj_y", tb}, {"Tout", in[0].dtype()}};
             return std::vector<Expr>{s.Add("BatchMatMulV3", in, attrs)};
           }});
    }
  }
  t.shapes = {
      {"BatchMatMulV3", "[2,1,3,4];[6,4,5]", "[2,6,3,5]", {{"Tout", DType::kFloat}}},
      {"BatchMatMulV3", "[3,4];[4,5]", "error: must be the same", {{"Tout", DType::kInt32}}},
      {"MatMul", "[2,3];[3,4]", "[2,4]"},
      {"MatMul", "[?,3];[3,4]", "[?,4]"},
      {"MatMul", "?;[3,4]", "[?,4]"},
      {"MatMul", "[3,2];[4,3]", "[2,4]", {{"transpose_a", true}, {"transpose_b", true}}},
      {"MatMul", "[2,3];[4,5]", "error: inner dimension 3 vs 4"},
      {"MatMul", "[2,3,4];[4,5]", "error: rank 2"},
      {"BatchMatMul", "[2,?,4];[?,4,5]", "[2,?,5]"},
      {"BatchMatMul", "[2,3,4];[3,4,5]", "error: batch dimensions"},
      {"BatchMatMulV2", "[2,1,3,4];[6,4,5]", "[2,6,3,5]"},
      {"BatchMatMulV2", "?;[4,5]", "?"},
      {"BatchMatMulV2", "[3,4];[5,6]", "error: inner dimension 4 vs 5"},
      {"BatchMatMulV2", "[4];[5,6]", "error: at least rank 2"},
  };
  AddEinsumCases(&t);
  return t;
}

}  // namespace graphrun::test
