#include "core/graph/attr.h"

#include <cstring>
#include <functional>
#include <string_view>

namespace graphrun {
namespace {

bool Equal(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() == DType::kString) {
    return std::equal(a.span<std::string>().begin(), a.span<std::string>().end(),
                      b.span<std::string>().begin());
  }
  if (DTypeSize(a.dtype()) == 0) return a.empty() || a.object() == b.object();
  return a.bytes() == 0 || std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}
template <typename T>
bool Equal(const T& a, const T& b) {
  return a == b;
}
bool Equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](auto& x, auto& y) { return Equal(x, y); });
}

std::string ToText(int64_t v) { return std::to_string(v); }
std::string ToText(float v) {
  std::string s = std::to_string(v);
  s.erase(s.find_last_not_of('0') + 1);
  return s.back() == '.' ? s + "0" : s;
}
std::string ToText(bool v) { return v ? "true" : "false"; }
std::string ToText(const std::string& v) { return '"' + v + '"'; }
std::string ToText(DType v) { return std::string(DTypeName(v)); }
std::string ToText(const Shape& v) { return v.ToString(); }
std::string ToText(const Tensor& v) { return "<" + v.ToString() + ">"; }
std::string ToText(const FuncRef& v) { return "@" + v.name; }
template <typename T>
std::string ToText(const std::vector<T>& list) {
  std::string out = "{";
  for (size_t i = 0; i < list.size(); ++i) {
    if (i) out += ", ";
    out += ToText(static_cast<T>(list[i]));
  }
  return out + "}";
}

}  // namespace

const char* AttrKind(const AttrValue& value) {
  constexpr const char* kNames[] = {"int",        "float",       "bool",         "string",
                                    "type",       "shape",       "tensor",       "func",
                                    "list(int)",  "list(float)", "list(bool)",   "list(string)",
                                    "list(type)", "list(shape)", "list(tensor)", "list(func)"};
  return kNames[value.index()];
}

std::string AttrToString(const AttrValue& value) {
  return std::visit([](const auto& v) { return ToText(v); }, value);
}

bool AttrEqual(const AttrValue& a, const AttrValue& b) {
  if (a.index() != b.index()) return false;
  return std::visit([&](const auto& x) { return Equal(x, std::get<std::decay_t<decltype(x)>>(b)); },
                    a);
}

size_t AttrHash(const AttrValue& value) {
  size_t hash = value.index();
  const auto mix = [&](std::string_view bytes) {
    hash = hash * 1000003 ^ std::hash<std::string_view>()(bytes);
  };
  if (const Tensor* t = std::get_if<Tensor>(&value); t && DTypeSize(t->dtype()) > 0) {
    mix(t->shape().ToString());
    mix({static_cast<const char*>(t->raw()), t->bytes()});
  } else {
    mix(AttrToString(value));
  }
  return hash;
}

}  // namespace graphrun
