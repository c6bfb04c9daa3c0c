// What a run needs of a graph: which nodes, which of their outputs, and what of the functions that
// they call.
#ifndef GRAPHRUN_CORE_COMPILE_NEEDS_H_
#define GRAPHRUN_CORE_COMPILE_NEEDS_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

struct Needs;

// What runs of a function although no result that is wanted needs it.
enum class Effects {
  kNone,
  kDeclared,  // its control results
  kAll,       // every node with an effect
};

// What a needed node asks of one of its functions.
struct CalleeNeeds {
  const Function* function = nullptr;
  std::vector<bool> results;  // that are wanted
  std::shared_ptr<const Needs> needs;
};

struct Needs {
  bool has(NodeId id) const { return nodes[id]; }
  bool has(Output o) const { return outputs[o.node][o.index]; }
  // Whether the needed node hands input i to a function that needs it. Of other nodes: true.
  bool passes(NodeId id, size_t i) const {
    const auto it = passed.find(id);
    return it == passed.end() || it->second[i];
  }
  const std::vector<CalleeNeeds>& callees(NodeId id) const { return called.at(id); }

  std::vector<bool> nodes;                 // by id
  std::vector<bool> by_type;               // of them: their types tell the value (ValueByType)
  std::vector<std::vector<bool>> outputs;  // fetched, or inputs of needed nodes
  std::set<Output> fetched;
  std::vector<NodeId> targets;  // run for their effects
  std::vector<NodeId> kept;     // run, since others wait for them, though they may have no effect
  std::map<NodeId, std::vector<bool>> passed;
  std::map<NodeId, std::vector<CalleeNeeds>> called;  // in the order of the op's attributes
};

// The path of what is in function k (in the order of the op's attributes) of a node at `path`:
// streams of random numbers are found by paths. Nodes of a loop's condition and body, and of an
// If's branches, may have the same names; no name has a colon.
std::string CalleePath(const std::string& path, const Node& node, size_t k);

// The value of the only output of a node when its type alone tells it, as that of Shape may be.
std::optional<Tensor> ValueByType(const Graph& graph, NodeId id);

// Finds what is needed as TensorFlow prunes: an If or While that it lowers (IsLowered) computes the
// outputs that are used, in either branch, and of its inputs needs what they need. The control
// results of an If's branches run when something waits for the node itself, those of a loop in any
// case. An If or While that is not lowered needs all of its inputs, and runs all effects in it. A
// call is inlined: it needs what its results need, and runs all effects in it; these come after all
// of its inputs (RestOf). What is only waited for, or has a value by its type, does not need what
// it would be computed from.
class NeedsFinder {
 public:
  // For a run of a graph. The caller names what he wants: of a lowered node that is all of it.
  Needs OfRun(const Graph& graph, const std::set<Output>& fed, const std::vector<Output>& fetches,
              const std::vector<NodeId>& targets);
  // REQUIRES: the function does not change while this finder lives.
  std::shared_ptr<const Needs> OfFunction(const Function& f, const std::vector<bool>& results,
                                          Effects effects);

 private:
  struct Search;
  // What becomes of the inputs of a node that its functions do not need.
  enum class Rest { kLeft, kWaited, kComputed };
  Rest RestOf(const Graph& graph, NodeId id, const std::vector<bool>& used, bool named);
  std::vector<bool> WaitedInputs(const Graph& graph, NodeId id);
  void FindCallees(const Graph& graph, NodeId id, const std::vector<bool>& used, bool waited,
                   Needs* needs);
  void FindBranches(const Graph& graph, NodeId id, std::vector<bool> used, Effects effects,
                    Needs* needs);
  void FindLoop(const Graph& graph, NodeId id, const std::vector<bool>& used, Effects effects,
                Needs* needs);
  Needs Find(const Graph& graph, const std::set<Output>& fed, const std::vector<Output>& fetches,
             const std::vector<NodeId>& targets, const std::vector<bool>& whole);

  std::map<std::tuple<const Function*, std::vector<bool>, Effects>, std::shared_ptr<const Needs>>
      known_;
  bool types_hold_ = true;  // no constant is fed, from whose value types were inferred
};

// Fails when a node that certainly runs stands for one that cannot run here: a needed one, or one
// that a function needs which needed nodes call. (Which branch of an If and how many trips of a
// While run is known only later.) Lists all of them at once: each op with how often it occurs, and
// each reason. The code is theirs if they have one in common, else UNIMPLEMENTED.
void CheckAvailable(const Graph& graph, const Needs& needs);

// The same for one node, when it is reached. REQUIRES: its structure is kUnavailable.
[[noreturn]] void ThrowUnavailable(const Node& node);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_NEEDS_H_
