// SessionTest: a graph whose runs are tried twice, interpreted and planned.
#ifndef GRAPHRUN_TESTS_SESSION_FIXTURE_H_
#define GRAPHRUN_TESTS_SESSION_FIXTURE_H_

#include <gtest/gtest.h>

#include <vector>

#include "core/build/ops.h"
#include "core/run/session.h"
#include "tests/test_graph.h"

namespace graphrun {

class SessionTest : public testing::TestWithParam<bool> {
 protected:
  SessionOptions options() const { return {.interpret = GetParam()}; }
  std::vector<Tensor> Run(const Feeds& feeds, const std::vector<TensorName>& fetches) {
    return t_.Run(feeds, fetches, options());
  }
  // A float variable, made as tf.Variable makes it.
  Variable NewVariable(const char* name, float initial) {
    return t_.root.NewVariable(op::Const(t_.root, initial), name);
  }
  const Scope& root() const { return t_.root; }
  const Graph& graph() const { return t_.meta.graph; }

  TestGraph t_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_SESSION_FIXTURE_H_
