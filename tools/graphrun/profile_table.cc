#include "tools/graphrun/profile_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

namespace graphrun {
namespace {

struct Row {
  std::string op, shapes;
  std::vector<const Profile::Entry*> entries;
  double calls = 0, seconds = 0, flops = 0, bytes = 0;
  double roof = 0;  // the least time that the machine would take
};

// "model/rnn/while/body/MatMul_grad/MatMul" -> ".../MatMul_grad/MatMul": whole scopes from the end.
std::string ShortNode(const std::string& name, size_t most) {
  if (name.size() <= most) return name;
  size_t at = name.find('/', name.size() - most + 4);
  if (at == name.npos) at = name.size() - most + 3;
  return "..." + name.substr(at);
}

// The text's beginning.
std::string Cut(const std::string& text, size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 3) + "...";
}

std::vector<Row> RowsOf(const Profile& profile, const MachineRates& machine,
                        ProfileTableOptions::By by) {
  using By = ProfileTableOptions::By;
  std::map<std::string, size_t> places;
  std::vector<Row> rows;
  for (const Profile::Entry& e : profile.entries()) {
    if (!e.kernel || e.calls == 0) continue;
    const std::string shapes = ShapesText(e);
    const std::string key = by == By::kOp      ? e.op
                            : by == By::kShape ? e.op + shapes
                                               : std::to_string(rows.size());
    const auto [it, fresh] = places.try_emplace(key, rows.size());
    if (fresh) rows.push_back({.op = e.op, .shapes = by == By::kOp ? "" : shapes, .entries = {}});
    Row& row = rows[it->second];
    const auto calls = static_cast<double>(e.calls);
    row.entries.push_back(&e);
    row.calls += calls;
    row.seconds += e.seconds;
    row.flops += e.flops;
    row.bytes += e.bytes;
    row.roof += calls * machine.Roof(e.flops / calls, e.bytes / calls);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.seconds > b.seconds; });
  return rows;
}

bool OperationsBound(double flops, double bytes, const MachineRates& machine) {
  return flops / machine.flops() > bytes / machine.cache_bandwidth();
}

std::string RateText(const Row& row, const MachineRates& machine) {
  if (row.seconds <= 0 || (row.flops == 0 && row.bytes == 0)) return "";
  if (OperationsBound(row.flops, row.bytes, machine))
    return fmt::format("{:.1f} GFLOP/s", row.flops / row.seconds / 1e9);
  return fmt::format("{:.1f} GB/s", row.bytes / row.seconds / 1e9);
}

constexpr size_t kColumns = 8;
using Cells = std::array<std::string, kColumns>;

std::string Aligned(const std::vector<Cells>& lines) {
  std::array<size_t, kColumns> widths{};
  for (const Cells& cells : lines) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  constexpr size_t kTexts = 3;  // columns that begin on the left
  std::string text;
  for (const Cells& cells : lines) {
    std::string line;
    for (size_t i = 0; i < kColumns; ++i) {
      if (widths[i] == 0) continue;
      line += i < kTexts ? fmt::format("{:<{}}  ", cells[i], widths[i])
                         : fmt::format("{:>{}}  ", cells[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

double ProductFlops(const Profile& profile, const MachineRates& machine) {
  double flops = 0;
  for (const Profile::Entry& e : profile.entries()) {
    if (OperationsBound(e.flops, e.bytes, machine)) flops += e.flops;
  }
  return flops;
}

std::string ShapesText(const Profile::Entry& entry) {
  std::string text;
  size_t shown = 0;
  for (const Shape& shape : entry.inputs) {
    if (shape.rank() == 0) continue;
    if (shown == 3) return text + " ...";
    text += (shown++ ? " " : "") + shape.ToString();
  }
  return text;
}

std::string ProfileTable(const Profile& profile, int64_t steps, double seconds,
                         const MachineRates& machine, const ProfileTableOptions& options) {
  constexpr size_t kOpWidth = 28, kShapesWidth = 36, kNodeWidth = 44;
  const auto n = static_cast<double>(steps);
  const auto line = [&](const std::string& what, const std::string& nodes, double calls,
                        double took) {
    return Cells{what,
                 "",
                 nodes,
                 calls > 0 ? fmt::format("{:.5g}", calls / n) : "",
                 fmt::format("{:.3f}", took * 1e3 / n),
                 fmt::format("{:.1f}%", 100 * took / seconds),
                 "",
                 ""};
  };
  const char* inputs = options.by == ProfileTableOptions::By::kOp ? "" : "inputs";
  std::vector<Cells> lines = {
      {"op", inputs, "nodes", "calls/step", "ms/step", "share", "rate", "of roof"}};
  const std::vector<Row> rows = RowsOf(profile, machine, options.by);
  Row rest;
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    if (i >= options.rows) {
      rest.calls += row.calls;
      rest.seconds += row.seconds;
      continue;
    }
    std::string nodes = ShortNode(row.entries[0]->node, kNodeWidth);
    if (row.entries.size() > 1) nodes += fmt::format(" (+{})", row.entries.size() - 1);
    Cells cells = line(Cut(row.op, kOpWidth), nodes, row.calls, row.seconds);
    cells[1] = Cut(row.shapes, kShapesWidth);
    cells[6] = RateText(row, machine);
    if (!cells[6].empty()) cells[7] = fmt::format("{:.0f}%", 100 * row.roof / row.seconds);
    lines.push_back(std::move(cells));
  }
  double structures = 0, trips = 0, nodes = 0;
  for (const Profile::Entry& e : profile.entries()) {
    nodes += e.seconds;
    if (e.kernel) continue;
    structures += e.seconds;
    trips += static_cast<double>(e.calls);
  }
  const double executor = structures + profile.run_seconds();
  if (rows.size() > options.rows) {
    lines.push_back(
        line("rest", fmt::format("{} rows", rows.size() - options.rows), rest.calls, rest.seconds));
  }
  lines.push_back(line("executor", "loops, conds, calls and between nodes", trips, executor));
  lines.push_back(line("outside", "feeds and numbers", 0, seconds - nodes - profile.run_seconds()));
  lines.push_back(line("step", "", 0, seconds));
  return Aligned(lines);
}

}  // namespace graphrun
