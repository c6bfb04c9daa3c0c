// Graph: the one intermediate representation. A list of nodes, each an op of the registry with
// attributes and inputs.
#ifndef GRAPHRUN_CORE_GRAPH_GRAPH_H_
#define GRAPHRUN_CORE_GRAPH_GRAPH_H_

#include <atomic>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/shape.h"
#include "core/base/types.h"
#include "core/graph/attr.h"

namespace graphrun {

class OpDef;
class OpRegistry;
class Graph;

using NodeId = int32_t;
inline constexpr NodeId kNoNode = -1;

// One output of a node.
struct Output {
  NodeId node = kNoNode;
  int32_t index = 0;
  bool valid() const { return node != kNoNode; }
  auto operator<=>(const Output&) const = default;
};

// What is known of an output before it is computed. element_* describe what a handle leads to: the
// elements of a tensor list, the value of a variable.
struct ValueType {
  DType dtype = DType::kInvalid;
  Shape shape = Shape::Unknown();
  DType element_dtype = DType::kInvalid;
  Shape element_shape = Shape::Unknown();
  bool operator==(const ValueType&) const = default;
  std::string ToString() const;  // "float32[2,?]"
};
// The most special type that describes values of both. REQUIRES: same dtype.
ValueType Generalize(const ValueType& a, const ValueType& b);

struct Node {
  std::string name;           // unique in its graph
  const OpDef* op = nullptr;  // never null
  AttrMap attrs;  // every attribute of the op, defaults included, and those that begin with '_'
  std::shared_ptr<const void> parsed;  // the op's attribute struct, filled from attrs
  std::vector<Output> inputs;
  std::vector<NodeId> control_inputs;  // sorted, without repetition
  std::string device;                  // kept for saving; not used
};

// A named sub-graph: the condition or body of a While, a branch of an If, or what a call calls.
// Its parameters are the nodes of op "_Arg" with index 0..n-1; its results are outputs of its
// graph.
struct Function;

// What running a function may do, the functions that it calls included.
struct FunctionTraits {
  bool has_effect = false;  // more than compute its results
  bool accesses_variables = false;
  bool must_run = false;  // something that must happen even if no result is used
};

// The functions that the nodes of a graph, and of its functions, refer to by name. Shared by all of
// them. Thread-safe but for functions(), whose map must not change meanwhile.
class FunctionLibrary {
 public:
  // INVALID_ARGUMENT when a function of that name exists.
  Function& Add(std::unique_ptr<Function> function);
  // NOT_FOUND when there is none.
  Function& Get(std::string_view name) const;
  Function* Find(std::string_view name) const;
  void Remove(std::string_view name);
  // `base`, or base_1, base_2, ...: one that is not taken, and is from then on.
  std::string UniqueName(const std::string& base);
  // Of the function of that name, found once for all functions as long as none changes. NOT_FOUND
  // when it, or one that it calls, does not exist.
  FunctionTraits TraitsOf(const std::string& name) const;
  const std::map<std::string, std::unique_ptr<Function>, std::less<>>& functions() const {
    return functions_;
  }

  // Functions by the name that the attribute "_gradient_op_type" of a node has: of the gradients of
  // its outputs, they give those of its inputs.
  std::map<std::string, std::string, std::less<>> registered_gradients;

