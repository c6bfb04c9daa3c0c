// SpaceToDepth: blocks of pixels become depth.
#include "core/autodiff/gradients.h"
#include "core/base/size.h"
#include "ops/layout/space_depth.h"

namespace graphrun::ops {
namespace space_to_depth {

void InferShape(ShapeContext& c, const SpaceDepthAttrs& t) {
  Shape shape = ImagesIn(c, t);
  if (!shape.known_rank()) return c.SetOut(0, shape);
  for (const int i : {1, 2}) {
    if (shape[i] < 0) continue;
    if (shape[i] % t.block_size != 0) {
      ThrowInvalid("SpaceToDepth: images of shape " + shape.ToString() +
                   " do not divide into blocks of size " + std::to_string(t.block_size));
    }
    shape.Set(i, shape[i] / t.block_size);
  }
  if (shape[3] >= 0) shape.Set(3, CheckedMul(shape[3], t.block_size, t.block_size));
  c.SetOut(0, shape);
}

}  // namespace space_to_depth

OpDef SpaceToDepthOp() {
  return Op<SpaceDepthAttrs>("SpaceToDepth")
      .Doc(
          "Images [n, height, width, depth] as [n, height / block_size, width / block_size, "
          "block_size * block_size * depth]: each block of pixels is one, with the depths of its "
          "pixels one after the other, row by row.")
      .Input("input", "T")
      .Output("output", "T")
      .Attr("block_size", &SpaceDepthAttrs::block_size)
      .Minimum(2)
      .Attr("data_format", &SpaceDepthAttrs::data_format, "NHWC")
      .TypeAttr("T")
      .Shape(space_to_depth::InferShape)
      .Grad([](GradContext& g, const SpaceDepthAttrs& t) -> std::vector<Grad> {
        return {g.scope().Add("DepthToSpace", {g.DOut(0)}, {{"block_size", t.block_size}})};
      })
      .Kernel([](KernelContext& k, const SpaceDepthAttrs& t) {
        CopyBlocks(k.Out(0), k.In(0), k.In(0).shape(), t.block_size, /*to_is_wide=*/false);
      });
}

}  // namespace graphrun::ops
