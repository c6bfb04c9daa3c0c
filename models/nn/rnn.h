// Recurrences over time, as tf.nn.dynamic_rnn, static_rnn, bidirectional_dynamic_rnn.
#ifndef GRAPHRUN_MODELS_NN_RNN_H_
#define GRAPHRUN_MODELS_NN_RNN_H_

#include <string>
#include <vector>

#include "models/nn/rnn_cells.h"

namespace graphrun::nn {

struct RnnOptions {
  // int32 or int64 [batch]: from step sequence_length[b] on, row b puts out zeros and keeps its
  // state.
  Expr sequence_length = {};
  State initial_state = {};       // zeros of `dtype` when empty
  DType dtype = DType::kInvalid;  // needed without initial_state
  // Inputs and outputs are [time, batch, ...] rather than [batch, time, ...].
  bool time_major = false;
  int64_t parallel_iterations = 32;  // kept for TensorFlow
  std::string scope = "rnn";
};

struct RnnResult {
  Expr outputs;  // [batch, time, output size...], or time-major
  State state;   // after the last step of each row
};

// Runs `cell` over the time steps of inputs [batch, time, size...] by one While. Batch and time may
// be unknown; there may be no time steps at all. With lengths it makes as many trips as the longest
// row has steps (one at least, if there are steps). INVALID_ARGUMENT when an input size is unknown,
// neither initial_state nor dtype is given, or sequence_length is no vector of the batch's size
// (that at run time when it is unknown before).
RnnResult DynamicRnn(const Scope& scope, RNNCell& cell, Expr inputs,
                     const RnnOptions& options = {});

struct StaticRnnResult {
  std::vector<Expr> outputs;  // one for each input, [batch, output size...]
  State state;
};

// The same unrolled: inputs are one tensor [batch, size...] for each step; time_major and
// parallel_iterations do not matter. With lengths, a step that no row reaches is not computed (an
// If). INVALID_ARGUMENT as above, and without inputs.
StaticRnnResult StaticRnn(const Scope& scope, RNNCell& cell, const std::vector<Expr>& inputs,
                          const RnnOptions& options = {});

struct BidirectionalOptions {
  Expr sequence_length = {};
  State initial_state_fw = {}, initial_state_bw = {};
  DType dtype = DType::kInvalid;
  bool time_major = false;
  int64_t parallel_iterations = 32;
  std::string scope = "bidirectional_rnn";
};
struct BidirectionalResult {
  RnnResult fw, bw;  // bw.outputs are in the order of the inputs
};

// One cell forwards (scope "fw") and one backwards ("bw"), each row reversed within its length.
// After Schuster and Paliwal, "Bidirectional recurrent neural networks", 1997.
BidirectionalResult BidirectionalDynamicRnn(const Scope& scope, RNNCell& cell_fw, RNNCell& cell_bw,
                                            Expr inputs, const BidirectionalOptions& options = {});

}  // namespace graphrun::nn

#endif  // GRAPHRUN_MODELS_NN_RNN_H_