 private:
  friend class Graph;
  Function* FindLocked(std::string_view name) const;
  void NoteChange() { changes_.fetch_add(1, std::memory_order_relaxed); }

  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Function>, std::less<>> functions_;
  // Names that UniqueName returned, and the number that it tries next after each.
  std::unordered_map<std::string, int> promised_;
  std::atomic<uint64_t> changes_ = 0;  // of functions that are here
  mutable std::mutex traits_mutex_;
  mutable std::unordered_map<std::string, FunctionTraits> traits_;
  mutable uint64_t traits_at_ = 0;  // the changes that traits_ knows
};

// Invariants, by the numbers that Verify (verify.h) reports:
//  1. Node ids are dense, never reused; a removed node leaves an empty place (exists() is false).
//  2. Names are not empty and unique.
//  3. Every input names an existing node and one of its outputs; every control input an existing
//  node.
//  4. The number and dtypes of inputs are those that the op's signature and the attributes ask for.
//  5. Data and control edges form no cycle.
//  6. Every attribute that the op declares is present and of its kind.
//  7. Functions that attributes name exist, and their parameters and results fit the node (checked
//  by the op).
//  8. Function parameters are numbered 0..n-1, each once, and results exist; main graphs have no
//  _Arg.
//  9. Types (type()) agree with what the op's shape function says, or are more special.
class Graph {
 public:
  explicit Graph(const OpRegistry* registry);  // a main graph, which owns its library
  // The graph of a function in `library`, which must outlive it.
  Graph(const OpRegistry* registry, FunctionLibrary* library)
      : registry_(registry), library_(library) {}
  Graph(Graph&&) = default;
  Graph& operator=(Graph&&) = default;
  // A copy with the same node ids and the same library.
  Graph Clone() const;

  // Adds a node and infers the types of its outputs; names are made unique ("x", "x_1", ...).
  // Missing attributes take their defaults, and type attributes and numbers are derived from the
  // inputs. INVALID_ARGUMENT when op, attributes and inputs do not fit.
  NodeId AddNode(std::string_view op, std::string_view name, std::vector<Output> inputs,
                 AttrMap attrs = {}, std::vector<NodeId> control_inputs = {});
  // The same under exactly this name. REQUIRES: no node has it (UniqueName may have returned it).
  NodeId AddNodeNamed(std::string_view op, std::string_view name, std::vector<Output> inputs,
                      AttrMap attrs = {}, std::vector<NodeId> control_inputs = {});
  // A Const node.
  Output AddConst(std::string_view name, Tensor value);
  // Gives a node other inputs and attributes under the same id and name; its first outputs must
  // keep their types, unless there are fewer than before: REQUIRES that their users fit then.
  void ReplaceNode(NodeId id, std::string_view op, std::vector<Output> inputs, AttrMap attrs);
  void RemoveNode(NodeId id);  // REQUIRES: nobody uses it

  void SetInput(NodeId id, int i, Output input);
  void AddControlInput(NodeId id, NodeId control);
  void ClearControlInputs(NodeId id);
  void SetName(NodeId id, std::string_view name);                   // made unique
  void SetAttr(NodeId id, std::string_view name, AttrValue value);  // types are not inferred again
  void SetDevice(NodeId id, std::string_view device) { nodes_[id].device = device; }
  void SetType(Output output, const ValueType& type);
  // Infers a node's output types again from its inputs' present types. Returns whether they
  // changed.
  bool InferTypes(NodeId id);
  // The types that the op's shape function gives now.
  std::vector<ValueType> InferredTypes(NodeId id) const { return Infer(nodes_[id]); }

  // Ids are in [0, num_ids()).
  NodeId num_ids() const { return static_cast<NodeId>(nodes_.size()); }
  int num_nodes() const { return num_nodes_; }
  bool exists(NodeId id) const { return id >= 0 && id < num_ids() && nodes_[id].op != nullptr; }
  const Node& node(NodeId id) const { return nodes_[id]; }
  int num_outputs(NodeId id) const { return static_cast<int>(types_[id].size()); }
  const ValueType& type(Output o) const { return types_[o.node][o.index]; }
  DType dtype(Output o) const { return type(o).dtype; }
  const Shape& shape(Output o) const { return type(o).shape; }

  // kNoNode when there is none.
  NodeId Find(std::string_view name) const;
  // "node" or "node:1". NOT_FOUND with the nearest names, or OUT_OF_RANGE; INVALID_ARGUMENT with
  // the reason for a name that NoteAbsent was told of.
  Output FindOutput(std::string_view name) const;
  std::string OutputName(Output o) const;  // "node:0"
  std::vector<std::string> NodeNames() const;
  // `name` or the first of name_1, name_2, ... that is free; the name is taken from then on. As
  // TensorFlow's Graph.unique_name: case is ignored.
  std::string UniqueName(std::string_view name);

