// What the files of rows for ops/linear share.
#ifndef GRAPHRUN_TESTS_OP_CASES_LINEAR_H_
#define GRAPHRUN_TESTS_OP_CASES_LINEAR_H_

#include "tests/op_cases.h"

namespace graphrun::test {

void AddEinsumCases(OpTable* t);  // Einsum, Qr, MatrixTriangularSolve, Cross

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_CASES_LINEAR_H_
