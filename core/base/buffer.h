// Memory behind tensors: reference-counted buffers, and the pool that recycles them.
#ifndef GRAPHRUN_CORE_BASE_BUFFER_H_
#define GRAPHRUN_CORE_BASE_BUFFER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace graphrun {

inline constexpr size_t kAlignment = 64;  // a cache line, and the widest vector
constexpr size_t Aligned(size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// A reference-counted object. The last Unref calls Release(), which deletes the object or hands it
// back to its owner.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void Ref() const { refs_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) Release();
  }
  bool unique() const { return refs_.load(std::memory_order_acquire) == 1; }

 protected:
  virtual ~Buffer() = default;
  virtual void Release() { delete this; }
  void Revive() { refs_.store(1, std::memory_order_relaxed); }

 private:
  friend class BufferPool;
  mutable std::atomic<int> refs_{1};
};

// An owning pointer to a Buffer.
template <typename T>
class RefPtr {
 public:
  RefPtr() = default;
  // Takes over the reference that `adopted` was made with.
  explicit RefPtr(T* adopted) : ptr_(adopted) {}
  RefPtr(const RefPtr& other) : ptr_(other.ptr_) {
    if (ptr_) ptr_->Ref();
  }
  RefPtr(RefPtr&& other) noexcept : ptr_(std::exchange(other.ptr_, nullptr)) {}
  template <typename U>
  RefPtr(const RefPtr<U>& other) : ptr_(other.get()) {  // NOLINT: an upcast
    if (ptr_) ptr_->Ref();
  }
  RefPtr& operator=(RefPtr other) noexcept {
    std::swap(ptr_, other.ptr_);
    return *this;
  }
  ~RefPtr() {
    if (ptr_) ptr_->Unref();
  }
  T* get() const { return ptr_; }
  T* operator->() const { return ptr_; }
  T& operator*() const { return *ptr_; }
  explicit operator bool() const { return ptr_ != nullptr; }

 private:
  T* ptr_ = nullptr;
};

// Plain memory, aligned to kAlignment.
class MemoryBuffer;

// Recycles MemoryBuffers by size class, and TensorLists (tensor.h), so that a steady step allocates
// nothing. Thread-safe. Buffers may outlive the pool's last shared_ptr elsewhere: each holds one.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  static std::shared_ptr<BufferPool> Create();
  ~BufferPool();

  // Uninitialised memory of at least `bytes`. RESOURCE_EXHAUSTED when the system has none.
  RefPtr<MemoryBuffer> Allocate(size_t bytes);

  // For TensorList: one that was kept, with no reference to it, or nullptr; and keeping one until
  // then.
  Buffer* TakeList();
  void KeepList(Buffer* list);

 private:
  friend class MemoryBuffer;
  BufferPool() = default;
  void Recycle(MemoryBuffer* buffer);

  std::mutex mutex_;
  std::array<std::vector<MemoryBuffer*>, 256> free_;  // by size class
  std::vector<Buffer*> free_lists_;
};

class MemoryBuffer final : public Buffer {
 public:
  // Memory outside any pool.
  static RefPtr<MemoryBuffer> New(size_t bytes);

  std::byte* data() const { return data_; }
  size_t capacity() const { return capacity_; }

 private:
  friend class BufferPool;
  explicit MemoryBuffer(size_t capacity);
  ~MemoryBuffer() override;
  void Release() override;

  std::byte* data_ = nullptr;
  size_t capacity_ = 0;
  int size_class_ = -1;
  std::shared_ptr<BufferPool> pool_;  // set while in use, empty while in the pool's list
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_BUFFER_H_
