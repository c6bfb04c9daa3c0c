#include "core/import/foreign_loops.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "proto/node_def.pb.h"

namespace graphrun {
namespace {

class UnionFind {
 public:
  explicit UnionFind(int n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0); }
  int Find(int i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void Join(int a, int b) { parent_[Find(b)] = Find(a); }

 private:
  std::vector<int> parent_;
};

bool IsConstant(const ForeignNode& enter) {
  const auto it = enter.def->attr().find("is_constant");
  return it != enter.def->attr().end() && it->second.b();
}

}  // namespace

ForeignLoops::ForeignLoops(ForeignGraph* graph) : graph_(*graph) {
  Clear();
  if (!graph_.has_control_flow()) return;
  // Each round breaks a node at least.
  for (Faults faults = FindAll(); !faults.empty(); faults = FindAll()) {
    Break(faults);
    Clear();
  }
}

void ForeignLoops::Clear() {
  frames_.assign(1, {});
  frames_[0].parent = -1;
  by_name_.clear();
  frame_of_.assign(graph_.size(), 0);
  variable_of_.assign(graph_.size(), -1);
  loop_left_by_.assign(graph_.size(), -1);
}

ForeignLoops::Faults ForeignLoops::FindAll() {
  if (Faults faults = AssignFrames(); !faults.empty()) return faults;
  SplitFrames();
  if (Faults faults = FindVariables(); !faults.empty()) return faults;
  if (Faults faults = FindExits(); !faults.empty()) return faults;
  return FindStarts();
}

void ForeignLoops::Break(const Faults& faults) {
  for (const Fault& fault : faults) {
    const Problem problem{Code::kInvalidArgument, fault.what};
    if (fault.frame == 0) {
      graph_.Detach(fault.node, problem);
      continue;
    }
    int outermost = fault.frame;
    while (frames_[outermost].parent > 0) outermost = frames_[outermost].parent;
    for (int i : graph_.order()) {
      if (Inside(frame_of_[i], outermost)) graph_.Detach(i, problem);
    }
  }
}

bool ForeignLoops::Inside(int f, int outer) const {
  if (outer == 0) return true;
  while (f > outer) f = frames_[f].parent;
  return f == outer;
}

int ForeignLoops::Child(int parent, const std::string& name, int node) {
  const int f = num_frames();
  const auto [it, fresh] = by_name_.try_emplace({parent, name}, f);
  if (!fresh) return it->second;
  frames_[parent].children.push_back(f);
  LoopFrame frame;
  frame.name = name;
  frame.parent = parent;
  frame.first_node = node;
  frames_.push_back(std::move(frame));
  return f;
}

ForeignLoops::Faults ForeignLoops::AssignFrames() {
  Faults faults;
  const auto closes_loop = [&](int producer, int consumer) {
    return graph_.node(producer).kind == ForeignKind::kNextIteration &&
           graph_.node(consumer).kind == ForeignKind::kMerge;
  };
  for (int i : graph_.order()) {
    const ForeignNode& node = graph_.node(i);
    int f = 0;
    const auto join = [&](int producer) {
      const int other = frame_of_[producer];
      if (Inside(other, f)) {
        f = other;
      } else if (!Inside(f, other)) {
        faults.push_back({i, 0,
                          graph_.Describe(i) + " has inputs from the loops '" + frames_[f].name +
                              "' and '" + frames_[other].name +
                              "', which do not contain each other"});
      }
    };
    for (Port p : node.inputs) {
      if (!closes_loop(p.node, i)) join(p.node);
    }
    for (int c : node.controls) join(c);
    if (node.kind == ForeignKind::kEnter) {
      f = Child(f, node.def->attr().at("frame_name").s(), i);
    } else if (node.kind == ForeignKind::kExit) {
      if (f == 0) {
        faults.push_back({i, 0, graph_.Describe(i) + " leaves no loop"});
      } else {
        f = frames_[f].parent;
      }
    }
    frame_of_[i] = f;
    frames_[f].first_node = std::min(frames_[f].first_node, i);
  }
  return faults;
}

// import_graph_def does not rename frames, so a graph imported twice has each of them twice.
void ForeignLoops::SplitFrames() {
  std::vector<int> conds(frames_.size(), 0);
  for (int i = 0; i < graph_.size(); ++i) {
    if (graph_.node(i).kind == ForeignKind::kLoopCond) ++conds[frame_of_[i]];
  }
  // Frames that are made while we split have one LoopCond and need no further look.
  const int before = num_frames();
  for (int f = 1; f < before; ++f) {
    if (conds[f] <= 1) continue;
    UnionFind parts(graph_.size());
    const auto inside = [&](int i) { return Inside(frame_of_[i], f); };
    for (int i = 0; i < graph_.size(); ++i) {
      if (!inside(i)) continue;
      // An Enter that opens f has its inputs outside.
      for (Port p : graph_.node(i).inputs) {
        if (inside(p.node)) parts.Join(p.node, i);
      }
      for (int c : graph_.node(i).controls) {
        if (inside(c)) parts.Join(c, i);
      }
    }
    std::map<std::pair<int, int>, int> frame_of_part;  // (frame, part) -> frame
    const auto split = [&](int frame, int part) {
      // From the outside in, so that a part's parent exists.
      std::vector<int> path;
      for (int g = frame; g != frames_[f].parent; g = frames_[g].parent) path.push_back(g);
      int parent = frames_[f].parent;
      for (size_t k = path.size(); k-- > 0;) {
        const auto [it, fresh] = frame_of_part.try_emplace({path[k], part}, num_frames());
        if (fresh) {
          LoopFrame copy;
          copy.name = frames_[path[k]].name;
          copy.parent = parent;
          copy.first_node = frames_[path[k]].first_node;
          frames_[parent].children.push_back(num_frames());
          frames_.push_back(std::move(copy));
        }
        parent = it->second;
      }
      return parent;
    };
    std::vector<std::pair<int, int>> moves;
    for (int i = 0; i < graph_.size(); ++i) {
      if (inside(i)) moves.emplace_back(i, split(frame_of_[i], parts.Find(i)));
    }
    for (auto [i, frame] : moves) frame_of_[i] = frame;
    auto& siblings = frames_[frames_[f].parent].children;
    siblings.erase(std::find(siblings.begin(), siblings.end(), f));
    for (int g = f; g < before; ++g) {
      if (Inside(g, f)) conds[g] = 0;
    }
  }
}

std::string ForeignLoops::CauseAt(int node, std::string otherwise) const {
  const ForeignNode& from = graph_.node(graph_.node(node).inputs.at(0).node);
  return from.kind == ForeignKind::kBroken ? from.problem.reason : std::move(otherwise);
}

ForeignLoops::Faults ForeignLoops::FindVariables() {
  Faults faults;
  std::vector<bool> goes_on(graph_.size());  // NextIterations that a Merge alone uses
  for (int i = 0; i < graph_.size(); ++i) {
    LoopFrame& frame = frames_[frame_of_[i]];
    const ForeignNode& node = graph_.node(i);
    if (node.kind == ForeignKind::kEnter) {
      frame.enters.push_back(i);
    } else if (node.kind == ForeignKind::kLoopCond) {
      if (frame.loop_cond >= 0) {
        faults.push_back({i, frame_of_[i],
                          "loop '" + frame.name + "' has two conditions: " +
                              graph_.Describe(frame.loop_cond) + " and " + graph_.Describe(i)});
      }
      frame.loop_cond = i;
    } else if (node.kind == ForeignKind::kMerge) {
      int enter = -1, next = -1;
      for (Port p : node.inputs) {
        const ForeignKind kind = graph_.node(p.node).kind;
        if (kind == ForeignKind::kEnter && frame_of_[p.node] == frame_of_[i]) enter = p.node;
        if (kind == ForeignKind::kNextIteration) next = p.node;
      }
      if (next < 0) continue;
      if (enter < 0 || node.inputs.size() != 2 || frame_of_[next] != frame_of_[i]) {
        faults.push_back({i, frame_of_[i],
                          CauseAt(next, "loop '" + frame.name + "': " + graph_.Describe(i) +
                                            " does not join an Enter and a NextIteration of its "
                                            "loop")});
        continue;
      }
      if (IsConstant(graph_.node(enter))) {
        faults.push_back({i, frame_of_[i],
                          "loop '" + frame.name + "': " + graph_.Describe(enter) +
                              " is constant and begins a loop variable"});
        continue;
      }
      variable_of_[i] = static_cast<int>(frame.variables.size());
      frame.variables.push_back({enter, i, next});
      goes_on[next] = graph_.consumers(next).size() == 1 && graph_.control_consumers(next).empty();
    }
  }
  for (int i = 0; i < graph_.size(); ++i) {
    const ForeignNode& node = graph_.node(i);
    if (node.kind != ForeignKind::kSwitch ||
        graph_.node(node.inputs[1].node).kind != ForeignKind::kLoopCond)
      continue;
    LoopFrame& frame = frames_[frame_of_[i]];
    if (const int test = node.inputs[1].node; frame_of_[test] != frame_of_[i]) {
      faults.push_back({i, frame_of_[i],
                        CauseAt(test, "loop '" + frame.name + "' does not contain its condition, " +
                                          graph_.Describe(test))});
      continue;
    }
    const int merge = node.inputs[0].node;
    variable_of_[i] = variable_of_[merge];
    if (graph_.node(merge).kind != ForeignKind::kMerge || variable_of_[i] < 0 ||
        frame_of_[merge] != frame_of_[i]) {
      faults.push_back({i, frame_of_[i],
                        "loop '" + frame.name + "': " + graph_.Describe(i) +
                            " is decided by the loop's condition, but switches no loop variable"});
      continue;
    }
    frame.switches.push_back(i);
  }
  for (int i = 0; i < graph_.size(); ++i) {
    if (graph_.node(i).kind != ForeignKind::kNextIteration || goes_on[i]) continue;
    const bool used = !graph_.consumers(i).empty() || !graph_.control_consumers(i).empty();
    if (used)
      faults.push_back({i, frame_of_[i], graph_.Describe(i) + " leads to no loop variable"});
  }
  FindFirstTrips(&faults);
  for (int f = 1; f < num_frames(); ++f) {
    const LoopFrame& frame = frames_[f];
    if (frame.loop_cond < 0 && !frame.variables.empty())
      faults.push_back({frame.enters.at(0), f, "loop '" + frame.name + "' has no LoopCond"});
  }
  return faults;
}

// What is not constant enters a loop once: for who uses it past the Merge of a loop variable it is
// there in the first trip alone.
void ForeignLoops::FindFirstTrips(Faults* faults) const {
  for (int f = 1; f < num_frames(); ++f) {
    for (int enter : frames_[f].enters) {
      if (IsConstant(graph_.node(enter))) continue;
      std::vector<int> users = graph_.control_consumers(enter);
      for (const ForeignConsumer& c : graph_.consumers(enter)) {
        const bool begins = graph_.node(c.node).kind == ForeignKind::kMerge &&
                            (variable_of_[c.node] >= 0 || frame_of_[c.node] != f);
        if (!begins) users.push_back(c.node);
      }
      for (int user : users) {
        faults->push_back({user, 0,
                           "loop '" + frames_[f].name + "': " + graph_.Describe(user) + " uses " +
                               graph_.Describe(enter) +
                               ", which is not constant and there in the first trip only"});
      }
    }
  }
}

ForeignLoops::Faults ForeignLoops::FindExits() {
  Faults faults;
  for (int f = 1; f < num_frames(); ++f) {
    const LoopFrame& frame = frames_[f];
    for (int s : frame.switches) {
      std::vector<Port> open = {{s, 0}};
      while (!open.empty()) {
        const Port from = open.back();
        open.pop_back();
        for (const ForeignConsumer& c : graph_.consumers(from.node)) {
          const ForeignNode& user = graph_.node(c.node);
          if (user.inputs[c.input] != from) continue;
          if (from.node == s) loop_left_by_[c.node] = f;
          if (user.kind == ForeignKind::kExit || frame_of_[c.node] != f) continue;
          if (user.kind == ForeignKind::kNextIteration || user.kind == ForeignKind::kLoopCond ||
              variable_of_[c.node] >= 0) {
            faults.push_back({c.node, f,
                              "loop '" + frame.name + "': the value that leaves it by " +
                                  graph_.Describe(s) + " comes back by " +
                                  graph_.Describe(c.node)});
            continue;
          }
          frame_of_[c.node] = frame.parent;
          for (int k = 0; k < 2; ++k) open.push_back({c.node, k});
        }
      }
    }
  }
  return faults;
}

// A loop begins when all that enters it is there. The graph has no cycle, so one that this makes
// leads through an Enter to what the loop leaves.
ForeignLoops::Faults ForeignLoops::FindStarts() const {
  const int n = graph_.size(), total = n + num_frames();
  std::vector<std::vector<int>> before(total), after(total);
  const auto add = [&](int from, int to) {
    after[from].push_back(to);
    before[to].push_back(from);
  };
  for (int i = 0; i < n; ++i) {
    const ForeignNode& node = graph_.node(i);
    for (Port p : node.inputs) {
      if (graph_.node(p.node).kind != ForeignKind::kNextIteration) add(p.node, i);
    }
    for (int c : node.controls) add(c, i);
    if (node.kind == ForeignKind::kEnter) add(i, n + frame_of_[i]);
    if (loop_left_by_[i] >= 0) add(n + loop_left_by_[i], i);
  }
  // What cycles lead to, and what leads to cycles.
  const auto stuck = [&](const auto& from, const auto& to) {
    std::vector<int> missing(total), ready;
    for (int i = 0; i < total; ++i) {
      missing[i] = static_cast<int>(from[i].size());
      if (missing[i] == 0) ready.push_back(i);
    }
    while (!ready.empty()) {
      const int i = ready.back();
      ready.pop_back();
      for (int next : to[i]) {
        if (--missing[next] == 0) ready.push_back(next);
      }
    }
    return missing;
  };
  const std::vector<int> behind = stuck(before, after), ahead = stuck(after, before);
  Faults faults;
  for (int i = 0; i < n; ++i) {
    if (graph_.node(i).kind != ForeignKind::kEnter || behind[i] == 0 || ahead[i] == 0) continue;
    faults.push_back({i, 0,
                      "loop '" + frames_[frame_of_[i]].name + "' needs, to begin, " +
                          graph_.Describe(i) + ", which waits for what the loop computes"});
  }
  return faults;
}

}  // namespace graphrun
