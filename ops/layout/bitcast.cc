// Bitcast: the same bytes read as another type.
#include <cstring>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace bitcast {

struct Attrs {
  DType from, to;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Shape& x = c.In(0);
  const auto from = static_cast<int64_t>(DTypeSize(t.from));
  const auto to = static_cast<int64_t>(DTypeSize(t.to));
  if (!x.known_rank()) return;
  if (from == to) return c.SetOut(0, x);
  if (from > to) {
    Shape y = x;
    y.Append(from / to);
    return c.SetOut(0, y);
  }
  const int64_t parts = to / from;
  if (x.rank() == 0 || (x[x.rank() - 1] >= 0 && x[x.rank() - 1] != parts)) {
    ThrowInvalid("Bitcast from " + std::string(DTypeName(t.from)) + " to " +
                 std::string(DTypeName(t.to)) + " needs a last dimension of " +
                 std::to_string(parts) + "; the shape is " + x.ToString());
  }
  c.SetOut(0, x.Slice(0, x.rank() - 1));
}

}  // namespace bitcast

OpDef BitcastOp() {
  using bitcast::Attrs;
  const std::vector<DType> types = {DType::kFloat,  DType::kDouble, DType::kInt32,
                                    DType::kInt64,  DType::kUInt8,  DType::kInt16,
                                    DType::kInt8,   DType::kUInt16, DType::kUInt32,
                                    DType::kUInt64, DType::kHalf,   DType::kBFloat16};
  return Op<Attrs>("Bitcast")
      .Doc(
          "output has the bytes of input, taken for elements of `type`. When those are smaller, a "
          "last dimension counts the parts of an element; when they are larger, input has it. "
          "INVALID_ARGUMENT when that dimension does not fit.")
      .Input("input", "T")
      .Output("output", "type")
      .TypeAttr("T", &Attrs::from, types)
      .TypeAttr("type", &Attrs::to, types)
      .Shape(bitcast::InferShape)
      .NoGradient("TensorFlow defines none")
      .Kernel([](KernelContext& k) {
        if (k.Out(0).bytes() > 0) std::memcpy(k.Out(0).raw(), k.In(0).raw(), k.Out(0).bytes());
      });
}

}  // namespace graphrun::ops
