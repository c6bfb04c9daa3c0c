// Variable scopes: sharing, names, inheritance, collections, and what the errors say. Expected
// names and outcomes are those of TensorFlow 2.15's compat.v1.
#include "models/nn/initializers.h"
#include "models/nn/layers.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class VariableScopeTest : public ModelTest {};

TEST_F(VariableScopeTest, MakesVariablesUnderTheScopesName) {
  const Scope a = root_.VariableScope("a");
  const Scope b = a.VariableScope("b");
  EXPECT_EQ(b.GetVariable("w", {2, 3}).name, "a/b/w");
  EXPECT_EQ(a.GetVariable("dense/kernel", {2}).name, "a/dense/kernel");
  EXPECT_EQ(root_.GetVariable("w", {}).name, "w");
  EXPECT_EQ(b.variable_scope(), "a/b");
}

TEST_F(VariableScopeTest, SharesOnlyWhenAskedTo) {
  const Scope a = root_.VariableScope("a");
  const Variable w = a.GetVariable("w", {2});
  EXPECT_EQ(a.reuse(), Reuse::kFalse);
  ErrorOf(Code::kAlreadyExists, [&] { a.GetVariable("w", {2}); });
  ErrorOf(Code::kAlreadyExists, [&] { root_.VariableScope("a").GetVariable("w", {2}); });

  const Scope again = root_.VariableScope("a", {.reuse = Reuse::kTrue});
  EXPECT_EQ(again.reuse(), Reuse::kTrue);
  EXPECT_EQ(again.GetVariable("w", {2}).handle, w.handle);
  ErrorOf(Code::kNotFound, [&] { again.GetVariable("v", {2}); });
}

TEST_F(VariableScopeTest, AutoMakesOrShares) {
  const Scope a = root_.VariableScope("a", {.reuse = Reuse::kAuto});
  const Variable v = a.GetVariable("v", {1});
  EXPECT_EQ(a.GetVariable("v", {1}).handle, v.handle);
  EXPECT_EQ(a.VariableScope("b").reuse(), Reuse::kAuto);
  EXPECT_EQ(a.VariableScope("b", {.reuse = Reuse::kTrue}).reuse(), Reuse::kTrue);
}

TEST_F(VariableScopeTest, FalseUnderAReusingParentReuses) {
  const Variable v = root_.VariableScope("a").VariableScope("b").GetVariable("v", {1});
  const Scope a = root_.VariableScope("a", {.reuse = Reuse::kTrue});
  const Scope b = a.VariableScope("b", {.reuse = Reuse::kFalse});
  EXPECT_EQ(b.reuse(), Reuse::kTrue);
  EXPECT_EQ(b.GetVariable("v", {1}).handle, v.handle);
}

TEST_F(VariableScopeTest, DefaultNamesAreUniqueWithinOneOpening) {
  const Scope m = root_.VariableScope("m");
  EXPECT_EQ(m.DefaultVariableScope("d").GetVariable("w", {1}).name, "m/d/w");
  EXPECT_EQ(m.DefaultVariableScope("d").GetVariable("w", {1}).name, "m/d_1/w");
  // Opened again, the scope counts from the start: the way to share the variables of unnamed
  // layers.
  ErrorOf(Code::kAlreadyExists,
          [&] { root_.VariableScope("m").DefaultVariableScope("d").GetVariable("w", {1}); });
  const Scope shared = root_.VariableScope("m", {.reuse = Reuse::kTrue});
  EXPECT_EQ(shared.DefaultVariableScope("d").GetVariable("w", {1}).name, "m/d/w");
  EXPECT_EQ(shared.DefaultVariableScope("d").GetVariable("w", {1}).name, "m/d_1/w");
}

TEST_F(VariableScopeTest, AReopenedScopeHasANewNameScopeAndTheSameVariables) {
  const Scope a = root_.VariableScope("a");
  EXPECT_EQ(op::Const(a.WithName("c"), 1.0f).name(), "a/c:0");
  const Scope again = root_.VariableScope("z").Reopen(a);
  EXPECT_EQ(op::Const(again.WithName("c"), 1.0f).name(), "z/a/c:0");
  EXPECT_EQ(again.GetVariable("v", {1}).name, "a/v");
  EXPECT_EQ(op::Const(root_.VariableScope("a").WithName("c"), 1.0f).name(), "a_1/c:0");
}

