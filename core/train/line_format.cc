#include "core/train/line_format.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "core/base/error.h"

namespace graphrun {
namespace {

constexpr std::pair<const char*, double LineValues::*> kNames[] = {
    {"epoch", &LineValues::epoch},
    {"epoch_index", &LineValues::epoch_index},
    {"epochs", &LineValues::epochs},
    {"step", &LineValues::step},
    {"steps", &LineValues::steps},
    {"total_step", &LineValues::total_step},
    {"total_index", &LineValues::total_index},
    {"total_steps", &LineValues::total_steps},
    {"percent", &LineValues::percent},
    {"cost", &LineValues::cost},
    {"loss", &LineValues::loss},
    {"recent", &LineValues::recent},
    {"sequence", &LineValues::sequence},
    {"perplexity", &LineValues::perplexity},
    {"bits", &LineValues::bits},
    {"speed", &LineValues::speed},
    {"rate", &LineValues::rate},
    {"seconds", &LineValues::seconds},
    {"step_seconds", &LineValues::step_seconds},
};
// A plan comes from a file: it shall not print without end.
constexpr int kMaxWidth = 40;

// A number at the start of *text, which is removed; `missing` when there is none.
int TakeNumber(std::string_view* text, int missing) {
  int n = missing;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), n);
  if (error == std::errc()) text->remove_prefix(end - text->data());
  return n;
}

}  // namespace

LineFormat::LineFormat(std::string_view line, const std::vector<std::string>& metrics) {
  Piece piece;
  const auto find = [&](std::string_view name) {
    std::vector<std::string> known = metrics;
    for (size_t m = 0; m < metrics.size(); ++m) {
      if (name == metrics[m]) piece.metric = static_cast<int>(m);
    }
    for (const auto& [text, member] : kNames) {
      if (name == text) piece.value = member;
      known.emplace_back(text);
    }
    if (piece.metric < 0 && piece.value == nullptr) {
      ThrowInvalid(fmt::format("a line of the run plan uses the unknown name '{}'{}", name,
                               DidYouMean(name, known)));
    }
  };
  const auto bad = [line] {
    ThrowInvalid(fmt::format("a line of the run plan is no format: '{}'", line));
  };
  for (size_t i = 0; i < line.size(); ++i) {
    const bool twice = i + 1 < line.size() && line[i + 1] == line[i];
    if ((line[i] == '{' || line[i] == '}') && twice) {
      piece.text += line[i++];
    } else if (line[i] == '{') {
      const size_t end = line.find('}', i);
      if (end == std::string_view::npos) bad();
      std::string_view inside = line.substr(i + 1, end - i - 1);
      const size_t colon = inside.find(':');
      find(inside.substr(0, colon));
      if (colon != std::string_view::npos) {
        inside.remove_prefix(colon + 1);
        piece.width = TakeNumber(&inside, 0);
        if (!inside.empty() && inside[0] == '.') {
          inside.remove_prefix(1);
          piece.digits = TakeNumber(&inside, -1);
          if (piece.digits < 0) bad();
        }
        if (!inside.empty() || piece.width < 0 || piece.width > kMaxWidth ||
            piece.digits > kMaxWidth)
          bad();
      }
      pieces_.push_back(std::exchange(piece, {}));
      i = end;
    } else if (line[i] == '}') {
      bad();
    } else {
      piece.text += line[i];
    }
  }
  if (!piece.text.empty()) pieces_.push_back(piece);
}

std::string LineFormat::operator()(const LineValues& values) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.value == nullptr && piece.metric < 0) continue;
    const double value = piece.metric < 0 ? values.*piece.value : values.metrics.at(piece.metric);
    out += piece.digits < 0 ? fmt::format("{:{}}", value, piece.width)
                            : fmt::format("{:{}.{}f}", value, piece.width, piece.digits);
  }
  return out;
}

}  // namespace graphrun
