// Cast: conversion of element types.
#include "ops/builders.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace cast {
namespace {

struct Attrs {
  DType from, to;
  bool truncate;
};

template <typename To>
struct Convert {
  template <typename X>
  auto operator()(const X& x) const {
    return PerElement(
        [](auto v) -> To {
          if constexpr (std::is_same_v<To, bool>) {
            return v != 0;
          } else {
            return static_cast<To>(v);
          }
        },
        x);
  }
};

template <typename Fn>
void ForCastable(DType dtype, Fn fn) {
  if (dtype == DType::kUInt8) return fn(uint8_t{});
  if (dtype == DType::kInt8) return fn(int8_t{});
  ForNumericOrBool(dtype, fn);
}

ElementLoop LoopFor(DType from, DType to) {
  ElementLoop loop;
  ForCastable(from, [&](auto f) {
    ForCastable(to,
                [&](auto t) { loop = LoopOf<Convert<decltype(t)>, decltype(t), decltype(f)>(); });
  });
  return loop;
}

}  // namespace
}  // namespace cast

OpDef CastOp() {
  const std::vector<DType> types = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64,
                                    DType::kBool,  DType::kUInt8,  DType::kInt8};
  return Op<cast::Attrs>("Cast")
      .Doc(
          "x with elements of type DstT: numbers are truncated towards zero to integers, and are "
          "true when not 0. "
          "Truncate is kept for TensorFlow; it has no meaning for these types.")
      .Input("x", "SrcT")
      .Output("y", "DstT")
      .TypeAttr("SrcT", &cast::Attrs::from, types)
      .TypeAttr("DstT", &cast::Attrs::to, types)
      .Attr("Truncate", &cast::Attrs::truncate, false)
      .Shape([](ShapeContext& c) { c.SetOut(0, c.In(0)); })
      .Partial([](const PartialContext& c) { return c.Value(0); })
      .Grad([](GradContext& g, const cast::Attrs& a) -> std::vector<Grad> {
        if (!IsFloating(a.from) || !IsFloating(a.to)) return g.None();
        return {op::Cast(g.scope(), g.DOut(0), a.from)};
      })
      .Kernel([](KernelContext& k, const cast::Attrs& a) {
        RunElementwise(cast::LoopFor(a.from, a.to), 1, k);
      })
      .Elementwise();
}

}  // namespace graphrun::ops
