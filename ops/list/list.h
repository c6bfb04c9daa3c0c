// What the tensor-list ops share: element types before the run; reading, checking and changing
// lists in it.
#ifndef GRAPHRUN_OPS_LIST_LIST_H_
#define GRAPHRUN_OPS_LIST_LIST_H_

#include <cstdint>

#include "core/autodiff/gradients.h"
#include "core/graph/array_attrs.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {

struct ListAttrs {
  DType element_dtype;
};

// --- before the run

// The shape that elements of list input i have in common, as far as it is known. INVALID_ARGUMENT
// when input i is no scalar, or its elements are known to have another dtype.
Shape ListElementShape(ShapeContext& c, int i, DType element_dtype);
// The same, narrowed by the value of the element_shape input, when that is a shape that fits:
// element_shape counts only for elements that were never set.
Shape ListElementShape(ShapeContext& c, int i, DType element_dtype, int element_shape_input);
// Output o is a list with these elements.
void SetListOut(ShapeContext& c, int o, DType element_dtype, const Shape& element_shape);
// Output 0 is list input 0 after its elements were shape-checked against `element`.
void InferListUpdate(ShapeContext& c, DType element_dtype, const Shape& element);

// --- in the run

// The partial shape that an element_shape tensor spells: an int vector with -1 for unknown, or
// scalar -1.
Shape ShapeFromTensor(const Tensor& t);
// List input i. INVALID_ARGUMENT unless its elements have that dtype.
const TensorList& ListAt(const KernelContext& k, int i, DType element_dtype);
// INVALID_ARGUMENT unless a list may hold `element`.
void CheckElement(const TensorList& list, const Tensor& element);
// INVALID_ARGUMENT unless 0 <= index < size of list; `what` is "access" or "modify".
void CheckListIndex(const TensorList& list, int64_t index, const char* what);
// Whether elements that are set do not tell the shape of the others (array_attrs.h).
inline bool OwnShapes(const KernelContext& k) { return k.node().attrs.contains(kOwnShapesAttr); }
// INVALID_ARGUMENT when the node writes to an array (array_attrs.h) whose element has been written.
void CheckUnwritten(const KernelContext& k, const TensorList& list, int64_t index);
// Notes the shape that the first element of an array gives to all others. INVALID_ARGUMENT when
// `element` does not have it.
void NoteElementShape(const KernelContext& k, TensorList& list, const Shape& element);

// The shape of elements that were never set: what element_shape input and list say, and, when that
// is not enough and `from_others`, what the set elements have. INVALID_ARGUMENT when it stays
// unknown.
Shape UnsetShape(const TensorList& list, const Tensor& element_shape, bool from_others);
// Hands element `item` over as output o: its own memory, or zeros when it was never set. Checks the
// inferred shape.
void SetElementOut(KernelContext& k, int o, const TensorList& list, const Tensor& item,
                   const Tensor& element_shape, bool from_others);
// Hands over a list as output o.
inline void SetListOut(KernelContext& k, int o, RefPtr<TensorList> list) {
  k.SetOut(o, Tensor::Object(DType::kVariant, list));
}
// Gives the list that many elements; new ones were never set. RESOURCE_EXHAUSTED when they are too
// many to be held.
void ResizeList(TensorList& list, int64_t size);
// Copies the elements of `from` (or zeros, when it was never set) to `to`, whose first element is
// number `at`.
void CopyElements(const Tensor& from, int64_t n, Tensor& to, int64_t at);
// Row i of `from`, of shape `shape`, as a tensor of its own.
Tensor CopyRow(const Tensor& from, int64_t i, const Shape& shape, BufferPool* pool);

// --- gradients

// The shape of one row of x as an int32 vector: a constant when it is known.
Expr RowShape(GradContext& g, Expr x);

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LIST_LIST_H_
