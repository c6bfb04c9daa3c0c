// Event files, which TensorBoard shows.
//
//   record: length, 8 bytes little endian | masked CRC-32C of these | a serialized Event
//           | masked CRC-32C of it
#ifndef GRAPHRUN_CORE_IO_EVENT_FILE_H_
#define GRAPHRUN_CORE_IO_EVENT_FILE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace graphrun {

namespace pb {
class Event;
}

// Appends events to a new file. Each is written at once and whole, so that a killed program leaves
// all that it added. DATA_LOSS naming the file when writing fails, RESOURCE_EXHAUSTED for an event
// of more than 2 GiB. Not thread-safe.
class EventWriter {
 public:
  // Makes the file events.out.tfevents.<seconds>.<host> in `folder`, which is made if need be; in
  // the same second another, with a number behind it. INVALID_ARGUMENT when it cannot.
  explicit EventWriter(const std::string& folder);
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  const std::string& path() const { return path_; }

  // A serialized GraphDef, without large constants (DisplayGraph in core/import/display_graph.h).
  // TensorBoard shows the last one of a file.
  void AddGraph(const std::string& graph_def);
  // Numbers under their tags.
  void AddScalars(int64_t step, const std::vector<std::pair<std::string, double>>& values);
  // A serialized Summary, as summary ops make it. INVALID_ARGUMENT when it is none.
  void AddSummary(int64_t step, const std::string& summary);
  // The run goes on from `step`, as after a restored checkpoint: TensorBoard drops what earlier
  // files of the folder have of this step and later ones.
  void AddStart(int64_t step);
  // Brings everything to the disk.
  void Flush();

 private:
  void Add(pb::Event* event);

  std::string path_;
  int fd_ = -1;
};

// One record of a file.
std::string FormatRecord(std::string_view data);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_EVENT_FILE_H_
