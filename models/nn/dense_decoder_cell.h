// DenseDecoderCell: a recurrent cell whose outputs are already logits.
#ifndef GRAPHRUN_MODELS_NN_DENSE_DECODER_CELL_H_
#define GRAPHRUN_MODELS_NN_DENSE_DECODER_CELL_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "models/nn/rnn_cells.h"

namespace graphrun::nn {

// Another cell with a dense layer on its output: output = activation(cell(inputs)·kernel + bias),
// [batch, units]. The state is the cell's. Below its variable scope "dense_decoder_cell" it has the
// cell's variables, then dense/kernel [cell's output size, units] and dense/bias [units].
class DenseDecoderCell final : public RNNCell {
 public:
  struct Options {
    Activation activation = {};           // none
    Initializer kernel_initializer = {};  // the scope's, Glorot uniform by default
    Initializer bias_initializer = {};    // zeros
    std::string name = {};                // of the variable scope
  };
  // INVALID_ARGUMENT when `cell` is null or puts out no vectors, or units is below 1.
  DenseDecoderCell(CellPtr cell, int64_t units) : DenseDecoderCell(std::move(cell), units, {}) {}
  DenseDecoderCell(CellPtr cell, int64_t units, Options options);
  std::vector<Shape> state_size() const override { return cell_->state_size(); }
  bool IsMemory(int i) const override { return cell_->IsMemory(i); }
  Shape output_size() const override { return {units_}; }
  State ZeroState(const Scope& scope, const Dim& batch, DType dtype) const override;

 private:
  CellResult Call(const Scope& scope, Expr inputs, const State& state) override;
  CellPtr cell_;
  int64_t units_;
  Options options_;
};

}  // namespace graphrun::nn

#endif  // GRAPHRUN_MODELS_NN_DENSE_DECODER_CELL_H_
