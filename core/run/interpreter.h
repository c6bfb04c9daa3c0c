// Interpreter: the oracle. Runs a graph node by node as it stands, one buffer for each value, every
// shape checked.
#ifndef GRAPHRUN_CORE_RUN_INTERPRETER_H_
#define GRAPHRUN_CORE_RUN_INTERPRETER_H_

#include <map>
#include <string>
#include <vector>

#include "core/compile/needs.h"
#include "core/run/environment.h"

namespace graphrun {

struct InterpreterOptions {
  bool check_nan = false;
  bool check_shapes = true;  // that values are as the graph says
};

class Interpreter {
 public:
  Interpreter(const Graph& graph, Environment* env, const InterpreterOptions& options)
      : graph_(graph), env_(env), options_(options) {}

  std::vector<Tensor> Run(const std::map<Output, Tensor>& feeds, const std::vector<Output>& fetches,
                          const std::vector<NodeId>& targets);

 private:
  // One activation of a graph: values of the nodes that are needed. `path` names it for random
  // streams: "while_1/body/".
  using Values = std::vector<std::vector<Tensor>>;
  Values RunGraph(const Graph& graph, const std::map<Output, Tensor>& given, const Needs& needs,
                  const std::string& path);
  std::vector<Tensor> RunNode(const Graph& graph, NodeId id, const Needs& needs,
                              std::vector<Tensor>& inputs, const std::string& path);
  std::vector<Tensor> RunKernel(const Graph& graph, NodeId id, std::vector<Tensor>& inputs,
                                const std::string& path);
  // Results that are not wanted are empty.
  std::vector<Tensor> Call(const CalleeNeeds& callee, const std::vector<Tensor>& args,
                           const std::string& path);
  std::vector<Tensor> RunWhile(const Node& node, const std::vector<CalleeNeeds>& callees,
                               std::vector<Tensor> vars, const std::string& path);
  std::vector<Tensor> RunCounted(const Node& node, const CalleeNeeds& callee,
                                 const std::vector<Tensor>& inputs, const std::string& path);
  void CheckOutput(const Graph& graph, Output output, const Tensor& value) const;

  const Graph& graph_;
  Environment* env_;
  NeedsFinder finder_;
  const InterpreterOptions options_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_INTERPRETER_H_