TEST_F(VariableScopeTest, AReopenedScopeKeepsItsOwnFlag) {
  const Scope b = root_.VariableScope("b");
  b.GetVariable("v", {1});
  const Scope a = root_.VariableScope("a", {.reuse = Reuse::kTrue});
  EXPECT_EQ(a.Reopen(b).reuse(), Reuse::kFalse);
  ErrorOf(Code::kAlreadyExists, [&] { a.Reopen(b).GetVariable("v", {1}); });
  EXPECT_EQ(a.Reopen(b, {.reuse = Reuse::kTrue}).GetVariable("v", {1}).name, "b/v");
}

TEST_F(VariableScopeTest, InheritsInitializerRegularizerAndDtype) {
  const Scope a = root_.VariableScope("a", {.initializer = init::Constant(3),
                                            .regularizer = nn::L2Regularizer(0.5),
                                            .dtype = DType::kDouble});
  const Scope b = a.VariableScope("b");
  EXPECT_EQ(b.variable_dtype(), DType::kDouble);
  const Variable w = b.GetVariable("w", {2});
  const Variable own =
      b.GetVariable("own", {2}, {.dtype = DType::kFloat, .initializer = init::Ones()});
  EXPECT_EQ(w.dtype, DType::kDouble);
  EXPECT_EQ(own.dtype, DType::kFloat);
  const std::vector<Expr> losses = root_.Collection(keys::kRegularizationLosses);
  ASSERT_EQ(losses.size(), 2u);
  Start();
  EXPECT_EQ(Value(w).number_at(1), 3);
  EXPECT_EQ(Value(own).number_at(0), 1);
  EXPECT_EQ(Value(losses[0]).number_at(0), 0.5 * (9 + 9) / 2);
}

TEST_F(VariableScopeTest, PlainVariablesAreNeverShared) {
  const Scope s = root_.VariableScope("s", {.reuse = Reuse::kAuto});
  const auto make = [](const Scope& scope) {
    return scope.NewVariable(op::Const(scope, 1.0f)).name;
  };
  EXPECT_EQ(make(s), "s/Variable");
  EXPECT_EQ(make(s), "s/Variable_1");
  EXPECT_EQ(make(root_), "Variable");
  EXPECT_EQ(make(root_), "Variable_1");
  EXPECT_EQ(root_.NewVariable(op::Const(root_, 1.0f), "lr", false).name, "lr");
}

TEST_F(VariableScopeTest, Collections) {
  const Scope s = root_.VariableScope("s");
  s.GetVariable("a", {1});
  s.GetVariable("b", {1}, {.trainable = false});
  s.GetVariable("c", {1}, {.collections = {keys::kGlobalVariables, "mine"}});
  s.GetVariable("d", {1}, {.trainable = false, .collections = {keys::kLocalVariables}});
  const auto names = [&](std::string_view collection) {
    std::vector<std::string> out;
    for (const Variable& v : root_.Variables(collection)) out.push_back(v.name);
    return out;
  };
  EXPECT_THAT(names(keys::kTrainableVariables), ElementsAre("s/a", "s/c"));
  EXPECT_THAT(names(keys::kGlobalVariables), ElementsAre("s/a", "s/b", "s/c"));
  EXPECT_THAT(names("mine"), ElementsAre("s/c"));
  EXPECT_THAT(names(keys::kLocalVariables), ElementsAre("s/d"));
  EXPECT_THAT(names({}), ElementsAre("s/a", "s/b", "s/c", "s/d"));
  EXPECT_EQ(root_.GlobalStep().name, "global_step");
  EXPECT_EQ(s.GlobalStep().dtype, DType::kInt64);
  EXPECT_THAT(names(keys::kGlobalStep), ElementsAre("global_step"));
}

