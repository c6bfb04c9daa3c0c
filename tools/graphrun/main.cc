// graphrun: exports, trains, runs and shows graphs in model files. One file beside this for each
// subcommand.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <new>

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
std::vector<std::string> WithCommand(int argc, char** argv, const CLI::App& app) {
  std::vector<std::string> args(argv + 1, argv + argc);
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
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

int Main(int argc, char** argv) {
  CLI::App app("Trains, evaluates, samples, runs and shows graphs in model files (MetaGraphDef).",
               "graphrun");
  app.footer(
      "graphrun MODEL.pb is short for graphrun train MODEL.pb.\n"
      "Exit code: 0; 1 for an error; 2 for a file that is no valid model, plan or checkpoint;\n"
      "130 after Ctrl-C.\n\n"
      "Example:\n"
      "  graphrun export ptb --data builtin -o ptb.pb\n"
      "  graphrun ptb.pb --epochs 2 --save-dir saved\n"
      "  graphrun eval ptb.pb --restore saved --split test\n"
      "  graphrun sample ptb.pb --restore saved --prime 'the old'\n"
      "  graphrun COMMAND --help");
  app.require_subcommand(1);
  AddListCommand(app);
  AddExportCommand(app);
  AddTrainCommand(app);
  AddEvalCommand(app);
  AddSampleCommand(app);
  AddRunCommand(app);
  AddBatchesCommand(app);
  AddInfoCommand(app);
  AddOpsCommand(app);
  AddDotCommand(app);
  AddCheckCommand(app);
  AddRecordCommand(app);
  AddPlanCommand(app);
  AddGradCommand(app);
  try {
    if (argc < 2) {
      fmt::print(stderr, "{}", app.help());
      return 1;
    }
    std::vector<std::string> args = WithCommand(argc, argv, app);
    std::reverse(args.begin(), args.end());  // as CLI11 wants them
    app.parse(args);
    return 0;
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e);  // --help
    const auto chosen = app.get_subcommands();
    Report(e.what(), {fmt::format("see graphrun {}--help",
                                  chosen.empty() ? "" : chosen.front()->get_name() + " ")});
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
