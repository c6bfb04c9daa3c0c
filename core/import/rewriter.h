// Rewriter: makes nodes of ours from a ForeignGraph. Frames become While, Switch and Merge become
// If, stacks and TensorArrays become tensor lists that are passed along, reference variables become
// resource variables.
#ifndef GRAPHRUN_CORE_IMPORT_REWRITER_H_
#define GRAPHRUN_CORE_IMPORT_REWRITER_H_

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/build/build_context.h"
#include "core/graph/graph.h"
#include "core/import/foreign_conds.h"
#include "core/import/foreign_graph.h"
#include "core/import/foreign_loops.h"
#include "core/import/foreign_objects.h"
#include "core/import/frame_items.h"
#include "core/import/tensor_proto.h"
#include "proto/node_def.pb.h"

namespace graphrun {

// What is known of the elements of each list object, by its number.
using ElementShapes = std::vector<Shape>;

// Invariants of the graph that is made:
//  1. A node that lay in no loop and in no cond keeps its name. The Exit of a loop and the Merge of
//  a cond leave an Identity of their name, so that they can be fetched and fed.
//  2. Names that have no node any more are noted in the graph with the reason.
//  3. The accesses of a list object are chained in a topological order of all edges, but a
//  TensorArray is to each access as those changes made it from which a path leads to the access:
//  TensorFlow runs no others for it. A loop or cond that changes the object passes it through.
//  4. A read of a reference variable is a ReadVariableOp after the writes from which a path leads
//  to the consumer; consumers of one node with the same writes before them share it. It is marked
//  (reference.h), since it stands for the memory itself when it is fetched or fed.
//  5. What cannot be rewritten becomes _Unavailable, where it lies: a run that needs it says why it
//  fails. What is rewritten depends on all _Unavailable that the foreign node would have waited
//  for.
//  6. In the If of a cond and the While of a loop, a node runs for the results that the foreign
//  node's consumers lead to, and for no others: the control results of their functions are empty.
class Rewriter {
 public:
  // Adds to the graph of *home, which holds the parameters of a function and nothing else. `shapes`
  // is what an earlier Rewriter of the same nodes found.
  // Breaks nodes of `foreign`.
  Rewriter(ForeignGraph* foreign, ImportBudget* budget, FunctionBuilder* home,
           const ElementShapes& shapes);

  void BindParameter(int node, Output output) {
    top_.values[{node, 0}] = output;
    top_.operations[node] = output.node;  // who waits for it waits for what the caller passes
  }
  // A result of the function as the file names it, with its declared type: all that may be known of
  // an output of an unknown op.
  void NoteResult(Port port, std::string text, DType dtype) {
    results_[port] = {std::move(text), dtype};
  }
  // An operation that a run of the function waits for.
  void NoteWaited(int node) { waited_.insert(node); }
  // Adds all nodes.
  void Run();

  // After Run: the output, operation or element shapes that came of foreign ones.
  Output Result(Port port) { return Value(top_, port, -1); }
  NodeId Operation(int node) const;
  ElementShapes element_shapes() const;

 private:
  // An array as the nodes in `changes`, a write or those of a loop or cond, made it.
  struct Version {
    Output list;
    std::vector<int> changes;
  };
  // A graph being filled: the top, a loop's condition or body, a side of an If.
  struct Block {
    FunctionBuilder* builder = nullptr;
    Block* parent = nullptr;
    Decisions decided;  // by this and all enclosing blocks
    int loop = -1;      // the frame whose condition or body this is
    std::unordered_map<Port, Output, PortHash> values;
    std::unordered_map<int, NodeId> operations;    // what runs a foreign node, here
    std::map<int, Output> lists;                   // list objects as they are now
    std::map<int, std::vector<Version>> versions;  // of arrays: as they were, oldest first
    std::vector<int> pushes;                       // of handles: they wait for the block's end
    // Of variables: (the node that consumers get the memory from, writes before) -> read.
    std::map<std::pair<int, std::vector<int>>, Output> reads;
    std::map<Output, NodeId> flows;  // copies of what loops and conds return, to wait for
    std::map<int, Output> done;  // for inner blocks: a value that is there when the operation ran

    Graph& graph() const { return builder->graph(); }
    bool top() const { return parent == nullptr; }
  };
  // An If in the making; arrays are indexed by side, false first.
  struct CondParts {
    std::vector<int> sides[2];  // items
    std::vector<int> merges;    // items: the Merges of its predicate
    std::vector<int> carried;   // list objects that it changes
    Block blocks[2];
    std::vector<Expr> results[2];
    std::vector<Port> needed[2];  // values of one side for later conds on the same predicate
    std::vector<int> made[2];     // list objects that one side made
    std::vector<int> waited[2];   // nodes of one side that others wait for
  };

