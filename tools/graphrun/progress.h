// Progress: prints lines; on a terminal, progress stays on one line that is written over, with a
// bar and the time left.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_PROGRESS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_PROGRESS_H_

#include <string>

namespace graphrun {

class Progress {
 public:
  // To standard output; quiet drops everything but Result.
  explicit Progress(bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A line that stays.
  void Line(const std::string& text);
  // The same, also when quiet.
  void Result(const std::string& text);
  // How far it is: `done` is the part of the work that is done, 0 to 1, in `seconds`.
  void Update(const std::string& text, double done, double seconds);
  // The same on a terminal; nothing elsewhere.
  void UpdateInPlace(const std::string& text, double done, double seconds);
  // Whether UpdateInPlace does anything.
  bool works_in_place() const { return terminal_ && !quiet_; }
  // Clears a line that UpdateInPlace left.
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
