// Interpreter: the oracle. Runs a graph node by node as it stands, one buffer for each value, every
// shape checked.
#ifndef GRAPHRUN_CORE_RUN_INTERPRETER_H_
#define GRAPHRUN_CORE_RUN_INTERPRETER_H_

#include <map>
#include <string>
#include <vector>

#include "core/run/environment.h"

namespace graphrun {

class Interpreter {
 public:
  Interpreter(const Graph& graph, Environment* env, bool check_nan)
      : graph_(graph), env_(env), check_nan_(check_nan) {}

  std::vector<Tensor> Run(const std::map<Output, Tensor>& feeds, const std::vector<Output>& fetches,
                          const std::vector<NodeId>& targets);

 private:
  // One activation of a graph. `path` names it for random streams: "while_1/body/".
  std::vector<Tensor> RunGraph(const Graph& graph, const std::map<Output, Tensor>& given,
                               const std::vector<Output>& fetches,
                               const std::vector<NodeId>& targets, const std::string& path);
  std::vector<Tensor> RunNode(const Graph& graph, NodeId id, std::vector<Tensor>& inputs,
                              const std::string& path);
  std::vector<Tensor> RunKernel(const Graph& graph, NodeId id, std::vector<Tensor>& inputs,
                                const std::string& path);
  std::vector<Tensor> Call(const Function& f, const std::vector<Tensor>& args,
                           const std::string& path);
  std::vector<Tensor> RunWhile(const Node& node, std::vector<Tensor> vars, const std::string& path);
  void CheckOutput(const Graph& graph, Output output, const Tensor& value) const;

  const Graph& graph_;
  Environment* env_;
  bool check_nan_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_RUN_INTERPRETER_H_
