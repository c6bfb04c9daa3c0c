// Assert: stops the run when a condition does not hold.
#include <algorithm>
#include <cstdio>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace assert_op {

struct Attrs {
  int64_t summarize;
};

void AppendElement(const Tensor& t, int64_t i, std::string* out) {
  if (t.dtype() == DType::kString) {
    *out += t.data<std::string>()[i];
  } else if (t.dtype() == DType::kInt32 || t.dtype() == DType::kInt64) {
    *out += std::to_string(t.int_at(i));
  } else {
    char text[32];
    std::snprintf(text, sizeof(text), "%g", t.number_at(i));
    *out += text;
  }
}

// "[1 2 3...]", at most `summarize` elements; all of them when it is -1.
std::string Summary(const Tensor& t, int64_t summarize) {
  const int64_t total = t.num_elements();
  const int64_t n = summarize < 0 ? total : std::min(summarize, total);
  std::string out = "[";
  for (int64_t i = 0; i < n; ++i) {
    if (i) out += ' ';
    AppendElement(t, i, &out);
  }
  return out + (n < total ? "...]" : "]");
}

void Kernel(KernelContext& k, const Attrs& t) {
  if (k.In(0).scalar<bool>()) return;
  std::string message = "assertion failed:";
  for (int i = 1; i < k.num_inputs(); ++i) message += ' ' + Summary(k.In(i), t.summarize);
  ThrowInvalid(std::move(message));
}

}  // namespace assert_op

OpDef AssertOp() {
  using assert_op::Attrs;
  return Op<Attrs>("Assert")
      .Doc(
          "INVALID_ARGUMENT \"assertion failed: [data] ...\" when the bool scalar `condition` is "
          "false; prints `summarize` elements of each tensor of data.")
      .Input("condition", "bool")
      .Input("data", "T")
      .TypeListAttr("T", 1)
      .Attr("summarize", &Attrs::summarize, 3)
      .Has(Effect::kOther)
      .Shape([](ShapeContext& c, const Attrs& t) {
        if (t.summarize != static_cast<int32_t>(t.summarize)) {
          ThrowInvalid("Assert: summarize is " + std::to_string(t.summarize) +
                       "; it must be an int32");
        }
        c.WithRank(0, 0);
      })
      .NoGradient("it has no outputs")
      .Kernel(assert_op::Kernel);
}

}  // namespace graphrun::ops
