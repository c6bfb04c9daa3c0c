// Constants of integers that passes add: shapes, positions, counts.
#ifndef GRAPHRUN_CORE_GRAPH_INT_CONSTS_H_
#define GRAPHRUN_CORE_GRAPH_INT_CONSTS_H_

#include <string_view>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

// A scalar. `dtype` is int32, into which the value is cut, or int64.
inline Output AddInt(Graph& graph, std::string_view name, int64_t value,
                     DType dtype = DType::kInt32) {
  return graph.AddConst(name, dtype == DType::kInt64
                                  ? Tensor::Scalar<int64_t>(value)
                                  : Tensor::Scalar<int32_t>(static_cast<int32_t>(value)));
}
// A vector.
inline Output AddInts(Graph& graph, std::string_view name, const std::vector<int64_t>& values,
                      DType dtype = DType::kInt32) {
  return graph.AddConst(name, dtype == DType::kInt64 ? Tensor::Vector(values)
                                                     : Tensor::Vector(std::vector<int32_t>(
                                                           values.begin(), values.end())));
}
// The dimensions of a shape of known rank, -1 for unknown ones.
inline Output AddDims(Graph& graph, std::string_view name, const Shape& shape) {
  return AddInts(graph, name, {shape.dims().begin(), shape.dims().end()});
}
// The dimensions [rows, ...rest], where only the run tells `rows`, an int32 scalar.
inline Output AddDims(Graph& graph, std::string_view name, Output rows, const Shape& rest) {
  const Output one = AddInts(graph, name, {1});
  const Output first{graph.AddNode("Reshape", name, {rows, one}), 0};
  const Output others = AddDims(graph, name, rest);
  const Output axis = AddInt(graph, name, 0);
  return {graph.AddNode("ConcatV2", name, {first, others, axis}), 0};
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_INT_CONSTS_H_
