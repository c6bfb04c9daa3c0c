// All, Any: logical and, and or, over dimensions.
#include "ops/reduce/reduce_kernel.h"

namespace graphrun::ops {
namespace all_any {

struct And {
  static bool Start() { return true; }
  static bool Join(bool a, bool b) { return a & b; }
};
struct Or {
  static bool Start() { return false; }
  static bool Join(bool a, bool b) { return a | b; }
};

}  // namespace all_any

OpDef AllOp() {
  return ReduceOp("All", "the logical and", "bool", {})
      .NoGradient("truth values")
      .Kernel(PlanReduce, [](KernelContext& k, const ReducePlan& plan) {
        Reduce<all_any::And, bool>(k, plan);
      });
}
OpDef AnyOp() {
  return ReduceOp("Any", "the logical or", "bool", {})
      .NoGradient("truth values")
      .Kernel(PlanReduce,
              [](KernelContext& k, const ReducePlan& plan) { Reduce<all_any::Or, bool>(k, plan); });
}

}  // namespace graphrun::ops
