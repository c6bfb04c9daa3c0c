// Products by a matrix that is laid out once and used often: the ops _PackMatrix and _PackedMatMul,
// as those who build them see them.
//
//   packed = _PackMatrix(b; transpose, parts)              b [k,n], or with transpose [n,k]
//   product = _PackedMatMul(a, packed; columns, parts)     a [m,k], columns = n
//
// The order of the packed numbers depends on the processor and on `parts`, the number of threads
// that are to share a product: both nodes name the same. Only the compiler makes them: graphs that
// are loaded or built have none.
#ifndef GRAPHRUN_CORE_GRAPH_PACKED_PRODUCT_H_
#define GRAPHRUN_CORE_GRAPH_PACKED_PRODUCT_H_

namespace graphrun {

inline constexpr char kPackMatrixOp[] = "_PackMatrix";
inline constexpr char kPackedMatMulOp[] = "_PackedMatMul";

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_PACKED_PRODUCT_H_
