// Tensor lists: what is refused, and the types of their elements.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/build/ops.h"
#include "core/run/session.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

using ::testing::HasSubstr;

const OpRegistry* Registry() {
  static const OpRegistry* const kRegistry = new OpRegistry(AllOps());
  return kRegistry;
}

class ListTest : public testing::Test {
 protected:
  // The message with which a run of `e` fails.
  std::string ErrorOf(const Expr& e) {
    std::string message = "no error";
    for (const bool interpret : {true, false}) {
      Session session(meta_.graph, {.interpret = interpret});
      try {
        session.Run({}, {e});
      } catch (const Error& error) {
        message = error.what();
      }
    }
    return message;
  }
  Expr Int(int32_t v) { return s_.Const(Tensor::Scalar(v)); }
  // Unset elements of unknown shape: what is wrong with them shows only in the run.
  Expr Reserve(int32_t n) { return op::TensorListReserve(s_, Int(-1), Int(n), DType::kFloat); }
  Expr Row() { return op::Const<float>(s_, {1, 2, 3}); }

  MetaGraph meta_{Registry()};
  Scope s_ = Scope::Root(meta_);
};

TEST_F(ListTest, IndexOutsideTheList) {
  const auto get = [&](int32_t i) {
    return op::TensorListGetItem(s_, Reserve(3), Int(i), op::Ints(s_, {2}), DType::kFloat);
  };
  EXPECT_THAT(ErrorOf(get(3)), HasSubstr("access element 3 in a list with 3 elements"));
  EXPECT_THAT(ErrorOf(get(-1)), HasSubstr("access element -1 in a list with 3 elements"));
  EXPECT_THAT(
      ErrorOf(op::TensorListLength(s_, op::TensorListSetItem(s_, Reserve(3), Int(4), Row()))),
      HasSubstr("modify element 4 in a list with 3 elements"));
}

TEST_F(ListTest, PopFromAnEmptyList) {
  const Expr list = op::EmptyTensorList(s_, Int(-1), Int(-1), DType::kFloat);
  EXPECT_THAT(ErrorOf(op::TensorListPopBack(s_, list, op::Ints(s_, {2}), DType::kFloat)[1]),
              HasSubstr("pop from an empty list"));
}

TEST_F(ListTest, PushToAFullList) {
  const Expr list = op::EmptyTensorList(s_, Int(-1), Int(1), DType::kFloat);
  const Expr one = op::TensorListPushBack(s_, list, Row());
  EXPECT_THAT(ErrorOf(op::TensorListLength(s_, op::TensorListPushBack(s_, one, Row()))),
              HasSubstr("full list of 1 elements; max_num_elements is 1"));
}

TEST_F(ListTest, UnsetElementsOfUnknownShape) {
  EXPECT_THAT(ErrorOf(op::TensorListStack(s_, Reserve(3), op::Ints(s_, {-1, 3}), DType::kFloat)),
              HasSubstr("shape is unknown: [?,3]"));
}

TEST_F(ListTest, StackOfAnotherLength) {
  EXPECT_THAT(ErrorOf(op::TensorListStack(s_, Reserve(3), op::Ints(s_, {2}), DType::kFloat, 4)),
              HasSubstr("a list of 4 elements is expected"));
}

TEST_F(ListTest, ElementsOfAnotherType) {
  const Expr list = Reserve(3);
  try {
    op::TensorListStack(s_, list, op::Ints(s_, {2}), DType::kInt32);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("lists of int32, and the list's elements are float32"));
  }
}

TEST_F(ListTest, ElementsOfAnotherShape) {
  const Expr list = op::TensorListReserve(s_, op::Ints(s_, {2}), Int(3), DType::kFloat);
  try {
    op::TensorListPushBack(s_, list, Row());
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("[2] vs [3]"));
  }
}

// The types of list values flow through the ops, so that what is read has a known shape.
// What one element is like says nothing about the others.
TEST_F(ListTest, ElementShapesAreThoseOfTheList) {
  const Expr list = op::TensorListReserve(s_, op::Ints(s_, {-1, 3}), Int(3), DType::kFloat);
  const Expr x = op::Placeholder(s_, DType::kFloat, {5, kUnknownDim});
  const Expr set = op::TensorListSetItem(s_, list, Int(0), x);
  EXPECT_EQ(set.type().element_shape, (Shape{kUnknownDim, 3}));
  const Expr item = op::TensorListGetItem(s_, set, Int(0), Int(-1), DType::kFloat);
  EXPECT_EQ(item.shape(), (Shape{kUnknownDim, 3}));
}

}  // namespace
}  // namespace graphrun
