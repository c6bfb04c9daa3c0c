// LineFormat: the lines of a RunPlan, "Perplexity={perplexity:.3}", filled with numbers. See Report
// in plan.proto.
#ifndef GRAPHRUN_CORE_TRAIN_LINE_FORMAT_H_
#define GRAPHRUN_CORE_TRAIN_LINE_FORMAT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace graphrun {

// The numbers that lines can use; the names in a line are the members',
// and the metrics'.
struct LineValues {
  double epoch = 0, epoch_index = 0, epochs = 0;
  double step = 0, steps = 0, total_step = 0, total_index = 0, total_steps = 0, percent = 0;
  double cost = 0, loss = 0, recent = 0, sequence = 0, perplexity = 0, bits = 0;
  double speed = 0, rate = 0, seconds = 0, step_seconds = 0;
  std::vector<double> metrics;  // of the phase, in its plan's order
};

class LineFormat {
 public:
  // `metrics` are the names of the phase's. INVALID_ARGUMENT for a name that is neither one of them
  // nor of LineValues, a bad format, or a brace that is not closed.
  explicit LineFormat(std::string_view line, const std::vector<std::string>& metrics = {});
  bool empty() const { return pieces_.empty(); }
  std::string operator()(const LineValues& values) const;

 private:
  struct Piece {
    std::string text;                     // before the number
    double LineValues::*value = nullptr;  // or
    int metric = -1;                      // an index; neither: no number
    int width = 0;
    int digits = -1;  // -1: as many as needed
  };
  std::vector<Piece> pieces_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_TRAIN_LINE_FORMAT_H_
