// Rows of the ops in ops/elementwise: the whole table.
#include "tests/op_cases_elementwise.h"

namespace graphrun::test {

OpTable ElementwiseCases() {
  OpTable t;
  AddUnaryCases(&t);
  AddUnaryGradCases(&t);
  AddBinaryCases(&t);
  AddPredicateCases(&t);
  AddChoiceCases(&t);
  AddSumCases(&t);
  AddConversionCases(&t);
  AddSpecialCases(&t);
  AddPassingCases(&t);
  return t;
}

}  // namespace graphrun::test
