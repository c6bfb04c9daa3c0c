// Loops as TensorFlow 2 writes them, and differentiates them: with lists of what the gradient
// needs, and variables that are read in the body.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "core/build/control_flow.h"
#include "core/build/raw_ops.h"
#include "tests/loop_passes.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Vars = std::span<const Expr>;

class LoopFunctionsTest : public LoopPassesTest {
 protected:
  Expr Variable(const Shape& shape, const std::string& name = "v") {
    return s().Add("VarHandleOp", {},
                   {{"dtype", DType::kFloat}, {"shape", shape}, {"shared_name", name}});
  }
  Expr Empty(const Shape& element, DType dtype, int most = -1) const {
    const std::vector<int> dims(element.dims().begin(), element.dims().end());
    return raw_ops::EmptyTensorList(s(), op::Ints(s(), dims), op::Const(s(), most), dtype);
  }
  static Expr Next(const Scope& b, Expr i) { return op::AddV2(b, i, op::Const(b, 1)); }

  // What a session that is planned and one that is interpreted give for each value of a feed, in
  // one session each after running `init`: numbers, or the error.
  void ExpectSameRuns(Expr feed, const std::vector<int>& values, const std::vector<Expr>& fetches,
                      const std::vector<Expr>& init = {}) {
    std::vector<TensorName> names, first;
    for (const Expr& e : fetches) names.push_back(e.name());
    for (const Expr& e : init) first.emplace_back(t_.meta.graph.node(e.output().node).name);
    std::vector<std::vector<std::string>> seen(2);
    for (const bool interpret : {false, true}) {
      SessionOptions options;
      options.interpret = interpret;
      Session session(t_.meta.graph, options);
      if (!first.empty()) session.Run({}, {}, first);
      for (const int value : values) {
        Feeds feeds;
        for (const auto& [e, given] : feeds_) {
          if (e.output() != feed.output()) feeds.emplace_back(e, given);
        }
        feeds.emplace_back(feed, Tensor::Scalar<int32_t>(value));
        std::string text;
        try {
          for (const Tensor& t : session.Run(feeds, names)) {
            text += t.shape().ToString() + ":";
            for (const double x : Numbers(t)) text += fmt::format(" {:.4f}", x + 0.0);
          }
        } catch (const Error& e) {
          text = fmt::format("error {}", static_cast<int>(e.code()));
        }
        seen[interpret ? 1 : 0].push_back(text);
      }
    }
    EXPECT_EQ(seen[0], seen[1]);
  }
};

// The trips are at most what the limit of the list allows, though only the run tells them.
TEST_F(LoopFunctionsTest, AListWithRoomForAllTrips) {
  const Expr n = Feed(Tensor::Scalar<int32_t>(3)), x = Feed(Values({kInput}));
  for (const int room : {kTime, kTime - 1}) {
    const std::vector<Expr> out = WhileLoop(
        s(),
        [&](const Scope& c, Vars v) {
          return raw_ops::LogicalAnd(c, v[0] < op::Const(c, kTime), v[0] < n);
        },
        [&](const Scope& b, Vars v) {
          const Expr y = op::Mul(b, v[2], x);
          return std::vector<Expr>{Next(b, v[0]), raw_ops::TensorListPushBack(b, v[1], y), y};
        },
        {op::Const(s(), 0), Empty({kInput}, DType::kFloat, room), Feed(Values({kInput}))});
    const Expr all = op::TensorListStack(s(), out[1], op::Ints(s(), {kInput}), DType::kFloat);
    const Function& f = Compile({all});
    if (room == kTime) {
      EXPECT_THAT(Whiles(f), IsEmpty());
    } else {
      EXPECT_EQ(Whiles(f).size(), 1);
    }
    ExpectSameRuns(n, {kTime, 0, 3, kTime + 2}, {all});
  }
}

}  // namespace
}  // namespace graphrun
