// Rows of the op table for ops/layout: MatrixDiag, MatrixDiagPart, MatrixSetDiag, in all versions.
#include <algorithm>

#include "tests/op_cases_layout.h"

namespace graphrun::test {
namespace {

struct Band {
  int lo, hi;
  std::string align;  // "" for the versions that have none
};

// Where each element of the diagonals lies in a matrix of m rows and n columns, row by row as the
// tensor of diagonals has them; {-1, -1} where a diagonal is shorter than the longest.
std::vector<Position> Places(const Band& b, int64_t m, int64_t n) {
  std::vector<std::vector<Position>> diagonals;
  size_t longest = 0;
  for (int k = b.hi; k >= b.lo; --k) {
    std::vector<Position> places;
    for (int64_t i = 0; i < m; ++i) {
      if (i + k >= 0 && i + k < n) places.push_back({i, i + k});
    }
    longest = std::max(longest, places.size());
    diagonals.push_back(places);
  }
  std::vector<Position> all;
  int k = b.hi;
  for (std::vector<Position>& places : diagonals) {
    const std::vector<Position> missing(longest - places.size(), {-1, -1});
    // The main diagonal is as long as the longest, or lies to the left where one of both does.
    const bool right = (k < 0 || b.align.starts_with("RIGHT")) &&
                       (k > 0 || b.align.ends_with("RIGHT")) && !b.align.empty();
    places.insert(right ? places.begin() : places.end(), missing.begin(), missing.end());
    all.insert(all.end(), places.begin(), places.end());
    --k;
  }
  return all;
}

// Two matrices; `at(matrix, place, i)` for element i of all diagonals.
template <typename Fn>
void ForPlaces(const Band& b, int64_t m, int64_t n, Fn at) {
  const std::vector<Position> places = Places(b, m, n);
  for (int64_t matrix = 0; matrix < 2; ++matrix) {
    for (size_t i = 0; i < places.size(); ++i) {
      at(Position{matrix, places[i][0], places[i][1]},
         matrix * static_cast<int64_t>(places.size()) + static_cast<int64_t>(i));
    }
  }
}

Shape DiagonalShape(const Band& b, int64_t m, int64_t n) {
  const int64_t count = b.hi - b.lo + 1;
  const auto all = static_cast<int64_t>(Places(b, m, n).size());
  return count == 1 ? Shape{2, all} : Shape{2, count, all / count};
}

void AddVersion(OpTable* t, const std::string& version, const Band& b, int64_t m, int64_t n,
                const std::string& label) {
  const bool first = version.empty();
  const AttrMap attrs = b.align.empty() ? AttrMap{} : AttrMap{{"align", b.align}};
  const Shape matrices{2, m, n}, diagonals = DiagonalShape(b, m, n);
  const std::string matrix_text = matrices.ToString(), diagonal_text = diagonals.ToString();
  const auto with = [&](std::vector<OpInput> inputs, std::vector<OpInput> more) {
    if (!first) inputs.insert(inputs.end(), more.begin(), more.end());
    return inputs;
  };
  const OpInput k = b.lo == b.hi ? Int(b.lo) : Ints({b.lo, b.hi});
  const OpInput padding = Values("[]", {7});
  const double fill = first ? 0 : 7;
  const auto add = [&](const char* op, std::vector<OpInput> inputs, Reference reference,
                       std::vector<int> grad) {
    t->cases.push_back({.op = op + version,
                        .inputs = std::move(inputs),
                        .attrs = attrs,
                        .label = label,
                        .reference = std::move(reference),
                        .grad = std::move(grad),
                        .zero_second = true,
                        .types = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64}});
  };
  const OpInput rows = Int(static_cast<int32_t>(m)), columns = Int(static_cast<int32_t>(n));
  add("MatrixDiag", with({diagonal_text.c_str()}, {k, rows, columns, padding}),
      [=](const Arrays& in) -> Arrays {
        Array out{matrices};
        std::fill(out.v.begin(), out.v.end(), fill);
        ForPlaces(b, m, n, [&](const Position& p, int64_t i) {
          if (p[1] >= 0) out.at(p) = in[0].v[i];
        });
        return {out};
      },
      {0});
  add("MatrixDiagPart", with({matrix_text.c_str()}, {k, padding}),
      [=](const Arrays& in) -> Arrays {
        Array out{diagonals};
        ForPlaces(b, m, n,
                  [&](const Position& p, int64_t i) { out.v[i] = p[1] >= 0 ? in[0].at(p) : fill; });
        return {out};
      },
      {0});
  add("MatrixSetDiag", with({matrix_text.c_str(), diagonal_text.c_str()}, {k}),
      [=](const Arrays& in) -> Arrays {
        Array out = in[0];
        ForPlaces(b, m, n, [&](const Position& p, int64_t i) {
          if (p[1] >= 0) out.at(p) = in[1].v[i];
        });
        return {out};
      },
      {0, 1});
}

void AddErrors(OpTable* t) {
  const auto ints = [](int i, std::vector<int32_t> v) {
    return std::pair(i, v.size() == 1 ? Tensor::Scalar(v[0]) : Tensor::Vector(v));
  };
  const std::vector<DType> indexed = {DType::kFloat, DType::kInt32};
  const std::vector<DType> sized = {DType::kFloat, DType::kInt32, DType::kInt32, DType::kInt32};
  t->shapes.insert(
      t->shapes.end(),
      {
          {"MatrixDiag", "[2,?]", "[2,?,?]"},
          {"MatrixDiag", "[]", "error: at least rank 1"},
          {"MatrixDiagPart", "[2,3,?]", "[2,?]"},
          {"MatrixDiagPart", "[2,5,3]", "[2,3]"},
          {"MatrixSetDiag", "[2,5,3];[2,?]", "[2,5,3]"},
          {"MatrixSetDiag", "[2,5,3];[2,5]", "error: shapes of input's diagonals"},
          {"MatrixDiagV3",
           "[2,3];[];[];[];[]",
           "[2,4,4]",
           {},
           {},
           {ints(1, {1}), ints(2, {-1}), ints(3, {-1})}},
          {"MatrixDiagV3",
           "[2,3];[];[];[];[]",
           "[2,3,5]",
           {},
           {},
           {ints(1, {0}), ints(2, {-1}), ints(3, {5})}},
          {"MatrixDiagV3",
           "[2,3];[];[];[];[]",
           "error: do not have diagonals of length 3",
           {},
           {},
           {ints(1, {0}), ints(2, {4}), ints(3, {5})}},
          {"MatrixDiagV3", "[2,3];[];[];[];[]", "?", {}, sized},
          {"MatrixDiagPartV3", "[2,3,4];[2];[]", "[2,4,3]", {}, {}, {ints(1, {-2, 1})}},
          {"MatrixDiagPartV3", "[2,3,4];[2];[]", "?", {}, indexed},
          {"MatrixDiagPartV3", "[3,4];[];[]", "error: no diagonal 4", {}, {}, {ints(1, {4})}},
          {"MatrixDiagPartV3", "[3,4];[2];[]", "error: lower diagonal", {}, {}, {ints(1, {1, 0})}},
          {"MatrixDiagPartV3",
           "[3,4];[];[]",
           "error: is none of",
           {{"align", std::string("LEFT")}},
           indexed},
          {"MatrixSetDiagV3", "[3,4];[2,?];[2]", "[3,4]", {}, {}, {ints(2, {0, 1})}},
      });
}

}  // namespace

void AddDiagonalCases(OpTable* t) {
  for (const auto& [m, n] : {std::pair{3, 5}, {5, 3}, {4, 4}}) {
    const std::string size = std::to_string(m) + "x" + std::to_string(n);
    if (m == n) AddVersion(t, "", {0, 0, ""}, m, n, size);
    for (const auto& [lo, hi] : {std::pair{0, 0}, {1, 1}, {-2, 1}, {1, 2}, {-2, -1}}) {
      const std::string label =
          size + "_from" + std::to_string(lo + 2) + "to" + std::to_string(hi + 2);
      AddVersion(t, "V2", {lo, hi, ""}, m, n, label);
      for (const char* align : {"LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"})
        AddVersion(t, "V3", {lo, hi, align}, m, n, label + "_" + align);
    }
  }
  t->cases.push_back({.op = "MatrixDiagPart",
                      .inputs = {"[0,3,4]"},
                      .label = "empty",
                      .expected = {Array("[0,3]", {})}});
  t->cases.push_back({.op = "MatrixDiag",
                      .inputs = {"[2,0]"},
                      .label = "empty",
                      .expected = {Array("[2,0,0]", {})}});
  AddErrors(t);
}

}  // namespace graphrun::test
