// What the files of element-wise rows share.
#ifndef GRAPHRUN_TESTS_OP_CASES_ELEMENTWISE_H_
#define GRAPHRUN_TESTS_OP_CASES_ELEMENTWISE_H_

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/op_cases.h"

namespace graphrun::test {

inline const std::vector<DType> kIntRow = {DType::kInt32, DType::kInt64};
inline const std::vector<DType> kFloatRow = {DType::kFloat, DType::kDouble};
inline const std::vector<DType> kBoolRow = {DType::kBool};
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInf = std::numeric_limits<double>::infinity();

inline double SigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }

void AddUnaryCases(OpTable* t);
void AddUnaryGradCases(OpTable* t);  // TanhGrad and its like
void AddBinaryCases(OpTable* t);
void AddPredicateCases(OpTable* t);
void AddChoiceCases(OpTable* t);      // Select, ClipByValue
void AddSumCases(OpTable* t);         // AddN, BiasAdd
void AddConversionCases(OpTable* t);  // Cast, Identity, shapes of gradients
void AddSpecialCases(OpTable* t);     // Lgamma, Atan2, LeakyRelu, bits and their like
void AddPassingCases(OpTable* t);     // IdentityN and its like, Cast of small types

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_CASES_ELEMENTWISE_H_
