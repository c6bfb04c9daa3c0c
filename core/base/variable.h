// VariableState: what a resource handle leads to; VariableStore: a session's variables by name.
#ifndef GRAPHRUN_CORE_BASE_VARIABLE_H_
#define GRAPHRUN_CORE_BASE_VARIABLE_H_

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/base/tensor.h"

namespace graphrun {

// Readers share the value's buffer; a writer that changes it in place first makes it its own
// (Mutable).
class VariableState final : public ObjectBuffer {
 public:
  VariableState(std::string variable_name, DType variable_dtype, const Shape& variable_shape)
      : name(std::move(variable_name)), dtype(variable_dtype), shape(variable_shape) {}

  bool initialized() const { return !value.empty(); }
  // The value to be changed in place; copied first when somebody still holds it. REQUIRES:
  // initialized().
  Tensor& Mutable(BufferPool* pool);

  const std::string name;
  const DType dtype;
  const Shape shape;  // possibly partial
  Tensor value;       // empty until it is initialised; always owning
};

// Thread-safe as far as the map goes; runs that write one variable at a time are the caller's
// business.
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
