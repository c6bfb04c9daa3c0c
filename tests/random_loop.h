// RandomLoop: loops that a seed makes, with all that a loop may do to its variables.
#ifndef GRAPHRUN_TESTS_RANDOM_LOOP_H_
#define GRAPHRUN_TESTS_RANDOM_LOOP_H_

#include <cstdint>
#include <random>
#include <vector>

#include "tests/test_graph.h"

namespace graphrun {

struct RandomLoop {
  explicit RandomLoop(uint64_t seed, bool gradients);

  TestGraph t;
  Feeds feeds;
  std::vector<TensorName> fetches;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_RANDOM_LOOP_H_