TEST_F(VariableScopeTest, ErrorsSayWhereTheVariableWasMade) {
  const Scope a = root_.VariableScope("a");
  a.GetVariable("kernel", {2, 3});
  EXPECT_THAT(ErrorOf(Code::kAlreadyExists,
                      [&] {
                        a.GetVariable("kernel", {2, 3});
                      }),
              AllOf(HasSubstr("'a/kernel'"), HasSubstr("variable_scope_test.cc:"),
                    HasSubstr("[2,3]"), HasSubstr("reuse=false")));
  const Scope again = root_.VariableScope("a", {.reuse = Reuse::kTrue});
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        again.GetVariable("kernel", {2, 4});
                      }),
              AllOf(HasSubstr("'a/kernel'"), HasSubstr("[2,4]"), HasSubstr("[2,3]"),
                    HasSubstr("variable_scope_test.cc:")));
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument,
                      [&] {
                        again.GetVariable("kernel", {2, 3}, {.dtype = DType::kDouble});
                      }),
              AllOf(HasSubstr("float64"), HasSubstr("float32")));
  EXPECT_THAT(ErrorOf(Code::kNotFound,
                      [&] {
                        again.GetVariable("kernal", {2, 3});
                      }),
              AllOf(HasSubstr("'a/kernal'"), HasSubstr("reuse=true"), HasSubstr("'a/kernel'")));
  ErrorOf(Code::kInvalidArgument, [&] { a.GetVariable("v", {kUnknownDim, 3}); });
}

TEST_F(VariableScopeTest, InitializersAreNamedAsTensorFlowsAre) {
  const Scope s = root_.VariableScope("s");
  const auto initial = [&](const char* name, const Shape& shape, Initializer initializer) {
    return s.GetVariable(name, shape, {.initializer = std::move(initializer)}).initial_value.name();
  };
  EXPECT_EQ(initial("a", {2}, init::Zeros()), "s/a/Initializer/zeros:0");
  EXPECT_EQ(initial("b", {2000}, init::Ones()), "s/b/Initializer/ones:0");
  EXPECT_EQ(initial("c", {2}, init::Constant(0.3)), "s/c/Initializer/Const:0");
  EXPECT_EQ(initial("d", {2}, init::RandomUniform(-1, 1)), "s/d/Initializer/random_uniform:0");
  EXPECT_EQ(initial("e", {2}, init::RandomNormal()), "s/e/Initializer/random_normal:0");
  EXPECT_EQ(initial("f", {2}, init::GlorotNormal()), "s/f/Initializer/truncated_normal:0");
  EXPECT_EQ(initial("g", {2}, {}), "s/g/Initializer/random_uniform:0");
  for (const char* node :
       {"s/d/Initializer/random_uniform/RandomUniform", "s/d/Initializer/random_uniform/sub",
        "s/g/Initializer/random_uniform/min", "s/e/Initializer/random_normal/stddev",
        "s/b/Initializer/ones/Const"}) {
    EXPECT_NE(meta_.graph.Find(node), kNoNode) << node;
  }
}

TEST_F(VariableScopeTest, InitializersMakeWhatTheySay) {
  const Shape shape = {40, 50};
  const auto make = [&](const char* name, Initializer initializer) {
    return root_.GetVariable(name, shape, {.initializer = std::move(initializer)});
  };
  const Variable uniform = make("u", init::RandomUniform(-0.1, 0.3));
  const Variable normal = make("n", init::RandomNormal(1, 2));
  const Variable cut = make("t", init::TruncatedNormal(0, 1));
  const Variable glorot = make("g", init::GlorotUniform());
  const Variable same = make("s", init::RandomUniform(-0.1, 0.3, 7));
  const Variable as_same = make("s2", init::RandomUniform(-0.1, 0.3, 7));
  Start();
  const auto range = [&](const Variable& v) {
    const std::vector<float> x = Floats(Value(v));
    return std::pair(*std::min_element(x.begin(), x.end()), *std::max_element(x.begin(), x.end()));
  };
  const auto mean = [&](const Variable& v) {
    double sum = 0;
    for (float x : Floats(Value(v))) sum += x;
    return sum / static_cast<double>(shape.num_elements());
  };
  EXPECT_GE(range(uniform).first, -0.1f);
  EXPECT_LT(range(uniform).second, 0.3f);
  EXPECT_NEAR(mean(uniform), 0.1, 0.02);
  EXPECT_NEAR(mean(normal), 1, 0.25);
  EXPECT_GT(range(normal).second, 5);
  EXPECT_LE(range(cut).second, 2);
  EXPECT_GE(range(cut).first, -2);
  const double limit = std::sqrt(6.0 / (40 + 50));
  EXPECT_LE(range(glorot).second, limit);
  EXPECT_GT(range(glorot).second, 0.9 * limit);
  EXPECT_EQ(Floats(Value(same)), Floats(Value(as_same)));
}

}  // namespace
}  // namespace graphrun
