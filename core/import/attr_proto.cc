#include "core/import/attr_proto.h"

#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "proto/attr_value.pb.h"

namespace graphrun {
namespace {

DType TypeFromProto(int number) { return static_cast<DType>(number); }

FuncRef FuncFromProto(const pb::NameAttrList& func) {
  for (const auto& [name, value] : func.attr()) {
    if (!name.starts_with('_')) {
      throw Error(Code::kUnimplemented, "function '" + func.name() +
                                            "' is called with attribute '" + name +
                                            "'; polymorphic functions are not supported");
    }
  }
  return {func.name()};
}

template <typename T, typename Field, typename Fn>
std::vector<T> Map(const Field& field, Fn&& fn) {
  std::vector<T> out;
  out.reserve(field.size());
  for (const auto& element : field) out.push_back(fn(element));
  return out;
}

AttrValue EmptyList(std::string_view kind) {
  if (kind == "list(float)") return std::vector<float>();
  if (kind == "list(bool)") return std::vector<bool>();
  if (kind == "list(string)") return std::vector<std::string>();
  if (kind == "list(type)") return std::vector<DType>();
  if (kind == "list(shape)") return std::vector<Shape>();
  if (kind == "list(tensor)") return std::vector<Tensor>();
  if (kind == "list(func)") return std::vector<FuncRef>();
  return std::vector<int64_t>();
}

AttrValue ListFromProto(const pb::AttrValue::ListValue& list, std::string_view kind,
                        ImportBudget* budget) {
  if (list.s_size()) return std::vector<std::string>(list.s().begin(), list.s().end());
  if (list.i_size()) return std::vector<int64_t>(list.i().begin(), list.i().end());
  if (list.f_size()) return std::vector<float>(list.f().begin(), list.f().end());
  if (list.b_size()) return std::vector<bool>(list.b().begin(), list.b().end());
  if (list.type_size()) return Map<DType>(list.type(), TypeFromProto);
  if (list.shape_size()) return Map<Shape>(list.shape(), ShapeFromProto);
  if (list.tensor_size()) {
    return Map<Tensor>(list.tensor(), [&](const auto& t) { return TensorFromProto(t, budget); });
  }
  if (list.func_size()) return Map<FuncRef>(list.func(), FuncFromProto);
  return EmptyList(kind);
}

// One overload for each kind of value.
struct Writer {
  pb::AttrValue* out;

  void operator()(int64_t v) const { out->set_i(v); }
  void operator()(float v) const { out->set_f(v); }
  void operator()(bool v) const { out->set_b(v); }
  void operator()(const std::string& v) const { out->set_s(v); }
  void operator()(DType v) const { out->set_type(static_cast<pb::DataType>(v)); }
  void operator()(const Shape& v) const { ShapeToProto(v, out->mutable_shape()); }
  void operator()(const Tensor& v) const { TensorToProto(v, out->mutable_tensor()); }
  void operator()(const FuncRef& v) const { out->mutable_func()->set_name(v.name); }

  static void Add(pb::AttrValue::ListValue* list, int64_t v) { list->add_i(v); }
  static void Add(pb::AttrValue::ListValue* list, float v) { list->add_f(v); }
  static void Add(pb::AttrValue::ListValue* list, bool v) { list->add_b(v); }
  static void Add(pb::AttrValue::ListValue* list, const std::string& v) { list->add_s(v); }
  static void Add(pb::AttrValue::ListValue* list, DType v) {
    list->add_type(static_cast<pb::DataType>(v));
  }
  static void Add(pb::AttrValue::ListValue* list, const Shape& v) {
    ShapeToProto(v, list->add_shape());
  }
  static void Add(pb::AttrValue::ListValue* list, const Tensor& v) {
    TensorToProto(v, list->add_tensor());
  }
  static void Add(pb::AttrValue::ListValue* list, const FuncRef& v) {
    list->add_func()->set_name(v.name);
  }

  template <typename T>
  void operator()(const std::vector<T>& values) const {
    auto* list = out->mutable_list();  // also when it stays empty
    for (const T& v : values) Add(list, v);
  }
};

}  // namespace

AttrValue AttrFromProto(const pb::AttrValue& proto, std::string_view kind, ImportBudget* budget) {
  using V = pb::AttrValue;
  switch (proto.value_case()) {
    case V::kI:
      return int64_t{proto.i()};
    case V::kF:
      return proto.f();
    case V::kB:
      return proto.b();
    case V::kS:
      return proto.s();
    case V::kType:
      return TypeFromProto(proto.type());
    case V::kShape:
      return ShapeFromProto(proto.shape());
    case V::kTensor:
      return TensorFromProto(proto.tensor(), budget);
    case V::kFunc:
      return FuncFromProto(proto.func());
    case V::kList:
      return ListFromProto(proto.list(), kind, budget);
    case V::kPlaceholder:
      throw Error(Code::kUnimplemented, "the value is that of the function's attribute '" +
                                            proto.placeholder() +
                                            "'; polymorphic functions are not supported");
    case V::VALUE_NOT_SET:
      break;
  }
  ThrowInvalid("an attribute has no value");
}

void AttrToProto(const AttrValue& value, pb::AttrValue* proto) { std::visit(Writer{proto}, value); }

}  // namespace graphrun
