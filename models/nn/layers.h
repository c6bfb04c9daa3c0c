// Layers, masks and losses, as tf.layers, tf.nn and tf.contrib.seq2seq.
#ifndef GRAPHRUN_MODELS_NN_LAYERS_H_
#define GRAPHRUN_MODELS_NN_LAYERS_H_

#include <optional>
#include <string>

#include "models/nn/rnn_cells.h"

namespace graphrun::nn {

struct DenseOptions {
  Activation activation = {};  // none
  bool use_bias = true;
  Initializer kernel_initializer = {};  // the scope's, Glorot uniform by default
  Initializer bias_initializer = {};    // zeros
  Regularizer kernel_regularizer = {};
  bool trainable = true;
  std::string name = {};  // of the variable scope; "dense", "dense_1", ... when empty
  Reuse reuse = Reuse::kFalse;
};
// activation(x·kernel + bias) over the last dimension: x [..., n] of rank 2 or more to [...,
// units], floating. Variables dense/kernel [n, units], dense/bias [units]. INVALID_ARGUMENT when n
// is unknown.
Expr Dense(const Scope& scope, Expr x, int64_t units, const DenseOptions& options = {});

// Contraction of x's last dimension with w [n, m]: [..., n] to [..., m], as tf.tensordot(x, w, 1).
Expr Tensordot(const Scope& scope, Expr x, Expr w);

// Rows of params [n, ...] by ids (int32 or int64, any shape): ids.shape + [...]. The gradient is
// sparse. An id outside [0, n) is INVALID_ARGUMENT at run time.
Expr EmbeddingLookup(const Scope& scope, Expr params, Expr ids);

// x with each element zero with probability `rate` and else divided by 1 - rate; x's shape,
// floating. rate in [0, 1); 0 gives x itself. After Srivastava et al., "Dropout: a simple way to
// prevent neural networks from overfitting", 2014.
Expr Dropout(const Scope& scope, Expr x, double rate, std::optional<int64_t> seed = {});
// The same with a scalar tensor of x's dtype as the rate, which is not checked.
Expr Dropout(const Scope& scope, Expr x, Expr rate, std::optional<int64_t> seed = {});

// ids (any integer shape) to ids.shape + [depth]: 1 at the id, 0 elsewhere; an id outside [0,
// depth) gives zeros.
Expr OneHot(const Scope& scope, Expr ids, const Dim& depth, DType dtype = DType::kFloat);

// lengths (integers, any shape) to lengths.shape + [maxlen]: one (true) at positions before the
// length. maxlen is the greatest length when it is not given.
Expr SequenceMask(const Scope& scope, Expr lengths, std::optional<Dim> maxlen = {},
                  DType dtype = DType::kBool);

// -ln softmax(logits)[label]: labels int [...], logits [..., classes], to [...]; ranks 0 and up for
// labels.
Expr SparseSoftmaxCrossEntropy(const Scope& scope, Expr labels, Expr logits);
// -Σ labels·ln softmax(logits): both [..., classes], to [...]. No gradient goes to the labels.
Expr SoftmaxCrossEntropy(const Scope& scope, Expr labels, Expr logits);

struct SequenceLossOptions {
  bool average_across_timesteps = true;
  bool average_across_batch = true;
};
// Weighted cross-entropy of logits [batch, time, classes] against targets int [batch, time] with
// weights [batch, time] of the logits' dtype. Over the dimensions that are averaged: Σ loss·weight
// / Σ weight, 0 where no weight is. Shape [], [time] (over the batch only), [batch] (over time
// only), or [batch, time].
Expr SequenceLoss(const Scope& scope, Expr logits, Expr targets, Expr weights,
                  const SequenceLossOptions& options = {});

// scale · Σ v² / 2, to be given to GetVariable or a variable scope; collected in
// REGULARIZATION_LOSSES.
Regularizer L2Regularizer(double scale);

}  // namespace graphrun::nn

#endif  // GRAPHRUN_MODELS_NN_LAYERS_H_
