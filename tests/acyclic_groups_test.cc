// AcyclicGroups: which nodes may become one.
#include "core/compile/acyclic_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "core/graph/graph_algo.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

class AcyclicGroupsTest : public testing::Test {
 protected:
  NodeId Add(const std::vector<NodeId>& inputs) {
    std::vector<Output> from;
    for (NodeId id : inputs) from.push_back({id, 0});
    if (from.empty()) return g_.AddConst("c", Tensor::Scalar(1.0f)).node;
    return g_.AddNode("AddN", "n", from);
  }
  // Whether the groups, each as one node, form a cycle.
  bool HasCycle(AcyclicGroups& groups) const {
    std::vector<std::vector<int>> next(g_.num_ids());
    for (NodeId id = 0; id < g_.num_ids(); ++id) {
      for (Output o : g_.node(id).inputs) {
        const NodeId from = groups.Of(o.node), to = groups.Of(id);
        if (from != to) next[from].push_back(to);
      }
    }
    const std::vector<int> components = StrongComponents(next);
    return std::set<int>(components.begin(), components.end()).size() != components.size();
  }
  Graph g_{&TestOps()};
};

TEST_F(AcyclicGroupsTest, NoGroupWithAPathThroughAnother) {
  const NodeId a = Add({}), b = Add({a}), c = Add({b, a});
  AcyclicGroups groups(g_);
  EXPECT_FALSE(groups.Join(a, c)) << "b lies between them";
  EXPECT_TRUE(groups.Join(b, c));
  EXPECT_TRUE(groups.Join(a, c));
  EXPECT_THAT(groups.Nodes(groups.Of(b)), testing::ElementsAre(a, b, c));
}

// Through a group that begins before `from` and ends after it to a node that comes before it.
TEST_F(AcyclicGroupsTest, APathThatGoesBackInTheOrderOfNodes) {
  const NodeId early = Add({}), between = Add({early}), from = Add({});
  const NodeId late = Add({early, from}), to = Add({between, from});
  AcyclicGroups groups(g_);
  ASSERT_TRUE(groups.Join(early, late));
  EXPECT_FALSE(groups.Join(from, to)) << "from, {early, late}, between, to";
}

TEST_F(AcyclicGroupsTest, RandomGraphsNeverGetACycle) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return static_cast<int>(random() % n); };
  for (int round = 0; round < 200; ++round) {
    g_ = Graph(&TestOps());
    for (int i = 0; i < 40; ++i) {
      std::vector<NodeId> inputs;
      for (int k = below(4); k > 0 && i > 0; --k) inputs.push_back(below(i));
      Add(inputs);
    }
    AcyclicGroups groups(g_);
    int joined = 0;
    for (int i = 0; i < 60; ++i) {
      const NodeId to = below(g_.num_ids());
      const auto& inputs = g_.node(to).inputs;
      if (inputs.empty()) continue;
      const NodeId from = inputs[below(static_cast<int>(inputs.size()))].node;
      if (groups.Of(from) == groups.Of(to)) continue;
      const bool free = groups.Join(from, to);
      joined += free ? 1 : 0;
      ASSERT_FALSE(HasCycle(groups)) << "round " << round;
    }
    EXPECT_GT(joined, 5);
  }
}

}  // namespace
}  // namespace graphrun
