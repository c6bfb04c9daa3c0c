// Rows of the op table for ops/index: segments of rows that are chosen by index.
#include <cmath>

#include "tests/op_cases_index.h"

namespace graphrun::test {
namespace {

// What each of n rows of a segment counts for.
using Weight = std::function<double(double n)>;

std::vector<double> Sizes(const Array& ids, int64_t segments) {
  std::vector<double> sizes(segments);
  for (int64_t i = 0; i < ids.size(); ++i) ++sizes[ids.int_at(i)];
  return sizes;
}

Reference Forward(Weight weight, int64_t segments) {
  return [=](const Arrays& in) -> Arrays {
    Array out(Concatenate({segments}, in[0].shape.From(1)));
    const std::vector<double> sizes = Sizes(in[2], segments);
    const int64_t width = in[0].size() / in[0].dim(0);
    for (int64_t i = 0; i < in[2].size(); ++i) {
      const int64_t id = in[2].int_at(i);
      for (int64_t j = 0; j < width; ++j) {
        out.v[id * width + j] += in[0].v[in[1].int_at(i) * width + j] * weight(sizes[id]);
      }
    }
    return {out};
  };
}

Reference Backward(Weight weight, int64_t rows) {
  return [=](const Arrays& in) -> Arrays {
    Array out(Concatenate({rows}, in[0].shape.From(1)));
    const std::vector<double> sizes = Sizes(in[2], in[0].dim(0));
    const int64_t width = in[0].size() / in[0].dim(0);
    for (int64_t i = 0; i < in[2].size(); ++i) {
      const int64_t id = in[2].int_at(i);
      for (int64_t j = 0; j < width; ++j) {
        out.v[in[1].int_at(i) * width + j] += in[0].v[id * width + j] * weight(sizes[id]);
      }
    }
    return {out};
  };
}

}  // namespace

void AddSparseSegmentCases(OpTable* t) {
  const OpInput indices = Fed(Tensor::Vector<int32_t>({4, 0, 4, 2, 1, 0}));
  const OpInput ids = Fed(Tensor::Vector<int64_t>({0, 0, 0, 2, 3, 3}));
  const std::vector<std::pair<const char*, Weight>> norms = {
      {"Sum", [](double) { return 1; }},
      {"Mean", [](double n) { return 1 / n; }},
      {"SqrtN", [](double n) { return 1 / std::sqrt(n); }}};
  for (const auto& [norm, weight] : norms) {
    const std::string name = std::string("SparseSegment") + norm;
    const auto add = [&](const std::string& op, std::vector<OpInput> inputs, Reference reference) {
      t->cases.push_back({.op = op,
                          .inputs = std::move(inputs),
                          .reference = std::move(reference),
                          .grad = {0},
                          .zero_second = true});
    };
    add(name, {"[5,3]", indices, ids}, Forward(weight, 4));
    add(name + "WithNumSegments", {"[5,3,2]", indices, ids, Int(6)}, Forward(weight, 6));
    add(name + "Grad", {"[4,3]", indices, ids, Int(7)}, Backward(weight, 7));
    const OpInput row = Fed(Tensor::Vector<int32_t>({1, 5}));
    const OpInput up = Fed(Tensor::Vector<int32_t>({0, 2})),
                  down = Fed(Tensor::Vector<int32_t>({1, 0}));
    t->errors.push_back({name, {"[5,3]", row, up}, "is not in [0, 5)"});
    t->errors.push_back({name, {"[7,3]", row, down}, "less than the one before"});
    t->errors.push_back(
        {name + "WithNumSegments", {"[7,3]", row, up, Int(2)}, "num_segments is 2"});
    t->errors.push_back({name + "Grad", {"[2,3]", row, up, Int(9)}, "is not in [0, 2)"});
    const std::vector<DType> types = {DType::kFloat, DType::kInt32, DType::kInt32, DType::kInt32};
    t->shapes.push_back({name, "[5,3];[4];[?]", "[?,3]", {}, types});
    t->shapes.push_back({name, "[5,3];[4];[6]", "error: sizes of indices", {}, types});
    t->shapes.push_back(
        {name + "Grad", "[5,3];[4];[4];[]", "[8,3]", {}, types, {{3, Tensor::Scalar<int32_t>(8)}}});
  }
}

}  // namespace graphrun::test
