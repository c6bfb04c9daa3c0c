// What graphrun info says of collections.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

#include "proto/meta_graph.pb.h"
#include "tools/graphrun/info_parts.h"

namespace graphrun {
namespace {

void PrintCollection(const std::string& name, const std::string& kind, size_t count,
                     const std::string& members) {
  fmt::print("  {:<24} {:>5} {:<11} {}\n", name, count, kind, members);
}

// "tensors", "operations", or "nodes" when there are both.
std::string KindOf(const std::vector<std::string>& members) {
  const auto tensors = std::count_if(members.begin(), members.end(), [](const std::string& name) {
    return name.find(':') != name.npos;
  });
  if (tensors == 0) return "operations";
  return tensors == static_cast<int64_t>(members.size()) ? "tensors" : "nodes";
}

void PrintOtherCollection(const std::string& bytes,
                          const std::function<void(const char*, int, std::string)>& print) {
  pb::CollectionDef def;
  def.ParseFromString(bytes);  // as import kept it
  const auto numbers = [](const auto& list) {
    return fmt::format("{}",
                       fmt::join(list.begin(), list.begin() + std::min(list.size(), 3), ", "));
  };
  switch (def.kind_case()) {
    case pb::CollectionDef::kInt64List:
      return print("integers", def.int64_list().value_size(), numbers(def.int64_list().value()));
    case pb::CollectionDef::kFloatList:
      return print("numbers", def.float_list().value_size(), numbers(def.float_list().value()));
    default:
      print("messages", def.any_list().value_size(), BytesText(static_cast<double>(bytes.size())));
  }
}

}  // namespace

void PrintCollections(const MetaGraph& meta) {
  fmt::print("\nCollections\n");
  const auto first = [](const std::vector<std::string>& members) {
    const size_t shown = std::min<size_t>(members.size(), 3);
    return fmt::format("{}{}", fmt::join(members.begin(), members.begin() + shown, ", "),
                       shown < members.size() ? ", ..." : "");
  };
  for (const auto& [name, members] : meta.variable_lists) {
    PrintCollection(name, "variables", members.size(), first(members));
  }
  for (const auto& [name, members] : meta.node_lists) {
    PrintCollection(name, KindOf(members), members.size(), first(members));
  }
  for (const auto& [name, messages] : meta.byte_lists) {
    size_t bytes = 0;
    for (const std::string& m : messages) bytes += m.size();
    PrintCollection(name, name == kRunPlanCollection ? "the plan" : "messages", messages.size(),
                    BytesText(static_cast<double>(bytes)));
  }
  for (const auto& [name, bytes] : meta.other_lists) {
    PrintOtherCollection(bytes,
                         [&name = name](const char* kind, int count, const std::string& what) {
                           PrintCollection(name, kind, count, what);
                         });
  }
}

}  // namespace graphrun
