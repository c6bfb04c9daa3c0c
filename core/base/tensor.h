// Tensor: a value at run time; TensorList: the value behind a variant.
#ifndef GRAPHRUN_CORE_BASE_TENSOR_H_
#define GRAPHRUN_CORE_BASE_TENSOR_H_

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/shape.h"
#include "core/base/types.h"

namespace graphrun {

class Tensor;

// Whether a tensor of this type could be made: its shape is known, and its memory is not too much
// (see size.h).
bool Allocatable(DType dtype, const Shape& shape);

// The object behind a tensor of dtype string, resource or variant.
// A variable's storage, a TensorList and an array of strings are ObjectBuffers.
class ObjectBuffer : public Buffer {};

// A dense, row-major value of a fully known shape. Copies share the buffer (kernels write only to
// outputs that they alone hold). A tensor is either owning, or a view of memory that somebody else
// keeps (the executor's arena). Invariants: (1) shape() is fully known; (2) string, resource and
// variant tensors are owning.
class Tensor {
 public:
  Tensor() = default;  // empty: dtype() is kInvalid
  // Owning and uninitialised; from `pool` when given. Strings start empty.
  Tensor(DType dtype, const Shape& shape, BufferPool* pool = nullptr);
  // A view of `data`, which must hold the elements for as long as the tensor or a copy of it is
  // used.
  static Tensor View(DType dtype, const Shape& shape, void* data);
  // Has a view show other memory. REQUIRES: !owning().
  void Rebase(void* data) { data_ = data; }
  // A scalar of dtype resource or variant.
  static Tensor Object(DType dtype, RefPtr<ObjectBuffer> object);
  template <typename T>
  static Tensor Scalar(T value);
  // INVALID_ARGUMENT unless there are as many values as the shape has elements.
  template <typename T>
  static Tensor Of(const std::vector<T>& values, const Shape& shape);
  template <typename T>
  static Tensor Vector(const std::vector<T>& values) {
    return Of(values, {static_cast<int64_t>(values.size())});
  }
  static Tensor Zeros(DType dtype, const Shape& shape, BufferPool* pool = nullptr);

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int64_t num_elements() const { return num_elements_; }
  size_t bytes() const { return num_elements_ * DTypeSize(dtype_); }
  bool empty() const { return dtype_ == DType::kInvalid; }

  // Elements. REQUIRES: dtype() is T's (checked).
  template <typename T>
  T* data() {
    CheckType(kDTypeOf<T>);
    return static_cast<T*>(data_);
  }
  template <typename T>
  const T* data() const {
    CheckType(kDTypeOf<T>);
    return static_cast<const T*>(data_);
  }
  template <typename T>
  std::span<T> span() {
    return {data<T>(), static_cast<size_t>(num_elements_)};
  }
  template <typename T>
  std::span<const T> span() const {
    return {data<T>(), static_cast<size_t>(num_elements_)};
  }
  // REQUIRES: one element.
  template <typename T>
  T scalar() const {
    return data<T>()[0];
  }
  void* raw() { return data_; }
  const void* raw() const { return data_; }
  // The object of a resource or variant tensor.
  ObjectBuffer* object() const { return static_cast<ObjectBuffer*>(buffer_.get()); }
  // Element i of an int32 or int64 tensor. REQUIRES: i < num_elements().
  int64_t int_at(int64_t i) const;
  // Element i of any numeric or bool tensor, as double.
  double number_at(int64_t i) const;

  bool owning() const { return static_cast<bool>(buffer_); }
  // Whether nobody else holds the buffer, so that it may be overwritten.
  bool unique() const { return buffer_ && buffer_->unique(); }
  // This tensor if it owns its memory, a copy from `pool` otherwise.
  Tensor Own(BufferPool* pool) const;
  Tensor Copy(BufferPool* pool = nullptr) const;
  // The same elements under another shape. REQUIRES: as many elements (checked).
  Tensor Reshaped(const Shape& shape) const;
  void CopyFrom(const Tensor& other);  // REQUIRES: same dtype and num_elements; numeric

  // "float32[2,3]: 1 2 3 ..." for messages; at most `limit` elements.
  std::string ToString(int limit = 8) const;

 private:
  void CheckType(DType want) const {
    if (dtype_ != want) ThrowWrongType(want);
  }
  [[noreturn]] void ThrowWrongType(DType want) const;
  [[noreturn]] static void ThrowWrongCount(size_t values, const Shape& shape);

  DType dtype_ = DType::kInvalid;
  Shape shape_;
  int64_t num_elements_ = 0;
  void* data_ = nullptr;
  RefPtr<Buffer> buffer_;
};

// The strings of a string tensor.
class StringBuffer final : public ObjectBuffer {
 public:
  explicit StringBuffer(size_t n) : strings(n) {}
  std::vector<std::string> strings;
};

// A list of tensors of one dtype: TensorFlow's TensorList in a variant. An element that was never
// set is an empty Tensor; it reads as zeros. Values share a list; an op that changes one first
// makes it its own (see MutableList).
class TensorList final : public ObjectBuffer {
 public:
  TensorList(DType element_dtype, const Shape& element_shape)
      : dtype(element_dtype), shape(element_shape) {}
  // An empty list; from `pool` when given, which takes it back after its last use.
  static RefPtr<TensorList> New(DType element_dtype, const Shape& element_shape, BufferPool* pool);

  std::vector<Tensor> items;
  DType dtype;
  Shape shape;             // what all elements have in common
  int64_t max_items = -1;  // more cannot be pushed; -1: no limit

 private:
  void Release() override;

  std::shared_ptr<BufferPool> pool_;  // set while in use, as in MemoryBuffer
};

inline TensorList& AsList(const Tensor& variant) {
  if (variant.dtype() != DType::kVariant)
    ThrowInvalid("a tensor list is expected, not " + variant.ToString());
  return static_cast<TensorList&>(*variant.object());
}
// The list of `variant` to be changed: itself when nobody else holds it, a copy otherwise.
TensorList& MutableList(Tensor& variant, BufferPool* pool = nullptr);

template <typename T>
Tensor Tensor::Scalar(T value) {
  Tensor t(kDTypeOf<T>, Shape{});
  t.data<T>()[0] = std::move(value);
  return t;
}

template <typename T>
Tensor Tensor::Of(const std::vector<T>& values, const Shape& shape) {
  if (static_cast<int64_t>(values.size()) != shape.num_elements())
    ThrowWrongCount(values.size(), shape);
  Tensor t(kDTypeOf<T>, shape);
  std::copy(values.begin(), values.end(), t.data<T>());
  return t;
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_TENSOR_H_
