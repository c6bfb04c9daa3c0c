// DType: element types, numbered as in TensorFlow's types.proto, and dispatch from a DType to a C++
// type.
#ifndef GRAPHRUN_CORE_BASE_TYPES_H_
#define GRAPHRUN_CORE_BASE_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace graphrun {

enum class DType : int32_t {
  kInvalid = 0,
  kFloat = 1,
  kDouble = 2,
  kInt32 = 3,
  kUInt8 = 4,
  kInt16 = 5,
  kInt8 = 6,
  kString = 7,
  kInt64 = 9,
  kBool = 10,
  kBFloat16 = 14,
  kUInt16 = 17,
  kHalf = 19,
  kResource = 20,  // a handle to a variable
  kVariant = 21,   // a tensor list
  kUInt32 = 22,
  kUInt64 = 23,
};

// "float32", "int32", ...: TensorFlow's Python names, which error messages and the command use.
std::string_view DTypeName(DType dtype);
// The reverse; also accepts "float" and "double". Nothing for an unknown name.
std::optional<DType> ParseDType(std::string_view name);

// Bytes of one element; 0 for string, resource and variant, whose elements are objects.
size_t DTypeSize(DType dtype);

constexpr bool IsFloating(DType t) {
  return t == DType::kFloat || t == DType::kDouble || t == DType::kHalf || t == DType::kBFloat16;
}
constexpr bool IsInteger(DType t) {
  return t == DType::kInt32 || t == DType::kInt64 || t == DType::kUInt8 || t == DType::kInt8 ||
         t == DType::kInt16 || t == DType::kUInt16 || t == DType::kUInt32 || t == DType::kUInt64;
}

template <typename T>
constexpr DType kDTypeOf = DType::kInvalid;
template <>
inline constexpr DType kDTypeOf<float> = DType::kFloat;
template <>
inline constexpr DType kDTypeOf<double> = DType::kDouble;
template <>
inline constexpr DType kDTypeOf<int32_t> = DType::kInt32;
template <>
inline constexpr DType kDTypeOf<int64_t> = DType::kInt64;
template <>
inline constexpr DType kDTypeOf<uint8_t> = DType::kUInt8;
template <>
inline constexpr DType kDTypeOf<int8_t> = DType::kInt8;
template <>
inline constexpr DType kDTypeOf<int16_t> = DType::kInt16;
template <>
inline constexpr DType kDTypeOf<uint16_t> = DType::kUInt16;
template <>
inline constexpr DType kDTypeOf<uint32_t> = DType::kUInt32;
template <>
inline constexpr DType kDTypeOf<uint64_t> = DType::kUInt64;
template <>
inline constexpr DType kDTypeOf<bool> = DType::kBool;
template <>
inline constexpr DType kDTypeOf<std::string> = DType::kString;

[[noreturn]] void ThrowUnsupportedType(DType dtype, const char* supported);

// Calls fn(T{}) for the C++ type of dtype; UNIMPLEMENTED for any other.
template <typename Fn>
void ForFloat(DType dtype, Fn&& fn) {
  if (dtype == DType::kFloat) return fn(float{});
  if (dtype == DType::kDouble) return fn(double{});
  ThrowUnsupportedType(dtype, "float32, float64");
}
template <typename Fn>
void ForInt(DType dtype, Fn&& fn) {
  if (dtype == DType::kInt32) return fn(int32_t{});
  if (dtype == DType::kInt64) return fn(int64_t{});
  ThrowUnsupportedType(dtype, "int32, int64");
}
template <typename Fn>
void ForNumeric(DType dtype, Fn&& fn) {
  if (IsFloating(dtype)) return ForFloat(dtype, fn);
  ForInt(dtype, fn);
}
// float32, float64, int32, int64, bool.
template <typename Fn>
void ForNumericOrBool(DType dtype, Fn&& fn) {
  if (dtype == DType::kBool) return fn(bool{});
  ForNumeric(dtype, fn);
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_TYPES_H_
