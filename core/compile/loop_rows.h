// LoopRows: tensors that have an element for each trip of a loop, outside it.
#ifndef GRAPHRUN_CORE_COMPILE_LOOP_ROWS_H_
#define GRAPHRUN_CORE_COMPILE_LOOP_ROWS_H_

#include "core/graph/counted_node.h"
#include "core/graph/graph.h"

namespace graphrun {

// All trips' values lie in one order, of the first trip first or last: the one in which most of
// what the loop reads lies already.
class LoopRows {
 public:
  // `trips`: -1 when only the run tells, by `trips_value`.
  LoopRows(Graph& graph, int64_t trips, Output trips_value)
      : g_(graph), trips_(trips), trips_value_(trips_value) {}

  // Notes that the loop reads a tensor so.
  void Count(const Walk& walk, const Shape& shape);
  Walk Order() const { return backward_ > forward_ ? Backward() : Walk::Forward(); }
  // A stack of all trips' values in the common order.
  Stack WholeStack() const { return {Order(), trips_}; }
  bool IsWhole(const Stack& s) const { return Same(s.walk, Order()) && IsTrips(s.length); }

  // The elements that a walk takes, in the common order; invalid when there is no easy way.
  Output InOrder(Output tensor, const Walk& walk);
  // Values in the common order, as a stack; invalid when they lie otherwise in it.
  Output AsStack(Output values, const Stack& stack);
  // A value that is the same in all trips, for each of them.
  Output Repeated(Output value);
  Output Sum(Output values);
  bool IsZeros(Output value) const;

 private:
  Walk Backward() const { return trips_ < 0 ? Walk{-1, -1, true} : Walk{trips_ - 1, -1, false}; }
  bool Same(const Walk& a, const Walk& b) const;
  bool IsTrips(int64_t length) const { return length < 0 || length == trips_; }
  Output Reversed(Output tensor);
  bool HasAllRows(Output tensor) const;
  Output FirstRows(Output tensor);
  Output Padded(Output rows, int64_t length);
  // Notes that an output has that shape, which inference cannot tell.
  Output WithShape(Output o, const Shape& shape);

  Graph& g_;
  const int64_t trips_;
  const Output trips_value_;
  int forward_ = 0, backward_ = 0;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_LOOP_ROWS_H_
