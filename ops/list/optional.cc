// OptionalFromValue, OptionalNone, OptionalHasValue, OptionalGetValue: a variant that holds tensors
// or nothing. A TensorList without a common dtype is one: its items are the tensors, which may be
// of any types; there is always one at least, so an empty list stands for nothing.
#include "ops/list/list.h"

namespace graphrun::ops {
namespace optional {

struct GetAttrs {
  std::vector<Shape> output_shapes;
};

const TensorList& OptionalAt(const KernelContext& k, int i) {
  const TensorList& optional = AsList(k.In(i));
  if (optional.dtype != DType::kInvalid) {
    ThrowInvalid(k.node().op->name + ": an optional is expected, not a list of " +
                 std::string(DTypeName(optional.dtype)));
  }
  return optional;
}

void InferOut(ShapeContext& c) { c.SetOut(0, {}); }

void FromValue(KernelContext& k) {
  const RefPtr<TensorList> optional = TensorList::New(DType::kInvalid, Shape::Unknown(), k.pool());
  for (int i = 0; i < k.num_inputs(); ++i) optional->items.push_back(k.Retain(i));
  SetListOut(k, 0, optional);
}

void HasValue(KernelContext& k) { k.Out<bool>(0)[0] = !OptionalAt(k, 0).items.empty(); }

void InferGet(ShapeContext& c, const GetAttrs& t) {
  c.WithRank(0, 0);
  if (static_cast<int>(t.output_shapes.size()) != c.num_outputs()) {
    ThrowInvalid("OptionalGetValue: attribute output_shapes has " +
                 std::to_string(t.output_shapes.size()) + " shapes for " +
                 std::to_string(c.num_outputs()) + " output_types");
  }
  for (int o = 0; o < c.num_outputs(); ++o) c.SetOut(o, t.output_shapes[o]);
}

void GetValue(KernelContext& k) {
  const TensorList& optional = OptionalAt(k, 0);
  if (optional.items.empty()) ThrowInvalid("the optional has no value");
  if (static_cast<int>(optional.items.size()) != k.num_outputs()) {
    ThrowInvalid("the optional has " + std::to_string(optional.items.size()) + " tensors, and " +
                 std::to_string(k.num_outputs()) + " are expected");
  }
  const std::vector<DType>& types =
      std::get<std::vector<DType>>(k.node().attrs.find("output_types")->second);
  for (int o = 0; o < k.num_outputs(); ++o) {
    const Tensor& item = optional.items[o];
    if (item.dtype() != types[o] || !k.OutShape(o).CompatibleWith(item.shape())) {
      ThrowInvalid("tensor " + std::to_string(o) + " of the optional is " +
                   std::string(DTypeName(item.dtype())) + item.shape().ToString() + ", and " +
                   std::string(DTypeName(types[o])) + k.OutShape(o).ToString() + " is expected");
    }
    k.SetOut(o, item);
  }
}

bool Real(DType dtype) { return IsFloating(dtype) || dtype == DType::kVariant; }

std::vector<Grad> FromValueGradient(GradContext& g) {
  std::vector<DType> types;
  std::vector<Shape> shapes;
  for (int i = 0; i < g.num_inputs(); ++i) {
    types.push_back(g.In(i).dtype());
    shapes.push_back(g.In(i).shape());
  }
  const std::vector<Expr> parts = g.scope().AddMulti(
      "OptionalGetValue", {g.DOut(0)}, {{"output_types", types}, {"output_shapes", shapes}});
  std::vector<Grad> grads = g.None();
  for (int i = 0; i < g.num_inputs(); ++i) {
    if (Real(types[i])) grads[i] = parts[i];
  }
  return grads;
}

// The gradient of an optional is one too: it has zeros for the tensors that are not real.
std::vector<Grad> GetValueGradient(GradContext& g) {
  std::vector<Expr> parts;
  for (int o = 0; o < g.num_outputs(); ++o) {
    const Expr y = g.Out(o);
    parts.push_back(Real(y.dtype()) ? g.DOut(o) : g.scope().Add("ZerosLike", {y}));
  }
  return {g.scope().Add("OptionalFromValue", parts)};
}

}  // namespace optional

OpDef OptionalFromValueOp() {
  return Op("OptionalFromValue")
      .Doc("An optional that holds the given tensors, one at least.")
      .Input("components", "Toutput_types")
      .Output("optional", "variant")
      .TypeListAttr("Toutput_types", 1)
      .AllocatesOutputs()
      .Shape(optional::InferOut)
      .Grad(optional::FromValueGradient)
      .Kernel(optional::FromValue);
}

OpDef OptionalNoneOp() {
  return Op("OptionalNone")
      .Doc("An optional that holds nothing.")
      .Output("optional", "variant")
      .AllocatesOutputs()
      .Shape(optional::InferOut)
      .NoGradient("it has no inputs")
      .Kernel(optional::FromValue);
}

OpDef OptionalHasValueOp() {
  return Op("OptionalHasValue")
      .Doc("Whether the optional holds tensors.")
      .Input("optional", "variant")
      .Output("has_value", "bool")
      .Shape([](ShapeContext& c) {
        c.WithRank(0, 0);
        optional::InferOut(c);
      })
      .NoGradient("its output is bool")
      .Kernel(optional::HasValue);
}

OpDef OptionalGetValueOp() {
  using optional::GetAttrs;
  return Op<GetAttrs>("OptionalGetValue")
      .Doc(
          "The tensors that the optional holds. INVALID_ARGUMENT when it holds none, or others "
          "than "
          "output_types and output_shapes say.")
      .Input("optional", "variant")
      .Output("components", "output_types")
      .TypeListAttr("output_types", 1)
      .Attr("output_shapes", &GetAttrs::output_shapes)
      .Minimum(1)
      .AllocatesOutputs()
      .Shape(optional::InferGet)
      .Grad(optional::GetValueGradient)
      .Kernel(optional::GetValue);
}

}  // namespace graphrun::ops
