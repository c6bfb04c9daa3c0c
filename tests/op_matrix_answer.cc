#include <charconv>
#include <cmath>
#include <sstream>

#include "core/import/graph_proto.h"
#include "core/run/session.h"
#include "tests/op_matrix.h"
#include "tests/test_graph.h"

namespace graphrun::test {
namespace {

std::string Number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", v);
  return text;
}

// A sum in which every element's place counts, and the same of magnitudes.
struct Sums {
  double sum = 0, magnitude = 0;
  int64_t nan = 0, plus = 0, minus = 0;

  void Add(int64_t i, double v) {
    const int64_t place = i % 97 + 1;
    if (std::isnan(v)) {
      nan += place;
    } else if (std::isinf(v)) {
      (v > 0 ? plus : minus) += place;
    } else {
      sum += static_cast<double>(place) * v;
      magnitude += static_cast<double>(place) * std::abs(v);
    }
  }
};

// Relative to the sum of magnitudes.
double ToleranceOf(const std::string& dtype) {
  return dtype == "float32" ? 2e-5 : dtype == "float64" ? 1e-7 : 1e-8;
}

}  // namespace

std::string Digest(const Tensor& value) {
  const std::string type = std::string(DTypeName(value.dtype())) + value.shape().ToString();
  Sums sums;
  for (int64_t i = 0; i < value.num_elements(); ++i) {
    if (value.dtype() == DType::kString) {
      const std::string& text = value.data<std::string>()[i];
      for (size_t k = 0; k < text.size(); ++k) {
        sums.Add(static_cast<int64_t>(k), static_cast<unsigned char>(text[k]));
      }
    } else {
      sums.Add(i, value.number_at(i));
    }
  }
  std::string out = type;
  if (value.num_elements() > 0) out += " " + Number(sums.sum) + "/" + Number(sums.magnitude);
  if (sums.nan) out += " nan:" + std::to_string(sums.nan);
  if (sums.plus) out += " inf:" + std::to_string(sums.plus);
  if (sums.minus) out += " -inf:" + std::to_string(sums.minus);
  return out;
}

bool SameAnswer(const std::string& a, const std::string& b) {
  if (a == b) return true;
  std::istringstream in_a(a), in_b(b);
  std::string x, y, dtype;
  while (true) {
    const bool more_a = static_cast<bool>(in_a >> x), more_b = static_cast<bool>(in_b >> y);
    if (!more_a || !more_b) return more_a == more_b;
    if (const size_t bracket = x.find('['); bracket != x.npos) dtype = x.substr(0, bracket);
    if (x == y) continue;
    double sum_x, magnitude_x, sum_y, magnitude_y;
    if (std::sscanf(x.c_str(), "%lf/%lf", &sum_x, &magnitude_x) != 2) return false;
    if (std::sscanf(y.c_str(), "%lf/%lf", &sum_y, &magnitude_y) != 2) return false;
    const double within = ToleranceOf(dtype) * std::max(magnitude_x, magnitude_y) + 1e-30;
    if (std::abs(sum_x - sum_y) > within || std::abs(magnitude_x - magnitude_y) > within) {
      return false;
    }
  }
}

std::string Answer(const Question& question, bool interpret) {
  try {
    MetaGraph meta(&TestOps());
    ImportBudget budget;
    GraphFromProto(question.graph, nullptr, &budget, nullptr, &meta);
    Session session(meta.graph, {.interpret = interpret, .seed = 1});
    Feeds feeds;
    for (const NamedTensor& feed : question.feeds) feeds.emplace_back(feed.name, feed.value);
    std::vector<TensorName> fetches, targets;
    for (const std::string& name : question.fetches) {
      (name.find(':') == name.npos ? targets : fetches).emplace_back(name);
    }
    std::string answer;
    for (const Tensor& value : session.Run(feeds, fetches, targets)) {
      answer += (answer.empty() ? "" : " ; ") + Digest(value);
    }
    return answer.empty() ? "OK" : answer;
  } catch (const Error& e) {
    return std::string(CodeName(e.code()));
  } catch (const std::exception& e) {
    return std::string("INTERNAL: ") + e.what();
  }
}

}  // namespace graphrun::test
