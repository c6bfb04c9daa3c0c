// Prod: multiplies over dimensions.
#include "core/build/ops.h"
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace prod {

template <typename T>
struct Multiplier {
  static T Start() { return T{1}; }
  static T Join(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) *
                            static_cast<std::make_unsigned_t<T>>(b));
    } else {
      return a * b;
    }
  }
};

// The product of all other elements: of those before and those after, so that zeros do no harm. The
// reduced dimensions are moved to the front and joined for that.
std::vector<Grad> Gradient(GradContext& g, const ReduceAttrs& t) {
  const Scope& s = g.scope();
  const Expr x = g.In(0), axes = g.In(1);
  const int rank = x.shape().rank();
  const Tensor* value = axes.graph().ConstValue(axes.output());
  if (!value || rank < 0) {
    throw Error(
        Code::kUnimplemented,
        "Prod: the gradient needs constant axes, and the input's rank while the graph is built");
  }
  const AxisSet set = AxesOf(*value, rank);
  const Expr dy = op::BroadcastTo(s, WithReducedDims(g, t, g.DOut(0)), g.ShapeOf(x));
  if (set.none()) return {dy, {}};
  std::vector<int32_t> front, back(rank);
  for (const bool reduced : {true, false}) {
    for (int i = 0; i < rank; ++i) {
      if (set[i] == reduced) front.push_back(i);
    }
  }
  for (int i = 0; i < rank; ++i) back[front[i]] = i;
  const Expr moved = op::Transpose(s, x, op::Ints(s, front)), dims = op::Shape(s, moved);
  const int num_reduced = static_cast<int>(value->num_elements());
  const Expr rows =
      op::Prod(s, op::Slice(s, dims, op::Ints(s, {0}), op::Ints(s, {num_reduced})), {0});
  const Expr columns =
      op::Prod(s, op::Slice(s, dims, op::Ints(s, {num_reduced}), op::Ints(s, {-1})), {0});
  const Expr matrix = op::Reshape(s, moved, op::Pack(s, {rows, columns}));
  const auto others = [&](bool reverse) {
    return s.Add("Cumprod", {matrix, op::Const(s, 0)}, {{"exclusive", true}, {"reverse", reverse}});
  };
  const Expr product = op::Reshape(s, op::Mul(s, others(false), others(true)), dims);
  return {op::Mul(s, dy, op::Transpose(s, product, op::Ints(s, back))), {}};
}

void Kernel(KernelContext& k, const ReducePlan& plan) {
  ForNumeric(k.Out(0).dtype(),
             [&](auto z) { Reduce<Multiplier<decltype(z)>, decltype(z)>(k, plan); });
}

}  // namespace prod

OpDef ProdOp() {
  return ReduceOp("Prod", "the product", "T", kNumbers)
      .Grad(prod::Gradient)
      .Kernel(PlanReduce, prod::Kernel);
}

}  // namespace graphrun::ops
