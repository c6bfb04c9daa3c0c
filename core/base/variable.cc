#include "core/base/variable.h"

#include <algorithm>
#include <functional>

#include "core/base/error.h"

namespace graphrun {

Tensor VariableState::Peek() const {
  const VariableLock lock(*this);
  return value_;
}

Tensor VariableState::Read() const {
  const VariableLock lock(*this);
  return value();
}

std::optional<uint64_t> VariableState::VersionOf(const Tensor& value) const {
  const VariableLock lock(*this);
  if (value_.empty() || value_.raw() != value.raw()) return std::nullopt;
  return version_;
}

void VariableState::Assign(Tensor value) {
  const VariableLock lock(*this);
  Set(std::move(value));
}

const Tensor& VariableState::value() const {
  if (value_.empty()) {
    throw Error(Code::kFailedPrecondition,
                "variable '" + name + "' has no value yet; run its initializer, or restore it");
  }
  return value_;
}

Tensor& VariableState::Mutable(BufferPool* pool) {
  if (!value().unique()) value_ = value_.Copy(pool);
  ++version_;
  return value_;
}

void VariableState::Set(Tensor value) {
  value_ = std::move(value);
  ++version_;
}

VariableLock::VariableLock(std::span<const VariableState* const> variables) {
  Check(variables.size() <= kMost, "a lock on at most VariableLock::kMost variables");
  for (const VariableState* v : variables) locked_[count_++] = v;
  const auto end = locked_.begin() + count_;
  std::sort(locked_.begin(), end, std::less<>());
  count_ = std::unique(locked_.begin(), end) - locked_.begin();
  for (size_t i = 0; i < count_; ++i) locked_[i]->mutex_.lock();
}

VariableLock::~VariableLock() {
  for (size_t i = 0; i < count_; ++i) locked_[i]->mutex_.unlock();
}

RefPtr<VariableState> VariableStore::LookupOrCreate(std::string_view name, DType dtype,
                                                    const Shape& shape) {
  std::lock_guard lock(mutex_);
  auto it = variables_.find(name);
  if (it == variables_.end()) {
    it = variables_
             .emplace(name,
                      RefPtr<VariableState>(new VariableState(std::string(name), dtype, shape)))
             .first;
  } else if (it->second->dtype != dtype || !it->second->shape.CompatibleWith(shape)) {
    const VariableState& v = *it->second;
    ThrowInvalid("variable '" + v.name + "' is " + std::string(DTypeName(v.dtype)) +
                 v.shape.ToString() + ", and a handle asks for " + std::string(DTypeName(dtype)) +
                 shape.ToString());
  }
  return it->second;
}

RefPtr<VariableState> VariableStore::Find(std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto it = variables_.find(name);
  return it == variables_.end() ? RefPtr<VariableState>() : it->second;
}

std::map<std::string, RefPtr<VariableState>, std::less<>> VariableStore::All() const {
  std::lock_guard lock(mutex_);
  return variables_;
}

}  // namespace graphrun
