// DotPicture: one graph of a drawing (the main graph or a function), with some of its scopes open.
#ifndef GRAPHRUN_CORE_IO_DOT_PICTURE_H_
#define GRAPHRUN_CORE_IO_DOT_PICTURE_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/graph/graph.h"
#include "core/io/dot.h"
#include "core/io/scope_tree.h"

namespace graphrun {

class DotPicture {
 public:
  // `id` makes the names of boxes unique in the drawing. `function` is null for the main graph. All
  // must outlive it.
  DotPicture(std::string id, const Graph& graph, const Function* function, bool is_loop,
             const DotOptions& options);

  // Opens scopes: options.depth levels, or while the boxes stay within `boxes`.
  void Open(int boxes);
  // The items that Open made visible, and constants as far as they are drawn.
  int num_boxes() const;

  // Boxes and frames.
  void WriteBoxes(const std::string& indent, std::string* out) const;
  void WriteEdges(const std::string& indent, std::string* out) const;

  const Graph& graph() const { return graph_; }
  const ScopeTree& tree() const { return tree_; }
  // Whether the node is drawn, and not folded into a scope.
  bool Draws(NodeId id) const {
    const int item = tree_.item_of(id);
    return inside_[item] && shown_[item] == item;
  }
  // The box in which a node is drawn.
  std::string BoxOf(NodeId id) const { return BoxName(shown_[tree_.item_of(id)]); }
  // Some box; "" when there is none.
  std::string AnyBox() const;

 private:
  struct Edge {
    int tensors = 0;
    int controls = 0;
    std::string type;  // of the tensor, when there is only one
    Output only;
  };

  bool IsBox(int item) const;  // drawn, and not only as a frame
  bool IsVariable(int item) const;
  int VisibleParts(
      int item) const;  // of an open scope: its own node and its children that are drawn
  void FindHidden();
  void OpenWithin(int boxes);
  void Show();
  void CollectEdges();
  bool HasFrame(int item) const;
  std::string BoxName(int item) const { return id_ + std::to_string(item); }
  std::string Label(int item) const;
  std::string Style(int item) const;
  std::string Types(const ScopeItem& item) const;

  const std::string id_;
  const Graph& graph_;
  const Function* const function_;
  const bool is_loop_;
  const DotOptions& options_;
  const ScopeTree tree_;
  int root_ = 0;              // the item of options.scope
  std::vector<bool> inside_;  // under root_
  std::vector<bool> hidden_;  // constants, parameters that nothing uses
  std::vector<bool> copy_;    // a sibling before it has the same name but for numbers
  std::vector<bool> open_;
  std::vector<int> shown_;       // by item: itself, or the closed item that contains it; -1: hidden
  std::vector<bool> neighbour_;  // by item: not inside, but an edge leads there
  std::map<std::pair<int, int>, Edge> edges_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IO_DOT_PICTURE_H_
