#include "core/base/shape.h"

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/base/size.h"

namespace graphrun {
namespace {

void CheckRank(size_t rank) {
  if (rank > Shape::kMaxRank) {
    ThrowInvalid("a shape has at most " + std::to_string(Shape::kMaxRank) + " dimensions, not " +
                 std::to_string(rank));
  }
}

}  // namespace

Shape::Shape(std::span<const int64_t> dims) {
  CheckRank(dims.size());
  for (int64_t d : dims) {
    if (d < kUnknownDim) ThrowInvalid("dimension " + std::to_string(d) + " is negative");
  }
  int64_t* const to = dims.size() > kInlineRank ? NewHeap() : dims_.data();
  rank_ = static_cast<int>(dims.size());
  std::copy(dims.begin(), dims.end(), to);
}

int64_t* Shape::NewHeap() {
  int64_t* const dims = new int64_t[kMaxRank];
  dims_[0] = reinterpret_cast<intptr_t>(dims);
  return dims;
}

void Shape::CopyHeap() {
  const int64_t* const dims = heap();
  const int rank = std::exchange(rank_, 0);  // nothing to delete should there be no memory
  std::copy_n(dims, rank, NewHeap());
  rank_ = rank;
}

Shape Shape::Unknown() {
  Shape s;
  s.rank_ = kUnknownRank;
  return s;
}

Shape Shape::UnknownOfRank(int64_t rank) {
  Check(rank >= 0, "a rank is at least 0");
  CheckRank(static_cast<size_t>(rank));
  Shape s;
  for (int64_t i = 0; i < rank; ++i) s.Append(kUnknownDim);
  return s;
}

Shape Shape::Parse(std::string_view text) {
  if (text == "?") return Unknown();
  const auto fail = [&] {
    ThrowInvalid("'" + std::string(text) + "' is no shape; write [2,?] or []");
  };
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') fail();
  std::string_view rest = text.substr(1, text.size() - 2);
  Shape s;
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find(','));
    int64_t dim = kUnknownDim;
    if (item != "?") {
      const auto [end, ec] = std::from_chars(item.data(), item.data() + item.size(), dim);
      if (ec != std::errc() || end != item.data() + item.size() || dim < 0) fail();
    }
    s.Append(dim);
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
  }
  return s;
}

bool Shape::fully_known() const {
  return known_rank() &&
         std::none_of(dims().begin(), dims().end(), [](int64_t d) { return d < 0; });
}

int64_t Shape::num_elements() const {
  int64_t n = 1;
  for (int64_t d : dims()) n = CheckedMul(n, d);
  return n;
}

void Shape::Append(int64_t dim) {
  Check(rank_ >= 0, "Append to a shape of unknown rank");
  CheckRank(static_cast<size_t>(rank_) + 1);
  if (rank_ == kInlineRank) {
    const std::array<int64_t, kInlineRank> first = dims_;
    std::copy(first.begin(), first.end(), NewHeap());
  }
  ++rank_;
  data()[rank_ - 1] = dim;
}

Shape Shape::Slice(int begin, int end) const { return Shape(dims().subspan(begin, end - begin)); }

bool Shape::operator==(const Shape& other) const {
  return rank_ == other.rank_ && std::equal(dims().begin(), dims().end(), other.dims().begin());
}

bool Shape::CompatibleWith(const Shape& other) const {
  if (!known_rank() || !other.known_rank()) return true;
  if (rank_ != other.rank_) return false;
  for (int i = 0; i < rank_; ++i) {
    if ((*this)[i] >= 0 && other[i] >= 0 && (*this)[i] != other[i]) return false;
  }
  return true;
}

std::string Shape::ToString() const {
  if (!known_rank()) return "?";
  std::string out = "[";
  for (int i = 0; i < rank_; ++i) {
    if (i) out += ',';
    out += (*this)[i] < 0 ? "?" : std::to_string((*this)[i]);
  }
  return out + "]";
}

Shape Merge(const Shape& a, const Shape& b) {
  if (!a.CompatibleWith(b))
    ThrowInvalid("shapes " + a.ToString() + " and " + b.ToString() + " do not agree");
  if (!a.known_rank()) return b;
  if (!b.known_rank()) return a;
  Shape out = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (a[i] < 0) out.Set(i, b[i]);
  }
  return out;
}

Shape Generalize(const Shape& a, const Shape& b) {
  if (!a.known_rank() || !b.known_rank() || a.rank() != b.rank()) return Shape::Unknown();
  Shape out = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (a[i] != b[i]) out.Set(i, kUnknownDim);
  }
  return out;
}

Shape Broadcast(const Shape& a, const Shape& b) {
  if (!a.known_rank() || !b.known_rank()) return Shape::Unknown();
  const int rank = std::max(a.rank(), b.rank());
  Shape out = Shape::UnknownOfRank(rank);
  for (int i = 0; i < rank; ++i) {
    const int ia = i - (rank - a.rank()), ib = i - (rank - b.rank());
    const int64_t da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];
    if (da == 1) {
      out.Set(i, db);
    } else if (db == 1 || da == db) {
      out.Set(i, da);
    } else if (da < 0 || db < 0) {
      out.Set(i, std::max(da, db));  // the known one exceeds 1 and decides
    } else {
      ThrowInvalid("shapes " + a.ToString() + " and " + b.ToString() +
                   " cannot be broadcast together");
    }
  }
  return out;
}

Shape Concatenate(const Shape& a, const Shape& b) {
  if (!a.known_rank() || !b.known_rank()) return Shape::Unknown();
  Shape out = a;
  for (int64_t d : b.dims()) out.Append(d);
  return out;
}

}  // namespace graphrun
