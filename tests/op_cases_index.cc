// Rows of the op table for ops/index.
#include "tests/op_cases_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/build/ops.h"

namespace graphrun::test {
namespace {

// in[0] at in[1] along an axis.
Reference GatherAlong(int axis) {
  return [axis](const Arrays& in) -> Arrays {
    const Array &x = in[0], &indices = in[1];
    Array out{
        Concatenate(Concatenate(x.shape.Slice(0, axis), indices.shape), x.shape.From(axis + 1))};
    for (const auto& p : Positions(out.shape)) {
      const auto middle = p.begin() + axis, rest = middle + indices.shape.rank();
      std::vector<int64_t> from(p.begin(), middle);
      from.push_back(static_cast<int64_t>(indices.at({middle, rest})));
      from.insert(from.end(), rest, p.end());
      out.at(p) = x.at(from);
    }
    return {out};
  };
}

// The position that the index vector at `p` names, followed by `rest`.
std::vector<int64_t> Indexed(const Array& indices, std::vector<int64_t> p,
                             const std::vector<int64_t>& rest) {
  std::vector<int64_t> at;
  p.push_back(0);
  for (int64_t& d = p.back(); d < indices.dim(indices.shape.rank() - 1); ++d) {
    at.push_back(static_cast<int64_t>(indices.at(p)));
  }
  at.insert(at.end(), rest.begin(), rest.end());
  return at;
}

Arrays GatherNdReference(const Arrays& in) {
  const Array &x = in[0], &indices = in[1];
  const int lead = indices.shape.rank() - 1, depth = static_cast<int>(indices.dim(lead));
  Array out{Concatenate(indices.shape.Slice(0, lead), x.shape.From(depth))};
  for (const auto& p : Positions(out.shape)) {
    out.at(p) = x.at(Indexed(indices, {p.begin(), p.begin() + lead}, {p.begin() + lead, p.end()}));
  }
  return {out};
}

Arrays ScatterNdReference(const Arrays& in) {
  const Array &indices = in[0], &updates = in[1];
  Shape shape;
  for (const double d : in[2].v) shape.Append(static_cast<int64_t>(d));
  const int lead = indices.shape.rank() - 1;
  Array out{shape};
  for (const auto& p : Positions(updates.shape)) {
    out.at(Indexed(indices, {p.begin(), p.begin() + lead}, {p.begin() + lead, p.end()})) +=
        updates.at(p);
  }
  return {out};
}

Arrays SegmentSumReference(const Arrays& in) {
  const Array &x = in[0], &ids = in[1];
  const int lead = ids.shape.rank();
  Array out{Concatenate({in[2].int_at(0)}, x.shape.From(lead))};
  for (const auto& p : Positions(x.shape)) {
    const int64_t id = static_cast<int64_t>(ids.at({p.begin(), p.begin() + lead}));
    if (id < 0) continue;
    std::vector<int64_t> to = {id};
    to.insert(to.end(), p.begin() + lead, p.end());
    out.at(to) += x.at(p);
  }
  return {out};
}

Arrays UniqueReference(const Arrays& in) {
  std::vector<double> distinct, position;
  for (const double v : in[0].v) {
    const auto at = std::find(distinct.begin(), distinct.end(), v);
    position.push_back(static_cast<double>(at - distinct.begin()));
    if (at == distinct.end()) distinct.push_back(v);
  }
  const int64_t n = static_cast<int64_t>(distinct.size());
  return {Array(Shape{n}, distinct), Array(in[0].shape, position)};
}

Arrays WhereReference(const Arrays& in) {
  std::vector<double> found;
  int64_t n = 0;
  for (const auto& p : Positions(in[0].shape)) {
    if (in[0].at(p) == 0) continue;
    found.insert(found.end(), p.begin(), p.end());
    ++n;
  }
  return {Array(Shape{n, in[0].shape.rank()}, found)};
}

}  // namespace

OpTable IndexCases() {
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  OpTable t;
  std::vector<int32_t> many(900);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<int32_t>(i * 7919 % 301);
  t.cases = {
      {.op = "GatherV2",
       .inputs = {"[5,3]", Int32s("[4]", {4, 0, 4, 2}), Int(0)},
       .reference = GatherAlong(0),
       .grad = {0},
       .zero_second = true,
       .types = numbers},
      {.op = "GatherV2",
       .inputs = {"[5,3,2]", Int64s("[2,3]", {4, 0, 4, 2, 1, 0}), Int(0)},
       .label = "matrix_of_indices",
       .reference = GatherAlong(0),
       .grad = {0},
       .zero_second = true},
      {.op = "GatherV2",
       .inputs = {"[5,3]", Int32s("[]", {2}), Int(0)},
       .label = "scalar_index",
       .reference = GatherAlong(0),
       .grad = {0},
       .zero_second = true},
      {.op = "GatherV2",
       .inputs = {"[2,5,3]", Int32s("[2,2]", {4, 0, 4, 2}), Int(1)},
       .label = "axis_1",
       .reference = GatherAlong(1),
       .grad = {0},
       .zero_second = true,
       .unknown_shapes = false},
      {.op = "GatherV2",
       .inputs = {"[2,5,3]", Int32s("[2]", {2, 1}), Int(-1)},
       .label = "last_axis",
       .reference = GatherAlong(2),
       .grad = {0},
       .zero_second = true,
       .unknown_shapes = false},
      {.op = "GatherV2",
       .inputs = {"[301,200]", Int32s("[900]", many), Int(0)},
       .label = "large",
       .reference = GatherAlong(0)},
      {.op = "GatherV2",
       .inputs = {"[5,3]", Int32s("[0]", {}), Int(0)},
       .label = "empty",
       .reference = GatherAlong(0)},
      {.op = "Gather",
       .inputs = {"[5,3]", Int32s("[2,2]", {4, 0, 4, 2})},
       .reference = GatherAlong(0),
       .grad = {0},
       .zero_second = true,
       .types = numbers},
      {.op = "GatherNd",
       .inputs = {"[5,3,2]", Int32s("[4,2]", {4, 0, 1, 2, 4, 0, 0, 1})},
       .reference = GatherNdReference,
       .grad = {0},
       .zero_second = true,
       .types = numbers},
      {.op = "GatherNd",
       .inputs = {"[5,3,2]", Int64s("[2,2,1]", {4, 0, 1, 4})},
       .label = "rows",
       .reference = GatherNdReference,
       .grad = {0},
       .zero_second = true},
      {.op = "GatherNd",
       .inputs = {"[5,3]", Int32s("[3,1]", {4, 0, 4})},
       .label = "sparse_gradient",
       .reference = GatherNdReference,
       .grad = {0},
       .zero_second = true},
      {.op = "GatherNd",
       .inputs = {"[5,3]", Int32s("[2]", {4, 1})},
       .label = "element",
       .reference = GatherNdReference,
       .grad = {0},
       .zero_second = true},
      {.op = "ScatterNd",
       .inputs = {Int32s("[4,2]", {4, 0, 1, 2, 4, 0, 0, 1}), "[4,2]", Ints({5, 3, 2})},
       .reference = ScatterNdReference,
       .grad = {1},
       .zero_second = true,
       .types = numbers},
      {.op = "ScatterNd",
       .inputs = {Int64s("[3,1]", {4, 0, 4}), "[3,2]", Constant(Tensor::Vector<int64_t>({5, 2}))},
       .label = "rows",
       .reference = ScatterNdReference,
       .grad = {1},
       .zero_second = true},
      {.op = "UnsortedSegmentSum",
       .inputs = {"[5,3]", Int32s("[5]", {2, 0, 2, -1, 3}), Int(6)},
       .reference = SegmentSumReference,
       .grad = {0},
       .zero_second = true,
       .types = numbers},
      {.op = "UnsortedSegmentSum",
       .inputs = {"[2,3,4]", Int64s("[2,3]", {2, 0, 2, -1, 3, 0}), Int(4)},
       .label = "two_dimensions",
       .reference = SegmentSumReference,
       .grad = {0},
       .zero_second = true},
      {.op = "UnsortedSegmentSum",
       .inputs = {"[900,200]", Int32s("[900]", many), Int(301)},
       .label = "large",
       .reference = SegmentSumReference},
      {.op = "Unique",
       .inputs = {Values("[7]", {3, 1, 3, -2, 1, 0, 3})},
       .reference = UniqueReference,
       .types = numbers},
      {.op = "Unique",
       .inputs = {Int64s("[3]", {7, 7, 1})},
       .attrs = {{"out_idx", DType::kInt64}},
       .label = "wide",
       .reference = UniqueReference},
      {.op = "Unique",
       .inputs = {Int32s("[900]", many)},
       .label = "large",
       .reference = UniqueReference},
      {.op = "Unique",
       .inputs = {Int32s("[0]", {})},
       .label = "empty",
       .reference = UniqueReference},
      {.op = "Where",
       .inputs = {{"[3,4,2]", Domain::kBool, DType::kBool}},
       .reference = WhereReference},
      {.op = "Where",
       .inputs = {Values("[2,3]", {0, 1, -2, 0, 0, 3})},
       .label = "numbers",
       .reference = WhereReference,
       .types = numbers},
      {.op = "DynamicStitch",
       .inputs = {Ints({3, 0}), Int(1), "[2,2]", "[2]"},
       .reference = [](const Arrays& in) -> Arrays {
         const auto &a = in[2].v, &b = in[3].v;
         return {Array("[4,2]", {a[2], a[3], b[0], b[1], 0, 0, a[0], a[1]})};
       },
       .grad = {2, 3},
       .zero_second = true},
  };
  const std::vector<DType> indexed = {DType::kFloat, DType::kInt32, DType::kInt32};
  const std::vector<DType> scattered = {DType::kInt32, DType::kFloat, DType::kInt32};
  const auto zero = std::pair(2, Tensor::Scalar<int32_t>(0));
  t.shapes = {
      {"GatherV2", "[5,?,3];[2,4];[]", "[2,4,?,3]", {}, indexed, {zero}},
      {"GatherV2",
       "[5,6,3];[2,4];[]",
       "[5,2,4,3]",
       {},
       indexed,
       {{2, Tensor::Scalar<int32_t>(-2)}}},
      {"GatherV2", "[5,6,3];[4];[]", "[?,?,?]", {}, indexed},
      {"GatherV2", "?;[4];[]", "?", {}, indexed, {zero}},
      {"GatherV2",
       "[5,6];[4];[]",
       "error: axis 2 is out of range",
       {},
       indexed,
       {{2, Tensor::Scalar<int32_t>(2)}}},
      {"GatherV2", "[];[4];[]", "error: at least rank 1", {}, indexed, {zero}},
      {"Gather", "[5,?,3];[2,4]", "[2,4,?,3]", {}, indexed},
      {"Gather", "[];[4]", "error: at least rank 1", {}, indexed},
      {"GatherNd", "[5,6,3];[?,2]", "[?,3]", {}, indexed},
      {"GatherNd", "[5,6,3];[4,?]", "?", {}, indexed},
      {"GatherNd", "[5];[4,2]", "error: index vectors of 2 elements", {}, indexed},
      {"ScatterNd",
       "[4,1];[4,3];[2]",
       "[5,3]",
       {},
       scattered,
       {{2, Tensor::Vector<int32_t>({5, 3})}}},
      {"ScatterNd", "[4,1];[4,3];[2]", "[?,?]", {}, scattered},
      {"ScatterNd",
       "[4,1];[4,2];[2]",
       "error: shapes of updates",
       {},
       scattered,
       {{2, Tensor::Vector<int32_t>({5, 3})}}},
      {"UnsortedSegmentSum",
       "[4,?,3];[4,2];[]",
       "[7,3]",
       {},
       indexed,
       {{2, Tensor::Scalar<int32_t>(7)}}},
      {"UnsortedSegmentSum", "[4,3];[?];[]", "[?,3]", {}, indexed},
      {"UnsortedSegmentSum", "[4,3];[5];[]", "error: first dimensions", {}, indexed},
      {"Unique", "[5]", "[?];[5]"},
      {"Unique", "[5,2]", "error: rank 1"},
      {"Where", "[5,2]", "[?,2]"},
      {"Where", "?", "[?,?]"},
      {"Where", "[]", "error: rank"},
      {"DynamicStitch",
       "[2];[];[2,3];[3]",
       "[?,3]",
       {},
       {DType::kInt32, DType::kInt32, DType::kFloat, DType::kFloat}},
      {"DynamicStitch",
       "[2];[];[2,3];[4]",
       "error: slices of data",
       {},
       {DType::kInt32, DType::kInt32, DType::kFloat, DType::kFloat}},
  };
  t.errors = {
      {"GatherV2", {"[5,3]", Int32s("[2]", {1, 5}), Int(0)}, "indices[1] = 5 is not in [0, 5)"},
      {"GatherV2", {"[5,3]", Int64s("[2]", {-1, 2}), Int(1)}, "indices[0] = -1 is not in [0, 3)"},
      {"Gather", {"[5,3]", Int32s("[2]", {1, 5})}, "indices[1] = 5 is not in [0, 5)"},
      {"GatherNd", {"[5,3]", Int32s("[2,2]", {1, 2, 0, 3})}, "indices[1,1] = 3 is not in [0, 3)"},
      {"ScatterNd",
       {Int32s("[1,1]", {5}), "[1,3]", Ints({5, 3})},
       "indices[0,0] = 5 is not in [0, 5)"},
      {"UnsortedSegmentSum",
       {"[2,3]", Int32s("[2]", {1, 4}), Int(4)},
       "indices[1] = 4 is not in [0, 4)"},
      {"UnsortedSegmentSum", {"[2,3]", Int32s("[2]", {1, 4}), Int(-1)}, "is negative"},
      {"DynamicStitch", {Int32s("[2]", {1, -1}), "[2,3]"}, "is negative"},
      {"GatherV2",
       {"[5,3]", Int32s("[5]", {0, 0, 0, 3, 0}), Int(1)},
       "indices[3] = 3 is not in [0, 3)",
       {{"batch_dims", int64_t{1}}}},
  };
  AddSegmentCases(&t);
  AddSparseSegmentCases(&t);
  AddSelectionCases(&t);
  AddScatterCases(&t);
  return t;
}

}  // namespace graphrun::test
