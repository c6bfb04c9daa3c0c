#include "core/base/buffer.h"

#include <bit>
#include <new>

#include "core/base/error.h"
#include "core/base/size.h"

namespace graphrun {
namespace {

// Four classes to a power of two: at most a quarter of a buffer is unused.
int SizeClass(size_t bytes) {
  if (bytes <= kAlignment) return 0;
  const size_t units = (bytes - 1) / kAlignment;  // >= 1
  const int log = std::bit_width(units) - 1;
  const size_t quarter = log >= 2 ? (units >> (log - 2)) & 3 : (units << (2 - log)) & 3;
  return 1 + log * 4 + static_cast<int>(quarter);
}

size_t ClassBytes(int size_class) {
  if (size_class == 0) return kAlignment;
  const int log = (size_class - 1) / 4;
  const size_t quarters = 5 + (size_class - 1) % 4;
  const size_t units = log >= 2 ? quarters << (log - 2) : ((quarters << log) + 3) / 4;
  return units * kAlignment;
}

}  // namespace

MemoryBuffer::MemoryBuffer(size_t capacity)
    : data_(static_cast<std::byte*>(
          ::operator new(capacity, std::align_val_t(kAlignment), std::nothrow))),
      capacity_(capacity) {}

MemoryBuffer::~MemoryBuffer() { ::operator delete(data_, std::align_val_t(kAlignment)); }

RefPtr<MemoryBuffer> MemoryBuffer::New(size_t bytes) {
  // Refused here as well: the system may promise what it does not have.
  RefPtr<MemoryBuffer> buffer;
  if (bytes <= MaxTensorBytes())
    buffer = RefPtr<MemoryBuffer>(new MemoryBuffer(std::max<size_t>(bytes, 1)));
  if (!buffer || !buffer->data_)
    throw Error(Code::kResourceExhausted, "no memory for " + std::to_string(bytes) + " bytes");
  return buffer;
}

void MemoryBuffer::Release() {
  if (!pool_) {
    delete this;
    return;
  }
  const std::shared_ptr<BufferPool> pool =
      std::move(pool_);  // keeps the pool while it takes the buffer
  pool->Recycle(this);
}

std::shared_ptr<BufferPool> BufferPool::Create() {
  return std::shared_ptr<BufferPool>(new BufferPool);
}

BufferPool::~BufferPool() {
  for (auto& list : free_) {
    for (MemoryBuffer* b : list) delete b;
  }
  for (Buffer* list : free_lists_) delete list;
}

RefPtr<MemoryBuffer> BufferPool::Allocate(size_t bytes) {
  const int size_class = SizeClass(bytes);
  RefPtr<MemoryBuffer> buffer;
  {
    std::lock_guard lock(mutex_);
    auto& list = free_[size_class];
    if (!list.empty()) {
      buffer = RefPtr<MemoryBuffer>(list.back());
      list.pop_back();
      buffer->Revive();
    }
  }
  if (!buffer) {
    buffer = MemoryBuffer::New(ClassBytes(size_class));
    buffer->size_class_ = size_class;
  }
  buffer->pool_ = shared_from_this();
  return buffer;
}

void BufferPool::Recycle(MemoryBuffer* buffer) {
  std::lock_guard lock(mutex_);
  free_[buffer->size_class_].push_back(buffer);
}

Buffer* BufferPool::TakeList() {
  std::lock_guard lock(mutex_);
  if (free_lists_.empty()) return nullptr;
  Buffer* list = free_lists_.back();
  free_lists_.pop_back();
  return list;
}

void BufferPool::KeepList(Buffer* list) {
  std::lock_guard lock(mutex_);
  free_lists_.push_back(list);
}

}  // namespace graphrun
