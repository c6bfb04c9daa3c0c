#include "core/io/event_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/output_file.h"
#include "core/io/crc32c.h"
#include "proto/event.pb.h"

namespace graphrun {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data()
                                                                           : "localhost";
}

template <typename T>
void AppendLittleEndian(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace

std::string FormatRecord(std::string_view data) {
  std::string record;
  record.reserve(data.size() + 16);
  AppendLittleEndian<uint64_t>(data.size(), &record);
  AppendLittleEndian<uint32_t>(MaskedCrc32c(record), &record);
  record += data;
  AppendLittleEndian<uint32_t>(MaskedCrc32c(data), &record);
  return record;
}

EventWriter::EventWriter(const std::string& folder) {
  std::error_code ignored;  // open says why
  std::filesystem::create_directories(folder, ignored);
  const std::string stem =
      (std::filesystem::path(folder) /
       fmt::format("events.out.tfevents.{:010d}.{}", static_cast<int64_t>(Now()), HostName()))
          .string();
  for (int attempt = 0; fd_ < 0; ++attempt) {
    path_ = attempt == 0 ? stem : stem + "." + std::to_string(attempt);
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (fd_ < 0 && errno != EEXIST) {
      ThrowInvalid("cannot write " + path_ + ": " + std::strerror(errno));
    }
  }
  pb::Event event;
  event.set_file_version("brain.Event:2");
  Add(&event);
}

EventWriter::~EventWriter() {
  if (fd_ >= 0) close(fd_);
}

void EventWriter::Add(pb::Event* event) {
  event->set_wall_time(Now());
  if (event->ByteSizeLong() > INT_MAX) {
    throw Error(Code::kResourceExhausted, "an event exceeds the 2 GiB that " + path_ +
                                              " can hold of one; leave constants out of its graph");
  }
  if (!WriteAll(fd_, FormatRecord(event->SerializeAsString()))) {
    throw Error(Code::kDataLoss, "cannot write " + path_ + ": " + std::strerror(errno));
  }
}

void EventWriter::AddGraph(const std::string& graph_def) {
  pb::Event event;
  event.set_graph_def(graph_def);
  Add(&event);
}

void EventWriter::AddScalars(int64_t step,
                             const std::vector<std::pair<std::string, double>>& values) {
  pb::Event event;
  event.set_step(step);
  for (const auto& [tag, number] : values) {
    pb::Summary::Value* value = event.mutable_summary()->add_value();
    value->set_tag(tag);
    value->set_simple_value(static_cast<float>(number));
  }
  Add(&event);
}

void EventWriter::AddSummary(int64_t step, const std::string& summary) {
  pb::Event event;
  event.set_step(step);
  if (!event.mutable_summary()->ParseFromString(summary)) {
    ThrowInvalid("these " + std::to_string(summary.size()) + " bytes are no Summary message");
  }
  Add(&event);
}

void EventWriter::AddStart(int64_t step) {
  pb::Event event;
  event.set_step(step);
  event.mutable_session_log()->set_status(pb::SessionLog::START);
  Add(&event);
}

void EventWriter::Flush() {
  if (fsync(fd_) != 0 && errno != EINVAL) {  // EINVAL: no such thing there
    throw Error(Code::kDataLoss, "cannot write " + path_ + ": " + std::strerror(errno));
  }
}

}  // namespace graphrun
