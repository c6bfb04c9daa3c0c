// graphrun grad: the training op that it adds does what the optimizer in C++ does.
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/import/load.h"
#include "core/import/save.h"
#include "models/nn/clipping.h"
#include "models/nn/optimizers.h"
#include "tests/cli_fixture.h"
#include "tests/import_fixture.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

// Wherever a variable is used it is read by a node of its own, as in files of TensorFlow 2, or by
// its one snapshot, as C++ does it.
using ReadFn = std::function<Expr(const Scope&, const Variable&)>;
Expr OwnRead(const Scope& s, const Variable& v) { return op::ReadVariable(s, v.handle); }
Expr Snapshot(const Scope&, const Variable& v) { return v.value; }

Tensor Numbered(const Shape& shape, float first) {
  Tensor t(DType::kFloat, shape);
  for (float& x : t.span<float>()) x = std::sin(first += 1.0f);
  return t;
}

class CliGradTest : public CliFolder {
 protected:
  // A loss of [3,4] inputs and row numbers: a table read by rows and as a whole, a weight read
  // twice outside, in a loop and in a branch.
  struct Net {
    explicit Net(const ReadFn& read, bool gather) {
      const Scope& s = g.root;
      const auto variable = [&](const char* name, const Shape& shape, float first) {
        return s.NewVariable(s.WithName("start").Const(Numbered(shape, first)), name);
      };
      rows = variable("rows", {5, 4}, 1);
      weight = variable("weight", {4, 4}, 7);
      variable("unused", {2}, 3);
      const Expr x = op::Placeholder(s.WithName("x"), DType::kFloat, {3, 4});
      const Expr ids = op::Placeholder(s.WithName("ids"), DType::kInt32, {3});
      const Expr picked =
          gather ? op::ResourceGather(s, rows.handle, ids) : op::Gather(s, read(s, rows), ids);
      const Expr start = op::MatMul(s, x + picked, read(s, weight));
      const auto step = [&](const Scope& b, Expr h) {
        return op::Tanh(b, op::MatMul(b, h, read(b, weight)));
      };
      const std::vector<Expr> last = WhileLoop(
          s, [](const Scope&, std::span<const Expr> v) { return v[0] < 3; },
          [&](const Scope& b, std::span<const Expr> v) {
            return std::vector<Expr>{v[0] + 1, step(b, v[1])};
          },
          {s.Const(Tensor::Scalar<int32_t>(0)), start});
      const std::vector<Expr> branch = Cond(
          s, op::ReduceSum(s, x) > 0,
          [&](const Scope& b) { return std::vector<Expr>{step(b, last[1])}; },
          [&](const Scope&) { return std::vector<Expr>{last[1]}; });
      loss = op::Mean(s.WithName("loss"), op::Square(s, branch[0]), op::Ints(s, {0, 1}));
      s.AddToCollection(keys::kLosses, loss);
    }
    TestGraph g;
    Variable rows, weight;
    Expr loss;
  };

  // Values of rows and weight after three steps.
  static std::vector<Tensor> Train(const MetaGraph& meta, const std::string& init,
                                   const std::string& train_op) {
    Session session(meta.graph);
    session.Run({}, {}, {init});
    for (int i = 0; i < 3; ++i) {
      session.Run({{"x", Numbered({3, 4}, static_cast<float>(i))},
                   {"ids", Tensor::Vector<int32_t>({4, i, 4})}},
                  {}, {train_op});
    }
    return {session.VariableValue("rows"), session.VariableValue("weight")};
  }

  static std::vector<Tensor> TrainInCpp(train::Optimizer& optimizer, std::optional<double> clip) {
    Net net(Snapshot, /*gather=*/false);
    std::vector<train::GradAndVar> pairs =
        optimizer.ComputeGradients(net.g.root, net.loss, {net.rows, net.weight});
    if (clip) {
      const auto clipped =
          train::ClipByGlobalNorm(net.g.root, {pairs[0].grad, pairs[1].grad}, *clip).grads;
      for (size_t i = 0; i < pairs.size(); ++i) pairs[i].grad = clipped[i];
    }
    const Expr step = optimizer.ApplyGradients(net.g.root, pairs);
    const Expr init = net.g.root.GlobalVariablesInitializer();
    return Train(net.g.meta, init.node_name(), step.node_name());
  }

  static void ExpectSame(const std::vector<Tensor>& got, const std::vector<Tensor>& want) {
    for (size_t i = 0; i < want.size(); ++i) {
      EXPECT_THAT(Numbers(got[i]), Pointwise(::testing::DoubleNear(2e-6), Numbers(want[i])));
    }
  }

