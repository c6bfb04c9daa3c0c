#include "tools/graphrun/training_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "core/train/run_plan.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/weights.h"

namespace graphrun {

void MeasureFlags::Add(const Command& command, const std::string& file_help) {
  command.Option("FILE", file, file_help).Required().TypeName("");
  command.Option("--steps", steps, "Steps to measure, after the first ones, which warm up")
      .Between(1, 1 << 20)
      .TypeName("N");
  command.Option("--data", data, "Text, as for graphrun train").TypeName("PATH");
  command.Option("--plan", plan, "Run plan in text form, instead of the file's own")
      .TypeName("FILE");
  command.Option("--threads", threads, "Threads of the kernels; by default one for each processor")
      .Between(1, 1024)
      .TypeName("N");
  command.Switch("--interpret", interpret,
                 "Run the graph as it is written, without compiling it: slow");
  compile.Add(command);
}

SessionOptions MeasureFlags::Options(RunObserver* observer) const {
  return {.interpret = interpret,
          .seed = 1,
          .compile = compile.Options(),
          .threads = threads.value_or(0),
          .observer = observer};
}

TrainingSteps::TrainingSteps(const MeasureFlags& flags, RunObserver* observer)
    : model_(LoadModel(flags.file)),
      plan_(PlanOf(model_, flags.file, flags.plan)),
      text_(flags.data, {plan_.train().split()}, &plan_),
      session_(model_.meta->graph, flags.Options(observer)),
      runs_(session_),
      runner_(plan_.train(), runs_, text_) {
  StartVariables(model_, plan_, "", session_);
  if (runner_.steps() < 1) ThrowInvalid("the text is too short for a step");
  BeginRound();
}

void TrainingSteps::BeginRound() {
  const pb::LearningRate& rate = plan_.learning_rate();
  if (!rate.variable().empty()) {
    const auto epoch =
        static_cast<int>(static_cast<double>(round_) * EpochPart(plan_.train().batches()));
    runs_.SetVariable(rate.variable(), RateTensor(rate, epoch, session_.graph()));
  }
  runner_.Begin(round_++);
}

void TrainingSteps::Step() {
  if (runner_.step() == runner_.steps()) BeginRound();
  const double before = runner_.symbols();
  runner_.Step(/*report=*/false);
  symbols_ = runner_.symbols() - before;
}

std::vector<double> TimeSteps(const std::function<void()>& step, std::optional<int64_t> calls) {
  using Clock = std::chrono::steady_clock;
  constexpr int kWarmUp = 5;
  constexpr size_t kLeast = 20;
  constexpr double kSeconds = 2;
  for (int i = 0; i < kWarmUp; ++i) step();
  std::vector<double> seconds;
  const Clock::time_point start = Clock::now();
  for (;;) {
    const Clock::time_point begin = Clock::now();
    const double so_far = std::chrono::duration<double>(begin - start).count();
    if (calls ? static_cast<int64_t>(seconds.size()) >= *calls
              : seconds.size() >= kLeast && so_far >= kSeconds)
      return seconds;
    step();
    seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
}

double Median(std::vector<double> numbers) {
  const size_t half = numbers.size() / 2;
  std::sort(numbers.begin(), numbers.end());
  return numbers.size() % 2 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2;
}

std::string Milliseconds(double seconds) {
  const double ms = seconds * 1e3;
  int decimals = 2;
  for (double least = 1; ms < least && decimals < 6; least /= 10) ++decimals;
  return fmt::format("{:.{}f} ms", ms, decimals);
}

bool IsCaseFile(const std::string& path) { return path.ends_with(".case.pb"); }

std::string ShortName(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  for (const std::string_view end : {".pb", ".case"}) {
    if (name.size() > end.size() && name.ends_with(end)) name.resize(name.size() - end.size());
  }
  return name;
}

}  // namespace graphrun
