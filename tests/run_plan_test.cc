// The RunPlan of a model file.
#include "core/train/run_plan.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

void AddPiece(int from, double start, double slope, std::optional<double> factor,
              pb::LearningRate* rate) {
  pb::LearningRate::Piece* piece = rate->add_pieces();
  piece->set_from(from);
  piece->set_start(start);
  piece->set_slope(slope);
  if (factor) piece->set_factor(*factor);
}

TEST(RunPlan, RateOfPtbIsItsAuthors) {
  pb::LearningRate rate;
  AddPiece(0, 1, 0, std::nullopt, &rate);
  AddPiece(1, 0.5, -0.5 / 13, std::nullopt, &rate);
  EXPECT_EQ(RateOfEpoch(rate, 0), 1);
  for (int i = 0; i < 13; ++i) EXPECT_NEAR(RateOfEpoch(rate, i + 1), 0.5 * (13 - i) / 13, 1e-12);
  EXPECT_EQ(RateOfEpoch(rate, 20), 0) << "never below zero";
}

TEST(RunPlan, RateDecaysByAFactor) {
  pb::LearningRate rate;
  AddPiece(0, 1, 0, std::nullopt, &rate);
  AddPiece(6, 1 / 1.2, 0, 1 / 1.2, &rate);
  EXPECT_EQ(RateOfEpoch(rate, 5), 1);
  EXPECT_NEAR(RateOfEpoch(rate, 6), 1 / 1.2, 1e-12);
  EXPECT_NEAR(RateOfEpoch(rate, 8), 1 / (1.2 * 1.2 * 1.2), 1e-12);
}

TEST(RunPlan, IsKeptInTheMetaGraph) {
  const OpRegistry ops = AllOps();
  MetaGraph meta(&ops);
  EXPECT_FALSE(FindRunPlan(meta).has_value());
  pb::RunPlan plan;
  plan.set_model("first");
  SetRunPlan(plan, &meta);
  plan.set_model("second");
  SetRunPlan(plan, &meta);
  EXPECT_EQ(meta.byte_lists[kRunPlanCollection].size(), 1u);
  EXPECT_EQ(FindRunPlan(meta)->model(), "second");
  meta.byte_lists[kRunPlanCollection] = {"\xff\xff"};
  EXPECT_THROW(FindRunPlan(meta), Error);
}

TEST(RunPlan, ThatNamesNoTensorIsRefused) {
  const OpRegistry ops = AllOps();
  const Graph graph(&ops);
  pb::RunPlan plan;
  EXPECT_THROW(CheckRunPlan(plan, graph), Error) << "no phase";
  plan.mutable_train()->set_split(pb::TRAIN);
  plan.mutable_train()->mutable_batches()->set_batch(1);
  plan.mutable_train()->mutable_batches()->set_steps(1);
  EXPECT_THROW(CheckRunPlan(plan, graph), Error) << "no order";
  plan.mutable_train()->mutable_batches()->mutable_contiguous_rows();
  plan.mutable_train()->set_loss_divisor(1);
  plan.mutable_train()->set_loss("loss:0");
  try {
    CheckRunPlan(plan, graph);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_NE(e.message().find("loss"), std::string::npos);
  }
}

}  // namespace
}  // namespace graphrun
