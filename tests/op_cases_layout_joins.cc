// Rows of the op table for ops/layout: concatenating, splitting, stacking.
#include "tests/op_cases_layout.h"

namespace graphrun::test {
namespace {

// The first n inputs side by side.
Reference Joined(int n, int axis) {
  return [=](const Arrays& in) -> Arrays {
    Shape shape = in[0].shape;
    int64_t total = 0;
    for (int i = 0; i < n; ++i) total += in[i].dim(axis);
    shape.Set(axis, total);
    return {Make(shape, [&](Position p) {
      int i = 0;
      while (p[axis] >= in[i].dim(axis)) p[axis] -= in[i++].dim(axis);
      return in[i].at(p);
    })};
  };
}

// Parts of in[input] of these sizes.
Reference Cut(int input, int axis, std::vector<int64_t> sizes) {
  return [=](const Arrays& in) {
    Arrays out;
    int64_t begin = 0;
    for (const int64_t size : sizes) {
      Shape shape = in[input].shape;
      shape.Set(axis, size);
      out.push_back(Make(shape, [&](Position p) {
        p[axis] += begin;
        return in[input].at(p);
      }));
      begin += size;
    }
    return out;
  };
}

}  // namespace

void AddJoinCases(OpTable* t) {
  const auto add = [&](OpCase c) {
    c.zero_second = true;
    t->cases.push_back(std::move(c));
  };
  add({.op = "ConcatV2",
       .inputs = {"[2,3]", "[2,4]", "[2,5]", Int(1)},
       .reference = Joined(3, 1),
       .grad = {0, 1, 2}});
  add({.op = "ConcatV2",
       .inputs = {"[2,3]", "[4,3]", Int(-2)},
       .label = "first",
       .reference = Joined(2, 0),
       .grad = {0, 1}});
  add({.op = "ConcatV2",
       .inputs = {"[2,3,4]", "[2,5,4]", Int(1)},
       .label = "middle",
       .reference = Joined(2, 1),
       .grad = {0, 1}});
  add({.op = "ConcatV2",
       .inputs = {"[2,3]", "[2,4]", Fed(Tensor::Scalar<int32_t>(1))},
       .label = "fed_axis",
       .reference = Joined(2, 1),
       .grad = {0, 1}});
  add({.op = "ConcatV2",
       .inputs = {"[2,0]", "[2,4]", Int(1)},
       .label = "empty",
       .reference = Joined(2, 1)});
  add({.op = "ConcatV2",
       .inputs = {"[300,130]", "[300,70]", Int(1)},
       .label = "large",
       .reference = Joined(2, 1)});
  add({.op = "ConcatOffset",
       .inputs = {Int(1), FedInts({2, 3, 4}), FedInts({2, 5, 4}), FedInts({2, 1, 4})},
       .expected = {Array("[3]", {0, 0, 0}), Array("[3]", {0, 3, 0}), Array("[3]", {0, 8, 0})}});
  add({.op = "Split",
       .inputs = {Int(1), "[2,6]"},
       .attrs = {{"num_split", int64_t{3}}},
       .reference = Cut(1, 1, {2, 2, 2}),
       .grad = {1}});
  add({.op = "Split",
       .inputs = {Int(-3), "[4,3,2]"},
       .attrs = {{"num_split", int64_t{2}}},
       .label = "first",
       .reference = Cut(1, 0, {2, 2}),
       .grad = {1},
       .grad_outputs = {1}});
  add({.op = "Split",
       .inputs = {Int(0), "[4]"},
       .attrs = {{"num_split", int64_t{1}}},
       .label = "whole",
       .reference = Cut(1, 0, {4}),
       .grad = {1}});
  add({.op = "SplitV",
       .inputs = {"[2,6]", Ints({1, -1, 2}), Int(1)},
       .attrs = {{"num_split", int64_t{3}}},
       .reference = Cut(0, 1, {1, 3, 2}),
       .grad = {0}});
  add({.op = "SplitV",
       .inputs = {"[5,2]", Fed(Tensor::Vector<int64_t>({3, 0, 2})), Int(0)},
       .attrs = {{"num_split", int64_t{3}}},
       .label = "fed",
       .reference = Cut(0, 0, {3, 0, 2}),
       .grad = {0}});
  for (const int axis : {0, 1, 2}) {
    const Reference packed = [axis](const Arrays& in) -> Arrays {
      Position dims(in[0].shape.dims().begin(), in[0].shape.dims().end());
      dims.insert(dims.begin() + axis, static_cast<int64_t>(in.size()));
      return {Make(Shape(dims), [&](Position p) {
        const int64_t i = p[axis];
        p.erase(p.begin() + axis);
        return in[i].at(p);
      })};
    };
    add({.op = "Pack",
         .inputs = {"[2,3]", "[2,3]", "[2,3]", "[2,3]"},
         .attrs = {{"axis", int64_t{axis - 3}}},
         .label = "axis_" + std::to_string(axis),
         .reference = packed,
         .grad = {0, 3}});
    const Reference unpacked = [axis](const Arrays& in) {
      Arrays out;
      for (int64_t i = 0; i < in[0].dim(axis); ++i) {
        out.push_back(Make(Concatenate(in[0].shape.Slice(0, axis), in[0].shape.From(axis + 1)),
                           [&](Position p) {
                             p.insert(p.begin() + axis, i);
                             return in[0].at(p);
                           }));
      }
      return out;
    };
    add({.op = "Unpack",
         .inputs = {"[2,3,4]"},
         .attrs = {{"num", int64_t{axis + 2}}, {"axis", int64_t{axis}}},
         .label = "axis_" + std::to_string(axis),
         .reference = unpacked,
         .grad = {0},
         .grad_outputs = {0, 1}});
  }
  add({.op = "Pack",
       .inputs = {"[]", "[]"},
       .label = "scalars",
       .reference = [](const Arrays& in) -> Arrays {
         return {Array("[2]", {in[0].v[0], in[1].v[0]})};
       },
       .grad = {0, 1}});
  const std::vector<DType> axis_last = {DType::kFloat, DType::kFloat, DType::kInt32};
  const std::vector<DType> axis_first = {DType::kInt32};
  const auto scalar = [](int i, int32_t v) { return std::pair(i, Tensor::Scalar(v)); };
  const AttrMap in_two = {{"num_split", int64_t{2}}};
  t->shapes.insert(
      t->shapes.end(),
      {
          {"ConcatV2", "[2,?];[?,4];[]", "[2,?]", {}, {}, {scalar(2, 1)}},
          {"ConcatV2", "[2,3];[?,4];[]", "[2,7]", {}, {}, {scalar(2, -1)}},
          {"ConcatV2", "[2,3];?;[]", "[?,?]", {}, axis_last},
          {"ConcatV2",
           "[2,3];[3,4];[]",
           "error: dimensions other than the one concatenated",
           {},
           {},
           {scalar(2, 1)}},
          {"ConcatV2", "[2,3];[2];[]", "error: rank 2", {}, {}, {scalar(2, 1)}},
          {"ConcatV2", "[2,3];[2,4];[]", "error: axis 2 is out of range", {}, {}, {scalar(2, 2)}},
          {"ConcatOffset",
           "[];[3];[3]",
           "[3];[3]",
           {},
           {DType::kInt32, DType::kInt32, DType::kInt32}},
          {"ConcatOffset",
           "[];[3,1];[3]",
           "error: rank 1",
           {},
           {DType::kInt32, DType::kInt32, DType::kInt32}},
          {"Split", "[];[?,6]", "[?,3];[?,3]", in_two, {}, {scalar(0, 1)}},
          {"Split", "[];[4,6]", "[?,?];[?,?]", in_two, axis_first},
          {"Split",
           "[];[?,5]",
           "error: cannot be cut into 2 equal parts",
           in_two,
           {},
           {scalar(0, 1)}},
          {"SplitV",
           "[?,6];[2];[]",
           "[?,2];[?,4]",
           in_two,
           {},
           {{1, Tensor::Vector<int32_t>({2, -1})}, scalar(2, 1)}},
          {"SplitV",
           "[4,6];[2];[]",
           "[4,?];[4,?]",
           in_two,
           {DType::kFloat, DType::kInt32},
           {scalar(2, 1)}},
          {"SplitV",
           "[4,6];[2];[]",
           "error: do not fit dimension 1",
           in_two,
           {},
           {{1, Tensor::Vector<int32_t>({2, 3})}, scalar(2, 1)}},
          {"SplitV",
           "[4,6];[3];[]",
           "error: number of sizes",
           in_two,
           {DType::kFloat, DType::kInt32},
           {scalar(2, 1)}},
          {"Pack", "[2,?];[?,3]", "[2,2,3]"},
          {"Pack", "[4,?];[?,3]", "[4,3,2]", {{"axis", int64_t{-1}}}},
          {"Pack", "[2];[3]", "error: shapes of the packed tensors"},
          {"Pack", "[2];[2]", "error: axis 2 is out of range", {{"axis", int64_t{2}}}},
          {"Unpack", "[?,3]", "[3];[3]", {{"num", int64_t{2}}}},
          {"Unpack", "[4,3]", "error: size of the unpacked dimension", {{"num", int64_t{2}}}},
      });
  t->errors.push_back(
      {"ConcatOffset", {Int(1), FedInts({2, 3}), FedInts({3, 3})}, "differ in dimension 0"});
  t->errors.push_back(
      {"SplitV", {"[4]", FedInts({2, 3}), Int(0)}, "do not fit dimension 0", in_two});
}

}  // namespace graphrun::test
