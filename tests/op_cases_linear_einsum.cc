// Rows of the op table for ops/linear: Einsum, Qr, triangular systems, Cross.
#include <gtest/gtest.h>

#include <map>

#include "tests/op_cases_linear.h"

namespace graphrun::test {
namespace {

// Every combination of label values in turn. `plain` has a label for each dimension; those in upper
// case are broadcast.
Reference SumOf(std::string plain) {
  return [plain](const Arrays& in) -> Arrays {
    const size_t arrow = plain.find("->"), comma = plain.find(',');
    std::vector<std::string> subscripts = {plain.substr(0, std::min(comma, arrow))};
    if (in.size() == 2) subscripts.push_back(plain.substr(comma + 1, arrow - comma - 1));
    const std::string out = plain.substr(arrow + 2);
    std::map<char, int64_t> sizes;
    for (size_t i = 0; i < in.size(); ++i) {
      for (size_t d = 0; d < subscripts[i].size(); ++d) {
        int64_t& size = sizes[subscripts[i][d]];
        if (size < 2) size = in[i].dim(static_cast<int>(d));
      }
    }
    Shape all, result;
    std::string labels;
    for (const auto& [label, size] : sizes) {
      all.Append(size);
      labels += label;
    }
    for (const char c : out) result.Append(sizes[c]);
    Array y{result};
    for (const auto& p : Positions(all)) {
      const auto position = [&](const std::string& subscript, const Shape& shape) {
        std::vector<int64_t> at;
        for (size_t d = 0; d < subscript.size(); ++d) {
          at.push_back(shape[static_cast<int>(d)] == 1 ? 0 : p[labels.find(subscript[d])]);
        }
        return at;
      };
      double product = 1;
      for (size_t i = 0; i < in.size(); ++i) {
        product *= in[i].at(position(subscripts[i], in[i].shape));
      }
      y.at(position(out, result)) += product;
    }
    return {y};
  };
}

void AddEinsums(OpTable* t) {
  struct Row {
    const char *label, *equation;
    std::vector<OpInput> inputs;
    const char* plain = nullptr;  // the same without "..."
  };
  const std::vector<Row> rows = {
      {"product", "ij,jk->ik", {"[3,4]", "[4,5]"}},
      {"product_back", "ji,kj->ki", {"[4,3]", "[5,4]"}},
      {"batch", "bij,bjk->bik", {"[2,3,4]", "[2,4,5]"}},
      {"batch_last", "ijb,jkb->kbi", {"[3,4,2]", "[4,5,2]"}},
      {"attention", "BTNH,BSNH->BNTS", {"[2,3,4,5]", "[2,6,4,5]"}},
      {"two_inner", "abcd,cde->abe", {"[2,3,4,5]", "[4,5,6]"}},
      {"inner_swapped", "abcd,dce->abe", {"[2,3,4,5]", "[5,4,6]"}},
      {"outer", "i,j->ij", {"[3]", "[4]"}},
      {"dot", "i,i->", {"[3]", "[3]"}},
      {"elements", "ij,ij->ij", {"[3,4]", "[3,4]"}},
      {"scaled", ",i->i", {"[]", "[3]"}},
      {"transpose", "ijk->kij", {"[2,3,4]"}},
      {"same", "ij->ij", {"[3,4]"}},
      {"sum", "ij->j", {"[3,4]"}},
      {"sum_all", "ij->", {"[3,4]"}},
      {"sum_turned", "ijk->ki", {"[2,3,4]"}},
      {"sums_apart", "ij,k->i", {"[3,4]", "[5]"}},
      {"trace", "ii->", {"[3,3]"}},
      {"diagonal", "iji->ji", {"[3,2,3]"}},
      {"to_diagonal", "ij->iij", {"[2,3]"}},
      {"diagonals", "iij,jk->kik", {"[3,3,4]", "[4,5]"}},
      {"diagonal_sum", "ii,ij->j", {"[3,3]", "[3,4]"}},
      {"dots", "...ij,...jk->...ik", {"[2,3,4]", "[2,4,5]"}, "Bij,Bjk->Bik"},
      {"dots_one", "...ij,...jk->...ik", {"[2,1,3,4]", "[6,4,5]"}, "ABij,Bjk->ABik"},
      {"dots_missing", "...ij,jk->k...i", {"[2,3,4]", "[4,5]"}, "Bij,jk->kBi"},
      {"dots_both", "i...,i...->...i", {"[3,2,1]", "[3,1,4]"}, "iAB,iAB->ABi"},
      {"dots_sum", "...ij,...k->...i", {"[2,3,4]", "[2,5]"}, "Bij,Bk->Bi"},
      {"dots_diagonal", "...iij,...jk->...kij", {"[2,3,3,4]", "[1,4,5]"}, "Biij,Bjk->Bkij"},
      {"dots_unary", "a...b->b...a", {"[2,3,4]"}, "aBb->bBa"},
  };
  for (const Row& r : rows) {
    std::vector<int> grad(r.inputs.size());
    for (size_t i = 0; i < grad.size(); ++i) grad[i] = static_cast<int>(i);
    t->cases.push_back({.op = "Einsum",
                        .inputs = r.inputs,
                        .attrs = {{"equation", std::string(r.equation)}},
                        .label = r.label,
                        .reference = SumOf(r.plain != nullptr ? r.plain : r.equation),
                        .grad = grad,
                        .zero_second = r.inputs.size() == 1,
                        .types = kNumberRow});
  }
  t->cases.push_back({.op = "Einsum",
                      .inputs = {"[3,70,40]", "[40,3,90]"},
                      .attrs = {{"equation", std::string("bij,jbk->ikb")}},
                      .label = "large",
                      .reference = SumOf("bij,jbk->ikb")});
  for (const auto& [a, b, label] : {std::tuple{"[0,4]", "[4,5]", "no_rows"},
                                    {"[3,0]", "[0,5]", "no_inner"},
                                    {"[3,4]", "[4,0]", "no_columns"}}) {
    t->cases.push_back({.op = "Einsum",
                        .inputs = {a, b},
                        .attrs = {{"equation", std::string("ij,jk->ki")}},
                        .label = label,
                        .reference = SumOf("ij,jk->ki")});
  }
  const auto shape = [t](const char* equation, const char* inputs, const char* expected) {
    t->shapes.push_back({"Einsum", inputs, expected, {{"equation", std::string(equation)}}});
  };
  shape("ij,jk->ik", "[2,?];[3,4]", "[2,4]");
  shape("ij,jk->ikj", "?;[3,4]", "[?,4,3]");
  shape("...i->i...", "?", "?");
  shape("...i,i->...", "[2,?,?];[3]", "[2,?]");
  shape("...,...->...", "[2,1];[?]", "[2,?]");
  shape("ij,jk->ik", "[2,3];[4,5]", "error: should be 3");
  shape("ij,ij->ij", "[2,3];[1,3]", "error: should be 2");
  shape("ij->ik", "[2,3]", "error: 'k' is in no input");
  shape("ij->ji", "[2,3,4]", "error: does not have the rank");
  shape("...i->i", "[2,3]", "error: must have an ellipsis");
  shape("ij,jk", "[2,3];[3,4]", "error: one '->'");
  shape("..i->i", "[2]", "error: a dot");
  shape("i,i,i->i", "[2];[2]", "error: one or two inputs");
  shape("i->i", "[2];[2]", "error: is for 1 inputs, not 2");
}

// q·r is x, q's columns are orthonormal, r is upper triangular.
void CheckQr(const std::vector<Tensor>& in, const std::vector<Tensor>& out) {
  const Array x(in[0]), q(out[0]), r(out[1]);
  const int rank = x.shape.rank();
  const double tolerance = in[0].dtype() == DType::kDouble ? 1e-12 : 1e-5;
  const int64_t m = x.dim(rank - 2), n = x.dim(rank - 1), p = q.dim(rank - 1);
  ASSERT_EQ(q.dim(rank - 2), m);
  ASSERT_EQ(r.shape.From(rank - 2), Shape({p, n}));
  for (const auto& b : Positions(x.shape.Slice(0, rank - 2))) {
    const auto at = [&](const Array& a, int64_t i, int64_t j) {
      std::vector<int64_t> position = b;
      position.insert(position.end(), {i, j});
      return a.at(position);
    };
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < p; ++k) sum += at(q, i, k) * at(r, k, j);
        EXPECT_NEAR(sum, at(x, i, j), tolerance);
      }
    }
    for (int64_t i = 0; i < p; ++i) {
      for (int64_t j = 0; j < p; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < m; ++k) sum += at(q, k, i) * at(q, k, j);
        EXPECT_NEAR(sum, i == j ? 1 : 0, tolerance);
      }
      for (int64_t j = 0; j < std::min(i, n); ++j) EXPECT_EQ(at(r, i, j), 0);
    }
    // The first reflection turns the sign of the corner.
    if (m > 1 && n > 0) {
      EXPECT_LT(at(r, 0, 0) * at(x, 0, 0), 0);
    }
  }
}