  // Runs the command on the net and trains what it wrote.
  static std::vector<Tensor> TrainByCommand(const std::string& options, bool gather,
                                            const std::string& train_op) {
    Net net(OwnRead, gather);
    net.g.root.GlobalVariablesInitializer();
    SaveMetaGraph(net.g.meta, Path("net.pb"));
    const Result r = Run("grad net.pb --loss loss -o trained.pb " + options);
    EXPECT_EQ(r.code, 0) << r.err;
    EXPECT_THAT(r.out, HasSubstr("train op: " + train_op + " (collection train_op)\n"));
    EXPECT_THAT(r.out, HasSubstr("init op: init"));
    MetaGraph meta(&TestOps());
    LoadMetaGraph(Path("trained.pb"), &meta);
    EXPECT_THAT(meta.node_lists.at("train_op"), ElementsAre(train_op));
    return Train(meta, "init", train_op);
  }
};

TEST_F(CliGradTest, AllReadsOfAVariableCount) {
  train::GradientDescentOptimizer sgd(0.5);
  const std::vector<Tensor> want = TrainInCpp(sgd, {});
  ExpectSame(TrainByCommand("--lr 0.5", /*gather=*/false, "GradientDescent"), want);
  ExpectSame(TrainByCommand("--lr 0.5", /*gather=*/true, "GradientDescent"), want);
}

TEST_F(CliGradTest, OptimizersWithSlotsAndClipping) {
  train::MomentumOptimizer momentum(0.2, 0.9);
  ExpectSame(TrainByCommand("--optimizer momentum --lr 0.2", true, "Momentum"),
             TrainInCpp(momentum, {}));
  train::AdamOptimizer adam(0.1);
  ExpectSame(TrainByCommand("--optimizer adam --lr 0.1 --clip 0.01", false, "Adam"),
             TrainInCpp(adam, 0.01));
  train::AdagradOptimizer adagrad(0.1);
  ExpectSame(TrainByCommand("--optimizer adagrad --lr 0.1 --clip 0.01", true, "Adagrad"),
             TrainInCpp(adagrad, 0.01));
  train::RMSPropOptimizer rmsprop(0.1, {.momentum = 0.5});
  ExpectSame(TrainByCommand("--optimizer rmsprop --lr 0.1 --momentum 0.5", true, "RMSProp"),
             TrainInCpp(rmsprop, {}));
}

TEST_F(CliGradTest, SaysWhatItAdded) {
  Net net(OwnRead, true);
  SaveMetaGraph(net.g.meta, Path("net.pb"));  // without an init op
  Result r = Run("grad net.pb --loss @losses --optimizer adam -o out.pb");
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, HasSubstr("gradients of loss:0\n  rows: "));
  EXPECT_THAT(r.out, HasSubstr(", rows "));
  EXPECT_THAT(r.out, HasSubstr("  unused: none: the loss does not depend on it\n"));
  EXPECT_THAT(r.out, HasSubstr("init op: init, for 6 new variables too\n"));
  r = Run("grad net.pb --loss loss --variables eigh --optimizer none -o out.pb");
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out, ::testing::MatchesRegex("gradients of loss:0\n  weight: [^\n]*\n"));
  EXPECT_EQ(Run("info out.pb").code, 0);
}

TEST_F(CliGradTest, ErrorsSayWhatThereIs) {
  Net net(OwnRead, false);
  SaveMetaGraph(net.g.meta, Path("net.pb"));
  const auto error = [](const std::string& options) {
    const Result r = Run("grad net.pb -o out.pb " + options);
    EXPECT_EQ(r.code, 1);
    return r.err;
  };
  EXPECT_THAT(error("--loss lost"), HasSubstr("did you mean 'loss'"));
  EXPECT_THAT(error("--loss @loss"), HasSubstr("it has losses, trainable_variables, variables"));
  EXPECT_THAT(error("--loss loss --variables nix"),
              HasSubstr("with 'nix' in its name; its variables are rows, weight, unused"));
  EXPECT_THAT(error("--loss loss --variables unused"), HasSubstr("depends on none"));
  EXPECT_THAT(error("--loss ids"), HasSubstr("only floating tensors have gradients"));
  EXPECT_THAT(error("--loss loss --optimizer sdg"), HasSubstr("--optimizer"));
}

