// What passes read from matrix products, and how they add others like them.
#ifndef GRAPHRUN_CORE_COMPILE_MATRIX_PRODUCT_H_
#define GRAPHRUN_CORE_COMPILE_MATRIX_PRODUCT_H_

#include <string>
#include <variant>

#include "core/graph/graph.h"
#include "core/graph/op_def.h"

namespace graphrun {

struct Transposes {
  bool a, b;
};
// Which operands are transposed. REQUIRES: the node's meaning is kMatrixProduct.
inline Transposes TransposesOf(const Node& product) {
  return {std::get<bool>(product.attrs.find("transpose_a")->second),
          std::get<bool>(product.attrs.find("transpose_b")->second)};
}

// a·b, or a·bᵀ, by the op of the product `like` and under its name.
inline Output AddProduct(Graph& g, NodeId like, Output a, Output b, bool transpose_b) {
  const std::string name = g.node(like).name;
  return {g.AddNode(g.node(like).op->name, name, {a, b}, {{"transpose_b", transpose_b}}), 0};
}

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_MATRIX_PRODUCT_H_
