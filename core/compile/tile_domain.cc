#include "core/compile/tile_domain.h"

#include <algorithm>
#include <numeric>

#include "core/base/size.h"

namespace graphrun {
namespace {

constexpr int kMostNodes = 64;
constexpr int64_t kMostPieces = 16;  // of the widest value
constexpr int64_t kMostSteps = 128;
constexpr int64_t kWidestRow = int64_t{1} << 15;  // that is made at once

}  // namespace

std::optional<RowMap> MapRows(const Shape& operand, const Shape& shape) {
  RowMap map;
  const int64_t columns = Columns(operand);
  map.columns = columns == Columns(shape);
  map.stride = columns;
  // From the last dimension before the columns outwards: repeated ones, then the operand's own,
  // then repeated ones again.
  bool own = false, around = false;
  for (int i = shape.rank() - 2, j = operand.rank() - 2; i >= 0; --i, --j) {
    if (shape[i] == 1) continue;
    const bool repeated = j < 0 || operand[j] == 1;
    if (repeated && !own) {
      map.every = CheckedMul(map.every, shape[i]);
    } else if (repeated) {
      around = true;
    } else if (around) {
      return std::nullopt;
    } else {
      own = true;
      map.rows = CheckedMul(map.rows, shape[i]);
    }
  }
  return map;
}

namespace {

// Of a node whose inputs have the rows and columns of the first, or one element for each row.
std::optional<TileDomain> RowsDomain(const TileRule& rule, const KnownTypes& types) {
  TileDomain domain;
  domain.columns = domain.widest = Columns(types.in[0].shape);
  domain.flat = false;
  domain.whole_rows = rule.rows != nullptr;
  domain.elements = 1;
  domain.computed = domain.columns;
  const int64_t total = types.in[0].shape.num_elements();
  if (total == 0 || domain.columns < kBlock) return std::nullopt;
  if (domain.whole_rows && domain.columns > kWidestRow) return std::nullopt;
  domain.rows = total / domain.columns;
  // The sum of a single row would be taken for its columns.
  if (rule.sum != nullptr) return domain.rows > 1 ? std::optional(domain) : std::nullopt;
  for (const auto* side : {&types.in, &types.out}) {
    for (const ValueType& type : *side) {
      const int64_t n = type.shape.num_elements();
      if (n != total && n != domain.rows) return std::nullopt;
    }
  }
  return domain;
}

}  // namespace

std::optional<TileDomain> DomainOf(const TileRule& rule, const KnownTypes& types) {
  const Shape& out = types.out[0].shape;
  TileDomain domain;
  if (rule.elements()) {
    const int64_t total = out.num_elements();
    if (total == 0) return std::nullopt;
    domain.columns = domain.widest = Columns(out);
    domain.rows = total / domain.columns;
    domain.computed = domain.columns * std::max<int64_t>(1, rule.operands.size() - 1);
    domain.elements = 1;
    for (const TileOperand& operand : rule.operands) {
      const int64_t n = operand.shape.num_elements();
      if (n == total || n == 1) continue;
      domain.flat = false;
      if (!MapRows(operand.shape, out)) return std::nullopt;
    }
    return domain;
  }
  if (rule.rows != nullptr || rule.sum != nullptr) return RowsDomain(rule, types);
  domain.flat = false;
  for (size_t k = 0; k < rule.columns.size(); ++k) {
    domain.widest = std::max(domain.widest, Columns(types.out[k].shape));
    for (const ColumnRun& run : rule.columns[k]) {
      const Shape& in = types.in[run.input].shape;
      const int64_t width = Columns(in);
      if (in.num_elements() == 0 || run.count == 0) return std::nullopt;
      domain.rows = in.num_elements() / width;
      domain.widest = std::max(domain.widest, width);
      for (int64_t size : {width, run.begin, run.count})
        domain.columns = std::gcd(domain.columns, size);
    }
  }
  return domain;
}

bool Fits(const TileDomain& a, const TileDomain& b) {
  const int64_t columns = std::gcd(a.columns, b.columns);
  return a.rows == b.rows && std::max(a.widest, b.widest) / columns <= kMostPieces &&
         ((a.flat && b.flat) || columns >= kBlock) &&
         ((!a.whole_rows && !b.whole_rows) || std::max(a.widest, b.widest) == columns);
}

std::optional<TileDomain> Join(const TileDomain& a, const TileDomain& b) {
  TileDomain both;
  both.rows = a.rows;
  both.columns = std::gcd(a.columns, b.columns);
  both.widest = std::max(a.widest, b.widest);
  both.flat = a.flat && b.flat;
  both.whole_rows = a.whole_rows || b.whole_rows;
  both.computed = a.computed + b.computed;
  both.nodes = a.nodes + b.nodes;
  both.elements = a.elements + b.elements;
  if (!Fits(a, b) || both.nodes > kMostNodes || both.computed / both.columns > kMostSteps)
    return std::nullopt;
  return both;
}

}  // namespace graphrun
