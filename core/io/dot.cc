#include "core/io/dot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/graph/op_def.h"
#include "core/io/dot_picture.h"

extern char** environ;

namespace graphrun {
namespace {

constexpr size_t kMostFunctions = 8;  // drawn; beyond that a picture says nothing any more

// A function to be drawn once, however many nodes call it or one of the same structure.
struct Drawn {
  const Function* function;
  bool is_loop;
  std::string role;  // "body", "then_branch"
  size_t structure;
  int alike = 1;
  std::vector<std::string> callers;  // boxes
};

struct Reference {
  std::string name, role;
  bool is_loop;
};

std::vector<Reference> References(const Node& node, bool all) {
  std::vector<Reference> out;
  const std::vector<Region>& regions = node.op->regions;
  const bool loops = std::any_of(regions.begin(), regions.end(),
                                 [](const Region& region) { return region.repeats; });
  for (const Region& region : regions) {
    // The condition of a loop is a comparison of counters in all but a few graphs.
    if (!all && loops && !region.repeats) continue;
    out.push_back({std::get<FuncRef>(node.attrs.find(region.attr)->second).name, region.attr,
                   region.repeats});
  }
  return out;
}

// Adds the functions that nodes of `picture` name to *drawn.
void Collect(const DotPicture& picture, bool all, std::vector<Drawn>* drawn) {
  const Graph& g = picture.graph();
  for (NodeId id = 0; id < g.num_ids(); ++id) {
    if (!g.exists(id) || !picture.Draws(id)) continue;
    for (const Reference& r : References(g.node(id), all)) {
      const Function& f = g.library()->Get(r.name);
      const size_t structure = ScopeTree(f.graph, false).items()[0].structure;
      auto it = std::find_if(drawn->begin(), drawn->end(), [&](const Drawn& d) {
        return d.function == &f || (!all && d.structure == structure && d.role == r.role);
      });
      if (it == drawn->end()) {
        if (!all && drawn->size() == kMostFunctions) continue;
        drawn->push_back({&f, r.is_loop, r.role, structure, 0, {}});
        it = drawn->end() - 1;
      }
      ++it->alike;
      const std::string box = picture.BoxOf(id);
      if (std::find(it->callers.begin(), it->callers.end(), box) == it->callers.end())
        it->callers.push_back(box);
    }
  }
}

std::string Title(const Graph& graph, const DotOptions& options) {
  int inner = 0;
  for (const auto& [name, f] : graph.library()->functions()) inner += f->graph.num_nodes();
  std::string title = std::to_string(graph.num_nodes()) + " nodes";
  if (inner > 0) title += ", " + std::to_string(inner) + " more in functions";
  if (!options.expand) title += "; constants are not drawn";
  return title;
}

}  // namespace

std::string ToDot(const Graph& graph, const DotOptions& options) {
  std::string out =
      "digraph graphrun {\n"
      "  graph [compound=true, rankdir=TB, nodesep=0.25, ranksep=0.4, fontname=\"Helvetica\", "
      "fontsize=11,\n"
      "         color=\"#aaaaaa\", style=\"rounded\", labelloc=t, labeljust=l, label=\"" +
      Title(graph, options) +
      "\"];\n"
      "  node [style=filled, fontname=\"Helvetica\", fontsize=10, margin=\"0.08,0.04\", "
      "height=0.3, color=\"#666666\"];\n"
      "  edge [fontname=\"Helvetica\", fontsize=8, fontcolor=\"#555555\", color=\"#555555\", "
      "arrowsize=0.6];\n";
  DotPicture main("n", graph, nullptr, false, options);
  main.Open(options.boxes);
  main.WriteBoxes("  ", &out);
  main.WriteEdges("  ", &out);

  std::vector<Drawn> drawn;
  Collect(main, options.expand, &drawn);
  std::deque<DotPicture> pictures;
  for (size_t i = 0; i < drawn.size(); ++i) {  // grows: functions call functions
    const Function& f = *drawn[i].function;
    const std::string id = "f" + std::to_string(i) + "_";
    pictures.emplace_back(id, f.graph, &f, drawn[i].is_loop, options);
    pictures.back().Open(std::max(options.boxes * 2 / 3, 12));
    Collect(pictures.back(), options.expand, &drawn);
  }
  for (size_t i = 0; i < drawn.size(); ++i) {
    const Drawn& d = drawn[i];
    const std::string cluster = "cluster_f" + std::to_string(i);
    out += "  subgraph " + cluster +
           " {\n    style=\"rounded,filled\"; fillcolor=\"#faf7fc\"; color=\"#8a5bab\";\n" +
           "    label=\"" + d.role + " " + d.function->name +
           (d.alike > 1 ? " \u00d7" + std::to_string(d.alike) : "") + "\";\n";
    pictures[i].WriteBoxes("    ", &out);
    out += "  }\n";
    pictures[i].WriteEdges("  ", &out);
    const std::string inner = pictures[i].AnyBox();
    if (inner.empty()) continue;
    for (const std::string& box : d.callers) {
      out += "  " + box + " -> " + inner + " [lhead=" + cluster +
             ", style=dotted, arrowhead=none, color=\"#8a5bab\"];\n";
    }
  }
  return out + "}\n";
}

void RenderSvg(const std::string& dot, const std::string& path) {
  const std::string source = path + ".dot.tmp" + std::to_string(getpid());
  const std::string picture = path + ".tmp" + std::to_string(getpid());
  WriteFile(source, dot);
  std::string args[] = {"dot", "-Tsvg", "-o", picture, source};
  std::vector<char*> argv;
  for (std::string& a : args) argv.push_back(a.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, "dot", nullptr, nullptr, argv.data(), environ);
  int status = 0;
  if (error == 0) {
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  unlink(source.c_str());
  if (error == ENOENT || (error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
    throw Error(Code::kFailedPrecondition,
                "Graphviz is not installed, and draws the SVG; install it (apt install graphviz), "
                "or write a .dot file");
  }
  if (error != 0) ThrowInternal(std::string("cannot start dot: ") + std::strerror(error));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    unlink(picture.c_str());
    ThrowInternal("Graphviz's dot failed with status " + std::to_string(status));
  }
  if (std::rename(picture.c_str(), path.c_str()) != 0) {
    const std::string reason = std::strerror(errno);
    unlink(picture.c_str());
    ThrowInvalid("cannot write " + path + ": " + reason);
  }
}

}  // namespace graphrun
