// ChromeTrace: what ran when, in Chrome's trace event format, which Perfetto and others show.
#ifndef GRAPHRUN_CORE_IO_CHROME_TRACE_H_
#define GRAPHRUN_CORE_IO_CHROME_TRACE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graphrun {

class ChromeTrace {
 public:
  // `process` is what the viewer calls it.
  explicit ChromeTrace(std::string_view process);
  // A complete event, in seconds. Events of one thread lie within each other or apart. Bytes that
  // are no UTF-8 are replaced.
  using Args = std::vector<std::pair<std::string, std::string>>;
  void Add(std::string_view name, std::string_view category, int thread, double begin, double end,
           const Args& args = {});
  // The file's content: valid JSON.
  std::string Finish() const;

 private:
  std::string events_;  // with commas between them
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_CHROME_TRACE_H_
