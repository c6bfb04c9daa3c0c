// DType: element types, numbered as in TensorFlow's types.proto; the table of what each is in C++,
// and dispatch by it.
#ifndef GRAPHRUN_CORE_BASE_TYPES_H_
#define GRAPHRUN_CORE_BASE_TYPES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/base/half.h"

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

// A row of the table. S: what an element is stored as; void when it is an object (resource,
// variant). C: what it is computed, added up and compared in.
template <DType D, typename S, typename C = S>
struct ElementType {
  static constexpr DType kDType = D;
  using Stored = S;
  using Computed = C;
  std::string_view name;  // TensorFlow's in Python
};
// All that is said of an element type follows from here. Small integers are computed in int, as C++
// itself does, and stored by their low bits.
inline constexpr std::tuple kElementTypes{
    ElementType<DType::kFloat, float>{"float32"},
    ElementType<DType::kDouble, double>{"float64"},
    ElementType<DType::kInt32, int32_t>{"int32"},
    ElementType<DType::kInt64, int64_t>{"int64"},
    ElementType<DType::kBool, bool>{"bool"},
    ElementType<DType::kHalf, Half, float>{"float16"},
    ElementType<DType::kBFloat16, BFloat16, float>{"bfloat16"},
    ElementType<DType::kInt8, int8_t, int32_t>{"int8"},
    ElementType<DType::kInt16, int16_t, int32_t>{"int16"},
    ElementType<DType::kUInt8, uint8_t, int32_t>{"uint8"},
    ElementType<DType::kUInt16, uint16_t, int32_t>{"uint16"},
    ElementType<DType::kUInt32, uint32_t>{"uint32"},
    ElementType<DType::kUInt64, uint64_t>{"uint64"},
    ElementType<DType::kString, std::string>{"string"},
    ElementType<DType::kResource, void>{"resource"},
    ElementType<DType::kVariant, void>{"variant"},
    ElementType<DType::kInvalid, void>{"invalid"},  // the last: stands for what is not in the table
};

namespace types_internal {

inline constexpr size_t kRows = std::tuple_size_v<decltype(kElementTypes)>;
template <size_t I>
using Row = std::tuple_element_t<I, std::remove_const_t<decltype(kElementTypes)>>;

// Calls fn(row) for each row of the table.
template <typename Fn>
constexpr void ForRows(Fn&& fn) {
  std::apply([&](const auto&... row) { (fn(row), ...); }, kElementTypes);
}

// Whether elements are plain memory: not strings or objects.
template <typename S>
constexpr bool kPlain = !std::is_void_v<S> && !std::is_same_v<S, std::string>;

template <typename T>
consteval size_t RowOf() {
  size_t found = kRows - 1, i = 0;
  ForRows([&](const auto& row) {
    if (std::is_same_v<T, typename std::decay_t<decltype(row)>::Stored>) found = std::min(found, i);
    ++i;
  });
  return found;
}

struct Facts {
  uint8_t size = 0;
  bool floating = false, integer = false;
};
inline constexpr auto kFacts = [] {
  std::array<Facts, 32> facts{};  // by DType
  ForRows([&](const auto& row) {
    using R = std::decay_t<decltype(row)>;
    if constexpr (kPlain<typename R::Stored>) {
      using C = typename R::Computed;
      facts[static_cast<size_t>(R::kDType)] = {sizeof(typename R::Stored),
                                               std::is_floating_point_v<C>,
                                               std::is_integral_v<C> && !std::is_same_v<C, bool>};
    }
  });
  return facts;
}();
// Also of numbers that a file gave and that are no DType.
constexpr Facts FactsOf(DType dtype) {
  const auto i = static_cast<uint32_t>(dtype);
  return i < kFacts.size() ? kFacts[i] : Facts();
}

}  // namespace types_internal

