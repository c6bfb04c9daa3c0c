#include "core/graph/op_context.h"

#include <algorithm>

#include "core/base/size.h"
#include "core/graph/op_def.h"

namespace graphrun {

ValueType TypeOf(const Tensor& value) {
  ValueType type{.dtype = value.dtype(), .shape = value.shape()};
  if (value.dtype() == DType::kVariant) {
    const TensorList& list = AsList(value);
    type.element_dtype = list.dtype;
    type.element_shape = list.shape;
  } else if (value.dtype() == DType::kResource) {
    const auto& variable = static_cast<const VariableState&>(*value.object());
    type.element_dtype = variable.dtype;
    type.element_shape = variable.shape;  // its values may have several
  }
  return type;
}

Shape ShapeContext::WithRank(int i, int rank) const {
  const Shape& s = In(i);
  if (!s.known_rank()) return Shape::UnknownOfRank(rank);
  if (s.rank() != rank) {
    ThrowInvalid(node_.op->name + ": input " + std::to_string(i) + " must have rank " +
                 std::to_string(rank) + ", but its shape is " + s.ToString());
  }
  return s;
}

Shape ShapeContext::WithRankAtLeast(int i, int rank) const {
  const Shape& s = In(i);
  if (s.known_rank() && s.rank() < rank) {
    ThrowInvalid(node_.op->name + ": input " + std::to_string(i) + " must have at least rank " +
                 std::to_string(rank) + ", but its shape is " + s.ToString());
  }
  return s;
}

int64_t ShapeContext::MergeDim(int64_t a, int64_t b, const char* what) const {
  if (a >= 0 && b >= 0 && a != b) {
    std::string shapes;
    for (int i = 0; i < num_inputs(); ++i) shapes += (i ? " and " : "") + In(i).ToString();
    ThrowInvalid(node_.op->name + ": " + what + " " + std::to_string(a) + " vs " +
                 std::to_string(b) + " (shapes " + shapes + ")");
  }
  return a >= 0 ? a : b;
}

Shape ShapeContext::MergeShapes(const Shape& a, const Shape& b, const char* what) const {
  if (!a.CompatibleWith(b)) {
    ThrowInvalid(node_.op->name + ": " + what + " " + a.ToString() + " vs " + b.ToString());
  }
  return Merge(a, b);
}

std::optional<int64_t> ShapeContext::IntValue(int i, int64_t at) const {
  if (const Tensor* t = Value(i)) {
    if (at < t->num_elements()) return t->int_at(at);
    return std::nullopt;
  }
  if (!values_.partial) return std::nullopt;
  const auto elements = values_.partial(i);
  if (!elements || at >= elements->rank() || (*elements)[static_cast<int>(at)] < 0)
    return std::nullopt;
  return (*elements)[static_cast<int>(at)];
}

Shape ShapeContext::ValueAsShape(int i) const {
  if (const Tensor* t = Value(i)) {
    if (t->shape().rank() == 0 && t->int_at(0) == -1) return Shape::Unknown();
    if (t->shape().rank() != 1) {
      ThrowInvalid(node_.op->name + ": a shape is an int vector, not of shape " +
                   t->shape().ToString());
    }
    Shape out;
    for (int64_t k = 0; k < t->num_elements(); ++k) {
      const int64_t d = t->int_at(k);
      if (d < kUnknownDim)
        ThrowInvalid(node_.op->name + ": dimension " + std::to_string(d) + " is negative");
      out.Append(d);
    }
    return out;
  }
  if (values_.partial && In(i).rank() == 1) {
    if (const auto elements = values_.partial(i)) return *elements;
  }
  if (In(i).rank() == 1 && In(i)[0] >= 0 && In(i)[0] <= Shape::kMaxRank) {
    return Shape::UnknownOfRank(static_cast<int>(In(i)[0]));
  }
  return Shape::Unknown();
}

Shape ShapeContext::ValueAsSizes(int i) const {
  const Tensor* t = Value(i);
  for (int64_t k = 0; t && k < t->num_elements(); ++k) {
    if (t->int_at(k) < 0) {
      ThrowInvalid(node_.op->name + ": dimension " + std::to_string(t->int_at(k)) + " is negative");
    }
  }
  return ValueAsShape(i);
}

void KernelContext::SetOut(int i, Tensor value) {
  if (!value.owning() && !(i == 0 && node_.op->view_of >= 0)) {
    ThrowInternal(node_.op->name + ": output " + std::to_string(i) +
                  " shows memory of an input, which the op does not declare");
  }
  *outputs_[i] = std::move(value);
}

Tensor& KernelContext::Allocate(int i, DType dtype, const Shape& shape) {
  *outputs_[i] = Tensor(dtype, shape, env_.pool);
  return *outputs_[i];
}

Tensor KernelContext::Scratch(DType dtype, const Shape& shape) {
  const size_t bytes = CheckedBytes(shape.num_elements(), dtype);
  if (bytes > scratch_.size() - scratch_used_) return Tensor(dtype, shape, env_.pool);
  Tensor view = Tensor::View(dtype, shape, scratch_.data() + scratch_used_);
  scratch_used_ = std::min(scratch_.size(), scratch_used_ + Aligned(bytes));
  return view;
}

VariableState& KernelContext::VariableAt(int i) const {
  const Tensor& handle = In(i);
  if (handle.dtype() != DType::kResource) {
    ThrowInvalid(node_.op->name + ": input " + std::to_string(i) + " is no variable handle");
  }
  return static_cast<VariableState&>(*handle.object());
}

}  // namespace graphrun
