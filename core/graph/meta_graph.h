// MetaGraph: a graph with what a model file keeps beside it: variables, collections, signatures, a
// run plan.
#ifndef GRAPHRUN_CORE_GRAPH_META_GRAPH_H_
#define GRAPHRUN_CORE_GRAPH_META_GRAPH_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

class BuildContext;

// TensorFlow's GraphKeys.
namespace keys {
inline constexpr char kGlobalVariables[] = "variables";
inline constexpr char kTrainableVariables[] = "trainable_variables";
inline constexpr char kLocalVariables[] = "local_variables";
inline constexpr char kTrainOp[] = "train_op";
inline constexpr char kLosses[] = "losses";
inline constexpr char kRegularizationLosses[] = "regularization_losses";
inline constexpr char kSummaries[] = "summaries";
inline constexpr char kGlobalStep[] = "global_step";
}  // namespace keys

// One variable, by the names of its nodes (a VariableDef).
struct VariableInfo {
  std::string name;           // of the handle, without ":0"; also the name in a checkpoint
  std::string initializer;    // the op that assigns the initial value
  std::string initial_value;  // "w/Initializer/random_uniform:0"
  std::string snapshot;       // the tensor that reads it: "w/read:0"
  DType dtype = DType::kInvalid;
  Shape shape;
  bool trainable = true;
};

struct SignatureTensor {
  std::string name;  // "x:0"
  DType dtype = DType::kInvalid;
  Shape shape;
};
struct Signature {
  std::map<std::string, SignatureTensor> inputs, outputs;
  std::string method_name;
};

// The name of the collection that holds our RunPlan, serialized.
inline constexpr char kRunPlanCollection[] = "graphrun_plan";

struct MetaGraph {
  explicit MetaGraph(const OpRegistry* registry) : graph(registry) {}
  MetaGraph(const MetaGraph&) = delete;  // builders point to it
  MetaGraph& operator=(const MetaGraph&) = delete;

  const VariableInfo* FindVariable(std::string_view name) const;

  Graph graph;
  std::vector<VariableInfo> variables;                             // in order of creation
  std::map<std::string, std::vector<std::string>> variable_lists;  // collection -> variable names
  std::map<std::string, std::vector<std::string>> node_lists;  // collection -> "x:0" or op names
  std::map<std::string, std::vector<std::string>> byte_lists;  // collection -> serialized messages
  std::map<std::string, std::string>
      other_lists;  // collection -> a serialized CollectionDef: numbers, Any
  std::map<std::string, Signature> signatures;
  std::map<std::string, std::string>
      other_signatures;  // name -> a serialized SignatureDef: of sparse or composite tensors
  std::vector<std::string> tags;
  std::shared_ptr<BuildContext> builder;  // made by Scope::Root
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_META_GRAPH_H_
