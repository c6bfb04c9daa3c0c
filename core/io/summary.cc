#include "core/io/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "proto/summary.pb.h"

namespace graphrun {
namespace {

// Upper limits of the buckets: ten per cent apart on both sides of zero, from 1e-12 to 1e20.
std::vector<double> BucketLimits() {
  std::vector<double> positive;
  for (double limit = 1e-12; limit < 1e20; limit *= 1.1) positive.push_back(limit);
  positive.push_back(std::numeric_limits<double>::max());
  std::vector<double> limits;
  for (auto it = positive.rbegin(); it != positive.rend(); ++it) limits.push_back(-*it);
  limits.push_back(0);
  limits.insert(limits.end(), positive.begin(), positive.end());
  return limits;
}

// Runs of empty buckets become one, so that the few full ones make a short message.
void AddBuckets(const std::vector<double>& limits, const std::vector<double>& counts,
                pb::HistogramProto* histogram) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] <= 0) {
      while (i + 1 < counts.size() && counts[i + 1] <= 0) ++i;
    }
    histogram->add_bucket_limit(limits[i]);
    histogram->add_bucket(counts[i]);
  }
}

pb::TensorProto TensorMessage(const Tensor& tensor) {
  pb::TensorProto proto;
  proto.set_dtype(static_cast<pb::DataType>(tensor.dtype()));
  auto* shape = proto.mutable_tensor_shape();
  for (const int64_t d : tensor.shape().dims()) shape->add_dim()->set_size(d);
  if (tensor.dtype() == DType::kString) {
    for (const std::string& s : tensor.span<std::string>()) proto.add_string_val(s);
  } else if (tensor.bytes() > 0) {
    proto.set_tensor_content(tensor.raw(), tensor.bytes());
  }
  return proto;
}

}  // namespace

std::string ScalarSummaryBytes(std::span<const std::string> tags, const Tensor& values) {
  pb::Summary summary;
  for (size_t i = 0; i < tags.size(); ++i) {
    pb::Summary::Value* value = summary.add_value();
    value->set_tag(tags[i]);
    value->set_simple_value(static_cast<float>(values.number_at(static_cast<int64_t>(i))));
  }
  return summary.SerializeAsString();
}

std::string HistogramSummaryBytes(const std::string& tag, const Tensor& values) {
  const std::vector<double> limits = BucketLimits();
  std::vector<double> counts(limits.size());
  double low = limits.back(), high = limits.front(), sum = 0, squares = 0;
  for (int64_t i = 0; i < values.num_elements(); ++i) {
    const double x = values.number_at(i);
    if (!std::isfinite(x)) {
      ThrowInvalid("the values of histogram '" + tag + "' have an element that is " +
                   (std::isnan(x) ? "NaN" : "infinite"));
    }
    // Beyond the last limit, which no finite number but that limit itself is.
    const auto bucket = std::upper_bound(limits.begin(), limits.end() - 1, x) - limits.begin();
    ++counts[bucket];
    low = std::min(low, x);
    high = std::max(high, x);
    sum += x;
    squares += x * x;
  }
  pb::Summary summary;
  pb::Summary::Value* value = summary.add_value();
  value->set_tag(tag);
  pb::HistogramProto* histogram = value->mutable_histo();
  histogram->set_min(low);
  histogram->set_max(high);
  histogram->set_num(static_cast<double>(values.num_elements()));
  histogram->set_sum(sum);
  histogram->set_sum_squares(squares);
  AddBuckets(limits, counts, histogram);
  return summary.SerializeAsString();
}

std::string TensorSummaryBytes(const std::string& tag, const Tensor& tensor,
                               const std::string& metadata) {
  pb::Summary summary;
  pb::Summary::Value* value = summary.add_value();
  value->set_tag(tag);
  if (!value->mutable_metadata()->ParseFromString(metadata)) {
    ThrowInvalid("serialized_summary_metadata of '" + tag + "' is no SummaryMetadata message");
  }
  *value->mutable_tensor() = TensorMessage(tensor);
  return summary.SerializeAsString();
}

struct SummaryMerger::Impl {
  pb::Summary merged;
  std::set<std::string> tags;
};

SummaryMerger::SummaryMerger() : impl_(std::make_unique<Impl>()) {}
SummaryMerger::~SummaryMerger() = default;

void SummaryMerger::Add(const std::string& summary) {
  pb::Summary parsed;
  if (!parsed.ParseFromString(summary)) ThrowInvalid("an input is no Summary message");
  for (pb::Summary::Value& value : *parsed.mutable_value()) {
    if (!value.tag().empty() && !impl_->tags.insert(value.tag()).second) {
      ThrowInvalid("two of the summaries have the tag '" + value.tag() + "'");
    }
    *impl_->merged.add_value() = std::move(value);
  }
}

std::string SummaryMerger::Bytes() const { return impl_->merged.SerializeAsString(); }

}  // namespace graphrun
