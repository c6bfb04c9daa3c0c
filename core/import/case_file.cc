#include "core/import/case_file.h"

#include "core/base/error.h"
#include "core/import/tensor_proto.h"
#include "proto/case.pb.h"

namespace graphrun {
namespace {

using TensorField = google::protobuf::RepeatedPtrField<pb::NamedTensor>;
using NameField = google::protobuf::RepeatedPtrField<std::string>;

std::vector<std::string> Names(const NameField& field) { return {field.begin(), field.end()}; }

std::vector<NamedTensor> Tensors(const TensorField& field, ImportBudget* budget) {
  std::vector<NamedTensor> tensors;
  for (const pb::NamedTensor& proto : field) {
    NamedTensor& tensor = tensors.emplace_back(NamedTensor{proto.name(), {}});
    if (!proto.has_value()) continue;
    WithContext([&] { return "while reading the value of '" + proto.name() + "'"; },
                [&] { tensor.value = TensorFromProto(proto.value(), budget); });
  }
  return tensors;
}

template <typename Proto>
Tolerance ToleranceOf(const Proto& proto) {
  return {.relative = proto.rtol(), .absolute = proto.atol()};
}

template <typename Proto>
void SetTolerance(const Tolerance& tolerance, Proto* proto) {
  proto->set_rtol(static_cast<float>(tolerance.relative));
  proto->set_atol(static_cast<float>(tolerance.absolute));
}

void SetNames(const std::vector<std::string>& names, NameField* field) {
  field->Assign(names.begin(), names.end());
}

void SetTensors(const std::vector<NamedTensor>& tensors, TensorField* field) {
  for (const NamedTensor& tensor : tensors) {
    pb::NamedTensor* proto = field->Add();
    proto->set_name(tensor.name);
    if (!tensor.value.empty()) TensorToProto(tensor.value, proto->mutable_value());
  }
}

}  // namespace

Case ParseCase(const std::string& bytes) {
  pb::Case proto;
  if (!proto.ParseFromString(bytes) || proto.meta_graph().empty()) {
    throw Error(Code::kDataLoss, "the file is no case: it has no graph with runs");
  }
  ImportBudget budget;
  Case c{.name = proto.name(), .meta_graph = proto.meta_graph(), .runs = {}, .gradients = {}};
  for (const pb::CaseRun& run : proto.run()) {
    c.runs.push_back({.targets = Names(run.target()),
                      .feeds = Tensors(run.feed(), &budget),
                      .fetches = Tensors(run.fetch(), &budget),
                      .tolerance = ToleranceOf(run),
                      .error = run.error()});
  }
  for (const pb::CaseGradient& gradient : proto.gradient()) {
    c.gradients.push_back({.ys = Names(gradient.y()),
                           .xs = Names(gradient.x()),
                           .grad_ys = Tensors(gradient.grad_y(), &budget),
                           .feeds = Tensors(gradient.feed(), &budget),
                           .expected = Tensors(gradient.expected(), &budget),
                           .tolerance = ToleranceOf(gradient)});
  }
  return c;
}

std::string SerializeCase(const Case& c) {
  pb::Case proto;
  proto.set_name(c.name);
  proto.set_meta_graph(c.meta_graph);
  for (const CaseRun& run : c.runs) {
    pb::CaseRun* out = proto.add_run();
    SetNames(run.targets, out->mutable_target());
    SetTensors(run.feeds, out->mutable_feed());
    SetTensors(run.fetches, out->mutable_fetch());
    SetTolerance(run.tolerance, out);
    out->set_error(run.error);
  }
  for (const CaseGradient& gradient : c.gradients) {
    pb::CaseGradient* out = proto.add_gradient();
    SetNames(gradient.ys, out->mutable_y());
    SetNames(gradient.xs, out->mutable_x());
    SetTensors(gradient.grad_ys, out->mutable_grad_y());
    SetTensors(gradient.feeds, out->mutable_feed());
    SetTensors(gradient.expected, out->mutable_expected());
    SetTolerance(gradient.tolerance, out);
  }
  return proto.SerializeAsString();
}

}  // namespace graphrun
