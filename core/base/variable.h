// VariableState: what a resource handle leads to; VariableStore: a session's variables by name.
#ifndef GRAPHRUN_CORE_BASE_VARIABLE_H_
#define GRAPHRUN_CORE_BASE_VARIABLE_H_

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/tensor.h"

namespace graphrun {

// Thread-safe. Readers share the value's buffer, which never changes under them: a writer that
// changes a value in place first makes it its own.
class VariableState final : public ObjectBuffer {
 public:
  VariableState(std::string variable_name, DType variable_dtype, const Shape& variable_shape)
      : name(std::move(variable_name)), dtype(variable_dtype), shape(variable_shape) {}

  // The value as it is now; FAILED_PRECONDITION naming the variable when it has none.
  Tensor Read() const;
  // The same, or an empty tensor.
  Tensor Peek() const;
  bool initialized() const { return !Peek().empty(); }
  // How often the value was changed, by which one tells whether it still is what it was; nothing
  // when it is not `value`, or what that is a view of.
  std::optional<uint64_t> VersionOf(const Tensor& value) const;
  // Sets the value, or takes it away when `value` is empty. REQUIRES: value is owning or empty.
  void Assign(Tensor value);

  // For several steps that belong together; all REQUIRE a VariableLock on this.
  const Tensor& value() const;  // FAILED_PRECONDITION when there is none
  bool has_value() const { return !value_.empty(); }
  Tensor& Mutable(BufferPool* pool);  // to be changed in place; copied when somebody holds it
  void Set(Tensor value);

  const std::string name;
  const DType dtype;
  const Shape shape;  // possibly partial

 private:
  friend class VariableLock;
  mutable std::mutex mutex_;
  Tensor value_;  // empty until it is initialised; always owning
  uint64_t version_ = 0;
};

// Sole access to some variables, at most kMost, for as long as it lives. The same variable may be
// given twice.
class VariableLock {
 public:
  static constexpr size_t kMost = 4;
  explicit VariableLock(std::span<const VariableState* const> variables);
  explicit VariableLock(const VariableState& variable) : VariableLock(std::array{&variable}) {}
  ~VariableLock();
  VariableLock(const VariableLock&) = delete;
  VariableLock& operator=(const VariableLock&) = delete;

 private:
  // By address, so that two threads never wait for one another.
  std::array<const VariableState*, kMost> locked_{};
  size_t count_ = 0;
};

// Thread-safe.
class VariableStore {
 public:
  // The variable of that name, made if need be. INVALID_ARGUMENT when it exists with another dtype
  // or shape.
  RefPtr<VariableState> LookupOrCreate(std::string_view name, DType dtype, const Shape& shape);
  RefPtr<VariableState> Find(std::string_view name) const;  // null when there is none
  std::map<std::string, RefPtr<VariableState>, std::less<>> All() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, RefPtr<VariableState>, std::less<>> variables_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_VARIABLE_H_