  // --- rewriter.cc: order, values, plain nodes
  // Fills a block that is no side of a cond; the nodes are all of one frame.
  FrameItems EmitNodes(Block& b, const std::vector<int>& nodes);
  // Emits `items` of the region, those in conds relative to the first `depth` decisions.
  void Schedule(Block& b, FrameItems& region, const std::vector<int>& items, size_t depth);
  void EmitItem(Block& b, FrameItems& region, int item);
  // Gives a loop or cond up that cannot be rewritten.
  void EmitOrGiveUp(Block& b, const FrameItems& region, const std::vector<int>& items,
                    const std::function<void()>& emit);
  void EmitNode(Block& b, int node);
  void EmitPlain(Block& b, int node);
  // The value of `port` for node `consumer` (-1: at the end of the block).
  Output Value(Block& b, Port port, int consumer);
  // The value where an enclosing block or this one has it; invalid when none does. With `variable`
  // it must be as good as a read in `b`: not from outside a loop that writes the variable.
  Output Lookup(Block& b, Port port, int variable = -1);
  // The same for what the port copies, through Switch and Enter.
  Output FindValue(Block& b, Port port);
  std::vector<Output> Inputs(Block& b, int node, size_t first = 0);
  std::vector<NodeId> Controls(Block& b, int node);

  // --- rewrite_waits.cc: what runs before what
  // Nodes of the block that have run when all of the foreign nodes have.
  std::vector<NodeId> WaitFor(Block& b, std::vector<int> nodes);
  // What the Switches and Enters wait for by which the port has its value.
  std::vector<int> WaitsOnTheWay(Port port) const;
  // `value` of `port`, for a user that is no node: after `controls` and what lies on the way.
  Output After(Block& b, Port port, Output value, const std::vector<int>& controls);
  // A value that is computed after the nodes.
  static Output Done(Block& b, const std::string& name, const std::vector<NodeId>& after);
  // Whether a run, or an open item, waits for the node.
  bool IsWaitedFor(const FrameItems& region, int node) const;
  // The nodes among those of the items that others wait for, or read variables after.
  std::vector<int> Waited(const Block& inner, const FrameItems& region,
                          const std::vector<int>& items) const;
  void FindEffects();
  // Adds what the node becomes, under its name with `suffix`.
  NodeId Add(Block& b, int node, std::string_view op, std::vector<Output> inputs, AttrMap attrs,
             const char* suffix = "");
  bool HasOwnEffect(int node) const;
  bool MustRun(int node) const;
  // INVALID_ARGUMENT or UNIMPLEMENTED unless the functions that the node names exist here.
  void CheckFunctions(Block& b, int node) const;
  void NoteAbsent();

  // --- rewrite_loops.cc
  void EmitLoop(Block& b, int frame);
  std::vector<int> Slice(int frame, const std::vector<int>& from) const;
  // Whether no Switch of the region decides if the node runs.
  static bool AlwaysRuns(const FrameItems& region, int node);
  std::string NotAlways(int node) const;
  // {"a/b", "c"} for "a/b/c", and the scope of the former at the top of the builder's graph.
  static std::pair<std::string, std::string> SplitScopeName(const std::string& name);
  static Scope ScopeAt(FunctionBuilder* builder, const std::string& prefix);

  // --- rewrite_conds.cc
  void EmitCond(Block& b, FrameItems& region, const std::vector<int>& members, Port predicate,
                size_t depth);
  // Whether what the members do leaves no trace, as the pivots of a cond that is done with.
  bool IsIdle(const FrameItems& region, const std::vector<int>& members,
              const CondParts& parts) const;
  CondParts SplitCond(const FrameItems& region, const std::vector<int>& members,
                      size_t depth) const;
  void EmitSide(Block& b, FrameItems& region, Port predicate, bool side, size_t depth,
                CondParts* parts);
  std::vector<int> MadeInside(const Block& b, const Block& inner, const FrameItems& region) const;
  bool UsesValueIndex(const Block& b, int merge) const;
  std::vector<Port> NeededOutside(const FrameItems& region, const std::vector<int>& side) const;

  // --- rewrite_merges.cc
  bool IsThereAtOnce(int node) const;
  void EmitAlternatives(Block& b, const Item& item);

