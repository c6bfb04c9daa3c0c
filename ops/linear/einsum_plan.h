// Einsum's equations, and how one applies to inputs of given shapes.
#ifndef GRAPHRUN_OPS_LINEAR_EINSUM_PLAN_H_
#define GRAPHRUN_OPS_LINEAR_EINSUM_PLAN_H_

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "core/base/shape.h"

namespace graphrun::ops::einsum {

inline constexpr int kMaxRank = 8;      // of inputs and output
inline constexpr char kEllipsis = '.';  // stands for "..." in a subscript

// One label for each dimension, and kEllipsis at most once.
struct Subscript {
  std::string_view text;  // of the equation, with "..." written out
  bool ellipsis = false;
  int named = 0;
};

// "ij,jk->ik" with one or two inputs. The text must outlive it.
struct Equation {
  std::array<Subscript, 2> in;
  int num_inputs = 0;
  Subscript out;
};
// INVALID_ARGUMENT when it is none.
Equation Parse(std::string_view text);

// What a label stands for. Dimensions of an ellipsis have labels too, counted from the last.
struct Label {
  int name = 0;
  int64_t size = kUnknownDim;
  // Distance of neighbours in inputs 0 and 1 and in the output, in elements. A label that occurs
  // twice walks along the diagonal.
  std::array<int64_t, 3> stride{};
  std::array<bool, 3> in{};  // an input in which an ellipsis is broadcast along it does not have it
};

// The labels of an equation for inputs of known ranks. INVALID_ARGUMENT when they do not fit,
// UNIMPLEMENTED for a rank above kMaxRank.
// Strides have a meaning only when the shapes are fully known.
class Plan {
 public:
  Plan(const Equation& equation, std::span<const Shape> inputs);
  const Shape& output() const { return output_; }
  std::span<const Label> labels() const { return {labels_.data(), static_cast<size_t>(count_)}; }
  bool repeats_in_output() const { return repeats_in_output_; }

 private:
  static constexpr int kMaxLabels = 3 * kMaxRank;
  Label* Find(int name);
  void AddInput(int input, const Subscript& subscript, const Shape& shape);
  void SetStrides(int input, const Subscript& subscript, const Shape& shape);
  void SetOutput(const Subscript& subscript);

  std::array<Label, kMaxLabels> labels_{};
  int count_ = 0;
  int ellipsis_rank_ = 0;
  Shape output_;
  bool repeats_in_output_ = false;
};

}  // namespace graphrun::ops::einsum

#endif  // GRAPHRUN_OPS_LINEAR_EINSUM_PLAN_H_
