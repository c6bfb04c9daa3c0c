#include "ops/list/list.h"

#include <algorithm>
#include <cstring>

#include "core/base/size.h"
#include "core/build/ops.h"

namespace graphrun::ops {
namespace list {

[[noreturn]] void ThrowDType(DType has, DType wants) {
  ThrowInvalid("the op works on lists of " + std::string(DTypeName(wants)) +
               ", and the list's elements are " + std::string(DTypeName(has)));
}

}  // namespace list

Shape ListElementShape(ShapeContext& c, int i, DType element_dtype) {
  c.WithRank(i, 0);
  const ValueType& type = c.Type(i);
  if (type.element_dtype != DType::kInvalid && type.element_dtype != element_dtype) {
    list::ThrowDType(type.element_dtype, element_dtype);
  }
  return type.element_shape;
}

Shape ListElementShape(ShapeContext& c, int i, DType element_dtype, int element_shape_input) {
  const Shape shape = ListElementShape(c, i, element_dtype);
  const Tensor* value = c.Value(element_shape_input);
  for (int64_t k = 0; value && k < value->num_elements(); ++k) {
    if (value->int_at(k) < kUnknownDim) return shape;
  }
  const Shape given = c.ValueAsShape(element_shape_input);
  return shape.CompatibleWith(given) ? Merge(shape, given) : shape;
}

void SetListOut(ShapeContext& c, int o, DType element_dtype, const Shape& element_shape) {
  c.SetOut(o, {});
  c.SetOutElement(o, element_dtype, element_shape);
}

void InferListUpdate(ShapeContext& c, DType element_dtype, const Shape& element) {
  const Shape shape = ListElementShape(c, 0, element_dtype);
  // The other elements may still be of other shapes.
  c.MergeShapes(shape, element, "shapes of the list's elements and the new one");
  SetListOut(c, 0, element_dtype, shape);
}

Shape ShapeFromTensor(const Tensor& t) {
  if (t.shape().rank() == 0 && t.int_at(0) == -1) return Shape::Unknown();
  if (t.shape().rank() != 1) {
    ThrowInvalid("element_shape is an int vector or the scalar -1, not " + t.ToString());
  }
  Shape shape;
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    if (t.int_at(i) < kUnknownDim)
      ThrowInvalid("element_shape has a negative dimension: " + t.ToString());
    shape.Append(t.int_at(i));
  }
  return shape;
}

const TensorList& ListAt(const KernelContext& k, int i, DType element_dtype) {
  const TensorList& l = AsList(k.In(i));
  if (l.dtype != element_dtype) list::ThrowDType(l.dtype, element_dtype);
  return l;
}

void CheckElement(const TensorList& l, const Tensor& element) {
  if (l.shape.CompatibleWith(element.shape())) return;
  ThrowInvalid("an element of shape " + element.shape().ToString() +
               " does not fit a list of elements of shape " + l.shape.ToString());
}

void CheckUnwritten(const KernelContext& k, const TensorList& l, int64_t index) {
  if (l.items[index].empty() || !k.node().attrs.contains(kWritesOnceAttr)) return;
  ThrowInvalid("element " + std::to_string(index) + " of the TensorArray has been written already");
}

void NoteElementShape(const KernelContext& k, TensorList& l, const Shape& element) {
  if (k.node().attrs.contains(kOneShapeAttr)) l.shape = Merge(l.shape, element);
}

void CheckListIndex(const TensorList& l, int64_t index, const char* what) {
  if (index >= 0 && index < static_cast<int64_t>(l.items.size())) return;
  ThrowInvalid("trying to " + std::string(what) + " element " + std::to_string(index) +
               " in a list with " + std::to_string(l.items.size()) + " elements");
}

Shape UnsetShape(const TensorList& l, const Tensor& element_shape, bool from_others) {
  Shape shape = Merge(l.shape, ShapeFromTensor(element_shape));
  if (from_others && !shape.fully_known()) {
    for (const Tensor& item : l.items) {
      if (!item.empty()) shape = Merge(shape, item.shape());
    }
  }
  if (!shape.fully_known()) {
    ThrowInvalid("trying to read a list element that was never set, and its shape is unknown: " +
                 shape.ToString());
  }
  return shape;
}

void SetElementOut(KernelContext& k, int o, const TensorList& l, const Tensor& item,
                   const Tensor& element_shape, bool from_others) {
  if (item.empty()) {
    if (DTypeSize(l.dtype) == 0 && l.dtype != DType::kString) {
      ThrowInvalid("trying to read an element that was never set of a list of " +
                   std::string(DTypeName(l.dtype)));
    }
    k.SetOut(o, Tensor::Zeros(l.dtype, UnsetShape(l, element_shape, from_others), k.pool()));
  } else {
    k.SetOut(o, item);
  }
  const Shape& shape = k.Out(o).shape();
  if (!k.OutShape(o).CompatibleWith(shape)) {
    ThrowInvalid("the list's element has shape " + shape.ToString() + ", and " +
                 k.OutShape(o).ToString() + " is expected");
  }
}

void ResizeList(TensorList& list, int64_t size) {
  CheckedBytes(size, sizeof(Tensor));
  list.items.resize(size);
}

void CopyElements(const Tensor& from, int64_t n, Tensor& to, int64_t at) {
  if (to.dtype() == DType::kString) {
    std::string* out = to.data<std::string>() + at;
    if (!from.empty()) std::copy_n(from.data<std::string>(), n, out);
    return;
  }
  const size_t size = DTypeSize(to.dtype());
  if (size == 0)
    ThrowInvalid("lists of " + std::string(DTypeName(to.dtype())) + " cannot be joined");
  if (n == 0) return;
  char* out = static_cast<char*>(to.raw()) + at * size;
  if (from.empty()) {
    std::memset(out, 0, n * size);
  } else {
    std::memcpy(out, from.raw(), n * size);
  }
}

Tensor CopyRow(const Tensor& from, int64_t i, const Shape& shape, BufferPool* pool) {
  if (DTypeSize(from.dtype()) == 0 && from.dtype() != DType::kString) {
    ThrowInvalid("a " + std::string(DTypeName(from.dtype())) + " tensor cannot be cut into a list");
  }
  Tensor row(from.dtype(), shape, pool);
  const int64_t n = row.num_elements();
  if (from.dtype() == DType::kString) {
    std::copy_n(from.data<std::string>() + i * n, n, row.data<std::string>());
  } else if (n > 0) {
    std::memcpy(row.raw(), static_cast<const char*>(from.raw()) + i * row.bytes(), row.bytes());
  }
  return row;
}

Expr RowShape(GradContext& g, Expr x) {
  const Shape& shape = x.shape();
  if (shape.known_rank() && shape.From(1).fully_known()) {
    return op::ShapeConst(g.scope(), shape.From(1));
  }
  return op::Slice(g.scope(), g.ShapeOf(x), op::Ints(g.scope(), {1}), op::Ints(g.scope(), {-1}));
}

}  // namespace graphrun::ops