  // Keeps why a name of the file that the graph came from has no node: FindOutput says so.
  void NoteAbsent(const std::string& name, std::string why) { absent_[name] = std::move(why); }

  // The value of a Const node, or nullptr.
  const Tensor* ConstValue(Output o) const;
  // The elements of a small int vector (or scalar: rank 1) as far as they are known without
  // running, -1 for unknown ones; nothing when not even their number is known.
  std::optional<Shape> PartialValue(Output o) const;
  // Grows with every change of what is there; not with an added node, which nothing that was
  // prepared before can reach.
  uint64_t version() const { return version_; }

  const OpRegistry& registry() const { return *registry_; }
  FunctionLibrary* library() const { return library_; }

 private:
  friend class FunctionLibrary;
  Graph(const Graph&) = default;  // for Clone
  void NoteChange();
  NodeId Insert(std::string_view op, std::string_view name, bool make_unique,
                std::vector<Output> inputs, AttrMap attrs, std::vector<NodeId> control_inputs);
  Node MakeNode(std::string_view op, std::vector<Output> inputs, AttrMap attrs) const;
  std::vector<ValueType> Infer(const Node& node) const;
  std::optional<Shape> PartialValue(Output o, int depth) const;

  const OpRegistry* registry_;
  std::shared_ptr<FunctionLibrary>
      owned_library_;  // of main graphs and their clones; null in functions
  FunctionLibrary* library_;
  std::vector<Node> nodes_;
  std::vector<std::vector<ValueType>> types_;
  std::unordered_map<std::string, NodeId> by_name_;
  std::unordered_map<std::string, int> names_in_use_;    // lower case
  std::unordered_map<std::string, std::string> absent_;  // name -> why
  int num_nodes_ = 0;
  uint64_t version_ = 0;
  bool in_library_ = false;  // the library is told of changes
};

struct Function {
  Function(std::string function_name, const Graph& owner)
      : name(std::move(function_name)), graph(&owner.registry(), owner.library()) {}
  Function(std::string function_name, Graph&& g)
      : name(std::move(function_name)), graph(std::move(g)) {}
  // A parameter, added after the ones there are.
  Output AddArg(std::string_view arg_name, const ValueType& type);
  // Makes parameter `order[i]` the i-th. REQUIRES: a permutation of args.
  void ReorderArgs(const std::vector<NodeId>& order);
  // Sets control_results to the nodes that must run for their effects alone.
  void CollectEffects();

  std::string name;
  Graph graph;
  std::vector<NodeId> args;
  std::vector<Output> results;
  std::vector<NodeId>
      control_results;  // nodes with effects, which run although nothing needs their outputs
  // The function that is its gradient, of its parameters and the gradients of its results; "": what
  // reverse mode makes of its body.
  std::string gradient;
  // Whether it is never inlined ("_noinline"): a call computes all of its inputs.
  bool whole = false;
  // Whether what it made of variables is kept from run to run, until one changes. It is pure and
  // called once, with values of variables (outputs of nodes that read one each, or views of them).
  bool kept = false;
  // Whether a plan runs it as one kernel, tile by tile (fused_program.h). It is pure.
  bool fused = false;
};

// The functions that the attributes of a node name.
std::vector<std::string> FunctionNames(const Node& node);
// The functions that a function calls, and those that they call.
std::vector<std::string> CalledFunctions(const Function& function);
// Whether running the node does more than compute its outputs, counting the functions it calls.
bool HasEffect(const Graph& graph, NodeId id);
// Whether it, or a function that it calls, reads or writes a variable.
bool AccessesVariables(const Graph& graph, NodeId id);
// Whether it does something that must happen even if no output is used: writes, checks, output.
bool MustRun(const Graph& graph, NodeId id);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_GRAPH_H_
