// Further rows of the op table for ops/list.
#ifndef GRAPHRUN_TESTS_OP_CASES_LIST_H_
#define GRAPHRUN_TESTS_OP_CASES_LIST_H_

#include "tests/op_cases.h"

namespace graphrun::test {

void AddOptionalCases(OpTable* t);  // Optional...

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_CASES_LIST_H_
