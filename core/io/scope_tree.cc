#include "core/io/scope_tree.h"

#include <algorithm>
#include <cctype>
#include <deque>
#include <functional>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/graph/op_def.h"

namespace graphrun {
namespace {

constexpr size_t kNodesWorthFolding = 3;

size_t Mix(size_t hash, size_t value) {
  return (hash ^ value) * 0x9E3779B97F4A7C15u + (hash >> 29);
}
size_t Hash(std::string_view text) { return std::hash<std::string_view>()(text); }

// The scopes as the names give them.
struct Entry {
  std::string name, path;
  NodeId node = kNoNode;
  std::vector<int> children;  // by first appearance
  size_t structure = 0;
  int computing = 0;      // nodes in it that are no constants
  NodeId last = kNoNode;  // one of these; else a constant
};

std::vector<Entry> Trie(const Graph& graph) {
  std::vector<Entry> entries(1);
  std::unordered_map<std::string, int> by_path;
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    const std::string& name = graph.node(id).name;
    int at = 0;
    for (size_t begin = 0; begin <= name.size();) {
      const size_t end = std::min(name.find('/', begin), name.size());
      const auto [it, fresh] =
          by_path.try_emplace(name.substr(0, end), static_cast<int>(entries.size()));
      if (fresh) {
        entries[at].children.push_back(it->second);
        entries.push_back({name.substr(begin, end - begin), it->first});
      }
      at = it->second;
      begin = end + 1;
    }
    entries[at].node = id;
  }
  return entries;
}

// From the leaves up: children come after their parent.
void HashStructure(const Graph& graph, std::vector<Entry>* entries) {
  for (size_t i = entries->size(); i-- > 0;) {
    Entry& e = (*entries)[i];
    std::vector<std::pair<std::string, size_t>> parts;
    for (int c : e.children) parts.emplace_back((*entries)[c].name, (*entries)[c].structure);
    std::sort(parts.begin(), parts.end());
    if (e.node != kNoNode) {
      const OpDef& op = *graph.node(e.node).op;
      e.structure = Hash(op.name);
      e.last = e.node;
      e.computing = op.structure != Structure::kConst;
    }
    for (int c : e.children) {
      const Entry& child = (*entries)[c];
      if (e.last == kNoNode || (e.computing == 0 && child.computing > 0)) e.last = child.last;
      e.computing += child.computing;
    }
    for (const auto& [name, structure] : parts)
      e.structure = Mix(Mix(e.structure, Hash(name)), structure);
  }
}

// For each node a hash of what it is and of its neighbours, with numbers in names left out.
std::vector<size_t> HashNeighbourhoods(const Graph& graph) {
  std::vector<size_t> self(graph.num_ids()), around(graph.num_ids());
  std::vector<std::vector<size_t>> consumers(graph.num_ids());
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    self[id] = Mix(Hash(WithoutNumbers(graph.node(id).name)), Hash(graph.node(id).op->name));
  }
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    for (Output o : graph.node(id).inputs) consumers[o.node].push_back(Mix(self[id], o.index));
  }
  for (NodeId id = 0; id < graph.num_ids(); ++id) {
    if (!graph.exists(id)) continue;
    around[id] = self[id];
    for (Output o : graph.node(id).inputs) around[id] = Mix(around[id], Mix(self[o.node], o.index));
    std::vector<size_t>& uses = consumers[id];
    std::sort(uses.begin(), uses.end());
    uses.erase(std::unique(uses.begin(), uses.end()), uses.end());
    for (size_t use : uses) around[id] = Mix(around[id], use);
  }
  return around;
}

}  // namespace

std::string WithoutNumbers(const std::string& name) {
  std::string out;
  for (size_t i = 0; i < name.size();) {
    size_t end = i + 1;
    if (name[i] == '_') {
      while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end]))) ++end;
      if (end > i + 1 && (end == name.size() || name[end] == '_' || name[end] == '/')) {
        i = end;
        continue;
      }
      end = i + 1;
    }
    out.append(name, i, end - i);
    i = end;
  }
  return out;
}

ScopeTree::ScopeTree(const Graph& graph, bool fold) : item_of_(graph.num_ids(), -1) {
  std::vector<Entry> entries = Trie(graph);
  HashStructure(graph, &entries);
  const std::vector<size_t> around = fold ? HashNeighbourhoods(graph) : std::vector<size_t>();

  struct Pending {
    int parent;
    std::vector<int> members;  // entries of one structure
    int repeats;
  };
  std::deque<Pending> open = {{-1, {0}, 1}};
  while (!open.empty()) {
    Pending p = std::move(open.front());
    open.pop_front();
    ScopeItem item;
    item.parent = p.parent;
    item.repeats = p.repeats;
    item.name = entries[p.members[0]].name;
    // A scope that holds one other thing only is no level of its own.
    while (p.parent >= 0 && entries[p.members[0]].node == kNoNode &&
           entries[p.members[0]].children.size() == 1) {
      for (int& m : p.members) m = entries[m].children[0];
      item.name += "/" + entries[p.members[0]].name;
    }
    const Entry& first = entries[p.members[0]];
    item.path = first.path;
    item.structure = first.structure;
    item.depth = p.parent < 0 ? 0 : items_[p.parent].depth + 1;
    const int self = static_cast<int>(items_.size());
    for (int m : p.members) {
      if (entries[m].node == kNoNode) continue;
      item.nodes.push_back(entries[m].node);
      item_of_[entries[m].node] = self;
    }
    if (p.parent >= 0) items_[p.parent].children.push_back(self);
    items_.push_back(std::move(item));

    // Siblings to be one are grouped in the first member; the others have children of the same
    // names.
    std::map<size_t, std::vector<int>> groups;
    std::vector<size_t> keys;
    for (size_t k = 0; k < first.children.size(); ++k) {
      const Entry& child = entries[first.children[k]];
      size_t key = Mix(k, 1);
      if (fold) {
        // Two transposes of one model are equal and yet have nothing to do with each other, so a
        // node by itself is told apart by its neighbours.
        const size_t self_or_name =
            child.computing <= 1 ? around[child.last] : Hash(WithoutNumbers(child.name));
        key = Mix(self_or_name, child.structure);
      }
      keys.push_back(key);
      groups[key].push_back(first.children[k]);
    }
    for (size_t k = 0; k < keys.size(); ++k) {
      const std::vector<int>& group = groups[keys[k]];
      const bool leaf = entries[group[0]].computing <= 1;
      const bool together = group.size() >= (leaf ? kNodesWorthFolding : 2);
      if (together && group[0] != first.children[k]) continue;
      std::vector<int> chosen = together ? group : std::vector<int>{first.children[k]};
      Pending next{self, {}, static_cast<int>(chosen.size())};
      for (int c : chosen) {
        for (int m : p.members) {
          const auto& candidates = entries[m].children;
          const auto same = [&](int other) { return entries[other].name == entries[c].name; };
          const auto it = m == p.members[0]
                              ? std::find(candidates.begin(), candidates.end(), c)
                              : std::find_if(candidates.begin(), candidates.end(), same);
          if (it != candidates.end()) next.members.push_back(*it);
        }
      }
      open.push_back(std::move(next));
    }
  }
  for (size_t i = items_.size(); i-- > 0;) {
    items_[i].size += static_cast<int>(items_[i].nodes.size());
    if (items_[i].parent >= 0) items_[items_[i].parent].size += items_[i].size;
  }
}

}  // namespace graphrun
