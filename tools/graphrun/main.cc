// graphrun: exports, trains, runs and shows graphs in model files. One file beside this for each
// subcommand.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <new>
#include <string>

#include "core/base/field_error.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {
namespace {

// libgomp's threads spin for work by default, which is ruinous beside any other busy process, and
// libgomp reads the setting when it is loaded, before main: hence the second start. 3000 outlasts
// the gap between two kernels: the PTB model trains 12 % faster than with 1000 on two idle cores,
// and 8 % slower beside a busy process.
void LimitSpinning(char** argv) {
  if (getenv("GOMP_SPINCOUNT") != nullptr || getenv("OMP_WAIT_POLICY") != nullptr) return;
  setenv("GOMP_SPINCOUNT", "3000", 1);
  execv("/proc/self/exe", argv);  // returns only when it failed; then we spin
}

// `graphrun FILE ...` is short for `graphrun train FILE ...`; options may come first.
std::vector<std::string> WithCommand(int argc, char** argv, const CommandLine& line) {
  std::vector<std::string> args(argv + 1, argv + argc);
  const std::vector<std::string> names = line.names();
  const auto is_command = [&names](const std::string& arg) {
    return std::find(names.begin(), names.end(), arg) != names.end();
  };
  if (args.empty() || args[0] == "--help" || args[0] == "-h" || is_command(args[0])) return args;
  const std::filesystem::path path(args[0]);
  const bool option = args[0].starts_with('-');
  if (!option && !path.has_extension() && !path.has_parent_path() &&
      !std::filesystem::exists(path)) {
    ThrowInvalid(fmt::format("there is no command or model file '{}'{}", args[0],
                             DidYouMean(args[0], names)));
  }
  if (!option || std::none_of(args.begin(), args.end(), is_command))
    args.insert(args.begin(), "train");
  return args;
}

void Report(const std::string& cause, const std::vector<std::string>& contexts = {}) {
  std::fflush(stdout);
  fmt::print(stderr, "graphrun: {}\n", cause);
  for (const std::string& context : contexts) fmt::print(stderr, "  {}\n", context);
}

// The flag by which the command lets people set a field of a plan or a request.
std::string FlagOf(const std::string& field) {
  static const std::map<std::string, std::string> flags = {
      {"data", "--data"},
      {"sample.choice", "--sampling"},
      {"sample.in_graph", "--in-graph"},
      {"sample.length", "-n"},
      {"sample.prime", "--prime"},
      {"sample.temperature", "--temperature"},
  };
  const auto it = flags.find(field);
  return it == flags.end() ? field : it->second;
}

int Main(int argc, char** argv) {
  CommandLine line(
      "Trains, evaluates, samples, runs and shows graphs in model files (MetaGraphDef).",
      "graphrun MODEL.pb is short for graphrun train MODEL.pb.\n"
      "Exit code: 0; 1 for an error; 2 for a file that is no valid model, plan or checkpoint;\n"
      "130 after Ctrl-C.\n\n"
      "Example:\n"
      "  graphrun export ptb --data builtin -o ptb.pb\n"
      "  graphrun ptb.pb --epochs 2 --save-dir saved\n"
      "  graphrun eval ptb.pb --restore saved --split test\n"
      "  graphrun sample ptb.pb --restore saved --prime 'the old'\n"
      "  graphrun COMMAND --help");
  AddListCommand(line);
  AddExportCommand(line);
  AddTrainCommand(line);
  AddEvalCommand(line);
  AddSampleCommand(line);
  AddRunCommand(line);
  AddBatchesCommand(line);
  AddInfoCommand(line);
  AddOpsCommand(line);
  AddDotCommand(line);
  AddCheckCommand(line);
  AddRecordCommand(line);
  AddProfileCommand(line);
  AddBenchCommand(line);
  AddPlanCommand(line);
  AddGradCommand(line);
  try {
    if (argc < 2) {
      fmt::print(stderr, "{}", line.help());
      return 1;
    }
    std::string error, hint;
    if (line.Run(WithCommand(argc, argv, line), &error, &hint)) return 0;
    Report(error, {hint});
  } catch (const FieldError& e) {
    Report(fmt::format("{}: {}", FlagOf(e.field()), e.problem()), e.contexts());
  } catch (const BadFile& e) {
    Report(e.message(), e.contexts());
    return 2;
  } catch (const Error& e) {
    Report(e.message(), e.contexts());
  } catch (const ExitWith& e) {
    return e.code;
  } catch (const std::bad_alloc&) {
    Report("there is not enough memory");
  } catch (const std::exception& e) {
    Report(e.what());
  }
  return 1;
}

}  // namespace
}  // namespace graphrun

int main(int argc, char** argv) {
  graphrun::LimitSpinning(argv);
  return graphrun::Main(argc, argv);
}
