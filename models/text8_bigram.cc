// text8_embedding with two consecutive characters at once: a pair selects one of 27·27 rows, and
// the next character is predicted. Pairs overlap, so that a batch of 11 characters has 9 of them
// with a character to predict.
//
// Sampling keeps the last two characters. Validation goes two characters at a time: the pairs do
// not overlap there, as in its authors' program. They report a validation perplexity of 6.8 on
// text8 with the defaults. On 2,177,606 characters of wiki8.txt the mean loss of steps 6501 to 7000
// is about 1.396.
#include "models/text8_lstm.h"

namespace graphrun::models {
namespace {

void Build(MetaGraph& meta, const Options& options) {
  const Scope s = Scope::Root(meta);
  const Text8Characters data = Text8Data(s, options);
  const Variable embeddings = Text8Embeddings(s, kText8Symbols * kText8Symbols, options);
  const Text8Weights weights = Text8LstmWeights(s, options.Int("embedding"), options);
  BuildText8Lstm(s, options, data,
                 {.name = "text8_bigram",
                  .window = 2,
                  .read = ReadEmbedding(embeddings),
                  .gates = SeparateGates(weights)});
}

}  // namespace

ModelSpec Text8BigramModel() {
  std::vector<OptionDef> options =
      Text8Options(/*max_steps=*/7001, /*decay_steps=*/5000, /*window=*/2);
  options.push_back({"embedding", "width of the embedding of a pair", int64_t{128}, 1, 1 << 20});
  return {"text8_bigram",
          "text8_embedding with two consecutive characters read at once.\n"
          "A pair is a row of 729; characters, not pairs, are predicted.",
          std::move(options), Build};
}

}  // namespace graphrun::models
