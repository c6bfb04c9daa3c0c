#include "core/base/error.h"

#include <algorithm>
#include <numeric>

namespace graphrun {

std::string_view CodeName(Code code) {
  switch (code) {
    case Code::kCancelled:
      return "CANCELLED";
    case Code::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case Code::kNotFound:
      return "NOT_FOUND";
    case Code::kAlreadyExists:
      return "ALREADY_EXISTS";
    case Code::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case Code::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case Code::kOutOfRange:
      return "OUT_OF_RANGE";
    case Code::kUnimplemented:
      return "UNIMPLEMENTED";
    case Code::kInternal:
      return "INTERNAL";
    case Code::kDataLoss:
      return "DATA_LOSS";
  }
  return "UNKNOWN";
}

Error::Error(Code code, std::string message) : code_(code), message_(std::move(message)) {
  what_ = std::string(CodeName(code_)) + ": " + message_;
}

Error Error::Broken(std::string message) {
  Error e(Code::kInternal, std::move(message));
  e.broken_ = true;
  return e;
}

Error& Error::While(std::string context) {
  what_ += "\n  " + context;
  contexts_.push_back(std::move(context));
  return *this;
}

void ThrowInvalid(std::string message) { throw Error(Code::kInvalidArgument, std::move(message)); }
void ThrowNotFound(std::string message) { throw Error(Code::kNotFound, std::move(message)); }
void ThrowInternal(std::string message) { throw Error::Broken(std::move(message)); }

namespace {

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t up = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = up;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  // A name whose last part is equal is near however long its path is ("cost" for "model/cost").
  const auto leaf = [](std::string_view s) {
    return s.substr(s.rfind('/') == s.npos ? 0 : s.rfind('/') + 1);
  };
  std::vector<std::pair<size_t, std::string_view>> near;
  for (const std::string& c : candidates) {
    const size_t distance = leaf(c) == leaf(name) ? 1 : EditDistance(name, c);
    if (distance <= std::max<size_t>(2, name.size() / 3)) near.emplace_back(distance, c);
  }
  const size_t n = std::min<size_t>(3, near.size());
  std::partial_sort(near.begin(), near.begin() + n, near.end());
  if (n == 0) return "";
  std::string out = "; did you mean ";
  for (size_t i = 0; i < n; ++i) out += (i ? ", '" : "'") + std::string(near[i].second) + "'";
  return out + "?";
}

}  // namespace graphrun
