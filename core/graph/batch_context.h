// BatchContext: what an op's batch rule gets to compute all trips of a loop at once.
//
// A loop runs a node once a trip. Its rule adds, outside the loop, nodes that do the same for all
// trips: operands that differ from trip to trip come stacked, as [trips, ...], the others as they
// are, and so do the results.
//
//   in the loop:  y = MatMul(x:[B,K], W)      all at once:  y:[T,B,N] = x:[T·B,K] · W
#ifndef GRAPHRUN_CORE_GRAPH_BATCH_CONTEXT_H_
#define GRAPHRUN_CORE_GRAPH_BATCH_CONTEXT_H_

#include <string_view>
#include <utility>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

class BatchContext {
 public:
  struct Operand {
    Output value;    // in the graph outside
    bool stacked;    // has an outermost dimension of trips
    ValueType type;  // of one trip
  };
  // `trips`: their number, -1 when it is not known. `outputs`: types of one trip.
  BatchContext(Graph* graph, const Node& node, int64_t trips, std::vector<Operand> inputs,
               std::vector<ValueType> outputs)
      : graph_(*graph),
        node_(node),
        trips_(trips),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)) {}

  template <typename Attrs>
  const Attrs& attrs() const {
    return *static_cast<const Attrs*>(node_.parsed.get());
  }
  const Node& node() const { return node_; }
  int64_t trips() const { return trips_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  bool Stacked(int i) const { return inputs_[i].stacked; }
  Output In(int i) const { return inputs_[i].value; }
  // Shapes of one trip.
  const Shape& InShape(int i) const { return inputs_[i].type.shape; }
  const Shape& OutShape(int i) const { return outputs_[i].shape; }
  DType InType(int i) const { return inputs_[i].type.dtype; }
  // The value of an invariant, nullptr when it is not known or no constant.
  const Tensor* Value(int i) const {
    return Stacked(i) ? nullptr : graph_.ConstValue(inputs_[i].value);
  }

  Output Add(std::string_view op, std::vector<Output> inputs, AttrMap attrs = {});
  // The node itself with other inputs, its first output.
  Output Again(std::vector<Output> inputs) { return Add(OpName(), std::move(inputs), OwnAttrs()); }
  // The node's attributes but for those that follow from its inputs.
  AttrMap OwnAttrs() const;
  Output Int(int64_t value, DType dtype = DType::kInt32);  // a scalar
  Output Ints(const std::vector<int64_t>& values, DType dtype = DType::kInt32);
  // REQUIRES: at most one unknown dimension.
  Output Reshape(Output value, const Shape& shape);
  // [trips, ...]
  Shape WithTrips(const Shape& shape) const { return Concatenate({trips_}, shape); }

  // Input i as [trips * d0, d1, ...]. REQUIRES: stacked, rank at least 1.
  Output Rows(int i);
  // [trips * d0, d1, ...] as output `o` of all trips, [trips, d0, d1, ...].
  Output FromRows(Output rows, int o);
  // Input i for broadcasting against operands of `rank` dimensions a trip: dimensions of size 1
  // after the outermost. What is not stacked is as it is.
  Output Aligned(int i, int rank);
  // Input i stacked, though it is the same in all trips.
  Output Full(int i);

 private:
  std::string_view OpName() const;

  Graph& graph_;
  const Node& node_;
  int64_t trips_;
  std::vector<Operand> inputs_;
  std::vector<ValueType> outputs_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_BATCH_CONTEXT_H_
