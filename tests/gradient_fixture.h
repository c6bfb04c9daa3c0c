// Gradients of graphs that are written in lines (import_fixture.h), or the refusal of one.
#ifndef GRAPHRUN_TESTS_GRADIENT_FIXTURE_H_
#define GRAPHRUN_TESTS_GRADIENT_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "core/autodiff/gradients.h"
#include "core/import/save.h"
#include "tests/import_fixture.h"

namespace graphrun {

using Values = std::vector<double>;

class GradientOfLines {
 public:
  explicit GradientOfLines(const std::string& lines, const std::string& more_text = "")
      : GradientOfLines() {
    ParseMetaGraph(GraphDefText(lines) + more_text, &meta_);
  }
  // The graph as it is after it was saved and read again.
  GradientOfLines SavedAndRead() const {
    GradientOfLines read;
    ParseMetaGraph(SerializeMetaGraph(meta_), &read.meta_);
    return read;
  }

  Scope root() { return Scope::Root(meta_); }
  Grad Of(const std::string& y, const std::string& x, std::string* why = nullptr) {
    const auto find = [&](const std::string& name) {
      return Expr(root().home(), meta_.graph.FindOutput(name));
    };
    std::vector<std::string> reasons;
    const Grad grad = Gradients(root(), {find(y)}, {find(x)}, {}, &reasons)[0];
    Verify(meta_.graph);
    if (why != nullptr) *why = reasons[0];
    return grad;
  }
  // All elements of d sum(y) / dx, by both executors.
  std::vector<double> Value(const std::string& y, const std::string& x, const Feeds& feeds) {
    const Expr grad = ToDense(root(), Of(y, x));
    const auto run = [&](bool interpret) {
      Session session(meta_.graph, {.interpret = interpret});
      return Numbers(session.Run(feeds, {grad})[0]);
    };
    const std::vector<double> planned = run(false);
    EXPECT_EQ(planned, run(true));
    return planned;
  }
  // Why there is none.
  std::string Why(const std::string& y, const std::string& x) {
    std::string why;
    EXPECT_TRUE(Of(y, x, &why).none());
    return why;
  }
  // What an UNIMPLEMENTED refusal says.
  std::string Refusal(const std::string& y, const std::string& x) {
    const Error e = Caught([&] { Of(y, x); });
    EXPECT_EQ(e.code(), Code::kUnimplemented) << e.what();
    return e.what();
  }

 private:
  GradientOfLines() : owned_(std::make_unique<MetaGraph>(&TestOps())), meta_(*owned_) {}
  std::unique_ptr<MetaGraph> owned_;
  MetaGraph& meta_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_GRADIENT_FIXTURE_H_
