#include "core/text/text_batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/text/numpy_random.h"

namespace graphrun {
namespace {

using Ids = std::span<const int32_t>;

// `count` ids from `begin` on, round at the end.
void CopyRound(Ids ids, int64_t begin, int64_t count, int32_t* out) {
  const int64_t n = static_cast<int64_t>(ids.size());
  while (count > 0) {
    begin %= n;
    const int64_t run = std::min(count, n - begin);
    out = std::copy_n(ids.data() + begin, run, out);
    begin += run;
    count -= run;
  }
}

// 0 .. n-1, in a new order each round after the first.
class PermutedOrder {
 public:
  PermutedOrder(int64_t n, uint32_t seed) : n_(n), seed_(seed), random_(seed) { Start(); }

  int64_t At(int64_t round, int64_t i) {
    if (round < round_) Start();
    for (; round_ < round; ++round_) {
      std::vector<int64_t> next = random_.Permutation(n_);
      for (int64_t& place : next) place = order_[place];
      order_ = std::move(next);
    }
    return order_[i];
  }

 private:
  void Start() {
    random_ = NumpyRandomState(seed_);
    round_ = 0;
    order_.resize(n_);
    std::iota(order_.begin(), order_.end(), 0);
  }

  int64_t n_;
  uint32_t seed_;
  NumpyRandomState random_;
  int64_t round_ = 0;
  std::vector<int64_t> order_;  // of round_
};

class ContiguousRowsBatcher final : public Batcher {
 public:
  ContiguousRowsBatcher(const pb::ContiguousRows& order, Ids ids, int64_t batch, int64_t steps)
      : Batcher(batch, steps, Batches(order, ids, batch, steps)),
        row_(order.wrap() ? batches_ * steps : static_cast<int64_t>(ids.size()) / batch),
        ids_(ids.first(row_ * batch)) {
    if (order.has_permutation_seed()) order_.emplace(batches_, order.permutation_seed());
  }

  void Fill(int64_t round, int64_t i, std::span<int32_t> window) override {
    const int64_t place = order_ ? order_->At(round, i) : i;
    for (int64_t r = 0; r < batch_; ++r) {
      CopyRound(ids_, r * row_ + place * steps_, steps_ + 1, window.data() + r * (steps_ + 1));
    }
  }

 private:
  static int64_t Batches(const pb::ContiguousRows& order, Ids ids, int64_t batch, int64_t steps) {
    const int64_t n = static_cast<int64_t>(ids.size());
    return order.wrap() ? n / (batch * steps) : (n / batch - 1) / steps;
  }

  int64_t row_;
  Ids ids_;  // without the rest that fills no row
  std::optional<PermutedOrder> order_;
};

class CursorsBatcher final : public Batcher {
 public:
  CursorsBatcher(const pb::Cursors& order, Ids ids, int64_t batch, int64_t steps)
      : Batcher(batch, steps,
                order.batches() > 0 ? order.batches() : std::ssize(ids) / (batch * steps)),
        ids_(ids) {}

  void Fill(int64_t round, int64_t i, std::span<int32_t> window) override {
    const int64_t n = static_cast<int64_t>(ids_.size());
    const int64_t gone = (round * batches_ + i) % n * (steps_ % n);
    for (int64_t r = 0; r < batch_; ++r) {
      CopyRound(ids_, r * (n / batch_) + gone, steps_ + 1, window.data() + r * (steps_ + 1));
    }
  }

 private:
  Ids ids_;
};

// The 1e-9 makes up for parts that have no finite binary fraction, as a third.
int64_t RoundsPart(int64_t batches, double part) {
  return static_cast<int64_t>(std::floor(static_cast<double>(batches) * part + 1e-9));
}

class RandomWindowsBatcher final : public Batcher {
 public:
  RandomWindowsBatcher(uint32_t seed, double part, Ids ids, int64_t batch, int64_t steps)
      : Batcher(batch, steps, RoundsPart(std::ssize(ids) / (batch * steps), part)),
        ids_(ids),
        seed_(seed),
        random_(seed),
        begins_(batch) {}

  void Fill(int64_t round, int64_t i, std::span<int32_t> window) override {
    const int64_t wanted = round * batches_ + i;
    if (wanted < drawn_ - 1) {
      random_ = NumpyRandomState(seed_);
      drawn_ = 0;
    }
    for (; drawn_ <= wanted; ++drawn_) {
      for (int64_t& begin : begins_) begin = random_.RandInt(0, std::ssize(ids_) - steps_);
    }
    for (int64_t r = 0; r < batch_; ++r) {
      std::copy_n(ids_.data() + begins_[r], steps_ + 1, window.data() + r * (steps_ + 1));
    }
  }

