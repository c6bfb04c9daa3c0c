// Further rows of the op table for ops/random.
#ifndef GRAPHRUN_TESTS_OP_CASES_RANDOM_H_
#define GRAPHRUN_TESTS_OP_CASES_RANDOM_H_

#include "tests/op_cases.h"

namespace graphrun::test {

void AddStatelessCases(OpTable* t);  // Stateless...

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_CASES_RANDOM_H_
