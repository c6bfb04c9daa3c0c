#include "core/io/chrome_trace.h"

#include <nlohmann/json.hpp>

namespace graphrun {
namespace {

using Json = nlohmann::ordered_json;

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

ChromeTrace::ChromeTrace(std::string_view process)
    : events_(Text({{"name", "process_name"},
                    {"ph", "M"},
                    {"pid", 1},
                    {"tid", 0},
                    {"args", {{"name", process}}}})) {}

void ChromeTrace::Add(std::string_view name, std::string_view category, int thread, double begin,
                      double end, const Args& args) {
  Json event = {{"name", name},
                {"cat", category},
                {"ph", "X"},
                {"ts", begin * 1e6},
                {"dur", (end - begin) * 1e6},
                {"pid", 1},
                {"tid", thread}};
  for (const auto& [key, value] : args) event["args"][key] = value;
  events_ += ",\n" + Text(event);
}

std::string ChromeTrace::Finish() const {
  return "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + events_ + "\n]}\n";
}

}  // namespace graphrun
