// SampleLoop: a graph that writes text by itself: one While that reads a prime and then draws
// symbol after symbol.
#ifndef GRAPHRUN_MODELS_SAMPLE_LOOP_H_
#define GRAPHRUN_MODELS_SAMPLE_LOOP_H_

#include <cstdint>
#include <functional>

#include "models/nn/rnn_cells.h"
#include "proto/plan.pb.h"

namespace graphrun::models {

struct SampleLoopOptions {
  // int32 [symbols]: what is read when nothing is fed; `window` times symbol 0 if not set.
  Expr prime = {};
  int64_t length = 100;  // symbols to draw when nothing is fed
  int64_t window = 1;    // symbols that a step reads
};

// One symbol later: `window` int32 [window] are the last symbols read, the newest at the end.
// Returns logits [1, symbols] (output) and the state, of the shapes that came in. It is called with
// the scope of a loop body, in the variable scope that SampleLoop was given.
using SampleStep = std::function<nn::CellResult(const Scope&, Expr window, const nn::State&)>;

// Tensors of a sampling graph, which also become the MetaGraph's signature "sample".
struct SampleLoopResult {
  Expr prime;        // int32 [p], p >= window; fed or the default
  Expr length;       // int32 scalar, >= 0
  Expr temperature;  // float32 scalar: logits are divided by it; default 1, and 0 draws the highest
  Expr samples;      // int32 [length]
};

// `state` is the state before the prime, whose first `window` symbols are the first window. Each
// draw is one of Multinomial's. A prime of fewer symbols is INVALID_ARGUMENT at run time, and so
// are, here, an option below 0, a window of 0, and logits of another shape.
SampleLoopResult SampleLoop(const Scope& scope, const SampleStep& step, const nn::State& state,
                            const SampleLoopOptions& options);

// Names of the result's tensors, for a plan.
void FillGraphSampler(const SampleLoopResult& loop, pb::GraphSampler* sampler);

}  // namespace graphrun::models

#endif  // GRAPHRUN_MODELS_SAMPLE_LOOP_H_
