// TensorScatterUpdate, TensorScatterAdd, TensorScatterSub, TensorScatterMin, TensorScatterMax: a
// tensor with slices changed.
#include <algorithm>
#include <cstring>

#include "core/autodiff/gradients.h"
#include "core/build/ops.h"
#include "ops/axis.h"
#include "ops/index/scatter.h"

namespace graphrun::ops {

Shape UpdatesShape(const std::string& op, const Shape& indices, const Shape& x) {
  if (!indices.known_rank() || !x.known_rank()) return Shape::Unknown();
  const int64_t depth = indices[indices.rank() - 1];
  if (depth < 0) return Shape::Unknown();
  if (depth > x.rank()) {
    ThrowInvalid(op + ": index vectors of " + std::to_string(depth) +
                 " elements for a tensor of shape " + x.ToString());
  }
  return Concatenate(indices.Slice(0, indices.rank() - 1), x.From(static_cast<int>(depth)));
}

int64_t SliceAt(const Tensor& indices, int64_t row, int depth, const Shape& x) {
  int64_t at = 0;
  for (int d = 0; d < depth; ++d) {
    const int64_t index = indices.int_at(row * depth + d);
    if (index < 0 || index >= x[d]) {
      ThrowInvalid("indices[" + std::to_string(row) + "," + std::to_string(d) +
                   "] = " + std::to_string(index) + " is not in [0, " + std::to_string(x[d]) +
                   "), for shape " + x.ToString());
    }
    at = at * x[d] + index;
  }
  return at;
}

namespace tensor_scatter {

template <typename T>
void Join(ScatterMode mode, const T* from, int64_t n, T* to) {
  for (int64_t j = 0; j < n; ++j) {
    switch (mode) {
      case ScatterMode::kAdd:
        to[j] += from[j];
        break;
      case ScatterMode::kSub:
        to[j] -= from[j];
        break;
      case ScatterMode::kMin:
        to[j] = std::min(to[j], from[j]);
        break;
      case ScatterMode::kMax:
        to[j] = std::max(to[j], from[j]);
        break;
      case ScatterMode::kUpdate:
        to[j] = from[j];
        break;
    }
  }
}

// Calls fn(slice of the updates, slice of y, elements in each) in order.
template <typename Fn>
void ForSlices(const Tensor& indices, const Shape& y, const Fn& fn) {
  const int last = indices.shape().rank() - 1, depth = static_cast<int>(indices.shape()[last]);
  const int64_t count = CountElements(indices.shape(), 0, last);
  const int64_t width = CountElements(y, depth, y.rank());
  for (int64_t i = 0; i < count; ++i) fn(i * width, SliceAt(indices, i, depth, y) * width, width);
}

}  // namespace tensor_scatter

void ScatterSlices(ScatterMode mode, const Tensor& indices, const Tensor& updates, Tensor& y) {
  using tensor_scatter::ForSlices;
  const bool numbers = mode != ScatterMode::kUpdate;
  if (numbers) {
    return ForNumeric(y.dtype(), [&](auto z) {
      using T = decltype(z);
      ForSlices(indices, y.shape(), [&](int64_t from, int64_t to, int64_t n) {
        tensor_scatter::Join(mode, updates.data<T>() + from, n, y.data<T>() + to);
      });
    });
  }
  if (y.dtype() == DType::kString) {
    return ForSlices(indices, y.shape(), [&](int64_t from, int64_t to, int64_t n) {
      std::copy_n(updates.data<std::string>() + from, n, y.data<std::string>() + to);
    });
  }
  const size_t size = DTypeSize(y.dtype());
  ForSlices(indices, y.shape(), [&](int64_t from, int64_t to, int64_t n) {
    if (n == 0) return;
    std::memcpy(static_cast<char*>(y.raw()) + to * size,
                static_cast<const char*>(updates.raw()) + from * size, n * size);
  });
}

namespace tensor_scatter {

void InferShape(ShapeContext& c) {
  const std::string& op = c.node().op->name;
  const Shape x = c.WithRankAtLeast(0, 1), indices = c.WithRankAtLeast(1, 1);
  c.MergeShapes(c.In(2), UpdatesShape(op, indices, x), "shapes of updates and indexed slices");
  c.SetOut(0, x);
}

void Kernel(KernelContext& k, ScatterMode mode) {
  const bool strings = k.In(0).dtype() == DType::kString;
  Tensor& y = strings ? k.Allocate(0, DType::kString, k.In(0).shape()) : k.Out(0);
  if (strings) {
    std::copy_n(k.In(0).data<std::string>(), y.num_elements(), y.data<std::string>());
  } else {
    y.CopyFrom(k.In(0));
  }
  ScatterSlices(mode, k.In(1), k.In(2), y);
}

std::vector<Grad> Gradient(GradContext& g, ScatterMode mode) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), indices = g.In(1), updates = g.In(2), dy = g.DOut(0);
  const Expr taken = op::GatherNd(s, dy, indices);
  switch (mode) {
    case ScatterMode::kAdd:
      return {dy, {}, taken};
    case ScatterMode::kSub:
      return {dy, {}, op::Neg(s, taken)};
    case ScatterMode::kUpdate:
      return {s.Add("TensorScatterUpdate", {dy, indices, op::ZerosLike(s, updates)}), {}, taken};
    default:
      break;
  }
  // An extremum's gradient is shared evenly by all that equal it.
  const Expr y = g.Out(0);
  const Expr in_x = op::Cast(s, op::Equal(s, x, y), dy.dtype());
  const Expr in_updates =
      op::Cast(s, op::Equal(s, updates, op::GatherNd(s, y, indices)), dy.dtype());
  const Expr share = op::RealDiv(
      s, dy,
      op::AddV2(s, in_x, op::ScatterNd(s, indices, in_updates, op::Shape(s, x, indices.dtype()))));
  return {op::Mul(s, in_x, share), {}, op::Mul(s, in_updates, op::GatherNd(s, share, indices))};
}

OpDef Declare(const char* name, const char* what, ScatterMode mode) {
  const bool update = mode == ScatterMode::kUpdate;
  return Op<>(name)
      .Doc(std::string("tensor with updates[i, ...] ") + what +
           " its slice [indices[i,0], ..., indices[i,d-1], ...] for indices [..., d], one after "
           "the other; i may be several dimensions. INVALID_ARGUMENT naming the index when one is "
           "out of range.")
      .Input("tensor", "T")
      .Input("indices", "Tindices")
      .Input("updates", "T")
      .Output("output", "T")
      .TypeAttr("T", update ? kAnyType : kNumbers)
      .TypeAttr("Tindices", kInts)
      .Shape(InferShape)
      .Grad([mode](GradContext& g) { return Gradient(g, mode); })
      .Kernel([mode](KernelContext& k) { Kernel(k, mode); });
}

}  // namespace tensor_scatter

OpDef TensorScatterUpdateOp() {
  return tensor_scatter::Declare("TensorScatterUpdate", "in place of", ScatterMode::kUpdate);
}
OpDef TensorScatterAddOp() {
  return tensor_scatter::Declare("TensorScatterAdd", "added to", ScatterMode::kAdd);
}
OpDef TensorScatterSubOp() {
  return tensor_scatter::Declare("TensorScatterSub", "subtracted from", ScatterMode::kSub);
}
OpDef TensorScatterMinOp() {
  return tensor_scatter::Declare("TensorScatterMin", "as an upper limit for", ScatterMode::kMin);
}
OpDef TensorScatterMaxOp() {
  return tensor_scatter::Declare("TensorScatterMax", "as a lower limit for", ScatterMode::kMax);
}

}  // namespace graphrun::ops
