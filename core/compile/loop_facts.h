// LoopFacts: what becomes of the variables of a While when it is made a counted loop.
#ifndef GRAPHRUN_CORE_COMPILE_LOOP_FACTS_H_
#define GRAPHRUN_CORE_COMPILE_LOOP_FACTS_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/compile/loop_scalars.h"
#include "core/compile/refine_types.h"
#include "core/graph/counted_loop.h"
#include "core/graph/counted_node.h"
#include "core/graph/function_attr.h"
#include "core/graph/unit.h"

namespace graphrun {

class LoopFacts {
 protected:
  // More trips than this: counters stay loop variables, rather than tensors of all their values.
  static constexpr int64_t kMostCounted = int64_t{1} << 16;

  LoopFacts(Unit& unit, Function& f, NodeId id, LoopScalars& scalars)
      : unit_(unit),
        f_(f),
        g_(f.graph),
        id_(id),
        node_(g_.node(id)),
        cond_(RegionFunction(g_, node_, 0)),
        body_(g_.library()->Get(RegionFunction(g_, node_, 1).name)),
        b_(body_.graph),
        scalars_(scalars) {
    RefineLoop(g_, id_);
    loop_ = AnalyseLoop(cond_, body_);
  }

  // Finds out whether the While can be a counted loop, and what its variables are then. Otherwise
  // says on the node why not.
  bool Find();

  // Says on the node why it stays a While.
  bool Stay(const std::string& why) {
    g_.SetAttr(id_, "_stays", why);
    return false;
  }

  enum class Kind : uint8_t { kCarried, kInvariant, kCounter, kLists };
  struct Variable {
    Kind kind = Kind::kCarried;
    std::optional<Stack> stack;  // what the loop writes of a list
    Output value;                // in the body: what it writes
    // A list of which elements are read: as a tensor, outside.
    bool sliced = false;
    Output tensor;
  };

  const ValueType& TypeOfArg(size_t i) const { return b_.type({body_.args[i], 0}); }
  Output Initial(size_t i) const { return node_.inputs[i]; }
  // Whether list i gets one element in each trip, in order, and has no others.
  bool StacksEveryTrip(size_t i) const;
  // Whether what is written to list i are the values of a counter, which are known.
  bool StacksCounter(size_t i) const;
  // The variable whose parameter it is, or -1.
  int ArgAt(Output o) const;
  // Whether the loop itself writes list i.
  bool Stacks(size_t i) { return vars_[i].stack && UsedOutside(i) && !StacksCounter(i); }

  // Whether the loop computes what is written to list i though nobody uses it: it may fail.
  bool OnlyComputed(size_t i);
  bool UsedOutside(size_t i) { return !unit_.UsesOf(f_, {id_, static_cast<int>(i)}).empty(); }

  // ---- Trips

  // The value of an integer of the condition when the loop is entered.
  LoopScalar LimitOf(Output o);

  // Whether testing the condition does more than that.
  bool ConditionActs() const;

  bool FindTrips();

  // What is added to counter i in each trip.
  int64_t StepOf(int i) const;

  // Which elements an access with that index reads or writes; nothing when that is not plain.
  std::optional<Walk> WalkOf(const Affine& index);
  std::optional<Walk> ToWalk(const LoopScalar& start, int64_t step) const;

  // ---- Variables that are read

  // Whether all that the loop does with variables is to read them, in the body itself.
  bool CanHoistReads() const;
  // Reads them before the loop, when it makes a trip. REQUIRES: CanHoistReads().
  void HoistReads();
  // The value of a read of the body, before the loop: of no trip, zeros.
  Output ReadBefore(NodeId read, const std::vector<NodeId>& after);
  // What the loop waits for that comes after a write.
  std::vector<NodeId> WaitsForWrites() const;

  // ---- What the body finds out in each trip, and is known outside

  // Puts that in its place, and finds out anew what the body does then.
  void Uncover();
  // How many elements a list has that stays as it is, and what shape they have.
  bool UncoverLists();
  // What a loop before pushed, trip by trip, and this one pops: the values of a counter, so that
  // accesses by them are seen to move, or what was the same in all trips.
  bool UncoverPopped();
  // A list that is added to one of zeros but for one element: only that is changed.
  bool UncoverUpdates();

  // In the body: factor * counter + offset.
  Output Linear(int counter, int64_t factor, const LoopScalar& offset);
  // In the body: what stands outside.
  Output Outside(Output o);
  Output Outside(const LoopScalar& scalar, DType dtype, const std::string& name);
  // An integer of the body that is the same in all trips.
  std::optional<LoopScalar> ScalarIn(Output o) const;

  // ---- Variables

  bool Plain(const ValueType& type) const;
  // What the loop makes of variable i is used by nothing but its next value.
  bool OnlyHandedOn(size_t i);
  // A list whose elements are all of one known type, as a tensor.
  bool Slice(size_t i);

  // Finds out what becomes of variable i. Returns why it cannot be in a counted loop, or nullptr.
  const char* Obstacle(size_t i);

  // What counter i is after all trips.
  std::optional<LoopScalar> LastOf(size_t i) const;
  // Its values in all trips, as a vector. REQUIRES: few trips.
  Output ValuesOf(size_t i, const std::string& name) {
    return scalars_.CounterValues(scalars_.Of(Initial(i)), StepOf(static_cast<int>(i)), trips_,
                                  TypeOfArg(i).dtype, name);
  }
  // Not more than may be listed, if it is known.
  bool FewTrips() const { return trips_.factor != 0 || trips_.constant <= kMostCounted; }

  // Whether a write beyond the end of a list makes it longer.
  static bool Grows(const Node& write);
  std::optional<LoopScalar> GrownLength(const LoopScalar& length, NodeId write);

  // How a list is used after the loop.
  enum class After : uint8_t { kByLoops, kByShape, kOtherwise };
  After UsesAfter(Output list);
  // Has list i become a stack of `value`.
  bool StackOf(size_t i, Output value, const Walk& walk, const LoopScalar& length);

  Unit& unit_;
  Function& f_;
  Graph& g_;
  const NodeId id_;
  Node node_;
  const Function& cond_;
  Function& body_;
  const Graph& b_;
  LoopScalars& scalars_;
  CountedLoop loop_;
  size_t n_ = 0;
  LoopScalar trips_;
  std::vector<Variable> vars_;
  std::map<size_t, std::optional<Walk>> popped_;
  std::map<NodeId, CountedLoop> readers_;  // loops that come later
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_LOOP_FACTS_H_
