// ZerosLike, OnesLike: constants of another tensor's shape.
#include <algorithm>
#include <cstring>

#include "core/base/parallel.h"
#include "ops/batch_rules.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace zeros_like {
namespace {

// A list of as many elements, none of them set. When the elements that are set have one shape, it
// becomes the list's, so that the zeros can be read; when they have several, they become zeros
// here. Lists in a list become such lists, since their lengths are known only here.
Tensor EmptyLike(const TensorList& list, BufferPool* pool) {
  RefPtr<TensorList> out = TensorList::New(list.dtype, list.shape, pool);
  out->items.resize(list.items.size());
  // Without a common dtype it is an optional, which has no unset elements.
  if (list.dtype == DType::kVariant || list.dtype == DType::kInvalid) {
    for (size_t i = 0; i < list.items.size(); ++i) {
      const Tensor& item = list.items[i];
      if (item.dtype() == DType::kVariant) {
        out->items[i] = EmptyLike(AsList(item), pool);
      } else if (!item.empty()) {
        out->items[i] = Tensor::Zeros(item.dtype(), item.shape(), pool);
      }
    }
    return Tensor::Object(DType::kVariant, out);
  }
  const auto is_set = [](const Tensor& item) { return !item.empty(); };
  const auto first = std::ranges::find_if(list.items, is_set);
  if (first == list.items.end()) return Tensor::Object(DType::kVariant, out);
  const bool one_shape = std::ranges::all_of(list.items, [&](const Tensor& item) {
    return item.empty() || item.shape() == first->shape();
  });
  if (one_shape) {
    out->shape = first->shape();
    return Tensor::Object(DType::kVariant, out);
  }
  for (size_t i = 0; i < list.items.size(); ++i) {
    const Tensor& item = list.items[i];
    if (is_set(item)) out->items[i] = Tensor::Zeros(item.dtype(), item.shape(), pool);
  }
  return Tensor::Object(DType::kVariant, out);
}

void ZerosKernel(KernelContext& k) {
  if (k.In(0).dtype() == DType::kVariant) {
    return k.SetOut(0, EmptyLike(AsList(k.In(0)), k.pool()));
  }
  char* out = static_cast<char*>(k.Out(0).raw());
  ParallelFor(static_cast<int64_t>(k.Out(0).bytes()), kCheap * 8,
              [&](int64_t begin, int64_t end) { std::memset(out + begin, 0, end - begin); });
}

void OnesKernel(KernelContext& k) {
  ForNumericOrBool(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    std::ranges::fill(k.Out<T>(0), T{1});
  });
}

// What the elements are does not depend on x's.
template <int value>
constexpr auto FillLoops() {
  using Fn = decltype([](const auto& x) {
    using Array = std::decay_t<decltype(x)>;
    using T = typename Array::Scalar;
    return Eigen::Array<T, kBlock, 1>::Constant(static_cast<T>(value));
  });
  return LoopsOf<1, false, Fn>(kNumberOrBoolTypes, kCheap);
}

void SameType(ShapeContext& c) { c.Out(0) = c.Type(0); }

}  // namespace
}  // namespace zeros_like

OpDef ZerosLikeOp() {
  std::vector<DType> types = kNumberOrBoolTypes.dtypes();
  types.push_back(DType::kVariant);
  return Op("ZerosLike")
      .Doc(
          "Zeros of x's shape and type. Of a tensor list: a list of as many elements, none of them "
          "set.")
      .Input("x", "T")
      .Output("y", "T")
      .TypeAttr("T", types)
      .Means(Meaning::kZeros)
      .Shape(zeros_like::SameType)
      .NoGradient("its output does not depend on the elements")
      .Elements(zeros_like::FillLoops<0>())
      .Kernel(zeros_like::ZerosKernel)
      .Batch(BatchStacked);
}

OpDef OnesLikeOp() {
  return Op("OnesLike")
      .Doc("Ones of x's shape and type.")
      .Input("x", "T")
      .Output("y", "T")
      .TypeAttr("T", kNumberOrBoolTypes.dtypes())
      .Shape(zeros_like::SameType)
      .NoGradient("its output does not depend on the elements")
      .Elements(zeros_like::FillLoops<1>())
      .Kernel(zeros_like::OnesKernel)
      .Batch(BatchStacked);
}

}  // namespace graphrun::ops
