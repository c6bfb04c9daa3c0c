// MatrixBandPart: the diagonals of matrices around the main one.
#include <algorithm>
#include <cstring>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace matrix_band_part {

void CheckCount(const char* what, int64_t count, int64_t size) {
  if (count <= size) return;
  ThrowInvalid("MatrixBandPart: " + std::string(what) + " = " + std::to_string(count) +
               " is above the matrices' " + std::to_string(size) + "; a negative one keeps all");
}

void Kernel(KernelContext& k) {
  const Shape& shape = k.In(0).shape();
  const int64_t m = shape[shape.rank() - 2], n = shape[shape.rank() - 1];
  int64_t lower = k.In(1).int_at(0), upper = k.In(2).int_at(0);
  CheckCount("num_lower", lower, m);
  CheckCount("num_upper", upper, n);
  if (lower < 0) lower = m;
  if (upper < 0) upper = n;
  if (k.In(0).num_elements() == 0) return;
  const auto size = static_cast<int64_t>(DTypeSize(k.In(0).dtype()));
  const char* x = static_cast<const char*>(k.In(0).raw());
  char* y = static_cast<char*>(k.Out(0).raw());
  ParallelFor(k.In(0).num_elements() / n, 32768 / n + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t i = row % m;
      const int64_t from = std::clamp<int64_t>(i - lower, 0, n);
      const int64_t to = std::clamp<int64_t>(i + upper + 1, from, n);
      char* out = y + row * n * size;
      std::memset(out, 0, from * size);
      std::memcpy(out + from * size, x + (row * n + from) * size, (to - from) * size);
      std::memset(out + to * size, 0, (n - to) * size);
    }
  });
}

}  // namespace matrix_band_part

OpDef MatrixBandPartOp() {
  std::vector<DType> types = kNumbers;
  types.push_back(DType::kBool);
  return Op("MatrixBandPart")
      .Doc(
          "band is input with zeros more than num_lower below and more than num_upper right of the "
          "diagonals of its matrices, the last two dimensions; a negative number keeps all. "
          "INVALID_ARGUMENT when one is above the size of the matrices.")
      .Input("input", "T")
      .Input("num_lower", "Tindex")
      .Input("num_upper", "Tindex")
      .Output("band", "T")
      .TypeAttr("T", types)
      .TypeAttr("Tindex", kInts, DType::kInt64)
      .Shape([](ShapeContext& c) {
        c.WithRank(1, 0);
        c.WithRank(2, 0);
        c.SetOut(0, c.WithRankAtLeast(0, 2));
      })
      .Grad([](GradContext& g) -> std::vector<Grad> {
        return {g.scope().Add("MatrixBandPart", {g.DOut(0), g.In(1), g.In(2)}), {}, {}};
      })
      .Kernel(matrix_band_part::Kernel);
}

}  // namespace graphrun::ops
