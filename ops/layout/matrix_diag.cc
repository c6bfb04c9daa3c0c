// MatrixDiag, MatrixDiagPart, MatrixSetDiag and their versions 2 and 3: diagonals of matrices.
#include <algorithm>
#include <tuple>
#include <utility>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/axis.h"

namespace graphrun::ops {
namespace matrix_diag {

// Where diagonals shorter than the longest lie in their rows: "above_below".
struct Attrs {
  std::string align = "LEFT_LEFT";
};

// The diagonals k = lo ... hi of matrices; k = 0 is the main one, those above it are positive. The
// tensor of diagonals has a row for each, the highest first; a single one has no dimension for it.
struct Band {
  int64_t lo = 0, hi = 0;
  int64_t count() const { return hi - lo + 1; }
  bool single() const { return lo == hi; }
};

Band BandOf(const Tensor& k) {
  if (k.shape().rank() > 1 || k.num_elements() < 1 || k.num_elements() > 2)
    ThrowInvalid("k must hold one or two numbers of diagonals, not " + k.ToString());
  const Band band{k.int_at(0), k.int_at(k.num_elements() - 1)};
  if (band.lo > band.hi) ThrowInvalid("k must name the lower diagonal first, not " + k.ToString());
  return band;
}

int64_t Length(int64_t k, int64_t rows, int64_t columns) {
  return std::min(rows + std::min<int64_t>(k, 0), columns - std::max<int64_t>(k, 0));
}
int64_t MaxLength(const Band& b, int64_t rows, int64_t columns) {
  return std::min(rows + std::min<int64_t>(b.hi, 0), columns - std::max<int64_t>(b.lo, 0));
}

void CheckBand(const Band& b, int64_t rows, int64_t columns) {
  for (const int64_t k : {b.lo, b.hi}) {
    if (k == 0 || ((rows < 0 || k > -rows) && (columns < 0 || k < columns))) continue;
    ThrowInvalid("matrices of " + std::to_string(rows) + " rows and " + std::to_string(columns) +
                 " columns have no diagonal " + std::to_string(k));
  }
}

void CheckAlign(const Attrs& t) {
  for (const char* known : {"LEFT_RIGHT", "RIGHT_LEFT", "LEFT_LEFT", "RIGHT_RIGHT"}) {
    if (t.align == known) return;
  }
  ThrowInvalid("align '" + t.align + "' is none of LEFT_RIGHT, RIGHT_LEFT, LEFT_LEFT, RIGHT_RIGHT");
}

// Calls fn(diagonal element, matrix element) for each element of a tensor of diagonals, by their
// positions; -1 for a matrix element where a diagonal is shorter than its row.
template <typename Fn>
void ForDiagonals(const Band& b, const Attrs& t, int64_t batch, int64_t rows, int64_t columns,
                  Fn fn) {
  const bool left_above = t.align.starts_with("LEFT"), left_below = t.align.ends_with("LEFT");
  const int64_t width = std::max<int64_t>(MaxLength(b, rows, columns), 0);
  ParallelFor(batch, 32768 / (b.count() * width + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      for (int64_t k = b.hi; k >= b.lo; --k) {
        const int64_t length = Length(k, rows, columns);
        const bool left = (k >= 0 && left_above) || (k <= 0 && left_below);
        const int64_t offset = left ? 0 : width - length;
        const int64_t row = (m * b.count() + b.hi - k) * width;
        for (int64_t i = 0; i < width; ++i) {
          const int64_t at = i - offset;
          const bool inside = at >= 0 && at < length;
          const int64_t y = at + std::max<int64_t>(-k, 0), x = at + std::max<int64_t>(k, 0);
          fn(row + i, inside ? (m * rows + y) * columns + x : -1);
        }
      }
    }
  });
}

int64_t BatchOf(const Shape& matrices) { return CountElements(matrices, 0, matrices.rank() - 2); }

// --- MatrixDiag: (diagonal), or (diagonal, k, num_rows, num_cols, padding_value)

// Rows and columns of the smallest matrices with a diagonal of this length, or those asked for.
std::pair<int64_t, int64_t> SizesFor(const Band& b, int64_t length, int64_t rows, int64_t columns) {
  constexpr int64_t kLeast = -1;
  const int64_t least_rows = length - std::min<int64_t>(b.hi, 0);
  const int64_t least_columns = length + std::max<int64_t>(b.lo, 0);
  if (rows == kLeast && columns == kLeast) rows = columns = std::max(least_rows, least_columns);
  if (rows == kLeast) rows = least_rows;
  if (columns == kLeast) columns = least_columns;
  if (rows < least_rows || columns < least_columns ||
      (rows != least_rows && columns != least_columns)) {
    ThrowInvalid("matrices of " + std::to_string(rows) + " rows and " + std::to_string(columns) +
                 " columns do not have diagonals of length " + std::to_string(length) +
                 " that end at their border");
  }
  return {rows, columns};
}

void InferDiagShape(ShapeContext& c, const Attrs& t) {
  CheckAlign(t);
  const Shape x = c.WithRankAtLeast(0, 1);
  Band band;
  int64_t rows = -1, columns = -1;
  for (int i = 2; i < c.num_inputs(); ++i) c.WithRank(i, 0);
  if (c.num_inputs() > 1) {
    const auto given_rows = c.IntValue(2), given_columns = c.IntValue(3);
    if (!c.Value(1) || !given_rows || !given_columns) return;
    band = BandOf(*c.Value(1));
    rows = *given_rows;
    columns = *given_columns;
  }
  if (!x.known_rank()) return;
  const int length_at = x.rank() - 1, batch = length_at - (band.single() ? 0 : 1);
  if (batch < 0)
    ThrowInvalid("several diagonals have rank 2 or more; the shape is " + x.ToString());
  if (!band.single()) c.MergeDim(x[batch], band.count(), "number of diagonals and of those in k");
  Shape out = x.Slice(0, batch);
  if (x[length_at] < 0) {
    out.Append(kUnknownDim);
    out.Append(kUnknownDim);
  } else {
    std::tie(rows, columns) = SizesFor(band, x[length_at], rows, columns);
    out.Append(rows);
    out.Append(columns);
  }
  c.SetOut(0, out);
}

void DiagKernel(KernelContext& k, const Attrs& t) {
  const Band band = k.num_inputs() > 1 ? BandOf(k.In(1)) : Band{};
  const Shape& out = k.Out(0).shape();
  const int rank = out.rank();
  ForNumericOrBool(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = k.In(0).data<T>();
    T* to = k.Out(0).data<T>();
    std::fill_n(to, out.num_elements(), k.num_inputs() > 1 ? k.In<T>(4)[0] : T{});
    ForDiagonals(band, t, BatchOf(out), out[rank - 2], out[rank - 1],
                 [=](int64_t diagonal, int64_t matrix) {
                   if (matrix >= 0) to[matrix] = from[diagonal];
                 });
  });
}

