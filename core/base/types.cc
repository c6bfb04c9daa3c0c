#include "core/base/types.h"

#include <array>
#include <string>

#include "core/base/error.h"

namespace graphrun {
namespace {

struct Entry {
  DType dtype;
  std::string_view name;
  size_t size;
};
constexpr std::array<Entry, 17> kTypes{{{DType::kFloat, "float32", 4},
                                        {DType::kDouble, "float64", 8},
                                        {DType::kInt32, "int32", 4},
                                        {DType::kUInt8, "uint8", 1},
                                        {DType::kInt16, "int16", 2},
                                        {DType::kInt8, "int8", 1},
                                        {DType::kString, "string", 0},
                                        {DType::kInt64, "int64", 8},
                                        {DType::kBool, "bool", 1},
                                        {DType::kBFloat16, "bfloat16", 2},
                                        {DType::kUInt16, "uint16", 2},
                                        {DType::kHalf, "float16", 2},
                                        {DType::kResource, "resource", 0},
                                        {DType::kVariant, "variant", 0},
                                        {DType::kUInt32, "uint32", 4},
                                        {DType::kUInt64, "uint64", 8},
                                        {DType::kInvalid, "invalid", 0}}};

}  // namespace

std::string_view DTypeName(DType dtype) {
  for (const Entry& e : kTypes) {
    if (e.dtype == dtype) return e.name;
  }
  return "unknown";
}

std::optional<DType> ParseDType(std::string_view name) {
  if (name == "float") return DType::kFloat;
  if (name == "double") return DType::kDouble;
  for (const Entry& e : kTypes) {
    if (e.name == name && e.dtype != DType::kInvalid) return e.dtype;
  }
  return std::nullopt;
}

size_t DTypeSize(DType dtype) {
  for (const Entry& e : kTypes) {
    if (e.dtype == dtype) return e.size;
  }
  return 0;
}

void ThrowUnsupportedType(DType dtype, const char* supported) {
  throw Error(Code::kUnimplemented,
              "no kernel for " + std::string(DTypeName(dtype)) + " (only " + supported + ")");
}

}  // namespace graphrun
