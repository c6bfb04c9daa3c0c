#include "tools/graphrun/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace graphrun {
namespace {

constexpr char kClearLine[] = "\r\x1b[K";

int TerminalColumns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string Clock(double seconds) {
  if (!std::isfinite(seconds) || seconds > 1e9) return "?";
  const auto s = static_cast<int64_t>(std::ceil(std::max(0.0, seconds)));
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDOUT_FILENO) == 1) {}

Progress::~Progress() {
  if (in_place_) fmt::print("\n");
  std::fflush(stdout);
}

void Progress::Print(const std::string& text) {
  fmt::print("{}{}\n", in_place_ ? kClearLine : "", text);
  in_place_ = false;
  std::fflush(stdout);
}

void Progress::EndLine() {
  if (in_place_) fmt::print("{}", kClearLine);
  in_place_ = false;
  std::fflush(stdout);
}

void Progress::Line(const std::string& text) {
  if (!quiet_) Print(text);
}

void Progress::Result(const std::string& text) { Print(text); }

void Progress::Advance(const std::string& text, double done, double seconds, bool brief) {
  if (quiet_) return;
  if (!terminal_) {
    if (!brief) Print(text);
    return;
  }
  const std::string left =
      fmt::format("{} left", done > 0 ? Clock(seconds / done * (1 - done)) : std::string("?"));
  // The last column stays free: writing to it would wrap the line on some terminals.
  const int columns = TerminalColumns() - 1;
  const int bar = std::min(40, columns - static_cast<int>(text.size() + left.size()) - 8);
  std::string line = text;
  if (bar >= 8) {
    const int filled = std::clamp(static_cast<int>(done * bar), 0, bar);
    line += fmt::format("    [{}{}]  {}", std::string(filled, '#'), std::string(bar - filled, '.'),
                        left);
  }
  line.resize(std::min<size_t>(line.size(), columns));
  fmt::print("{}{}", kClearLine, line);
  in_place_ = true;
  std::fflush(stdout);
}

}  // namespace graphrun
