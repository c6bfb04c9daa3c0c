#include "core/base/tensor.h"

#include <algorithm>

#include "core/base/size.h"

namespace graphrun {
bool Allocatable(DType dtype, const Shape& shape) {
  if (!shape.fully_known()) return false;
  try {
    CheckedBytes(shape.num_elements(), dtype);
    return true;
  } catch (const Error& e) {
    if (e.broken()) throw;
    return false;
  }
}

Tensor::Tensor(DType dtype, const Shape& shape, BufferPool* pool) : dtype_(dtype), shape_(shape) {
  Check(shape.fully_known(), "a tensor's shape is fully known");
  num_elements_ = shape.num_elements();
  const size_t size = CheckedBytes(num_elements_, dtype);
  if (dtype == DType::kString) {
    RefPtr<StringBuffer> strings(new StringBuffer(num_elements_));
    data_ = strings->strings.data();
    buffer_ = strings;
    return;
  }
  Check(DTypeSize(dtype) > 0, "resources and variants are made by Tensor::Object");
  RefPtr<MemoryBuffer> memory = pool ? pool->Allocate(size) : MemoryBuffer::New(size);
  data_ = memory->data();
  buffer_ = memory;
}

Tensor Tensor::View(DType dtype, const Shape& shape, void* data) {
  Tensor t;
  t.dtype_ = dtype;
  t.shape_ = shape;
  t.num_elements_ = shape.num_elements();
  t.data_ = data;
  return t;
}

Tensor Tensor::Object(DType dtype, RefPtr<ObjectBuffer> object) {
  Tensor t;
  t.dtype_ = dtype;
  t.num_elements_ = 1;
  t.buffer_ = object;
  return t;
}

Tensor Tensor::Zeros(DType dtype, const Shape& shape, BufferPool* pool) {
  Tensor t(dtype, shape, pool);
  if (dtype != DType::kString) std::memset(t.data_, 0, t.bytes());
  return t;
}

void Tensor::ThrowWrongCount(size_t values, const Shape& shape) {
  ThrowInvalid("Tensor::Of: " + std::to_string(values) + " values for shape " + shape.ToString() +
               ", which has " + std::to_string(shape.num_elements()) + " elements");
}

int64_t Tensor::int_at(int64_t i) const {
  if (dtype_ == DType::kInt32) return data<int32_t>()[i];
  if (dtype_ == DType::kInt64) return data<int64_t>()[i];
  ThrowInvalid("an int32 or int64 tensor is expected, not " + ToString());
}

double Tensor::number_at(int64_t i) const {
  if (DTypeSize(dtype_) == 0) ThrowInvalid("a tensor of numbers is expected, not " + ToString());
  double number = 0;
  ForPlain(dtype_, [&](auto zero) {
    number = static_cast<double>(static_cast<const decltype(zero)*>(data_)[i]);
  });
  return number;
}

Tensor Tensor::Own(BufferPool* pool) const { return owning() || empty() ? *this : Copy(pool); }

Tensor Tensor::Copy(BufferPool* pool) const {
  if (DTypeSize(dtype_) == 0) {
    if (dtype_ != DType::kString) return *this;
    return Of(std::vector<std::string>(span<std::string>().begin(), span<std::string>().end()),
              shape_);
  }
  Tensor t(dtype_, shape_, pool);
  t.CopyFrom(*this);
  return t;
}

void Tensor::CopyFrom(const Tensor& other) {
  Check(dtype_ == other.dtype_ && num_elements_ == other.num_elements_,
        "CopyFrom: same dtype and size");
  if (data_ != other.data_ && bytes() > 0) std::memcpy(data_, other.data_, bytes());
}

Tensor Tensor::Reshaped(const Shape& shape) const {
  Check(shape.num_elements() == num_elements_, "Reshaped: as many elements");
  Tensor t = *this;
  t.shape_ = shape;
  return t;
}

std::string Tensor::ToString(int limit) const {
  std::string out = std::string(DTypeName(dtype_)) + shape_.ToString();
  if (empty() || dtype_ == DType::kResource || dtype_ == DType::kVariant) return out;
  out += ":";
  const int64_t n = std::min<int64_t>(limit, num_elements_);
  for (int64_t i = 0; i < n; ++i) {
    out += ' ';
    if (dtype_ == DType::kString) {
      out += '"' + data<std::string>()[i] + '"';
      continue;
    }
    ForPlain(dtype_, [&](auto zero) {
      using T = decltype(zero);
      const Compute<T> x = static_cast<const T*>(data_)[i];
      if constexpr (std::is_same_v<T, bool>) {
        out += x ? "true" : "false";
      } else {
        out += std::to_string(x);
      }
    });
  }
  return n < num_elements_ ? out + " ..." : out;
}

void Tensor::ThrowWrongType(DType want) const {
  ThrowInternal("read as " + std::string(DTypeName(want)) + ": " + std::string(DTypeName(dtype_)) +
                shape_.ToString());
}

RefPtr<TensorList> TensorList::New(DType element_dtype, const Shape& element_shape,
                                   BufferPool* pool) {
  TensorList* list = pool ? static_cast<TensorList*>(pool->TakeList()) : nullptr;
  if (list) {
    list->Revive();
    list->dtype = element_dtype;
    list->shape = element_shape;
    list->max_items = -1;
  } else {
    list = new TensorList(element_dtype, element_shape);
  }
  if (pool) list->pool_ = pool->shared_from_this();
  return RefPtr<TensorList>(list);
}

void TensorList::Release() {
  if (!pool_) {
    delete this;
    return;
  }
  items.clear();
  const std::shared_ptr<BufferPool> pool =
      std::move(pool_);  // keeps the pool while it takes the list
  pool->KeepList(this);
}

TensorList& MutableList(Tensor& variant, BufferPool* pool) {
  TensorList& list = AsList(variant);
  if (variant.unique()) return list;
  RefPtr<TensorList> copy = TensorList::New(list.dtype, list.shape, pool);
  copy->items = list.items;
  copy->max_items = list.max_items;
  TensorList& out = *copy;
  variant = Tensor::Object(DType::kVariant, copy);
  return out;
}

}  // namespace graphrun
