// A graph with a root scope and all ops, for tests.
#ifndef GRAPHRUN_TESTS_TEST_GRAPH_H_
#define GRAPHRUN_TESTS_TEST_GRAPH_H_

#include <vector>

#include "core/build/scope.h"
#include "core/graph/op_registry.h"
#include "core/graph/verify.h"
#include "core/run/session.h"
#include "ops/register_all.h"

namespace graphrun {

// The registry of all ops, made once for a test program.
inline const OpRegistry& TestOps() {
  static const OpRegistry registry = AllOps();
  return registry;
}

struct TestGraph {
  TestGraph() : meta(&TestOps()), root(Scope::Root(meta)) {}
  // One run in a session of its own.
  std::vector<Tensor> Run(const Feeds& feeds, const std::vector<TensorName>& fetches,
                          const SessionOptions& options = {}) const {
    return Session(meta.graph, options).Run(feeds, fetches);
  }
  void Verify() const { graphrun::Verify(meta.graph); }

  MetaGraph meta;
  Scope root;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_TEST_GRAPH_H_
