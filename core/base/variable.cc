#include "core/base/variable.h"

namespace graphrun {

Tensor& VariableState::Mutable(BufferPool* pool) {
  if (!value.unique()) value = value.Copy(pool);
  return value;
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
