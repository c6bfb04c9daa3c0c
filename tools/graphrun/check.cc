// graphrun check: replays case files and compares.
#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <thread>

#include "core/base/file.h"
#include "core/base/parallel.h"
#include "ops/register_all.h"
#include "tools/graphrun/case_replay.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"
#include "tools/graphrun/compile_flags.h"

namespace graphrun {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string filter;
  int jobs = NumThreads();
  bool interpret = false;
  bool verbose = false;
  CompileFlags compile;
};

// A pattern with * ? or [ must fit the whole name; any other text a part of it.
bool Fits(const std::string& name, const std::string& filter) {
  if (filter.find_first_of("*?[") == filter.npos) return name.find(filter) != name.npos;
  return fnmatch(filter.c_str(), name.c_str(), 0) == 0;
}

// What checking one file came to.
struct Outcome {
  bool done = false;
  bool left_out = false;  // by --filter
  std::vector<std::string> failures;
};

Outcome CheckFile(const std::string& path, const Options& options, const SessionOptions& session,
                  const OpRegistry& ops) {
  Outcome outcome{.done = true};
  try {
    const Case c = ParseCase(ReadFile(path));
    outcome.left_out = !Fits(c.name, options.filter);
    if (!outcome.left_out) outcome.failures = ReplayCase(c, ops, session);
  } catch (const Error& e) {
    outcome.failures = {fmt::format("{}: {}", CodeName(e.code()), e.message())};
  } catch (const std::bad_alloc&) {
    outcome.failures = {"there is not enough memory"};
  } catch (const std::exception& e) {
    outcome.failures = {e.what()};
  }
  return outcome;
}

// The files that the arguments name; a folder stands for the case files in it and below.
std::vector<std::string> CaseFiles(const std::vector<std::string>& arguments) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (!fs::is_directory(argument, ignored)) {
      files.push_back(argument);
      continue;
    }
    const size_t first = files.size();
    for (const auto& entry : fs::recursive_directory_iterator(argument)) {
      if (entry.path().string().ends_with(".case.pb")) files.push_back(entry.path().string());
    }
    if (files.size() == first) ThrowInvalid("folder " + argument + " has no file NAME.case.pb");
    std::sort(files.begin() + first, files.end());
  }
  return files;
}

// Files on several threads, results in the order of the files.
class Checker {
 public:
  explicit Checker(const Options& options)
      : options_(options),
        session_{.interpret = options.interpret, .compile = options.compile.Options()},
        ops_(AllOps()),
        outcomes_(options.files.size()) {}

  void Run() {
    const auto jobs = std::min<size_t>(options_.jobs, options_.files.size());
    if (jobs <= 1) return Work();
    std::vector<std::thread> threads;
    session_.threads = 1;  // the cores have other cases to do
    for (size_t i = 0; i < jobs; ++i) threads.emplace_back([this] { Work(); });
    for (std::thread& thread : threads) thread.join();
  }

  int passed() const { return passed_; }
  int failed() const { return failed_; }

 private:
  void Work() {
    for (;;) {
      size_t i;
      {
        std::lock_guard lock(mutex_);
        if (next_ == outcomes_.size()) return;
        i = next_++;
      }
      Outcome outcome = CheckFile(options_.files[i], options_, session_, ops_);
      std::lock_guard lock(mutex_);
      outcomes_[i] = std::move(outcome);
      while (printed_ < outcomes_.size() && outcomes_[printed_].done) Print(printed_++);
    }
  }

  void Print(size_t i) {
    const Outcome& outcome = outcomes_[i];
    if (outcome.left_out) return;
    const std::string& file = options_.files[i];
    for (const std::string& failure : outcome.failures)
      fmt::print("FAILED {}: {}\n", file, failure);
    if (outcome.failures.empty() && options_.verbose) fmt::print("passed {}\n", file);
    ++(outcome.failures.empty() ? passed_ : failed_);
  }

  const Options& options_;
  SessionOptions session_;
  const OpRegistry ops_;
  std::mutex mutex_;  // guards what follows
  std::vector<Outcome> outcomes_;
  size_t next_ = 0, printed_ = 0;
  int passed_ = 0, failed_ = 0;
};

void Check(Options options) {
  options.files = CaseFiles(options.files);
  Checker checker(options);
  checker.Run();
  if (checker.passed() + checker.failed() == 0) {
    ThrowInvalid(fmt::format("--filter {}: no case has such a name", options.filter));
  }
  fmt::print("{} passed, {} failed\n", checker.passed(), checker.failed());
  if (checker.failed() > 0) throw ExitWith{1};
}

}  // namespace

void AddCheckCommand(CommandLine& line) {
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("check", "Replay cases: graphs with runs and the values that TensorFlow got");
  command.List("FILE", options->files, "Case files, or folders of them")
      .Required()
      .TypeName("FILE.case.pb");
  command.Option("--filter", options->filter,
                 "Only cases whose name has this in it, or fits it when it has * or ? in it");
  command.Option("--jobs", options->jobs, "Cases at a time; by default one for each processor")
      .Between(1, 1024);
  command.Switch("--interpret", options->interpret,
                 "Run the graphs as they are written, without compiling them: slow");
  command.Switch("-v,--verbose", options->verbose, "Name the cases that pass too");
  options->compile.Add(command);
  command.Footer(
      "A line for each failure says the run, the tensor, the largest difference and where it is;\n"
      "the last line is 'N passed, N failed'. Exit code 1 when any failed. A case's gradient "
      "parts\n"
      "ask our own reverse mode.\n\n"
      "Example:\n"
      "  graphrun check cases/*.case.pb --filter 'LSTM*'");
  command.Does([options] { Check(*options); });
}

}  // namespace graphrun