void AddDecompositions(OpTable* t) {
  for (const char* shape : {"[4,4]", "[5,3]", "[3,5]", "[2,4,3]", "[2,3,2,4]"}) {
    for (const bool full : {false, true}) {
      const Shape x = Shape::Parse(shape);
      const bool tall = x[x.rank() - 2] > x[x.rank() - 1];
      t->cases.push_back({.op = "Qr",
                          .inputs = {shape},
                          .attrs = {{"full_matrices", full}},
                          .label = std::to_string(t->cases.size()),
                          .check = CheckQr,
                          .grad = full && tall ? std::vector<int>{} : std::vector<int>{0},
                          .grad_tolerance = 1e-5,
                          .unknown_shapes = false});
    }
  }
  // A column without anything below the diagonal stays as it is, sign and all.
  t->cases.push_back({.op = "Qr",
                      .inputs = {Values("[2,2]", {-3, 2, 0, 5})},
                      .label = "triangular",
                      .expected = {Array("[2,2]", {1, 0, 0, 1}), Array("[2,2]", {-3, 2, 0, 5})}});
  t->cases.push_back(
      {.op = "Qr",
       .inputs = {"[3,0]"},
       .attrs = {{"full_matrices", true}},
       .label = "no_columns",
       .expected = {Array("[3,3]", {1, 0, 0, 0, 1, 0, 0, 0, 1}), Array("[3,0]", {})}});
  t->shapes.push_back({"Qr", "[2,?,4,3]", "[2,?,4,3];[2,?,3,3]"});
  t->shapes.push_back({"Qr", "[4,?]", "[4,?];[?,?]"});
  t->shapes.push_back({"Qr", "[4,3]", "[4,4];[4,3]", {{"full_matrices", true}}});
  t->shapes.push_back({"Qr", "[4]", "error: at least rank 2"});
  for (const bool lower : {false, true}) {
    for (const bool adjoint : {false, true}) {
      for (const auto& [a, b, label] : {std::tuple{"[4,4]", "[4,3]", "one"},
                                        {"[2,3,3]", "[2,3,5]", "batch"},
                                        {"[2,1,3,3]", "[4,3,2]", "broadcast"},
                                        {"[0,3,3]", "[0,3,2]", "empty"}}) {
        const auto check = [=](const std::vector<Tensor>& in, const std::vector<Tensor>& out) {
          const Array m(in[0]), rhs(in[1]), x(out[0]);
          const int rank = x.shape.rank(), rm = m.shape.rank(), rb = rhs.shape.rank();
          const double tolerance = in[0].dtype() == DType::kDouble ? 1e-9 : 1e-3;
          for (const auto& p : Positions(x.shape)) {
            const auto at = [&](const Array& y, int r, int64_t i, int64_t j) {
              std::vector<int64_t> own(p.end() - r, p.end());
              for (int d = 0; d < r - 2; ++d) own[d] = y.dim(d) == 1 ? 0 : own[d];
              own[r - 2] = i;
              own[r - 1] = j;
              return y.at(own);
            };
            const int64_t row = p[rank - 2], column = p[rank - 1];
            double sum = 0;
            for (int64_t k = 0; k < x.dim(rank - 2); ++k) {
              const int64_t i = adjoint ? k : row, j = adjoint ? row : k;
              if (lower ? j <= i : j >= i) sum += at(m, rm, i, j) * at(x, rank, k, column);
            }
            EXPECT_NEAR(sum, at(rhs, rb, row, column), tolerance);
          }
        };
        const bool empty = std::string(label) == "empty";
        t->cases.push_back({.op = "MatrixTriangularSolve",
                            .inputs = {{a, Domain::kPositive}, b},
                            .attrs = {{"lower", lower}, {"adjoint", adjoint}},
                            .label = std::string(label) + (lower ? "_lower" : "_upper") +
                                     (adjoint ? "_adjoint" : ""),
                            .check = check,
                            .grad = empty ? std::vector<int>{} : std::vector<int>{0, 1},
                            .grad_tolerance = 1e-5});
      }
    }
  }
  t->shapes.push_back({"MatrixTriangularSolve", "[2,1,3,?];[4,3,5]", "[2,4,3,5]"});
  t->shapes.push_back({"MatrixTriangularSolve", "[3,4];[4,5]", "error: sides of the square"});
  t->shapes.push_back({"MatrixTriangularSolve", "[3,3];[4,5]", "error: sizes of matrix"});
}

