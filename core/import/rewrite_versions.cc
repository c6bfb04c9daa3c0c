// TensorArrays as each access finds them.
#include <algorithm>

#include "core/import/rewriter.h"

namespace graphrun {

std::vector<int> Rewriter::AccessesIn(const Region& region, const std::vector<int>& items) const {
  std::vector<int> accesses;
  for (int i : items) {
    const Item& item = region.items[i];
    if (item.frame < 0) {
      if (lists_.AccessedBy(item.node) >= 0) accesses.push_back(item.node);
      continue;
    }
    for (int object : lists_.InFrame(item.frame, false)) {
      for (int access : lists_.accesses(object)) {
        if (loops_.Inside(loops_.FrameOf(access), item.frame)) accesses.push_back(access);
      }
    }
  }
  return accesses;
}

void Rewriter::WithVersions(Block& b, const Region& region, const std::vector<int>& items,
                            const std::function<void()>& emit) {
  std::map<int, std::vector<int>> accesses_of;  // an array
  for (int access : AccessesIn(region, items)) {
    const int object = lists_.AccessedBy(access), array = lists_.ArrayOf(object);
    // Gradients that are there need nothing of what they are of.
    if (array >= 0 && (object == array || !Visible(b, object)))
      accesses_of[array].push_back(access);
  }
  std::map<int, Output> found;
  for (const auto& [array, accesses] : accesses_of) {
    if (!Visible(b, array)) continue;
    std::vector<Version>& versions = b.versions[array];
    if (versions.empty()) versions.push_back({List(b, array), {}});
    // The gradients in a cond come with what they are of.
    const auto direct = [&](int access) { return lists_.AccessedBy(access) == array; };
    const bool any_direct = std::any_of(accesses.begin(), accesses.end(), direct);
    const auto seen = [&](const Version& v) {
      return std::any_of(accesses.begin(), accesses.end(), [&](int access) {
        if (any_direct && !direct(access)) return false;
        return std::any_of(v.changes.begin(), v.changes.end(),
                           [&](int change) { return lists_.Sees(access, change); });
      });
    };
    const auto last = std::find_if(versions.rbegin(), versions.rend() - 1, seen);
    found[array] = b.lists[array] = last->list;
  }
  emit();
  for (const auto& [array, accesses] : accesses_of) {
    const auto list = b.lists.find(array);
    if (list == b.lists.end()) continue;
    std::vector<Version>& versions = b.versions[array];
    if (const auto it = found.find(array); it == found.end() || it->second != list->second) {
      Version made = {list->second, {}};
      for (int access : accesses) {
        if (lists_.AccessedBy(access) == array && lists_.Changes(access))
          made.changes.push_back(access);
      }
      versions.push_back(std::move(made));
    }
    list->second = versions.back().list;
  }
}

}  // namespace graphrun
