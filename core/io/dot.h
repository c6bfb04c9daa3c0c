// Pictures of graphs, in Graphviz's language.
#ifndef GRAPHRUN_CORE_IO_DOT_H_
#define GRAPHRUN_CORE_IO_DOT_H_

#include <string>

#include "core/graph/graph.h"

namespace graphrun {

struct DotOptions {
  // Levels of scopes that are opened; -1: as many as leave the picture readable (about `boxes`
  // boxes).
  int depth = -1;
  int boxes = 60;
  // Only this scope; what it takes from elsewhere and gives there is drawn by the names of the
  // neighbours' scopes.
  std::string scope = {};
  // Every node by itself, constants too: for small graphs.
  bool expand = false;
};

// The graph and the functions it reaches as one directed graph: closed scopes as boxes with the
// number of nodes in them, open ones as frames, functions as frames of their own that a dotted line
// ties to their While, If or call; siblings of one structure (layers, time steps) as one box with
// its number, as in "cell_0 ×2". Nodes show name, op and output types (float32 is left out), data
// edges are solid and show how many tensors they are when more than one, control edges dashed. The
// result of a While body leads back to its parameter in bold. Equal graphs give equal text.
// NOT_FOUND when there is no such scope.
std::string ToDot(const Graph& graph, const DotOptions& options = {});

// Draws `dot` to an SVG file with Graphviz's program dot. FAILED_PRECONDITION when it is not
// installed; INTERNAL with its exit code when it fails.
void RenderSvg(const std::string& dot, const std::string& path);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_DOT_H_
