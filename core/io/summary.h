// Summary messages as bytes: what the summary ops compute.
#ifndef GRAPHRUN_CORE_IO_SUMMARY_H_
#define GRAPHRUN_CORE_IO_SUMMARY_H_

#include <memory>
#include <span>
#include <string>

#include "core/base/tensor.h"

namespace graphrun {

// The bytes are TensorFlow's for the same values.

// A number under each tag. REQUIRES: as many values as tags.
std::string ScalarSummaryBytes(std::span<const std::string> tags, const Tensor& values);

// A histogram of all values. INVALID_ARGUMENT naming the tag when one is not finite.
std::string HistogramSummaryBytes(const std::string& tag, const Tensor& values);

// A tensor of numbers, bools or strings; `metadata` is a serialized SummaryMetadata.
// INVALID_ARGUMENT when it is none.
std::string TensorSummaryBytes(const std::string& tag, const Tensor& tensor,
                               const std::string& metadata);

// The values of several summaries in one, built up by Add.
class SummaryMerger {
 public:
  SummaryMerger();
  ~SummaryMerger();
  // INVALID_ARGUMENT when `summary` is no Summary message, or has a tag that an earlier one has.
  void Add(const std::string& summary);
  std::string Bytes() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_SUMMARY_H_