// --- MatrixDiagPart: (input), or (input, k, padding_value)

Shape DiagonalsOf(const Shape& x, const Band& b) {
  const int64_t rows = x[x.rank() - 2], columns = x[x.rank() - 1];
  CheckBand(b, rows, columns);
  Shape out = x.Slice(0, x.rank() - 2);
  if (!b.single()) out.Append(b.count());
  out.Append(rows < 0 || columns < 0 ? kUnknownDim
                                     : std::max<int64_t>(MaxLength(b, rows, columns), 0));
  return out;
}

void InferPartShape(ShapeContext& c, const Attrs& t) {
  CheckAlign(t);
  const Shape x = c.WithRankAtLeast(0, 2);
  if (c.num_inputs() > 2) c.WithRank(2, 0);
  if (!x.known_rank() || (c.num_inputs() > 1 && !c.Value(1))) return;
  c.SetOut(0, DiagonalsOf(x, c.num_inputs() > 1 ? BandOf(*c.Value(1)) : Band{}));
}

void PartKernel(KernelContext& k, const Attrs& t) {
  const Band band = k.num_inputs() > 1 ? BandOf(k.In(1)) : Band{};
  const Shape& x = k.In(0).shape();
  ForNumericOrBool(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = k.In(0).data<T>();
    T* to = k.Out(0).data<T>();
    const T padding = k.num_inputs() > 1 ? k.In<T>(2)[0] : T{};
    ForDiagonals(band, t, BatchOf(x), x[x.rank() - 2], x[x.rank() - 1],
                 [=](int64_t diagonal, int64_t matrix) {
                   to[diagonal] = matrix >= 0 ? from[matrix] : padding;
                 });
  });
}

// --- MatrixSetDiag: (input, diagonal), or (input, diagonal, k)

void InferSetShape(ShapeContext& c, const Attrs& t) {
  CheckAlign(t);
  const Shape x = c.WithRankAtLeast(0, 2);
  c.SetOut(0, x);
  if (!x.known_rank() || (c.num_inputs() > 2 && !c.Value(2))) return;
  c.MergeShapes(DiagonalsOf(x, c.num_inputs() > 2 ? BandOf(*c.Value(2)) : Band{}), c.In(1),
                "shapes of input's diagonals and of diagonal");
}

void SetKernel(KernelContext& k, const Attrs& t) {
  const Band band = k.num_inputs() > 2 ? BandOf(k.In(2)) : Band{};
  const Shape& x = k.In(0).shape();
  k.Out(0).CopyFrom(k.In(0));
  ForNumericOrBool(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = k.In(1).data<T>();
    T* to = k.Out(0).data<T>();
    ForDiagonals(band, t, BatchOf(x), x[x.rank() - 2], x[x.rank() - 1],
                 [=](int64_t diagonal, int64_t matrix) {
                   if (matrix >= 0) to[matrix] = from[diagonal];
                 });
  });
}

// --- versions and gradients

enum Version { kV1, kV2, kV3 };
const char* const kSuffix[] = {"", "V2", "V3"};