  // --- rewrite_unavailable.cc
  void EmitUnavailable(Block& b, int node, const Problem& problem);
  // Adds a node that cannot run. `def` is what is saved of it, null: it cannot be saved.
  NodeId AddUnavailable(Block& b, const std::string& name, const std::string& op,
                        const Problem& problem, std::vector<Output> inputs,
                        const std::vector<DType>& types, const pb::NodeDef* def);
  // What the block has of the values that the nodes take, for gradients that would flow there.
  std::vector<Output> KnownInputs(Block& b, const std::vector<int>& nodes);
  // Whether the node is one on values, which can be saved as it is in the file.
  bool CanKeep(int node) const;
  // The dtype of a node whose op we have for other dtypes only.
  std::optional<DType> UnknownType(const pb::NodeDef& def) const;
  // `op`, or "Exp of string" when `def` has an UnknownType.
  std::string OpWithType(const std::string& op, const pb::NodeDef& def) const;
  std::vector<DType> UnavailableTypes(int node) const;
  std::vector<std::string> UnavailableNames(int node, size_t outputs) const;
  // After an error in a loop or cond.
  void GiveUp(Block& b, const FrameItems& region, const std::vector<int>& items,
              const Problem& problem);
  // Who takes the list from now on cannot run.
  void GiveUpList(Block& b, int object, const Problem& problem, std::vector<Output> inputs);

  // --- rewrite_calls.cc
  void EmitCase(Block& b, int node);
  void EmitCall(Block& b, int node);
  void EmitSymbolicGradient(Block& b, int node);

  // --- rewrite_versions.cc
  // Emits `items` with the arrays that they access as they find them.
  void WithVersions(Block& b, const FrameItems& region, const std::vector<int>& items,
                    const std::function<void()>& emit);
  // The nodes of the items that access stacks and TensorArrays, in loops too.
  std::vector<int> AccessesIn(const FrameItems& region, const std::vector<int>& items) const;
  // Whether nodes here can be fetched.
  bool IsMain(const Block& b) const { return b.top() && !foreign_.in_function(); }
  // Lets output `index` of an access, a flow, be fetched.
  void NameFlow(Block& b, int node, int index);

  // --- rewrite_lists.cc
  void EmitList(Block& b, int node);
  void EmitAccess(Block& b, int node);
  void FinishLists(Block& b);
  Output List(Block& b, int object);
  // Makes the lists of gradients that are first used inside a loop or cond.
  void PrepareLists(Block& b, const std::set<int>& objects);
  bool Visible(const Block& b, int object) const;
  Output MakeGradientList(Block& b, int object, const std::string& name);
  // `values` [n, ...] for the elements at `indices`, added to what a list has there. When they may
  // not be distinct, an element gets the sum.
  Output AddedRows(Block& b, int object, Output indices, Output values, bool distinct);
  // The indices are a Range or a constant without repetitions.
  bool AreDistinct(Port indices) const;
  std::optional<Tensor> ConstantOf(Port port) const;
  // What a flow waits for in the block, but for accesses of the array, which the list waits for.
  std::vector<NodeId> WaitsOfFlow(Block& b, Output flow);
  // The same for the flows among the inputs of a foreign node.
  std::vector<NodeId> WaitsOfFlows(Block& b, int node);
  Output ElementShape(Block& b, int object);
  void NoteElement(int object, const Shape& shape);
  bool IsWholeRange(Port indices, int object) const;
  std::set<int> ObjectsOf(const FrameItems& region, const std::vector<int>& items,
                          bool changed_only) const;

  // --- rewrite_variables.cc
  void EmitVariable(Block& b, int node);
  void EmitWrite(Block& b, int node);
  void EmitIsInitialized(Block& b, int node);
  void EmitAlias(Block& b, int node);
  Output Handle(Block& b, int variable);
  Output ReadVariable(Block& b, Port port, int consumer);
  Output Repeat(Block& b, Output value, const std::vector<int>& nodes);
  Output ReadAfter(Block& b, int variable, const std::vector<int>& through,
                   const std::vector<int>& writes, bool edge);
  std::vector<NodeId> OperationsOf(Block& b, const std::vector<int>& writes);
  std::vector<NodeId> WritesOfInputs(Block& b, int node);

  const ForeignGraph& foreign_;
  ImportBudget* const budget_;
  const OpRegistry& registry_;
  ForeignLoops loops_;
  ForeignLists lists_;
  ForeignVariables variables_;
  Block top_;
  ElementShapes known_shapes_;
  std::vector<std::optional<Shape>> seen_shapes_;  // of elements that are put into list objects
  std::map<int, Expr> pieces_;  // array -> into how many pieces a tensor was split for it
  struct DeclaredResult {
    std::string text;  // "node:values:0"
    DType dtype;
  };
  std::map<Port, DeclaredResult> results_;
  std::set<int> waited_;
  std::set<int> at_once_;            // Merges that take an input which is there at once
  std::vector<uint8_t> has_effect_;  // the node, or something that it needs
  std::vector<uint8_t> must_run_;    // the same of writes, checks and output
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_REWRITER_H_
