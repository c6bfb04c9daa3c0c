// DepthToSpace: depth becomes blocks of pixels.
#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "ops/layout/space_depth.h"

namespace graphrun::ops {
namespace depth_to_space {

void InferShape(ShapeContext& c, const SpaceDepthAttrs& t) {
  Shape shape = ImagesIn(c, t);
  if (!shape.known_rank()) return c.SetOut(0, shape);
  for (const int i : {1, 2}) {
    if (shape[i] >= 0) shape.Set(i, CheckedMul(shape[i], t.block_size));
  }
  if (shape[3] >= 0) {
    // Not the product of the sizes, which may be huge.
    if (shape[3] % t.block_size != 0 || shape[3] / t.block_size % t.block_size != 0) {
      ThrowInvalid("DepthToSpace: images of shape " + shape.ToString() +
                   " do not divide into blocks of size " + std::to_string(t.block_size));
    }
    shape.Set(3, shape[3] / t.block_size / t.block_size);
  }
  c.SetOut(0, shape);
}

}  // namespace depth_to_space

OpDef DepthToSpaceOp() {
  return Op<SpaceDepthAttrs>("DepthToSpace")
      .Doc(
          "The reverse of SpaceToDepth: images [n, height, width, block_size * block_size * depth] "
          "as [n, height * block_size, width * block_size, depth].")
      .Input("input", "T")
      .Output("output", "T")
      .Attr("block_size", &SpaceDepthAttrs::block_size)
      .Minimum(2)
      .Attr("data_format", &SpaceDepthAttrs::data_format, "NHWC")
      .TypeAttr("T")
      .Shape(depth_to_space::InferShape)
      .Grad([](GradContext& g, const SpaceDepthAttrs& t) -> std::vector<Grad> {
        return {g.scope().Add("SpaceToDepth", {g.DOut(0)}, {{"block_size", t.block_size}})};
      })
      .Kernel([](KernelContext& k, const SpaceDepthAttrs& t) {
        CopyBlocks(k.Out(0), k.In(0), k.Out(0).shape(), t.block_size, /*to_is_wide=*/true);
      });
}

}  // namespace graphrun::ops