AttrMap AlignAttr(Version v, const Attrs& t) {
  return v == kV3 ? AttrMap{{"align", t.align}} : AttrMap{};
}
Expr Part(GradContext& g, Version v, const Attrs& t, Expr matrices, Expr k) {
  std::vector<Expr> inputs = {matrices};
  if (v != kV1) {
    const Tensor zero = Tensor::Zeros(matrices.dtype(), {});
    inputs.insert(inputs.end(), {k, g.scope().Const(zero)});
  }
  return g.scope().Add(std::string("MatrixDiagPart") + kSuffix[v], inputs, AlignAttr(v, t));
}
Expr Set(GradContext& g, Version v, const Attrs& t, Expr matrices, Expr diagonal, Expr k) {
  std::vector<Expr> inputs = {matrices, diagonal};
  if (v != kV1) inputs.push_back(k);
  return g.scope().Add(std::string("MatrixSetDiag") + kSuffix[v], inputs, AlignAttr(v, t));
}

Op<Attrs> Declare(const char* name, Version v, std::string doc) {
  std::vector<DType> types = kNumbers;
  types.push_back(DType::kBool);
  if (v != kV1) {
    doc +=
        " k is one diagonal, or the lowest and the highest of several (0: the main one, above "
        "it positive), which lie in rows of the longest's length, the highest first";
    doc += v == kV3 ? ", aligned as `align` says for those above and below the main one."
                    : ", aligned to the left.";
  }
  Op<Attrs> op(std::string(name) + kSuffix[v]);
  op.Doc(doc + " INVALID_ARGUMENT when sizes and diagonals do not fit.");
  op.TypeAttr("T", std::move(types));
  if (v == kV3) op.Attr("align", &Attrs::align, "RIGHT_LEFT");
  return op;
}

// dx = the diagonals of dy
OpDef Diag(Version v) {
  Op<Attrs> op = Declare("MatrixDiag", v,
                         "Matrices that have these diagonals and are 0 elsewhere, "
                         "or padding_value where there is one.");
  op.Input("diagonal", "T");
  if (v != kV1) {
    op.Input("k", "int32").Input("num_rows", "int32").Input("num_cols", "int32");
    op.Input("padding_value", "T");
  }
  return op.Output("output", "T")
      .Shape(InferDiagShape)
      .Grad([v](GradContext& g, const Attrs& t) {
        std::vector<Grad> grads = g.None();
        grads[0] = Part(g, v, t, g.DOut(0), v == kV1 ? Expr() : g.In(1));
        return grads;
      })
      .Kernel(DiagKernel);
}

// dx = zeros with the diagonals dy
OpDef DiagPart(Version v) {
  Op<Attrs> op = Declare("MatrixDiagPart", v,
                         "The diagonals of the matrices in input's last two dimensions; shorter "
                         "ones are filled up with padding_value.");
  op.Input("input", "T");
  if (v != kV1) op.Input("k", "int32").Input("padding_value", "T");
  return op.Output("diagonal", "T")
      .Shape(InferPartShape)
      .Grad([v](GradContext& g, const Attrs& t) {
        std::vector<Grad> grads = g.None();
        grads[0] =
            Set(g, v, t, op::ZerosLike(g.scope(), g.In(0)), g.DOut(0), v == kV1 ? Expr() : g.In(1));
        return grads;
      })
      .Kernel(PartKernel);
}

// dx = dy with zeros as diagonals, ddiagonal = the diagonals of dy
OpDef SetDiag(Version v) {
  Op<Attrs> op = Declare("MatrixSetDiag", v, "input with other diagonals in its matrices.");
  op.Input("input", "T").Input("diagonal", "T");
  if (v != kV1) op.Input("k", "int32");
  return op.Output("output", "T")
      .Shape(InferSetShape)
      .Grad([v](GradContext& g, const Attrs& t) {
        std::vector<Grad> grads = g.None();
        const Expr k = v == kV1 ? Expr() : g.In(2);
        if (g.Needs(0)) grads[0] = Set(g, v, t, g.DOut(0), op::ZerosLike(g.scope(), g.In(1)), k);
        if (g.Needs(1)) grads[1] = Part(g, v, t, g.DOut(0), k);
        return grads;
      })
      .Kernel(SetKernel)
      .InPlace(0);
}

}  // namespace matrix_diag

OpDef MatrixDiagOp() { return matrix_diag::Diag(matrix_diag::kV1); }
OpDef MatrixDiagV2Op() { return matrix_diag::Diag(matrix_diag::kV2); }
OpDef MatrixDiagV3Op() { return matrix_diag::Diag(matrix_diag::kV3); }
OpDef MatrixDiagPartOp() { return matrix_diag::DiagPart(matrix_diag::kV1); }
OpDef MatrixDiagPartV2Op() { return matrix_diag::DiagPart(matrix_diag::kV2); }
OpDef MatrixDiagPartV3Op() { return matrix_diag::DiagPart(matrix_diag::kV3); }
OpDef MatrixSetDiagOp() { return matrix_diag::SetDiag(matrix_diag::kV1); }
OpDef MatrixSetDiagV2Op() { return matrix_diag::SetDiag(matrix_diag::kV2); }
OpDef MatrixSetDiagV3Op() { return matrix_diag::SetDiag(matrix_diag::kV3); }

}  // namespace graphrun::ops
