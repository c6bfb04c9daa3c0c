// Rows of the op table for ops/loss.
#include <algorithm>
#include <cmath>

#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

// The logarithm of softmax along the last dimension.
Array LogSoftmaxOf(const Array& x) {
  Array y = x;
  const int64_t n = x.dim(x.shape.rank() - 1);
  for (int64_t begin = 0; begin < x.size(); begin += n) {
    double sum = 0;
    for (int64_t i = begin; i < begin + n; ++i) sum += std::exp(x.v[i]);
    for (int64_t i = begin; i < begin + n; ++i) y.v[i] -= std::log(sum);
  }
  return y;
}

Arrays LogSoftmaxReference(const Arrays& in) { return {LogSoftmaxOf(in[0])}; }

Arrays SoftmaxReference(const Arrays& in) {
  Array y = LogSoftmaxOf(in[0]);
  for (double& v : y.v) v = std::exp(v);
  return {y};
}

Arrays DenseReference(const Arrays& in) {
  const Array &x = in[0], &labels = in[1], log = LogSoftmaxOf(x);
  Array loss{Shape{x.dim(0)}}, backprop = x;
  for (int64_t i = 0; i < x.size(); ++i) {
    loss.v[i / x.dim(1)] -= labels.v[i] * log.v[i];
    backprop.v[i] = std::exp(log.v[i]) - labels.v[i];
  }
  return {loss, backprop};
}

Arrays SparseReference(const Arrays& in) {
  Array labels{in[0].shape};
  for (int64_t r = 0; r < in[0].dim(0); ++r) labels.at({r, in[1].int_at(r)}) = 1;
  return DenseReference({in[0], labels});
}

}  // namespace

