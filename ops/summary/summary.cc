// ScalarSummary, HistogramSummary, TensorSummaryV2, MergeSummary: messages for TensorBoard.
#include "core/io/summary.h"

#include "core/graph/op_context.h"
#include "core/graph/op_def.h"

namespace graphrun::ops {
namespace summary {

void ScalarOut(ShapeContext& c) { c.SetOut(0, {}); }

void InferScalars(ShapeContext& c) {
  c.MergeShapes(c.In(0), c.In(1), "shapes of tags and values");
  ScalarOut(c);
}

void InferTagged(ShapeContext& c) {
  c.WithRank(0, 0);
  if (c.num_inputs() > 2) c.WithRank(2, 0);
  ScalarOut(c);
}

std::string& Message(KernelContext& k) {
  return k.Allocate(0, DType::kString, {}).data<std::string>()[0];
}

}  // namespace summary

OpDef ScalarSummaryOp() {
  return Op("ScalarSummary")
      .Doc(
          "A serialized Summary with one number under each tag; values has the shape of tags. "
          "INVALID_ARGUMENT when it has not.")
      .Input("tags", "string")
      .Input("values", "T")
      .Output("summary", "string")
      .TypeAttr("T", kNumbers)
      .AllocatesOutputs()
      .Shape(summary::InferScalars)
      .NoGradient("its output is a string")
      .Kernel([](KernelContext& k) {
        summary::Message(k) = ScalarSummaryBytes(k.In<std::string>(0), k.In(1));
      });
}

OpDef HistogramSummaryOp() {
  return Op("HistogramSummary")
      .Doc(
          "A serialized Summary with a histogram of all values under the scalar tag. "
          "INVALID_ARGUMENT naming the tag when a value is not finite.")
      .Input("tag", "string")
      .Input("values", "T")
      .Output("summary", "string")
      .TypeAttr("T", kNumbers, DType::kFloat)
      .AllocatesOutputs()
      .Shape(summary::InferTagged)
      .NoGradient("its output is a string")
      .Kernel([](KernelContext& k) {
        summary::Message(k) = HistogramSummaryBytes(k.In<std::string>(0)[0], k.In(1));
      });
}

OpDef TensorSummaryV2Op() {
  return Op("TensorSummaryV2")
      .Doc(
          "A serialized Summary with the tensor, of numbers, bools or strings, under the scalar "
          "tag, and a serialized SummaryMetadata. INVALID_ARGUMENT when that is none.")
      .Input("tag", "string")
      .Input("tensor", "T")
      .Input("serialized_summary_metadata", "string")
      .Output("summary", "string")
      .TypeAttr("T")
      .AllocatesOutputs()
      .Shape(summary::InferTagged)
      .NoGradient("its output is a string")
      .Kernel([](KernelContext& k) {
        summary::Message(k) =
            TensorSummaryBytes(k.In<std::string>(0)[0], k.In(1), k.In<std::string>(2)[0]);
      });
}

OpDef MergeSummaryOp() {
  return Op("MergeSummary")
      .Doc(
          "One serialized Summary with the values of all those in the inputs. INVALID_ARGUMENT "
          "when two of them have the same tag.")
      .Input("inputs", "N*string")
      .Output("summary", "string")
      .NumberAttr("N")
      .AllocatesOutputs()
      .Shape(summary::ScalarOut)
      .NoGradient("its output is a string")
      .Kernel([](KernelContext& k) {
        SummaryMerger merger;
        for (int i = 0; i < k.num_inputs(); ++i) {
          for (const std::string& s : k.In<std::string>(i)) merger.Add(s);
        }
        summary::Message(k) = merger.Bytes();
      });
}

}  // namespace graphrun::ops
