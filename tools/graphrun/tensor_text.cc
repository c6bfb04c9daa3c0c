#include "tools/graphrun/tensor_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/base/error.h"

namespace graphrun {
namespace {

constexpr int64_t kShownEnds = 3;      // elements at each end of a long axis
constexpr int64_t kPerLine = 10;       // elements of a row that is broken
constexpr int64_t kShownWhole = 1000;  // elements of a tensor that is shown as a whole

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  // The numbers, row by row, and the shape.
  template <typename T>
  Tensor Parse() {
    std::vector<T> values;
    std::vector<int64_t> counts;  // of the open brackets
    std::vector<int64_t> dims;    // by depth, -1 while not known
    int64_t leaf_depth = -1;
    bool done = false;
    for (SkipSpace(); at_ < text_.size(); SkipSpace()) {
      if (done) Fail("something follows the value");
      const char c = text_[at_];
      if (c == '[') {
        ++at_;
        if (!counts.empty()) ++counts.back();
        counts.push_back(0);
        if (counts.size() > static_cast<size_t>(Shape::kMaxRank))
          Fail("the brackets are nested too deeply");
        if (dims.size() < counts.size()) dims.push_back(-1);
      } else if (c == ']') {
        ++at_;
        if (counts.empty()) Fail("a ']' is too many");
        int64_t& dim = dims[counts.size() - 1];
        if (dim >= 0 && dim != counts.back()) Fail("rows differ in length");
        dim = counts.back();
        counts.pop_back();
        done = counts.empty();
      } else {
        const auto depth = static_cast<int64_t>(counts.size());
        if (leaf_depth >= 0 && leaf_depth != depth) Fail("numbers stand at different depths");
        leaf_depth = depth;
        values.push_back(Number<T>());
        if (counts.empty()) {
          done = true;
        } else {
          ++counts.back();
        }
      }
    }
    if (!done) Fail(text_.empty() ? "there is no value" : "a ']' is missing");
    if (leaf_depth >= 0 && leaf_depth != static_cast<int64_t>(dims.size()))
      Fail("numbers stand at different depths");
    const Shape shape{std::span<const int64_t>(dims)};
    if (shape.num_elements() != static_cast<int64_t>(values.size())) Fail("rows differ in length");
    return MakeTensor(values, shape);
  }

 private:
  template <typename T>
  static Tensor MakeTensor(const std::vector<T>& values, const Shape& shape) {
    Tensor tensor(kDTypeOf<T>, shape);
    std::copy(values.begin(), values.end(), tensor.data<T>());
    return tensor;
  }

  void SkipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == ',' || text_[at_] == '\n'))
      ++at_;
  }

  template <typename T>
  T Number() {
    const size_t end = std::min(text_.size(), text_.find_first_of("[], \n", at_));
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    if constexpr (std::is_same_v<T, bool>) {
      if (word == "true" || word == "1") return true;
      if (word == "false" || word == "0") return false;
      Fail(fmt::format("'{}' is neither true nor false", word));
    } else {
      T value{};
      const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
      if (error != std::errc() || stop != word.data() + word.size()) {
        Fail(fmt::format("'{}' is no {}", word, DTypeName(kDTypeOf<T>)));
      }
      return value;
    }
  }

  [[noreturn]] void Fail(const std::string& why) const {
    ThrowInvalid(fmt::format("'{}' is no tensor: {}", text_.substr(0, 60), why));
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string FormatElement(const Tensor& tensor, int64_t i) {
  if (tensor.dtype() == DType::kString) return fmt::format("'{}'", tensor.data<std::string>()[i]);
  std::string out;
  ForPlain(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const Compute<T> x = tensor.data<T>()[i];
    if constexpr (IsFloating(kDTypeOf<T>) && !std::is_same_v<T, Compute<T>>) {
      out = fmt::format("{}", static_cast<double>(x));  // exactly: it has few digits
    } else {
      out = fmt::format("{}", x);
    }
  });
  return out;
}

void FormatAxis(const Tensor& tensor, int axis, int64_t first, int64_t stride, std::string* out) {
  const Shape& shape = tensor.shape();
  if (axis == shape.rank()) {
    *out += FormatElement(tensor, first);
    return;
  }
  const int64_t n = shape[axis], inner = n == 0 ? 0 : stride / n;
  const bool cut = tensor.num_elements() > kShownWhole && n > 2 * kShownEnds + 1;
  const bool rows = axis + 1 < shape.rank();
  *out += '[';
  for (int64_t i = 0; i < n; ++i) {
    const bool new_line = rows || (n > 2 * kPerLine && !cut && i % kPerLine == 0);
    if (i > 0) *out += new_line ? "\n" + std::string(axis + 1, ' ') : " ";
    if (cut && i == kShownEnds) {
      *out += "...";
      i = n - kShownEnds - 1;
      continue;
    }
    FormatAxis(tensor, axis + 1, first + i * inner, inner, out);
  }
  *out += ']';
}

}  // namespace

Tensor ParseTensor(std::string_view text, DType dtype) {
  Tensor tensor;
  ForNumericOrBool(dtype, [&](auto z) { tensor = Parser(text).Parse<decltype(z)>(); });
  return tensor;
}

std::string FormatTensor(const Tensor& tensor) {
  std::string out;
  FormatAxis(tensor, 0, 0, tensor.num_elements(), &out);
  return out;
}

}  // namespace graphrun
