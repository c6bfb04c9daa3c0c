// Progress: prints lines; on a terminal, progress stays on one line that is written over, with a
// bar and the time left.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_PROGRESS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_PROGRESS_H_

#include <string>

#include "core/train/train_observer.h"

namespace graphrun {

class Progress : public TrainObserver {
 public:
  // To standard output; quiet drops everything but Result.
  explicit Progress(bool quiet);
  ~Progress() override;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A line that stays.
  void Line(const std::string& text) override;
  // The same, also when quiet.
  void Result(const std::string& text) override;
  // On a terminal, on a line that the next one writes over; elsewhere brief ones are left out.
  void Advance(const std::string& text, double done, double seconds, bool brief) override;
  bool wants_brief_progress() const override { return terminal_ && !quiet_; }
  // Clears a line that Advance left.
  void EndLine();

 private:
  void Print(const std::string& text);

  const bool quiet_;
  const bool terminal_;
  bool in_place_ = false;  // the cursor is on a line to be written over
};

// "0:07", "12:34", "1:02:03".
std::string Clock(double seconds);

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_PROGRESS_H_
