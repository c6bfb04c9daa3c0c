// TileDomain: the rows and columns that a node with a TileRule runs over.
#ifndef GRAPHRUN_CORE_COMPILE_TILE_DOMAIN_H_
#define GRAPHRUN_CORE_COMPILE_TILE_DOMAIN_H_

#include <cstdint>
#include <optional>

#include "core/compile/known_types.h"
#include "core/graph/tile_rule.h"

namespace graphrun {

// Row r of a tensor of more rows is row (r / every) % rows of one that is broadcast to it.
struct RowMap {
  int64_t every = 1, rows = 1;
  int64_t stride = 0;   // elements from row to row
  bool columns = true;  // false: a row is one element, the same for all columns
};

// How `operand` is broadcast to `shape`; nothing when no RowMap says it. REQUIRES: it broadcasts.
std::optional<RowMap> MapRows(const Shape& operand, const Shape& shape);

// The last dimension; 1 of a scalar.
inline int64_t Columns(const Shape& shape) {
  return shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
}

// What a node, or a group of nodes that run together, needs of the tiles.
struct TileDomain {
  int64_t rows = 0;
  // The widest piece of columns of which all that is taken apart and joined consists.
  int64_t columns = 0;
  int64_t widest = 0;  // columns of a value
  // Whether the elements may be walked without regard to rows: operands have all of them, or one.
  bool flat = true;
  // Whether a row is made at once.
  bool whole_rows = false;
  // Columns of all values that are computed, by how many loops make them: what the steps of the
  // program come to.
  int64_t computed = 0;
  int nodes = 1, elements = 0;  // of them, those that compute
};

// Nothing when the rule's operands do not fit rows and columns, or there are no elements.
std::optional<TileDomain> DomainOf(const TileRule& rule, const KnownTypes& types);
// Whether their rows and columns allow that they run together.
bool Fits(const TileDomain& a, const TileDomain& b);
// What two of them need that run together; nothing when they cannot, or would be too large.
std::optional<TileDomain> Join(const TileDomain& a, const TileDomain& b);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_TILE_DOMAIN_H_
