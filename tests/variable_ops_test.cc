// Variables in a session: order of accesses, sharing of memory, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/build/ops.h"
#include "core/run/session.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const OpRegistry* Registry() {
  static const OpRegistry* const kRegistry = new OpRegistry(AllOps());
  return kRegistry;
}

class VariableOpsTest : public testing::Test {
 protected:
  VariableOpsTest() {
    handle_ = s_.WithName("v").Add("VarHandleOp", {},
                                   {{"dtype", DType::kFloat}, {"shape", Shape{kUnknownDim, 2}}});
    value_ = op::Placeholder(s_, DType::kFloat);
    assign_ = op::AssignVariable(s_, handle_, value_);
  }
  // The error of a run with these rows as the variable's value.
  std::string ErrorOf(const Expr& e, Code code) {
    Session session(meta_.graph);
    session.Run({{value_, Rows()}}, {}, {assign_});
    return ErrorIn(session, e, code);
  }
  std::string ErrorIn(Session& session, const Expr& e, Code code, const Feeds& feeds = {}) {
    try {
      session.Run(feeds, {}, {e});
    } catch (const Error& error) {
      EXPECT_EQ(CodeName(error.code()), CodeName(code));
      return error.what();
    }
    return "no error";
  }
  static Tensor Rows() { return Tensor::Of<float>({1, 2, 3, 4, 5, 6}, {3, 2}); }

  MetaGraph meta_{Registry()};
  Scope s_ = Scope::Root(meta_);
  Expr handle_, value_, assign_;
};

TEST_F(VariableOpsTest, NoValue) {
  Session session(meta_.graph);
  EXPECT_THAT(ErrorIn(session, op::ReadVariable(s_, handle_), Code::kFailedPrecondition),
              HasSubstr("variable 'v' has no value yet"));
  EXPECT_THAT(
      ErrorIn(session, op::ResourceScatterAdd(s_, handle_, op::Ints(s_, {0}), op::Const(s_, 1.0f)),
              Code::kNotFound),
      HasSubstr("variable 'v' has no value yet"));
}

TEST_F(VariableOpsTest, ValueOfAnotherShape) {
  Session session(meta_.graph);
  EXPECT_THAT(ErrorIn(session, assign_, Code::kInvalidArgument,
                      {{value_, Tensor::Of<float>({1, 2, 3}, {1, 3})}}),
              HasSubstr("is float32[?,2] and cannot be assigned a float32[1,3]"));
}

TEST_F(VariableOpsTest, ValueOfAnotherType) {
  try {
    op::AssignAddVariable(s_, handle_, op::Const(s_, 1.0));
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("float32, and the op works on float64"));
  }
}

TEST_F(VariableOpsTest, IndexOutsideTheVariable) {
  const Expr bad = op::Ints(s_, {0, 3});
  const std::string message = "indices[1] = 3 is not in [0, 3)";
  EXPECT_THAT(ErrorOf(op::ResourceGather(s_, handle_, bad), Code::kInvalidArgument),
              HasSubstr(message));
  EXPECT_THAT(ErrorOf(op::ResourceScatterAdd(s_, handle_, bad, op::Const(s_, 1.0f)),
                      Code::kInvalidArgument),
              HasSubstr(message));
}

TEST_F(VariableOpsTest, UpdatesOfAnotherShape) {
  const Expr one = op::Const(s_, std::vector<float>{1, 2});
  try {
    op::ResourceScatterAdd(s_, handle_, op::Ints(s_, {0}), one);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("[2] vs [1,2]"));
  }
}

// What a run returned keeps its value while later runs change the variable in place.
TEST_F(VariableOpsTest, FetchedValuesStay) {
  const Expr read = op::ReadVariable(s_, handle_);
  const Expr add = op::ResourceScatterAdd(s_, handle_, op::Ints(s_, {1}), op::Const(s_, 10.0f));
  for (const bool interpret : {true, false}) {
    Session session(meta_.graph, {.interpret = interpret});
    const Tensor initial = Rows();
    session.Run({{value_, initial}}, {}, {assign_});
    const Tensor before = session.Run({}, {read})[0];
    session.Run({}, {}, {add});
    const Tensor after = session.Run({}, {read})[0];
    EXPECT_THAT(initial.span<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(before.span<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(after.span<float>(), ElementsAre(1, 2, 13, 14, 5, 6));
  }
}

// Without an order in the graph, a run reads before it writes.
TEST_F(VariableOpsTest, ReadsComeBeforeWrites) {
  const Expr add =
      op::AssignAddVariable(s_, handle_, op::Const<float>(s_, {1, 1, 1, 1, 1, 1}, {3, 2}));
  const Expr read = op::ReadVariable(s_, handle_);
  for (const bool interpret : {true, false}) {
    Session session(meta_.graph, {.interpret = interpret});
    session.Run({{value_, Rows()}}, {}, {assign_});
    EXPECT_THAT(session.Run({}, {read}, {add})[0].span<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_THAT(session.Run({}, {read}, {add})[0].span<float>(), ElementsAre(2, 3, 4, 5, 6, 7));
  }
}

}  // namespace
}  // namespace graphrun
