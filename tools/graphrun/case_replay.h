// Replays cases (core/import/case_file.h) and says where they differ from what they must give.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_CASE_REPLAY_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_CASE_REPLAY_H_

#include <string>
#include <vector>

#include "core/graph/op_registry.h"
#include "core/import/case_file.h"
#include "core/run/session.h"

namespace graphrun {

// What is wrong with `got`: "float32[2], want float32[3]", "largest difference 1.2e-3 at [3,4]: got
// 1, want 1.0012"; empty when nothing is. Only floating-point elements have the tolerance; NaN
// equals NaN.
std::string Difference(const Tensor& got, const Tensor& want, const Tolerance& tolerance);

// One line for each thing that goes wrong: "run 2, tensor x:0: largest difference ...". The runs
// end with the first that fails, for those after it meet other variables than they should. Throws
// when the graph cannot be loaded.
std::vector<std::string> ReplayCase(const Case& c, const OpRegistry& ops,
                                    const SessionOptions& options);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_CASE_REPLAY_H_
