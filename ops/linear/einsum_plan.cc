#include "ops/linear/einsum_plan.h"

#include <algorithm>

#include "core/base/error.h"
#include "ops/axis.h"

namespace graphrun::ops::einsum {
namespace {

constexpr int kFirstOfEllipsis = 256;  // beyond all characters

[[noreturn]] void ThrowEquation(std::string_view text, const char* why) {
  ThrowInvalid("Einsum equation '" + std::string(text) + "' " + why);
}

Subscript ParseSubscript(std::string_view equation, std::string_view text) {
  Subscript s{text};
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != kEllipsis) {
      ++s.named;
      continue;
    }
    if (s.ellipsis || text.substr(i, 3) != "...")
      ThrowEquation(equation, "has a dot that is no part of its ellipsis");
    s.ellipsis = true;
    i += 2;
  }
  return s;
}

// The labels of a subscript whose ellipsis stands for `ellipsis_rank` dimensions.
struct Names {
  std::array<int, kMaxRank> at{};
  int rank = 0;
};
Names NamesOf(const Subscript& s, int ellipsis_rank) {
  Names names;
  const int rank = s.named + (s.ellipsis ? ellipsis_rank : 0);
  if (rank > kMaxRank) {
    throw Error(Code::kUnimplemented, "Einsum: the subscript '" + std::string(s.text) +
                                          "' stands for rank " + std::to_string(rank) +
                                          "; more than " + std::to_string(kMaxRank) +
                                          " are not implemented");
  }
  for (size_t i = 0; i < s.text.size(); ++i) {
    if (s.text[i] != kEllipsis) {
      names.at[names.rank++] = static_cast<unsigned char>(s.text[i]);
      continue;
    }
    for (int d = ellipsis_rank - 1; d >= 0; --d) names.at[names.rank++] = kFirstOfEllipsis + d;
    i += 2;
  }
  return names;
}

}  // namespace

Equation Parse(std::string_view text) {
  const size_t arrow = text.find("->");
  if (arrow == std::string_view::npos || text.find("->", arrow + 2) != std::string_view::npos)
    ThrowEquation(text, "must have one '->' between inputs and output");
  Equation e;
  std::string_view inputs = text.substr(0, arrow);
  for (bool more = true; more;) {
    const size_t comma = inputs.find(',');
    more = comma != std::string_view::npos;
    if (e.num_inputs == 2) ThrowEquation(text, "must have one or two inputs");
    e.in[e.num_inputs++] = ParseSubscript(text, inputs.substr(0, comma));
    if (more) inputs.remove_prefix(comma + 1);
  }
  e.out = ParseSubscript(text, text.substr(arrow + 2));
  return e;
}

Plan::Plan(const Equation& equation, std::span<const Shape> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    AddInput(static_cast<int>(i), equation.in[i], inputs[i]);
  for (size_t i = 0; i < inputs.size(); ++i)
    SetStrides(static_cast<int>(i), equation.in[i], inputs[i]);
  SetOutput(equation.out);
}

Label* Plan::Find(int name) {
  for (int i = 0; i < count_; ++i) {
    if (labels_[i].name == name) return &labels_[i];
  }
  return nullptr;
}

void Plan::AddInput(int input, const Subscript& subscript, const Shape& shape) {
  const int rest = shape.rank() - subscript.named;
  if (rest < 0 || (rest > 0 && !subscript.ellipsis)) {
    ThrowInvalid("Einsum: input " + std::to_string(input) + " of shape " + shape.ToString() +
                 " does not have the rank of its subscript '" + std::string(subscript.text) + "'");
  }
  if (subscript.ellipsis) ellipsis_rank_ = std::max(ellipsis_rank_, rest);
  const Names names = NamesOf(subscript, rest);
  for (int i = 0; i < names.rank; ++i) {
    const int64_t size = shape[i];
    Label* label = Find(names.at[i]);
    if (label == nullptr) {
      label = &labels_[count_++];
      label->name = names.at[i];
      label->size = size;
    } else if (label->name >= kFirstOfEllipsis && (label->size == 1 || size == 1)) {
      label->size = label->size == 1 ? size : label->size;
    } else if (label->size < 0 || size < 0) {
      label->size = std::max(label->size, size);
    } else if (label->size != size) {
      ThrowInvalid("Einsum: dimension " + std::to_string(i) + " of input " + std::to_string(input) +
                   ", of shape " + shape.ToString() + ", should be " + std::to_string(label->size) +
                   " as the other of its label in the equation");
    }
  }
}

void Plan::SetStrides(int input, const Subscript& subscript, const Shape& shape) {
  const Names names = NamesOf(subscript, shape.rank() - subscript.named);
  if (!shape.fully_known()) return;
  const auto strides = Strides(shape);
  for (int i = 0; i < names.rank; ++i) {
    Label* label = Find(names.at[i]);
    if (shape[i] == 1 && label->size != 1) continue;
    label->in[input] = true;
    label->stride[input] += strides[i];
  }
}

void Plan::SetOutput(const Subscript& subscript) {
  if (ellipsis_rank_ > 0 && !subscript.ellipsis) {
    ThrowInvalid("Einsum: the inputs' ellipsis stands for " + std::to_string(ellipsis_rank_) +
                 " dimensions; the output '" + std::string(subscript.text) +
                 "' must have an ellipsis too");
  }
  const Names names = NamesOf(subscript, ellipsis_rank_);
  std::array<Label*, kMaxRank> found{};
  for (int i = 0; i < names.rank; ++i) {
    found[i] = Find(names.at[i]);
    if (found[i] == nullptr) {
      ThrowInvalid("Einsum: the output's label '" + std::string(1, static_cast<char>(names.at[i])) +
                   "' is in no input");
    }
    output_.Append(found[i]->size);
  }
  if (!output_.fully_known()) return;
  const auto strides = Strides(output_);
  for (int i = 0; i < names.rank; ++i) {
    repeats_in_output_ = repeats_in_output_ || found[i]->in[2];
    found[i]->in[2] = true;
    found[i]->stride[2] += strides[i];
  }
}

}  // namespace graphrun::ops::einsum
