// The character model of Udacity's deep learning course, as its notebook gives it: four gates, each
// with two matrices of its own, that read one-hot characters.
//
// Trained on text8 with the defaults, its authors report a validation perplexity of 4.27. On
// 2,177,606 characters of wiki8.txt the mean loss of steps 6501 to 7000 is about 1.400.
#include "models/text8_lstm.h"

namespace graphrun::models {
namespace {

void Build(MetaGraph& meta, const Options& options) {
  const Scope s = Scope::Root(meta);
  const Text8Characters data = Text8Data(s, options);
  const Text8Weights weights = Text8LstmWeights(s, kText8Symbols, options);
  BuildText8Lstm(s, options, data,
                 {.name = "text8_simple", .read = ReadOneHot(), .gates = SeparateGates(weights)});
}

}  // namespace

ModelSpec Text8SimpleModel() {
  return {"text8_simple",
          "Character-level LSTM of Udacity's course: one-hot inputs, a hand-made cell with four "
          "gates.\n"
          "Unrolled; its state is kept in variables. SGD whose rate falls in steps, clipped "
          "gradients.",
          Text8Options(/*max_steps=*/7001, /*decay_steps=*/5000), Build};
}

}  // namespace graphrun::models
