#include "models/nn/dense_decoder_cell.h"

#include <utility>

#include "core/base/error.h"
#include "models/nn/layers.h"

namespace graphrun::nn {

DenseDecoderCell::DenseDecoderCell(CellPtr cell, int64_t units, Options options)
    : RNNCell("DenseDecoderCell", Opens::kComposite, options.name),
      cell_(std::move(cell)),
      units_(units),
      options_(std::move(options)) {
  if (cell_ == nullptr) {
    ThrowInvalid("DenseDecoderCell: what it is to wrap is no cell; give it a cell");
  }
  if (cell_->output_size().rank() != 1) {
    ThrowInvalid("DenseDecoderCell: the output of a " + cell_->class_name() + " is " +
                 cell_->output_size().ToString() + "; a dense layer takes vectors");
  }
  if (units < 1) {
    ThrowInvalid("DenseDecoderCell: units must be positive, not " + std::to_string(units));
  }
}

State DenseDecoderCell::ZeroState(const Scope& scope, const Dim& batch, DType dtype) const {
  return cell_->ZeroState(scope.NameScope(class_name() + "ZeroState"), batch, dtype);
}

CellResult DenseDecoderCell::Call(const Scope& scope, Expr inputs, const State& state) {
  CellResult result = (*cell_)(scope, inputs, state);
  result.output = Dense(scope, result.output, units_,
                        {.activation = options_.activation,
                         .kernel_initializer = options_.kernel_initializer,
                         .bias_initializer = options_.bias_initializer,
                         .name = "dense"});
  return result;
}

}  // namespace graphrun::nn
