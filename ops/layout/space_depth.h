// What SpaceToDepth and DepthToSpace share: blocks of pixels and depth, of images
// [n, height, width, depth].
#ifndef GRAPHRUN_OPS_LAYOUT_SPACE_DEPTH_H_
#define GRAPHRUN_OPS_LAYOUT_SPACE_DEPTH_H_

#include <string>

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/layout/strided.h"

namespace graphrun::ops {

struct SpaceDepthAttrs {
  int64_t block_size;
  std::string data_format;
};

// Input 0 with rank 4. INVALID_ARGUMENT for another order of dimensions than NHWC, as in TensorFlow
// on CPUs.
inline Shape ImagesIn(ShapeContext& c, const SpaceDepthAttrs& t) {
  if (t.data_format != "NHWC") {
    ThrowInvalid(c.node().op->name + ": data_format is \"" + t.data_format +
                 "\"; only \"NHWC\" runs on CPUs");
  }
  return c.WithRank(0, 4);
}

// Copies between images [n, height, width, depth] and [n, height / block, width / block,
// block * block * depth], whose shapes are given.
inline void CopyBlocks(Tensor& to, const Tensor& from, const Shape& wide, int64_t block,
                       bool to_is_wide) {
  if (from.num_elements() == 0) return;
  const int64_t rows = wide[1] / block, columns = wide[2] / block, depth = wide[3];
  const int64_t deep = block * block * depth;
  StridedCopy copy;
  const auto add = [&](int64_t dim, int64_t wide_stride, int64_t deep_stride) {
    copy.Add(dim, to_is_wide ? wide_stride : deep_stride, to_is_wide ? deep_stride : wide_stride);
  };
  add(wide[0], wide[1] * wide[2] * depth, rows * columns * deep);
  add(rows, block * wide[2] * depth, columns * deep);
  add(block, wide[2] * depth, block * depth);  // the row within a block
  add(columns, block * depth, deep);
  add(block * depth, 1, 1);
  copy.Run(to, 0, from, 0);
}

}  // namespace graphrun::ops

#endif  // GRAPHRUN_OPS_LAYOUT_SPACE_DEPTH_H_