// "float32", "int32", ...: TensorFlow's Python names, which error messages and the command use.
std::string_view DTypeName(DType dtype);
// The reverse; also accepts "float" and "double". Nothing for an unknown name.
std::optional<DType> ParseDType(std::string_view name);

// Bytes of one element; 0 for string, resource and variant, whose elements are objects.
constexpr size_t DTypeSize(DType dtype) { return types_internal::FactsOf(dtype).size; }
constexpr bool IsFloating(DType dtype) { return types_internal::FactsOf(dtype).floating; }
constexpr bool IsInteger(DType dtype) { return types_internal::FactsOf(dtype).integer; }

// The DType whose elements are stored as T; kInvalid when there is none.
template <typename T>
constexpr DType kDTypeOf = types_internal::Row<types_internal::RowOf<T>()>::kDType;
// What a stored T is loaded into to be computed with; void when no DType is stored as T.
template <typename T>
using Compute = typename types_internal::Row<types_internal::RowOf<T>()>::Computed;

// All types whose elements are plain memory: numbers and bool.
inline constexpr auto kPlainTypes = [] {
  constexpr auto n = std::count_if(types_internal::kFacts.begin(), types_internal::kFacts.end(),
                                   [](const types_internal::Facts& f) { return f.size > 0; });
  std::array<DType, static_cast<size_t>(n)> types{};
  size_t i = 0;
  types_internal::ForRows([&](const auto& row) {
    if (DTypeSize(row.kDType) > 0) types[i++] = row.kDType;
  });
  return types;
}();

// UNIMPLEMENTED: no kernel for `dtype`, and those that there are.
[[noreturn]] void ThrowUnsupportedType(DType dtype, std::string_view supported);
[[noreturn]] void ThrowUnsupportedType(DType dtype, std::span<const DType> supported);

// Calls fn(T{}) for the one of Ts that dtype is stored as; UNIMPLEMENTED when it is none of them.
template <typename... Ts, typename Fn>
void ForTypes(DType dtype, Fn&& fn) {
  static constexpr std::array kTypes = {kDTypeOf<Ts>...};
  const bool found = ((dtype == kDTypeOf<Ts> && (static_cast<void>(fn(Ts{})), true)) || ...);
  if (!found) ThrowUnsupportedType(dtype, kTypes);
}
template <typename Fn>
void ForFloat(DType dtype, Fn&& fn) {
  ForTypes<float, double>(dtype, fn);
}
template <typename Fn>
void ForInt(DType dtype, Fn&& fn) {
  ForTypes<int32_t, int64_t>(dtype, fn);
}
// The types of most kernels.
template <typename Fn>
void ForNumeric(DType dtype, Fn&& fn) {
  ForTypes<float, double, int32_t, int64_t>(dtype, fn);
}
template <typename Fn>
void ForNumericOrBool(DType dtype, Fn&& fn) {
  ForTypes<float, double, int32_t, int64_t, bool>(dtype, fn);
}
// kPlainTypes.
template <typename Fn>
void ForPlain(DType dtype, Fn&& fn) {
  const auto call = [&](const auto& row) {
    using S = typename std::decay_t<decltype(row)>::Stored;
    if constexpr (types_internal::kPlain<S>) {
      if (dtype == row.kDType) return static_cast<void>(fn(S{})), true;
    }
    return false;
  };
  const bool found =
      std::apply([&](const auto&... row) { return (call(row) || ...); }, kElementTypes);
  if (!found) ThrowUnsupportedType(dtype, kPlainTypes);
}
// The unsigned integer of the size of a plain type: moving elements needs no more.
template <typename Fn>
void ForBits(DType dtype, Fn&& fn) {
  switch (DTypeSize(dtype)) {
    case 1:
      return fn(uint8_t{});
    case 2:
      return fn(uint16_t{});
    case 4:
      return fn(uint32_t{});
    case 8:
      return fn(uint64_t{});
    default:
      ThrowUnsupportedType(dtype, kPlainTypes);
  }
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_TYPES_H_
