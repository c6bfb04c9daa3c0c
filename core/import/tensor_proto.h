// Tensor and Shape <-> TensorProto and TensorShapeProto.
#ifndef GRAPHRUN_CORE_IMPORT_TENSOR_PROTO_H_
#define GRAPHRUN_CORE_IMPORT_TENSOR_PROTO_H_

#include <cstdint>

#include "core/base/shape.h"
#include "core/base/tensor.h"

namespace graphrun {

namespace pb {
class TensorProto;
class TensorShapeProto;
}  // namespace pb

// How much memory one file may ask for beyond its own size: a few bytes can name a tensor of any
// size when one value stands for all elements.
class ImportBudget {
 public:
  static constexpr int64_t kDefault = int64_t{1} << 30;
  explicit ImportBudget(int64_t bytes = kDefault) : left_(bytes) {}
  // RESOURCE_EXHAUSTED when less than `bytes` is left.
  void Take(int64_t bytes);

 private:
  int64_t left_;
};

// INVALID_ARGUMENT for a dimension below -1, more than Shape::kMaxRank dimensions, or dimensions
// whose product, from the left up to an unknown one, exceeds 2^63 - 1.
Shape ShapeFromProto(const pb::TensorShapeProto& proto);
void ShapeToProto(const Shape& shape, pb::TensorShapeProto* proto);

// INVALID_ARGUMENT for a shape that is partial or does not fit the content, UNIMPLEMENTED for a
// dtype that has no tensors here (complex, quantized, resource, variant), RESOURCE_EXHAUSTED beyond
// the budget.
Tensor TensorFromProto(const pb::TensorProto& proto, ImportBudget* budget);
// Equal tensors give equal messages. REQUIRES: dtype() is numeric, bool or string.
void TensorToProto(const Tensor& tensor, pb::TensorProto* proto);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_TENSOR_PROTO_H_
