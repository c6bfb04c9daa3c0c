// AttrValue: the value of a node's attribute, as in TensorFlow's AttrValue message.
#ifndef GRAPHRUN_CORE_GRAPH_ATTR_H_
#define GRAPHRUN_CORE_GRAPH_ATTR_H_

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/base/shape.h"
#include "core/base/tensor.h"
#include "core/base/types.h"

namespace graphrun {

// Names a function of the graph's library.
struct FuncRef {
  std::string name;
  bool operator==(const FuncRef&) const = default;
};

using AttrValue = std::variant<int64_t, float, bool, std::string, DType, Shape, Tensor, FuncRef,
                               std::vector<int64_t>, std::vector<float>, std::vector<bool>,
                               std::vector<std::string>, std::vector<DType>, std::vector<Shape>,
                               std::vector<Tensor>, std::vector<FuncRef>>;

using AttrMap = std::map<std::string, AttrValue, std::less<>>;

// TensorFlow's name of the held alternative: "int", "float", "list(type)", ...
const char* AttrKind(const AttrValue& value);
// "[2,3]", "float32", "\"NHWC\"", "{0, 1}": for printing.
std::string AttrToString(const AttrValue& value);
// Whether both hold the same kind and value; tensors are compared byte by byte.
bool AttrEqual(const AttrValue& a, const AttrValue& b);
size_t AttrHash(const AttrValue& value);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_ATTR_H_
