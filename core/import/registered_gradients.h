// The gradients that a file registers under names of its own (FunctionDefLibrary's
// registered_gradients).
#ifndef GRAPHRUN_CORE_IMPORT_REGISTERED_GRADIENTS_H_
#define GRAPHRUN_CORE_IMPORT_REGISTERED_GRADIENTS_H_

#include <map>
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace graphrun {

namespace pb {
class FunctionDefLibrary;
class NodeDef;
class SavedObjectGraph;
}  // namespace pb

class RegisteredGradients {
 public:
  // `objects`: of a SavedModel; null without one.
  RegisteredGradients(const pb::FunctionDefLibrary& library, const pb::SavedObjectGraph* objects);

  // The function that is the node's gradient; nullptr when the file registers none.
  const std::string* FunctionOf(const pb::NodeDef& node) const;
  // Tells the library the names.
  void AddTo(FunctionLibrary* library) const;
  // Writes to the nodes of a function what their gradient functions take and give
  // (kGradientCaptures, kGradientResults), as far as the file says it.
  void Note(Function* function) const;

 private:
  struct Captured {
    std::string tensor, function;  // empty for what is no tensor of a function
  };
  struct Gradient {
    std::string function;
    std::vector<Captured> captures;
    std::vector<int64_t> results;  // the place of each input's gradient, -1: none; empty: in order
  };
  std::map<std::string, Gradient, std::less<>> gradients_;  // by name
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_REGISTERED_GRADIENTS_H_
