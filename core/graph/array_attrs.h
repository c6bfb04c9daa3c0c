// Private attributes by which import tells list ops that they work on a TensorArray of version 1,
// where it means something else than a list. TensorFlow does not know them.
#ifndef GRAPHRUN_CORE_GRAPH_ARRAY_ATTRS_H_
#define GRAPHRUN_CORE_GRAPH_ARRAY_ATTRS_H_

namespace graphrun {

// Of a read: elements may have different shapes, so those that were written do not tell the shape
// of the others.
inline constexpr char kOwnShapesAttr[] = "_own_shapes";
// Of a gather: an element that it reads repeatedly gets the sum of the gradients. (An element of a
// list gets the last of them.)
inline constexpr char kAddsGradientsAttr[] = "_adds_gradients";
// Of a write, or of the AddN that puts the pieces of a tensor into an array: an element that was
// written before is an error.
inline constexpr char kWritesOnceAttr[] = "_writes_once";
// Of a scatter: the array does not grow.
inline constexpr char kFixedSizeAttr[] = "_fixed_size";
// Of a write or a split: all elements have the shape of the first.
inline constexpr char kOneShapeAttr[] = "_one_shape";

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_ARRAY_ATTRS_H_
