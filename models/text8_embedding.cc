// text8_simple with an embedding, after the course's second problem: the cell reads a learned row
// of 128 numbers for each character instead of its one-hot code. Only the rows that a batch reads
// are updated.
//
// Trained on text8 with the defaults, its authors report a validation perplexity of 4.36. On
// 2,177,606 characters of wiki8.txt the mean loss of steps 6501 to 7000 is about 1.388.
#include "models/text8_lstm.h"

namespace graphrun::models {
namespace {

void Build(MetaGraph& meta, const Options& options) {
  const Scope s = Scope::Root(meta);
  const Text8Characters data = Text8Data(s, options);
  const Variable embeddings = Text8Embeddings(s, kText8Symbols, options);
  const Text8Weights weights = Text8LstmWeights(s, options.Int("embedding"), options);
  BuildText8Lstm(s, options, data,
                 {.name = "text8_embedding",
                  .read = ReadEmbedding(embeddings),
                  .gates = SeparateGates(weights)});
}

}  // namespace

ModelSpec Text8EmbeddingModel() {
  std::vector<OptionDef> options = Text8Options(/*max_steps=*/7001, /*decay_steps=*/5000);
  options.push_back(
      {"embedding", "width of the embedding of a character", int64_t{128}, 1, 1 << 20});
  return {"text8_embedding",
          "text8_simple with characters looked up in an embedding.\n"
          "What is looked up is the argmax of the one-hot input.",
          std::move(options), Build};
}

}  // namespace graphrun::models
