// What the rows of the op table for ops/layout share.
#ifndef GRAPHRUN_TESTS_OP_CASES_LAYOUT_H_
#define GRAPHRUN_TESTS_OP_CASES_LAYOUT_H_

#include <functional>
#include <vector>

#include "tests/op_cases.h"

namespace graphrun::test {

using Position = std::vector<int64_t>;

// An array of this shape whose elements fn gives.
Array Make(const Shape& shape, const std::function<double(const Position&)>& fn);
// One output of a fixed shape, the element at each position taken from input `input` at another.
Reference From(const char* shape, std::function<Position(Position)> source, int input = 0);
// A fed int32 vector.
OpInput FedInts(std::vector<int32_t> values);

void AddJoinCases(OpTable* t);      // ConcatV2, ConcatOffset, Split, SplitV, Pack, Unpack
void AddSliceCases(OpTable* t);     // Slice, StridedSlice, StridedSliceGrad, Pad
void AddRepeatCases(OpTable* t);    // Tile, Fill, BroadcastTo, OneHot
void AddMirrorCases(OpTable* t);    // MirrorPad, PadV2, Diag, Roll, Bitcast and their like
void AddDiagonalCases(OpTable* t);  // MatrixDiag and its like

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_CASES_LAYOUT_H_
