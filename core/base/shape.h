// Shape: the dimensions of a tensor, some or all of them possibly unknown.
#ifndef GRAPHRUN_CORE_BASE_SHAPE_H_
#define GRAPHRUN_CORE_BASE_SHAPE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace graphrun {

inline constexpr int64_t kUnknownDim = -1;

// A value type without heap memory. A default Shape is a scalar's.
// Invariants: (1) rank() is kUnknownRank or in [0, kMaxRank]; (2) every dimension is kUnknownDim or
// >= 0.
class Shape {
 public:
  static constexpr int kMaxRank = 8;
  static constexpr int kUnknownRank = -1;

  Shape() = default;
  // Throws INVALID_ARGUMENT for more than kMaxRank dimensions or one below -1.
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);
  static Shape Unknown();                     // unknown rank
  static Shape UnknownOfRank(int rank);       // [?,?,...]
  static Shape Parse(std::string_view text);  // "[2,?]", "[]", "?"; INVALID_ARGUMENT otherwise

  int rank() const { return rank_; }
  bool known_rank() const { return rank_ >= 0; }
  bool fully_known() const;
  int64_t operator[](int i) const { return dims_[i]; }
  std::span<const int64_t> dims() const {
    return {dims_.data(), rank_ < 0 ? 0 : static_cast<size_t>(rank_)};
  }
  // REQUIRES: fully_known().
  int64_t num_elements() const;

  void Append(int64_t dim);
  void Set(int i, int64_t dim) { dims_[i] = dim; }
  // Dimensions [begin, end) of a shape of known rank.
  Shape Slice(int begin, int end) const;
  Shape From(int begin) const { return Slice(begin, rank_); }

  bool operator==(const Shape& other) const;
  // Whether some fully known shape is described by both.
  bool CompatibleWith(const Shape& other) const;
  // "[2,?]"; "?" for unknown rank.
  std::string ToString() const;

 private:
  int rank_ = 0;
  std::array<int64_t, kMaxRank> dims_{};
};

// What is known when both are true of one tensor. INVALID_ARGUMENT when they contradict.
Shape Merge(const Shape& a, const Shape& b);
// What is known of a tensor that may have either shape.
Shape Generalize(const Shape& a, const Shape& b);
// NumPy's broadcast of two partial shapes. INVALID_ARGUMENT when they do not fit.
Shape Broadcast(const Shape& a, const Shape& b);
// a's dimensions followed by b's; unknown if either rank is.
Shape Concatenate(const Shape& a, const Shape& b);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BASE_SHAPE_H_