OpTable LossCases() {
  OpTable t;
  const OpInput far = Values("[2,3]", {1e4, 1e4 - 1, -1e4, -500, -501, -499});
  const Array nearby("[2,3]", {1, 0, -1e3, -500, -501, -499});
  t.cases = {
      {.op = "Softmax", .inputs = {"[3,5]"}, .reference = SoftmaxReference, .grad = {0}},
      {.op = "Softmax",
       .inputs = {"[2,3,4]"},
       .label = "rank3",
       .reference = SoftmaxReference,
       .grad = {0}},
      {.op = "Softmax",
       .inputs = {"[4]"},
       .label = "rank1",
       .reference = SoftmaxReference,
       .grad = {0}},
      {.op = "Softmax", .inputs = {"[40,1000]"}, .label = "large", .reference = SoftmaxReference},
      {.op = "Softmax", .inputs = {"[0,3]"}, .label = "empty", .reference = SoftmaxReference},
      {.op = "Softmax",
       .inputs = {far},
       .label = "far_from_zero",
       .reference = [nearby](const Arrays&) { return SoftmaxReference({nearby}); }},
      {.op = "LogSoftmax", .inputs = {"[3,5]"}, .reference = LogSoftmaxReference, .grad = {0}},
      {.op = "LogSoftmax",
       .inputs = {"[2,3,4]"},
       .label = "rank3",
       .reference = LogSoftmaxReference,
       .grad = {0}},
      {.op = "LogSoftmax",
       .inputs = {Values("[1,2]", {1e4, 1e4 - 1})},
       .label = "far_from_zero",
       .reference =
           [](const Arrays&) {
             return LogSoftmaxReference({Array("[1,2]", {1, 0})});
           }},
      {.op = "SoftmaxCrossEntropyWithLogits",
       .inputs = {"[3,5]", {"[3,5]", Domain::kPositive}},
       .reference = DenseReference,
       .grad_outputs = {1}},
      {.op = "SparseSoftmaxCrossEntropyWithLogits",
       .inputs = {"[3,5]", Fed(Tensor::Vector<int64_t>({4, 0, 2}))},
       .reference = SparseReference,
       .grad = {0},
       .grad_outputs = {0}},
      {.op = "SparseSoftmaxCrossEntropyWithLogits",
       .inputs = {"[3,5]", Fed(Tensor::Vector<int32_t>({4, 0, 2}))},
       .label = "backprop",
       .reference = SparseReference,
       .grad = {0},
       .grad_outputs = {1}},
      {.op = "SparseSoftmaxCrossEntropyWithLogits",
       .inputs = {"[2,40000]", Fed(Tensor::Vector<int32_t>({39999, 7}))},
       .label = "large",
       .reference = SparseReference},
      {.op = "SparseSoftmaxCrossEntropyWithLogits",
       .inputs = {"[0,5]", Fed(Tensor::Vector<int32_t>({}))},
       .label = "empty",
       .reference = SparseReference},
  };
  // Labels that are no distribution (their sum is not 1) have another gradient than backprop:
  // TensorFlow's rule.
  const OpInput distribution =
      Values("[3,4]", {0.1, 0.2, 0.3, 0.4, 0.25, 0.25, 0.25, 0.25, 0, 0, 1, 0});
  t.cases.push_back({.op = "SoftmaxCrossEntropyWithLogits",
                     .inputs = {"[3,4]", distribution},
                     .label = "loss",
                     .reference = DenseReference,
                     .grad = {0},
                     .grad_outputs = {0}});
  t.cases.push_back({.op = "SoftmaxCrossEntropyWithLogits",
                     .inputs = {"[3,4]", distribution},
                     .label = "labels",
                     .reference = DenseReference,
                     .grad = {1},
                     .zero_second = true,
                     .grad_outputs = {0}});
  t.cases.push_back({.op = "SoftmaxCrossEntropyWithLogits",
                     .inputs = {"[3,4]", distribution},
                     .label = "backprop",
                     .reference = DenseReference,
                     .grad = {0},
                     .grad_outputs = {1}});
  // Rows, or columns, of one operand are repeated. The gradient is checked for rows that are.
  const auto repeated = [](const Arrays& in) {
    Arrays full = {Array{Shape{3, 4}}, Array{Shape{3, 4}}};
    for (int i = 0; i < 2; ++i) {
      const Array& x = in[i];
      const int rank = x.shape.rank();
      for (int64_t j = 0; j < 12; ++j) {
        const int64_t r = rank < 2 || x.dim(0) == 1 ? 0 : j / 4;
        const int64_t c = rank < 1 || x.dim(rank - 1) == 1 ? 0 : j % 4;
        full[i].v[j] = x.v[r * (rank < 1 ? 1 : x.dim(rank - 1)) + c];
      }
    }
    return DenseReference(full);
  };
  const OpInput one_row = Values("[1,4]", {0.1, 0.2, 0.3, 0.4});
  t.cases.push_back({.op = "SoftmaxCrossEntropyWithLogits",
                     .inputs = {"[3,4]", one_row},
                     .label = "one_row_of_labels",
                     .reference = repeated,
                     .grad = {0, 1},
                     .second = false,
                     .grad_outputs = {0}});
  t.cases.push_back({.op = "SoftmaxCrossEntropyWithLogits",
                     .inputs = {"[1,4]", distribution},
                     .label = "one_row_of_features",
                     .reference = repeated,
                     .grad = {0, 1},
                     .second = false,
                     .grad_outputs = {0}});
  t.cases.push_back({.op = "SoftmaxCrossEntropyWithLogits",
                     .inputs = {"[3,1]", Values("[4]", {0.1, 0.2, 0.3, 0.4})},
                     .label = "one_column",
                     .reference = repeated});
  const std::vector<DType> with_labels = {DType::kFloat, DType::kInt64};
  t.shapes = {
      {"Softmax", "[2,?]", "[2,?]"},
      {"Softmax", "?", "?"},
      {"Softmax", "[]", "error: at least rank 1"},
      {"LogSoftmax", "[2,?]", "[2,?]"},
      {"LogSoftmax", "[]", "error: at least rank 1"},
      {"SoftmaxCrossEntropyWithLogits", "[?,3];[2,?]", "[2];[2,3]"},
      {"SoftmaxCrossEntropyWithLogits", "[1,3];[4]", "error: cannot be broadcast"},
      {"SoftmaxCrossEntropyWithLogits", "[1,3];[5,3]", "[5];[5,3]"},
      {"SoftmaxCrossEntropyWithLogits", "[3];[3]", "error: no matrix"},
      {"SoftmaxCrossEntropyWithLogits", "?;[]", "[?];[?,?]"},
      {"SoftmaxCrossEntropyWithLogits", "[2,3];[2,4]", "error: cannot be broadcast"},
      {"SparseSoftmaxCrossEntropyWithLogits", "[?,3];[2]", "[2];[2,3]", {}, with_labels},
      {"SparseSoftmaxCrossEntropyWithLogits", "?;?", "[?];[?,?]", {}, with_labels},
      {"SparseSoftmaxCrossEntropyWithLogits",
       "[4,3];[2]",
       "error: number of labels",
       {},
       with_labels},
      {"SparseSoftmaxCrossEntropyWithLogits", "[4,0];[4]", "error: no class", {}, with_labels},
  };
  t.errors = {
      {"SparseSoftmaxCrossEntropyWithLogits",
       {"[2,3]", Fed(Tensor::Vector<int32_t>({1, 3}))},
       "label 3 of row 1 is outside the valid range [0, 3)"},
      {"SparseSoftmaxCrossEntropyWithLogits",
       {"[2,3]", Fed(Tensor::Vector<int64_t>({-1, 2}))},
       "label -1 of row 0"},
  };
  return t;
}

}  // namespace graphrun::test