TEST_F(CliGradTest, SaysWhyAVariableHasNone) {
  TestGraph g;
  const Scope& s = g.root;
  const auto variable = [&](const char* name) {
    return s.NewVariable(s.Const(Tensor::Vector<float>({1, 2})), name).value;
  };
  const Expr stopped = op::StopGradient(s.WithName("stop"), variable("stopped"));
  const Expr rounded = s.WithName("round").Add("Round", {variable("rounded")});
  const Expr whole = op::Cast(s.WithName("int"), variable("whole"), DType::kInt32);
  variable("unused");
  op::ReduceSum(s.WithName("loss"),
                variable("trained") * stopped * rounded * op::Cast(s, whole, DType::kFloat));
  SaveMetaGraph(g.meta, Path("cut.pb"));
  const Result r = Run("grad cut.pb --loss loss -o out.pb");
  ASSERT_EQ(r.code, 0) << r.err;
  const auto cut = [](const char* name, const char* where) {
    return HasSubstr(std::string("\n  ") + name + ": none: the path from the loss is cut at " +
                     where + "\n");
  };
  EXPECT_THAT(r.out, cut("stopped", "'stop' (StopGradient), which is not differentiable"));
  EXPECT_THAT(r.out, cut("rounded", "'round' (Round), which passes none to this input"));
  EXPECT_THAT(r.out, cut("whole", "'int' (Cast), which gives int32"));
  EXPECT_THAT(r.out, HasSubstr("\n  unused: none: the loss does not depend on it\n"));
  EXPECT_THAT(r.out, HasSubstr("\n  trained: gradients/"));
}

TEST_F(CliGradTest, WritesNothingWhenAGradientIsNotKnown) {
  for (const char* node :
       {"m = MaxPoolWithArgmax.f w", "m = Identity.f w _gradient_op_type='Mine'"}) {
    WriteFile(Path("lost.pbtxt"),
              GraphDefText("w = VariableV2.f [2]\nv = VariableV2.f [2]\n" + std::string(node) +
                           "\nboth = AddV2.f m v\naxes = Const.i [0]\nloss = Sum.f both axes\n"));
    const Result r = Run("grad lost.pbtxt --loss loss -o lost_out.pb");
    EXPECT_EQ(r.code, 1);
    EXPECT_THAT(r.err, HasSubstr("graphrun: the gradient of 'm' ("));
    EXPECT_THAT(r.err, HasSubstr("'loss' (Sum) <- 'both' (AddV2) <- 'm'"));
    EXPECT_FALSE(std::filesystem::exists(Path("lost_out.pb")));
    EXPECT_EQ(Run("grad lost.pbtxt --loss loss --variables v -o lost_out.pb").code, 0);
    std::filesystem::remove(Path("lost_out.pb"));
  }
}

TEST_F(CliGradTest, AVariableThatALoopWritesIsRefused) {
  TestGraph g;
  const Scope& s = g.root;
  const Variable v = s.NewVariable(s.Const(Tensor::Scalar(2.0f)), "v");
  const std::vector<Expr> out = WhileLoop(
      s, [](const Scope&, std::span<const Expr> x) { return x[0] < 10; },
      [&](const Scope& b, std::span<const Expr> x) {
        const Expr add = op::AssignAddVariable(b, v.handle, x[0]);
        return std::vector<Expr>{x[0] *
                                 op::ReadVariable(b.WithControlDependencies({add}), v.handle)};
      },
      {s.Const(Tensor::Scalar(1.0f))});
  op::Identity(s.WithName("loss"), out[0]);
  SaveMetaGraph(g.meta, Path("writes.pb"));
  const Result r = Run("grad writes.pb --loss loss -o out.pb");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("reads the variable of 'v:0', and 'AssignAddVariableOp' in it"));
}

// By an operation named init, or else by the list of variables.
TEST_F(CliGradTest, RunInitialisesAFileWithoutPlan) {
  for (const bool with_init : {true, false}) {
    TestGraph g;
    const Variable v = g.root.NewVariable(g.root.Const(Tensor::Scalar(2.5f)), "v");
    if (with_init) op::NoOp(g.root.WithName("init").WithControlDependencies({v.initializer}));
    SaveMetaGraph(g.meta, Path("plain.pb"));
    EXPECT_EQ(Run("run plain.pb --init --fetch v/read").out, "v/read:0 float32[]\n2.5\n");
    EXPECT_EQ(Run("run plain.pb --fetch v/read").code, 1);
  }
}

}  // namespace
}  // namespace graphrun
