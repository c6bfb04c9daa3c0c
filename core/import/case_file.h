// Case files (proto/case.proto): a graph, what to run in it, and the values that it must give.
#ifndef GRAPHRUN_CORE_IMPORT_CASE_FILE_H_
#define GRAPHRUN_CORE_IMPORT_CASE_FILE_H_

#include <string>
#include <vector>

#include "core/base/tensor.h"

namespace graphrun {

struct NamedTensor {
  std::string name;  // "node:0"
  Tensor value;      // empty where only the name matters
};

// How far a floating-point element may be from `want`: absolute + relative * |want|.
struct Tolerance {
  double relative = 0, absolute = 0;
};

// One call of Session::Run.
struct CaseRun {
  std::vector<std::string> targets;
  std::vector<NamedTensor> feeds;
  std::vector<NamedTensor> fetches;  // with the expected values
  Tolerance tolerance;
  std::string error;  // the code that the run must fail with; empty: none
};

// The gradient of sum(y * grad_y), over all ys, with respect to each of xs.
struct CaseGradient {
  std::vector<std::string> ys, xs;
  std::vector<NamedTensor> grad_ys, feeds;
  std::vector<NamedTensor> expected;  // by the names of xs
  Tolerance tolerance;
};

struct Case {
  std::string name;
  std::string meta_graph;     // a serialized MetaGraphDef
  std::vector<CaseRun> runs;  // in this order, in one session
  std::vector<CaseGradient> gradients;
};

// The case in the bytes of a file. DATA_LOSS when they are no case; as TensorFromProto for its
// tensors, with the name of the tensor.
Case ParseCase(const std::string& bytes);
// Its bytes; equal cases have equal bytes.
std::string SerializeCase(const Case& c);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_CASE_FILE_H_
