// What all models of text8 share: lower-case English of the letters a to z and the space.
#ifndef GRAPHRUN_MODELS_TEXT8_CORPUS_H_
#define GRAPHRUN_MODELS_TEXT8_CORPUS_H_

#include <cstdint>

#include "proto/plan.pb.h"

namespace graphrun::models {

inline constexpr int64_t kText8Symbols = 27;

enum class Text8Space { kFirst, kLast };  // the space's id is 0, or 26

// Fills in corpus and vocabulary, but for the parts that the splits get. The files are text8, the
// first 10^8 characters of a cleaned Wikipedia (M. Mahoney, "About the test data", 2006), or
// wiki8.txt. Other characters are read as spaces.
void FillText8(Text8Space space, pb::RunPlan* plan);

}  // namespace graphrun::models

#endif  // GRAPHRUN_MODELS_TEXT8_CORPUS_H_
