#include "core/train/step_feeds.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace graphrun {
namespace {

// The ids that a feed takes, row by row, given to put(i, id) with i from 0.
template <typename Put>
void ForEachId(const pb::Feed& feed, const Window& window, Put&& put) {
  int64_t i = 0;
  if (feed.source() == pb::Feed::COLUMN) {
    for (int64_t r = 0; r < window.rows; ++r) put(i++, window.at(r, feed.column()));
    return;
  }
  const int64_t first = feed.source() == pb::Feed::TARGETS ? 1 : 0;
  for (int64_t r = 0; r < window.rows; ++r) {
    for (int64_t c = 0; c < window.steps; ++c) put(i++, window.at(r, first + c));
  }
}

void CheckColumns(const pb::Feed& feed, const Window& window) {
  const int64_t last = feed.source() == pb::Feed::COLUMN    ? feed.column()
                       : feed.source() == pb::Feed::TARGETS ? window.steps
                                                            : 0;
  if (last >= 0 && last < window.columns) return;
  ThrowInvalid(fmt::format("'{}' is fed with column {} of windows that have {}", feed.tensor(),
                           last, window.columns));
}

}  // namespace

Window ReadBatch(Batcher& batcher, int64_t round, int64_t i, std::vector<int32_t>* ids) {
  const int64_t rows = batcher.rows(i), columns = batcher.steps() + 1;
  ids->resize(rows * columns);
  batcher.Fill(round, i, *ids);
  return {*ids, rows, columns, batcher.steps()};
}

StepFeeds::StepFeeds(const google::protobuf::RepeatedPtrField<pb::Feed>& plan, const Graph& graph,
                     int64_t symbols)
    : plan_(plan), graph_(graph), symbols_(symbols) {
  for (const pb::Feed& feed : plan) {
    names_.emplace_back(feed.tensor());
    outputs_.push_back(graph.FindOutput(feed.tensor()));
  }
}

Shape StepFeeds::ShapeOf(const pb::Feed& feed, const Window& window) const {
  if (feed.has_constant()) return {};
  const Shape& known = graph_.shape(graph_.FindOutput(feed.tensor()));
  const bool vector = feed.source() == pb::Feed::COLUMN || feed.source() == pb::Feed::LENGTHS;
  std::vector<int64_t> dims{window.rows};
  if (!vector) dims.push_back(window.steps);
  if (feed.one_hot()) {
    const bool sized = known.known_rank() && known.rank() > 0 && known[known.rank() - 1] >= 0;
    dims.push_back(sized ? known[known.rank() - 1] : symbols_);
  }
  Shape shape(dims);
  // A single symbol fits a tensor of any rank that holds one.
  if (!feed.one_hot() && shape.num_elements() == 1 && known.fully_known() &&
      known.num_elements() == 1) {
    return known;
  }
  return shape;
}

void StepFeeds::Fill(const Window& window, std::vector<Tensor>* feeds) const {
  for (int i = 0; i < plan_.size(); ++i) {
    const pb::Feed& feed = plan_[i];
    Tensor& tensor = (*feeds)[i];
    const Shape shape = ShapeOf(feed, window);
    const DType dtype = graph_.dtype(outputs_[i]);
    if (tensor.dtype() != dtype || tensor.shape() != shape) tensor = Tensor(dtype, shape);
    CheckColumns(feed, window);
    ForNumericOrBool(dtype, [&](auto z) {
      using T = decltype(z);
      T* const out = tensor.data<T>();
      if (feed.has_constant()) {
        out[0] = static_cast<T>(feed.constant());
      } else if (feed.source() == pb::Feed::LENGTHS) {
        std::fill_n(out, window.rows, static_cast<T>(window.steps));
      } else if (feed.one_hot()) {
        const int64_t depth = shape[shape.rank() - 1];
        std::fill_n(out, tensor.num_elements(), T{0});
        ForEachId(feed, window, [&](int64_t k, int32_t id) {
          if (id < 0 || id >= depth) {
            ThrowInvalid(fmt::format("'{}' has {} elements for a symbol, too few for symbol {}",
                                     feed.tensor(), depth, id));
          }
          out[k * depth + id] = T{1};
        });
      } else {
        ForEachId(feed, window, [&](int64_t k, int32_t id) { out[k] = static_cast<T>(id); });
      }
    });
  }
}

CarriedState::CarriedState(const google::protobuf::RepeatedPtrField<pb::Carry>& plan,
                           const google::protobuf::RepeatedPtrField<std::string>& reset_targets,
                           Runs& runs, const std::vector<TensorName>& feeds_before) {
  for (const pb::Carry& carry : plan) {
    feeds_.emplace_back(carry.feed());
    fetches_.emplace_back(carry.fetch());
  }
  if (!feeds_.empty()) initial_ = runs.Prepare(feeds_before, feeds_, {});
  if (!reset_targets.empty())
    reset_ = runs.Prepare({}, {}, {reset_targets.begin(), reset_targets.end()});
}

void CarriedState::AppendNames(std::vector<TensorName>* feeds,
                               std::vector<TensorName>* fetches) const {
  feeds->insert(feeds->end(), feeds_.begin(), feeds_.end());
  fetches->insert(fetches->end(), fetches_.begin(), fetches_.end());
}

void CarriedState::Reset(std::vector<Tensor>* feeds) {
  if (reset_) reset_({}, &made_);
  if (!initial_) return;
  const auto first = feeds->end() - static_cast<ptrdiff_t>(feeds_.size());
  before_.assign(feeds->begin(), first);
  initial_(before_, &made_);
  std::move(made_.begin(), made_.end(), first);
  before_.clear();
  made_.clear();
}

void CarriedState::Advance(std::vector<Tensor>* feeds, std::vector<Tensor>* fetched) const {
  std::swap_ranges(feeds->end() - static_cast<ptrdiff_t>(feeds_.size()), feeds->end(),
                   fetched->end() - static_cast<ptrdiff_t>(feeds_.size()));
}

}  // namespace graphrun
