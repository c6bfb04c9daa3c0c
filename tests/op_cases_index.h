// Further rows of the op table for ops/index.
#ifndef GRAPHRUN_TESTS_OP_CASES_INDEX_H_
#define GRAPHRUN_TESTS_OP_CASES_INDEX_H_

#include "tests/op_cases.h"

namespace graphrun::test {

void AddSegmentCases(OpTable* t);        // Segment..., UnsortedSegment..., Bincount, DenseBincount
void AddSparseSegmentCases(OpTable* t);  // SparseSegment...
void AddSelectionCases(OpTable* t);  // TopK, InTopK, Unique..., ListDiff, LowerBound, UpperBound
void AddScatterCases(OpTable* t);    // TensorScatter..., DynamicPartition, GatherV2 in batches

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_CASES_INDEX_H_
