// Shape: the dimensions of a tensor, some or all of them possibly unknown.
#ifndef GRAPHRUN_CORE_BASE_SHAPE_H_
#define GRAPHRUN_CORE_BASE_SHAPE_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace graphrun {

inline constexpr int64_t kUnknownDim = -1;

// A value type, without heap memory up to kInlineRank dimensions. A default Shape is a scalar's.
// Invariants: (1) rank() is kUnknownRank or in [0, kMaxRank]; (2) every dimension is kUnknownDim or
// >= 0.
class Shape {
 public:
  static constexpr int kMaxRank = 254;  // TensorFlow's
  static constexpr int kInlineRank = 8;
  static constexpr int kUnknownRank = -1;

  Shape() = default;
  Shape(const Shape& other) : rank_(other.rank_), dims_(other.dims_) {
    if (on_heap()) CopyHeap();
  }
  Shape(Shape&& other) noexcept : rank_(other.rank_), dims_(other.dims_) {
    if (on_heap()) other.rank_ = 0;
  }
  Shape& operator=(const Shape& other) {
    if (on_heap() || other.on_heap()) return *this = Shape(other);
    rank_ = other.rank_;
    dims_ = other.dims_;
    return *this;
  }
  Shape& operator=(Shape&& other) noexcept {
    if (on_heap() || other.on_heap()) {
      std::swap(rank_, other.rank_);
      std::swap(dims_, other.dims_);
      return *this;
    }
    rank_ = other.rank_;
    dims_ = other.dims_;
    return *this;
  }
  ~Shape() {
    if (on_heap()) delete[] heap();
  }
  // Throws INVALID_ARGUMENT for more than kMaxRank dimensions or one below -1.
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  explicit Shape(std::span<const int64_t> dims);
  static Shape Unknown();  // unknown rank
  // [?,?,...]; INVALID_ARGUMENT for more than kMaxRank dimensions.
  static Shape UnknownOfRank(int64_t rank);
  static Shape Parse(std::string_view text);  // "[2,?]", "[]", "?"; INVALID_ARGUMENT otherwise

  int rank() const { return rank_; }
  bool known_rank() const { return rank_ >= 0; }
  bool fully_known() const;
  int64_t operator[](int i) const { return data()[i]; }
  std::span<const int64_t> dims() const {
    return {data(), rank_ < 0 ? 0 : static_cast<size_t>(rank_)};
  }
  // INVALID_ARGUMENT when the product, from the left, does not fit int64 (a dimension of 0 hides
  // only what comes after it, as in TensorFlow). REQUIRES: fully_known().
  int64_t num_elements() const;

  void Append(int64_t dim);
  void Set(int i, int64_t dim) { data()[i] = dim; }
  // Dimensions [begin, end) of a shape of known rank.
  Shape Slice(int begin, int end) const;
  Shape From(int begin) const { return Slice(begin, rank_); }

  bool operator==(const Shape& other) const;
  // Whether some fully known shape is described by both.
  bool CompatibleWith(const Shape& other) const;
  // "[2,?]"; "?" for unknown rank.
  std::string ToString() const;

 private:
  bool on_heap() const { return rank_ > kInlineRank; }
  int64_t* heap() const { return reinterpret_cast<int64_t*>(dims_[0]); }
  const int64_t* data() const { return on_heap() ? heap() : dims_.data(); }
  int64_t* data() { return on_heap() ? heap() : dims_.data(); }
  int64_t* NewHeap();  // kMaxRank dimensions; *this points to them
  void CopyHeap();     // what *this points to becomes its own

  int rank_ = 0;
  std::array<int64_t, kInlineRank> dims_{};  // or, for a higher rank, the address of them
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
