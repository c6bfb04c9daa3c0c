// Rows of the op table for ops/index: slices changed, dealt out, and gathered in batches.
#include <algorithm>

#include "tests/op_cases_index.h"

namespace graphrun::test {
namespace {

using Join = std::function<double(double, double)>;

// in[0] with the slices that in[1] names joined with those of in[2].
Reference Scattered(Join join) {
  return [join](const Arrays& in) -> Arrays {
    Array out = in[0];
    const int last = in[1].shape.rank() - 1;
    const int64_t depth = in[1].dim(last), count = in[1].size() / depth;
    const int64_t width = in[2].size() / count;
    for (int64_t i = 0; i < count; ++i) {
      int64_t at = 0;
      for (int64_t d = 0; d < depth; ++d) {
        at = at * out.dim(static_cast<int>(d)) + in[1].int_at(i * depth + d);
      }
      for (int64_t j = 0; j < width; ++j) {
        double& x = out.v[at * width + j];
        x = join(x, in[2].v[i * width + j]);
      }
    }
    return {out};
  };
}

// out[b, o, i, r] = x[b, o, indices[b, i], r].
Reference GatherBatches(int axis, int batch) {
  return [=](const Arrays& in) -> Arrays {
    const Array &x = in[0], &indices = in[1];
    Array out{Concatenate(Concatenate(x.shape.Slice(0, axis), indices.shape.From(batch)),
                          x.shape.From(axis + 1))};
    for (const auto& p : Positions(out.shape)) {
      const auto middle = p.begin() + axis, rest = middle + indices.shape.rank() - batch;
      std::vector<int64_t> which(p.begin(), p.begin() + batch), from(p.begin(), middle);
      which.insert(which.end(), middle, rest);
      from.push_back(static_cast<int64_t>(indices.at(which)));
      from.insert(from.end(), rest, p.end());
      out.at(p) = x.at(from);
    }
    return {out};
  };
}

void AddTensorScatter(OpTable* t, const std::vector<DType>& numbers) {
  const std::vector<std::pair<const char*, Join>> joins = {
      {"Update", [](double, double u) { return u; }},
      {"Add", [](double x, double u) { return x + u; }},
      {"Sub", [](double x, double u) { return x - u; }},
      {"Min", [](double x, double u) { return std::min(x, u); }},
      {"Max", [](double x, double u) { return std::max(x, u); }}};
  const std::vector<DType> types = {DType::kFloat, DType::kInt32, DType::kFloat};
  for (const auto& entry : joins) {
    const Join& join = entry.second;  // clang 14 captures no structured bindings
    const std::string op = std::string("TensorScatter") + entry.first;
    const auto add = [&](const char* label, const char* x, OpInput indices, const char* updates) {
      t->cases.push_back({.op = op,
                          .inputs = {x, indices, updates},
                          .label = label,
                          .reference = Scattered(join),
                          .grad = {0, 2},
                          .zero_second = true,
                          .types = numbers});
    };
    add("", "[5,3,2]", Int32s("[4,2]", {4, 0, 1, 2, 3, 0, 0, 1}), "[4,2]");
    add("rows", "[7,4]", Int64s("[2,3,1]", {4, 0, 1, 3, 6, 5}), "[2,3,4]");
  }
  t->cases.push_back({.op = "TensorScatterSub",
                      .inputs = {"[5,3]", Int32s("[3,1]", {4, 0, 4}), "[3,3]"},
                      .label = "repeated",
                      .reference = Scattered(joins[2].second),
                      .grad = {0, 2},
                      .zero_second = true,
                      .types = numbers});
  for (const auto& [name, join] : joins) {
    const std::string op = std::string("TensorScatter") + name;
    t->errors.push_back({op, {"[5,3]", Int32s("[2,1]", {1, 5}), "[2,3]"}, "is not in [0, 5)"});
    t->shapes.push_back({op, "[5,?];[4,1];[4,3]", "[5,?]", {}, types});
    t->shapes.push_back({op, "[5,3];[4,1];[4,2]", "error: shapes of updates", {}, types});
    t->shapes.push_back({op, "[5];[4,2];[4]", "error: index vectors of 2", {}, types});
  }
}

}  // namespace

void AddScatterCases(OpTable* t) {
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  AddTensorScatter(t, numbers);

  t->cases.push_back({.op = "DynamicPartition",
                      .inputs = {"[5,2]", Int32s("[5]", {2, 0, 2, 0, 0})},
                      .attrs = {{"num_partitions", int64_t{3}}},
                      .reference = [](const Arrays& in) -> Arrays {
                        const auto& v = in[0].v;
                        return {Array("[3,2]", {v[2], v[3], v[6], v[7], v[8], v[9]}),
                                Array("[0,2]", {}), Array("[2,2]", {v[0], v[1], v[4], v[5]})};
                      },
                      .grad = {0},
                      .zero_second = true,
                      .types = numbers});
  t->cases.push_back({.op = "DynamicPartition",
                      .inputs = {"[2,3]", Int32s("[2,3]", {1, 0, 1, 1, 0, 1})},
                      .attrs = {{"num_partitions", int64_t{2}}},
                      .label = "elements",
                      .reference = [](const Arrays& in) -> Arrays {
                        const auto& v = in[0].v;
                        return {Array("[2]", {v[1], v[4]}), Array("[4]", {v[0], v[2], v[3], v[5]})};
                      },
                      .grad = {0},
                      .zero_second = true,
                      .types = numbers});
  const AttrMap two = {{"num_partitions", int64_t{2}}};
  const std::vector<DType> dealt = {DType::kFloat, DType::kInt32};
  t->errors.push_back(
      {"DynamicPartition", {"[2]", Int32s("[2]", {0, 2})}, "is not in [0, 2)", two});
  t->shapes.push_back({"DynamicPartition", "[5,?,3];[5]", "[?,?,3];[?,?,3]", two, dealt});
  t->shapes.push_back({"DynamicPartition", "[5];[4]", "error: first dimensions", two, dealt});
  t->cases.push_back({.op = "ParallelDynamicStitch",
                      .inputs = {Ints({3, 0}), Ints({1, 2}), "[2,3]", "[2,3]"},
                      .reference = [](const Arrays& in) -> Arrays {
                        const auto &a = in[2].v, &b = in[3].v;
                        return {Array("[4,3]", {a[3], a[4], a[5], b[0], b[1], b[2], b[3], b[4],
                                                b[5], a[0], a[1], a[2]})};
                      },
                      .grad = {2, 3},
                      .zero_second = true});

  const auto gather = [&](const char* label, const char* x, OpInput indices, int axis, int batch,
                          int64_t batch_dims) {
    t->cases.push_back({.op = "GatherV2",
                        .inputs = {x, indices, Int(axis)},
                        .attrs = {{"batch_dims", batch_dims}},
                        .label = label,
                        .reference = GatherBatches(axis, batch),
                        .grad = {0},
                        .zero_second = true,
                        .types = numbers,
                        .unknown_shapes = false});
  };
  const OpInput pairs = Int32s("[3,2]", {0, 3, 3, 1, 2, 2});
  gather("batch", "[3,4,5]", pairs, 1, 1, 1);
  gather("batch_behind", "[3,2,4,5]", pairs, 2, 1, 1);
  gather("batch_negative", "[3,4,5]", pairs, 1, 1, -1);
  gather("batch_elements", "[3,2,4]", pairs, 2, 2, 2);
  gather("batch_wide", "[3,4]", Int64s("[3,2,1]", {0, 3, 3, 1, 2, 2}), 1, 1, 1);
  const std::vector<DType> types = {DType::kFloat, DType::kInt32, DType::kInt32};
  const auto at = [](int32_t axis) { return std::pair<int, Tensor>(2, Tensor::Scalar(axis)); };
  const auto batch = [](int64_t n) { return AttrMap{{"batch_dims", n}}; };
  t->shapes.push_back({"GatherV2", "[?,4,5];[3,2];[]", "[3,2,5]", batch(1), types, {at(1)}});
  t->shapes.push_back(
      {"GatherV2", "[2,4];[3,2];[]", "error: batch dimensions", batch(1), types, {at(1)}});
  t->shapes.push_back(
      {"GatherV2", "[3,4];[3,2];[]", "error: more than axis", batch(1), types, {at(0)}});
  t->shapes.push_back(
      {"GatherV2", "[3,4];[3,2];[]", "error: indices of rank 2", batch(3), types, {at(1)}});
}

}  // namespace graphrun::test
