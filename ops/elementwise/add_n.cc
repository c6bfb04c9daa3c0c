// AddN: the sum of any number of tensors, or of tensor lists.
#include <cstring>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/graph/array_attrs.h"
#include "ops/batch_rules.h"
#include "ops/elementwise/elementwise.h"

namespace graphrun::ops {
namespace add_n {
namespace {

constexpr int64_t kTile = 2048;  // elements: the running sum stays in the first-level cache
constexpr int kAtOnce = 4;

// Elements [begin, begin + n) of the sum of inputs first..last-1, at most kAtOnce, added to `sum`
// unless first is 0.
template <typename T, typename In>
void AddInputs(const In& in, int first, int last, int64_t begin, int64_t n, T* sum) {
  std::array<const T*, kAtOnce> p{};
  for (int i = first; i < last; ++i) p[i - first] = in(i) + begin;
  using Row = Eigen::Array<T, Eigen::Dynamic, 1>;
  const auto row = [&](int i) { return Eigen::Map<const Row>(p[i], n); };
  Eigen::Map<Row> out(sum, n);
  if (first == 0) {
    switch (last) {
      case 1:
        out = row(0);
        return;
      case 2:
        out = row(0) + row(1);
        return;
      case 3:
        out = row(0) + row(1) + row(2);
        return;
      default:
        out = row(0) + row(1) + row(2) + row(3);
        return;
    }
  }
  switch (last - first) {
    case 1:
      out += row(0);
      return;
    case 2:
      out += row(0) + row(1);
      return;
    case 3:
      out += row(0) + row(1) + row(2);
      return;
    default:
      out += row(0) + row(1) + row(2) + row(3);
      return;
  }
}

// out = the sum of in(0), ..., in(count - 1). out may be the memory of any of them.
template <typename T, typename In>
void Sum(const In& in, int count, int64_t n, T* out) {
  ParallelFor(n, kCheap / std::max(1, count / 2), [&](int64_t begin, int64_t end) {
    if (count <= kAtOnce) return AddInputs<T>(in, 0, count, begin, end - begin, out + begin);
    // Summed beside the output, which a later input may share memory with.
    alignas(kAlignment) T sum[kTile];
    for (int64_t at = begin; at < end; at += kTile) {
      const int64_t size = std::min(kTile, end - at);
      for (int i = 0; i < count; i += kAtOnce)
        AddInputs<T>(in, i, std::min(count, i + kAtOnce), at, size, sum);
      std::memcpy(out + at, sum, size * sizeof(T));
    }
  });
}

Tensor SumOfLists(KernelContext& k, const std::vector<const Tensor*>& lists);

// The sum of one element of each list, those that were never set being zero.
Tensor SumOfElements(KernelContext& k, const std::vector<const Tensor*>& elements) {
  if (elements.empty()) return {};
  const Tensor& first = *elements[0];
  if (elements.size() == 1) return first;
  if (first.dtype() == DType::kVariant) return SumOfLists(k, elements);
  for (const Tensor* t : elements) {
    if (t->shape() != first.shape()) {
      ThrowInvalid("AddN: elements of the lists have shapes " + first.shape().ToString() + " and " +
                   t->shape().ToString());
    }
  }
  Tensor sum(first.dtype(), first.shape(), k.pool());
  ForNumeric(first.dtype(), [&](auto zero) {
    using T = decltype(zero);
    Sum<T>([&](int i) { return elements[i]->data<T>(); }, static_cast<int>(elements.size()),
           sum.num_elements(), sum.data<T>());
  });
  return sum;
}

Tensor SumOfLists(KernelContext& k, const std::vector<const Tensor*>& lists) {
  const TensorList& first = AsList(*lists[0]);
  RefPtr<TensorList> sum = TensorList::New(first.dtype, first.shape, k.pool());
  for (const Tensor* t : lists) {
    const TensorList& list = AsList(*t);
    if (list.items.size() != first.items.size() || list.dtype != first.dtype) {
      ThrowInvalid("AddN: lists of " + std::to_string(first.items.size()) + " and " +
                   std::to_string(list.items.size()) + " elements of types " +
                   std::string(DTypeName(first.dtype)) + " and " +
                   std::string(DTypeName(list.dtype)));
    }
    sum->shape = Merge(sum->shape, list.shape);
  }
  const bool once = k.node().attrs.contains(kWritesOnceAttr);
  for (size_t i = 0; i < first.items.size(); ++i) {
    std::vector<const Tensor*> elements;
    for (const Tensor* t : lists) {
      const Tensor& item = AsList(*t).items[i];
      if (!item.empty()) elements.push_back(&item);
    }
    if (once && elements.size() > 1) {
      ThrowInvalid("element " + std::to_string(i) + " of the TensorArray has been written already");
    }
    sum->items.push_back(SumOfElements(k, elements));
  }
  return Tensor::Object(DType::kVariant, sum);
}

void Kernel(KernelContext& k) {
  const DType dtype = k.In(0).dtype();
  if (dtype == DType::kVariant) {
    std::vector<const Tensor*> lists;
    for (int i = 0; i < k.num_inputs(); ++i) lists.push_back(&k.In(i));
    return k.SetOut(0, SumOfLists(k, lists));
  }
  ForNumeric(dtype, [&](auto zero) {
    using T = decltype(zero);
    Sum<T>([&](int i) { return k.In<T>(i).data(); }, k.num_inputs(), k.Out(0).num_elements(),
           k.Out<T>(0).data());
  });
}

// As the kernel adds them up; of more it adds several at a time.
TileRule Tiles(const KernelRequest& r) {
  using AddFn = decltype([](const auto& x, const auto& y) { return x + y; });
  static constexpr auto kLoops = LoopsOf<2, false, AddFn>(kNumberTypes, kCheap);
  if (r.num_inputs() < 2 || r.num_inputs() > kAtOnce) return {};
  return ElementsRule(kLoops, r);
}

void InferShape(ShapeContext& c) {
  ValueType& out = c.Out(0);
  out = c.Type(0);
  for (int i = 1; i < c.num_inputs(); ++i) {
    out.shape = c.MergeShapes(out.shape, c.In(i), "the operands' shapes");
    out = Generalize(out, {out.dtype, out.shape, c.Type(i).element_dtype, c.Type(i).element_shape});
  }
}

}  // namespace
}  // namespace add_n

OpDef AddNOp() {
  return Op("AddN")
      .Doc(
          "The sum of tensors of one shape. Of tensor lists of one length: the list of the sums of "
          "their elements, "
          "where an element that was never set counts as zero.")
      .Input("inputs", "N*T")
      .Output("sum", "T")
      .NumberAttr("N")
      .TypeAttr("T", {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64, DType::kVariant})
      .Shape(add_n::InferShape)
      .Grad([](GradContext& g) { return std::vector<Grad>(g.num_inputs(), g.DOut(0)); })
      .Tiles(add_n::Tiles)
      .Kernel(add_n::Kernel)
      .Batch(BatchStacked)
      .Commutative()
      .Means(Meaning::kSum)
      .InPlace(0);
}

}  // namespace graphrun::ops
