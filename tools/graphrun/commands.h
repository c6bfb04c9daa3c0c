// The subcommands of `graphrun`, and what they share. Each AddXCommand adds one subcommand to the
// line, which does the work when it has been read, and lets errors out to main.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_COMMANDS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_COMMANDS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/graph/meta_graph.h"
#include "core/graph/op_registry.h"

namespace graphrun {

class CommandLine;
namespace pb {
class RunPlan;
}

void AddListCommand(CommandLine& line);
void AddExportCommand(CommandLine& line);
void AddTrainCommand(CommandLine& line);
void AddEvalCommand(CommandLine& line);
void AddSampleCommand(CommandLine& line);
void AddRunCommand(CommandLine& line);
void AddBatchesCommand(CommandLine& line);
void AddInfoCommand(CommandLine& line);
void AddOpsCommand(CommandLine& line);
void AddDotCommand(CommandLine& line);
void AddCheckCommand(CommandLine& line);
void AddRecordCommand(CommandLine& line);
void AddProfileCommand(CommandLine& line);
void AddBenchCommand(CommandLine& line);
void AddPlanCommand(CommandLine& line);
void AddGradCommand(CommandLine& line);

// An error in the content of a file that was given: main's exit code is 2 for it, and 1 for every
// other error.
class BadFile : public Error {
 public:
  explicit BadFile(Error error) : Error(std::move(error)) {}
};

// What fn returns; data loss in it is damage of a file that was given.
template <typename Fn>
auto ReadGivenFile(Fn&& fn) {
  try {
    return fn();
  } catch (const Error& e) {
    if (e.code() == Code::kDataLoss) throw BadFile(e);
    throw;
  }
}

// Ends the command with an exit code that is no error to report: after Ctrl-C.
struct ExitWith {
  int code;
};

// A model file in memory. `meta` keeps pointers to `registry`.
struct Model {
  std::unique_ptr<OpRegistry> registry;
  std::unique_ptr<MetaGraph> meta;
};

// NOT_FOUND when there is no such file; BadFile when it is no model.
Model LoadModel(const std::string& path);
// The plan of a model, or the one in `plan_file`, text, when that is not empty; checked.
// FAILED_PRECONDITION when there is none; BadFile when it does not fit the graph.
pb::RunPlan PlanOf(const Model& model, const std::string& path, const std::string& plan_file = "");

// "k=v" into {k, v}; INVALID_ARGUMENT, naming the option, when there is no name or no '='.
std::pair<std::string, std::string> SplitAssignment(const std::string& text,
                                                    const std::string& option);
// The whole of `text` as a number; INVALID_ARGUMENT, saying what it is for, otherwise.
double ParseNumber(const std::string& text, const std::string& what);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_COMMANDS_H_
