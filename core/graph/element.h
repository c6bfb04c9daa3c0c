// ElementLoop: an element-wise op as data, a loop over blocks of elements for each type.
//
// A driver feeds the loop: it cuts the work into blocks and threads and repeats or gathers elements
// of operands that are broadcast. Whoever composes several ops runs their loops one after the other
// over tiles that stay in the cache.
#ifndef GRAPHRUN_CORE_GRAPH_ELEMENT_H_
#define GRAPHRUN_CORE_GRAPH_ELEMENT_H_

#include <array>
#include <cstdint>

namespace graphrun {

inline constexpr int kBlock = 16;  // elements: one AVX-512 register of float32
inline constexpr int kMaxOperands = 3;

// out[b] = fn(in[0][b], in[1][b], ...) for `blocks` blocks of kBlock elements; the pointer of
// operand k advances by step[k] elements, kBlock or 0, from block to block. out may be the memory
// of an operand that advances.
using BlockLoop = void (*)(int64_t blocks, const void* const* in, const int64_t* step, void* out);

// One op for one type of its operands.
struct ElementLoop {
  BlockLoop run = nullptr;
  std::array<int, kMaxOperands> in_size{};  // bytes of an element
  int out_size = 0;
  int64_t grain = 0;  // elements that are worth a thread of their own
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_ELEMENT_H_
