// TrainObserver: who looks on while a Trainer works: a terminal, files, nobody.
#ifndef GRAPHRUN_CORE_TRAIN_TRAIN_OBSERVER_H_
#define GRAPHRUN_CORE_TRAIN_TRAIN_OBSERVER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace graphrun {

// All calls come from the thread that trains, between two steps. What a call throws ends the
// training.
class TrainObserver {
 public:
  using Scalars = std::vector<std::pair<std::string, double>>;
  virtual ~TrainObserver() = default;

  // Lines as the plan words them: numbers that it asks for, and the rest (headings, samples).
  virtual void Result(const std::string& /*line*/) {}
  virtual void Line(const std::string& /*line*/) {}
  // How far it is: `done` is the part of the work that is done, 0 to 1, in `seconds`. `brief` ones
  // come after every step, if they are wanted, and are of use for a moment only.
  virtual void Advance(const std::string& /*line*/, double /*done*/, double /*seconds*/,
                       bool /*brief*/) {}
  virtual bool wants_brief_progress() const { return false; }

  // Numbers after `step` steps, named "PHASE/NUMBER", and Summary messages that the graph made: if
  // they are wanted.
  virtual bool wants_logs() const { return false; }
  virtual void Log(int64_t /*step*/, const Scalars& /*scalars*/) {}
  virtual void LogSummary(int64_t /*step*/, const std::string& /*summary*/) {}

  // The plan says that the variables are to be saved as they are after `step` steps.
  virtual void Save(int64_t /*step*/) {}
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_TRAIN_OBSERVER_H_
