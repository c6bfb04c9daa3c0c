#include "models/plan_builder.h"

namespace graphrun::models {

pb::RunPlan NewPlan(const std::string& model, const Options& options) {
  pb::RunPlan plan;
  plan.set_model(model);
  for (const OptionDef& def : options.defs()) {
    pb::Setting* setting = plan.add_settings();
    setting->set_name(def.name);
    setting->set_value(ToString(options.Value(def.name)));
  }
  return plan;
}

void AddFeed(Expr tensor, pb::Feed::Source source, PlanFeeds* feeds) {
  pb::Feed* feed = feeds->Add();
  feed->set_tensor(tensor.name());
  feed->set_source(source);
}

void AddOneHotColumn(Expr tensor, int column, PlanFeeds* feeds) {
  AddFeed(tensor, pb::Feed::COLUMN, feeds);
  pb::Feed& feed = (*feeds)[feeds->size() - 1];
  feed.set_column(column);
  feed.set_one_hot(true);
}

void AddCarries(const nn::State& final, const nn::State& initial, PlanState* state) {
  for (size_t i = 0; i < final.size(); ++i) {
    pb::Carry* carry = state->Add();
    carry->set_fetch(final[i].name());
    carry->set_feed(initial[i].name());
  }
}

void AddFiles(pb::Split split, const std::vector<std::string>& names, pb::Corpus* corpus) {
  pb::Corpus::Files* files = corpus->add_files();
  files->set_split(split);
  files->mutable_names()->Assign(names.begin(), names.end());
}

void AddFraction(pb::Split split, double fraction, pb::Corpus* corpus) {
  pb::Corpus::Part* part = corpus->add_parts();
  part->set_split(split);
  part->set_fraction(fraction);
}

void AddCount(pb::Split split, int64_t count, pb::Corpus* corpus) {
  pb::Corpus::Part* part = corpus->add_parts();
  part->set_split(split);
  part->set_count(count);
}

void FillPhase(const std::string& name, pb::Split split, int64_t batch, int64_t steps,
               pb::Phase* phase) {
  phase->set_name(name);
  phase->set_split(split);
  phase->mutable_batches()->set_batch(static_cast<int32_t>(batch));
  phase->mutable_batches()->set_steps(static_cast<int32_t>(steps));
}

void AddSignature(MetaGraph& meta, const std::string& name, const NamedExprs& inputs,
                  const NamedExprs& outputs) {
  const auto entry = [](Expr e) { return SignatureTensor{e.name(), e.dtype(), e.shape()}; };
  Signature& signature = meta.signatures[name];
  for (const auto& [key, e] : inputs) signature.inputs[key] = entry(e);
  for (const auto& [key, e] : outputs) signature.outputs[key] = entry(e);
}

}  // namespace graphrun::models