void AddCrosses(OpTable* t) {
  const Reference cross = [](const Arrays& in) -> Arrays {
    Array out{in[0].shape};
    for (int64_t i = 0; i < out.size(); ++i) {
      const int64_t first = i - i % 3, j = first + (i + 1) % 3, k = first + (i + 2) % 3;
      out.v[i] = in[0].v[j] * in[1].v[k] - in[0].v[k] * in[1].v[j];
    }
    return {out};
  };
  t->cases.push_back({.op = "Cross",
                      .inputs = {"[2,4,3]", "[2,4,3]"},
                      .reference = cross,
                      .grad = {0, 1},
                      .types = kNumberRow});
  t->cases.push_back(
      {.op = "Cross", .inputs = {"[0,3]", "[0,3]"}, .label = "empty", .reference = cross});
  t->shapes.push_back({"Cross", "[2,?];[?,3]", "[2,3]"});
  t->shapes.push_back({"Cross", "[2,4];[2,4]", "error: last dimension of Cross"});
  t->shapes.push_back({"Cross", "[];[]", "error: at least rank 1"});
}

}  // namespace

void AddEinsumCases(OpTable* t) {
  AddEinsums(t);
  AddDecompositions(t);
  AddCrosses(t);
}

}  // namespace graphrun::test
