// What the five character models of Udacity's deep learning course (its assignment on LSTMs) share:
// a memory cell made by hand, unrolled over one-hot placeholders, with its state kept in variables
// from batch to batch; training; the same cell one character at a time; the plan. After Hochreiter
// and Schmidhuber, "Long short-term memory", 1997, with the forget gates of Gers et al., 2000.
//
// A variant says what the cell reads and how its four gates are computed (text8_simple.cc, ...).
#ifndef GRAPHRUN_MODELS_TEXT8_LSTM_H_
#define GRAPHRUN_MODELS_TEXT8_LSTM_H_

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "core/build/scope.h"
#include "models/model_registry.h"
#include "models/text8_corpus.h"

namespace graphrun::models {

// The weights of one gate.
struct Text8Gate {
  Variable x;  // [width, nodes], for what the cell reads
  Variable m;  // [nodes, nodes], for its last output
  Variable b;  // [1, nodes]
};
// The gates of input, forgetting, new memory and output, in this order.
inline constexpr size_t kText8Gates = 4;
using Text8Weights = std::array<Text8Gate, kText8Gates>;
using Text8Sums = std::array<Expr, kText8Gates>;  // [n, nodes] each, not squashed yet

// One-hot characters, float32 [n, 27] each, the newest at the end.
using Text8Characters = std::vector<Expr>;

// What the cell reads of `window` characters, [n, width].
using Text8Read = std::function<Expr(const Scope&, const Text8Characters&)>;
// Sums of the gates, for what the cell reads and its last output [n, nodes].
using Text8Gating = std::function<Text8Sums(const Scope&, Expr, Expr)>;

struct Text8Variant {
  std::string name;
  size_t window = 1;  // characters that the cell reads at once
  Text8Read read;
  // Done to it while training only; nothing if not set.
  std::function<Expr(const Scope&, Expr)> regularize = {};
  Text8Gating gates;
};

// --- the parts that a variant is made of, to be called in this order

// The options of all variants. Rows have more than `window` characters, so many as the cell reads
// at once.
std::vector<OptionDef> Text8Options(int64_t max_steps, int64_t decay_steps, int64_t window = 1);
// Placeholders data0, data1, ...: one-hot characters of batches of `steps` + 1.
Text8Characters Text8Data(const Scope& scope, const Options& options);
// The variable `embeddings` [rows, options.embedding], uniform in [-1, 1).
Variable Text8Embeddings(const Scope& scope, int64_t rows, const Options& options);
// Variables ix, im, ib, fx, ..., ob.
Text8Weights Text8LstmWeights(const Scope& scope, int64_t width, const Options& options);
// Everything else, into the model of `scope`.
void BuildText8Lstm(const Scope& scope, const Options& options, const Text8Characters& data,
                    const Text8Variant& variant);

// --- what variants have in common

// The one-hot character itself.
Text8Read ReadOneHot();
// A row of `embeddings`, [27^k, width]: for k characters the first + 27 * the second + ...
Text8Read ReadEmbedding(const Variable& embeddings);
// Products of each gate's own: what is read · x + output · m + b.
Text8Gating SeparateGates(const Text8Weights& weights);

}  // namespace graphrun::models

#endif  // GRAPHRUN_MODELS_TEXT8_LSTM_H_