 private:
  Ids ids_;
  uint32_t seed_;
  NumpyRandomState random_;
  int64_t drawn_ = 0;            // batches, of all rounds
  std::vector<int64_t> begins_;  // of the last one drawn
};

class WindowsBatcher final : public Batcher {
 public:
  WindowsBatcher(Ids ids, int64_t batch, int64_t steps)
      : Batcher(batch, steps, (std::ssize(ids) / steps + batch - 1) / batch),
        ids_(ids),
        windows_(std::ssize(ids) / steps) {}

  int64_t rows(int64_t i) const override { return std::min(batch_, windows_ - i * batch_); }

  void Fill(int64_t, int64_t i, std::span<int32_t> window) override {
    for (int64_t r = 0; r < rows(i); ++r) {
      CopyRound(ids_, (i * batch_ + r) * steps_, steps_ + 1, window.data() + r * (steps_ + 1));
    }
  }

 private:
  Ids ids_;
  int64_t windows_;
};

// The part of an epoch that a round is.
double EpochPart(const pb::Batches& plan) {
  const double part = plan.epoch_part();
  if (part == 0) return 1;
  if (!plan.has_random_windows()) {
    ThrowInvalid(
        fmt::format("the run plan's epoch_part {} is for random windows: leave it out of "
                    "batches of another order",
                    part));
  }
  if (!(part > 0 && part <= 1)) {
    ThrowInvalid(
        fmt::format("the run plan's epoch_part {} is no part of an epoch: above 0, up to 1", part));
  }
  return part;
}

// The symbols that the batches of a round take at least; never fewer for more rows or steps. A
// double, because the sizes of a broken plan overflow an integer.
double Needed(const pb::Batches& plan, double batch, double steps) {
  switch (plan.order_case()) {
    case pb::Batches::kContiguousRows:
      return batch * (plan.contiguous_rows().wrap() ? steps : steps + 1);
    case pb::Batches::kCursors:
      return plan.cursors().batches() > 0 ? batch : batch * steps;
    case pb::Batches::kRandomWindows:
      return std::max(std::ceil(1 / EpochPart(plan) - 1e-9) * batch * steps, steps + 1);
    case pb::Batches::kWindows:
      return steps;
    default:
      ThrowInvalid("the run plan has an order of batches that this version does not know");
  }
}

// The largest k with fits(k), which holds up to it; 0 when there is none. REQUIRES: !fits(most).
template <typename Fits>
int64_t Largest(int64_t most, const Fits& fits) {
  int64_t low = 0, high = most;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

[[noreturn]] void ThrowTooShort(const pb::Batches& plan, int64_t n, const std::string& what) {
  const int64_t batch = plan.batch(), steps = plan.steps();
  std::vector<std::string> enough;
  const auto add = [&enough](int64_t b, int64_t s) {
    if (b > 0 && s > 0) enough.push_back(fmt::format("batch_size {} with seq_length {}", b, s));
  };
  add(batch, Largest(steps, [&](int64_t s) { return Needed(plan, batch, s) <= n; }));
  add(Largest(batch, [&](int64_t b) { return Needed(plan, b, steps) <= n; }), steps);
  if (enough.empty()) add(1, Largest(steps, [&](int64_t s) { return Needed(plan, 1, s) <= n; }));
  ThrowInvalid(fmt::format(
      "Not enough data. Make seq_length and batch_size small. There are {} symbols in {}, and one "
      "batch of {} rows of {} symbols needs {:.0f}: {}",
      n, what, batch, steps, Needed(plan, batch, steps),
      enough.empty()
          ? fmt::format("take a text of {:.0f} at least", Needed(plan, 1, 1))
          : fmt::format("export the model with sizes that they are enough for, at most {}, or take "
                        "a longer text",
                        fmt::join(enough, ", or "))));
}

}  // namespace

std::unique_ptr<Batcher> MakeBatcher(const pb::Batches& plan, std::span<const int32_t> ids,
                                     const std::string& what) {
  const int64_t batch = plan.batch(), steps = plan.steps();
  if (batch <= 0 || steps <= 0) {
    ThrowInvalid(
        fmt::format("the run plan's batches of {} rows of {} symbols are empty", batch, steps));
  }
  if (plan.cursors().batches() < 0) {
    ThrowInvalid(
        fmt::format("the run plan's epoch of {} batches is empty", plan.cursors().batches()));
  }
  const double part = EpochPart(plan);
  if (std::ssize(ids) < Needed(plan, batch, steps)) ThrowTooShort(plan, std::ssize(ids), what);
  switch (plan.order_case()) {
    case pb::Batches::kContiguousRows:
      return std::make_unique<ContiguousRowsBatcher>(plan.contiguous_rows(), ids, batch, steps);
    case pb::Batches::kCursors:
      return std::make_unique<CursorsBatcher>(plan.cursors(), ids, batch, steps);
    case pb::Batches::kRandomWindows:
      return std::make_unique<RandomWindowsBatcher>(plan.random_windows().seed(), part, ids, batch,
                                                    steps);
    default:  // Needed refused all that are none
      return std::make_unique<WindowsBatcher>(ids, batch, steps);
  }
}

}  // namespace graphrun
