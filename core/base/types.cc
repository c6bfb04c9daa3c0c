#include "core/base/types.h"

#include "core/base/error.h"

namespace graphrun {

std::string_view DTypeName(DType dtype) {
  std::string_view name = "unknown";
  types_internal::ForRows([&](const auto& row) {
    if (row.kDType == dtype) name = row.name;
  });
  return name;
}

std::optional<DType> ParseDType(std::string_view name) {
  if (name == "float") return DType::kFloat;
  if (name == "double") return DType::kDouble;
  std::optional<DType> dtype;
  types_internal::ForRows([&](const auto& row) {
    if (row.name == name && row.kDType != DType::kInvalid) dtype = row.kDType;
  });
  return dtype;
}

void ThrowUnsupportedType(DType dtype, std::string_view supported) {
  throw Error(Code::kUnimplemented, "no kernel for " + std::string(DTypeName(dtype)) + " (only " +
                                        std::string(supported) + ")");
}

void ThrowUnsupportedType(DType dtype, std::span<const DType> supported) {
  std::string names;
  for (DType t : supported) names += (names.empty() ? "" : ", ") + std::string(DTypeName(t));
  ThrowUnsupportedType(dtype, std::string_view(names));
}

}  // namespace graphrun
