// What a RunObserver is told, what Profile makes of it, and the trace file.
#include "core/run/profile.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/tensor.h"
#include "core/build/control_flow.h"
#include "core/graph/function_attr.h"
#include "core/io/chrome_trace.h"
#include "tests/session_fixture.h"

namespace graphrun {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Each event as a word: "<MatMul", ">" or "run".
class Recorder final : public RunObserver {
 public:
  void BeginRun() override { words.push_back("run"); }
  void EndRun() override { words.push_back("end"); }
  void Begin(const StartingNode& starting) override {
    const std::string& op = starting.node.op->name;
    words.push_back("<" + op);
    places[starting.place].push_back(starting.node.name);
    open.push_back(op);
    if (op == "StatelessWhile" || op == "Square") {
      EXPECT_EQ(starting.kernel, op == "Square");
    }
    if (op == "Square") squared.push_back(starting.inputs[0]->scalar<float>());
  }
  void End(std::span<Tensor* const> outputs) override {
    words.push_back(">");
    if (open.back() == "Square") squares.push_back(outputs[0]->scalar<float>());
    open.pop_back();
  }
  int Count(const std::string& word) const {
    return static_cast<int>(std::count(words.begin(), words.end(), word));
  }

  std::vector<std::string> words, open;
  std::map<const void*, std::vector<std::string>> places;
  std::vector<float> squared, squares;
};

class RunObserverTest : public SessionTest {
 protected:
  // Squares x as often as n says; x must be at most 1000.
  Expr Loop(Expr x, Expr n) {
    return WhileLoop(
        root(), [&](const Scope&, std::span<const Expr> v) { return v[0] < n; },
        [&](const Scope& s, std::span<const Expr> v) {
          return std::vector<Expr>{v[0] + 1, op::Square(s, v[1])};
        },
        {op::Const(root(), 0), x})[1];
  }
  Expr Float() { return op::Placeholder(root(), DType::kFloat, {}); }
  Expr Int() { return op::Placeholder(root(), DType::kInt32, {}); }
  SessionOptions Observed(RunObserver& observer) const {
    SessionOptions with = options();
    with.observer = &observer;
    with.compile.disabled_passes = {"count_loops"};  // as the loops are written
    return with;
  }
};
INSTANTIATE_TEST_SUITE_P(Mode, RunObserverTest, testing::Bool(),
                         [](const auto& p) { return p.param ? "Interpreted" : "Planned"; });

TEST_P(RunObserverTest, SeesEachNodeOfEachTripWithinItsLoop) {
  const Expr x = Float(), n = Int(), y = Loop(x, n);
  Recorder seen;
  Session session(graph(), Observed(seen));
  for (int run = 0; run < 2; ++run) {
    EXPECT_EQ(session.Run({{x, Tensor::Scalar(2.0f)}, {n, Tensor::Scalar(3)}}, {y})[0].number_at(0),
              256);
  }
  EXPECT_EQ(seen.words.front(), "run");
  EXPECT_EQ(seen.words.back(), "end");
  EXPECT_EQ(seen.Count("run"), 2);
  EXPECT_EQ(seen.Count("<StatelessWhile"), 2);
  EXPECT_EQ(seen.Count("<Square"), 6);
  EXPECT_EQ(seen.Count("<Less"), 8);
  EXPECT_TRUE(seen.open.empty());
  const auto loop = std::find(seen.words.begin(), seen.words.end(), "<StatelessWhile");
  const auto square = std::find(seen.words.begin(), seen.words.end(), "<Square");
  EXPECT_LT(loop, square);
  EXPECT_THAT(seen.squared, ElementsAre(2, 4, 16, 2, 4, 16));
  EXPECT_THAT(seen.squares, ElementsAre(4, 16, 256, 4, 16, 256));
  for (const auto& [place, nodes] : seen.places) {
    EXPECT_EQ(std::set<std::string>(nodes.begin(), nodes.end()).size(), 1u) << nodes[0];
  }
}

TEST_P(RunObserverTest, ARunThatFailsHasNoEndAndTheNextOneIsWhole) {
  const Expr p = op::Placeholder(root(), DType::kBool, {}), x = Float();
  const Expr check = root().Add("Assert", {p, x});
  const Expr y = op::Square(root().WithControlDependencies({check}), x);
  Recorder seen;
  Profile profile;
  for (RunObserver* observer :
       {static_cast<RunObserver*>(&seen), static_cast<RunObserver*>(&profile)}) {
    Session session(graph(), Observed(*observer));
    EXPECT_THROW(session.Run({{p, Tensor::Scalar(false)}, {x, Tensor::Scalar(3.0f)}}, {y}), Error);
    EXPECT_EQ(
        session.Run({{p, Tensor::Scalar(true)}, {x, Tensor::Scalar(3.0f)}}, {y})[0].number_at(0),
        9);
  }
  EXPECT_EQ(seen.Count("run"), 2);
  EXPECT_EQ(seen.Count("end"), 1);
  EXPECT_EQ(profile.runs(), 1);
  for (const Profile::Entry& e : profile.entries()) {
    EXPECT_EQ(e.calls, 1) << e.op;
  }
}

TEST_P(RunObserverTest, AProfileAddsUpCallsWorkAndTime) {
  const Expr a = op::Placeholder(root(), DType::kFloat, {3, 4}),
             b = op::Placeholder(root(), DType::kFloat, {4, 5}), x = Float(), n = Int();
  const Expr product = op::MatMul(root(), a, b), sum = op::Tanh(root(), product), y = Loop(x, n);
  Profile profile;
  Session session(graph(), Observed(profile));
  const Feeds feeds = {{a, Tensor::Zeros(DType::kFloat, {3, 4})},
                       {b, Tensor::Zeros(DType::kFloat, {4, 5})},
                       {x, Tensor::Scalar(2.0f)},
                       {n, Tensor::Scalar(3)}};
  session.Run(feeds, {sum, y});
  profile.Clear(/*calls=*/10);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 7; ++i) session.Run(feeds, {sum, y});
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::map<std::string, Profile::Entry> by_op;
  double seconds = profile.run_seconds() + profile.own_seconds();
  for (const Profile::Entry& e : profile.entries()) {
    by_op[e.op] = e;
    seconds += e.seconds;
    EXPECT_GT(e.seconds, 0) << e.op;
  }
  EXPECT_EQ(profile.runs(), 7);
  EXPECT_EQ(by_op["MatMul"].calls, 7);
  EXPECT_EQ(by_op["MatMul"].flops, 7.0 * 2 * 3 * 4 * 5);
  EXPECT_EQ(by_op["MatMul"].bytes, 7.0 * 4 * (12 + 20 + 15));
  EXPECT_THAT(by_op["MatMul"].inputs, ElementsAre(Shape({3, 4}), Shape({4, 5})));
  EXPECT_EQ(by_op["Tanh"].flops, 7.0 * 15);
  EXPECT_EQ(by_op["Square"].calls, 21);
  EXPECT_EQ(by_op["StatelessWhile"].calls, 7);
  EXPECT_FALSE(by_op["StatelessWhile"].kernel);
  EXPECT_EQ(by_op["StatelessWhile"].bytes, 0) << "what runs within it counts";
  // Each moment belongs to one figure.
  EXPECT_LE(seconds, took);
  EXPECT_EQ(profile.calls().size(), 10u);
  for (const Profile::Call& call : profile.calls()) {
    EXPECT_LE(0, call.begin);
    EXPECT_LE(call.begin, call.end);
  }
}

// A node that takes time, so that it can be told whose it is.
TEST(ProfileTest, TimeGoesToTheInnermostNodeAndOwnWorkToNone) {
  TestGraph t;
  const Expr x = op::Const(t.root, 1.0f);
  const Expr y = op::Square(t.root, x), z = op::Tanh(t.root, x);
  const Node &outer = t.meta.graph.node(y.output().node),
             &inner = t.meta.graph.node(z.output().node);
  const auto wait = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); };
  Tensor one = Tensor::Scalar(1.0f);
  Tensor* const values[] = {&one};
  Profile profile;
  profile.Clear(3);
  profile.BeginRun();
  wait(5);
  profile.Begin({outer, t.meta.graph, &outer, true, values});
  wait(10);
  profile.Begin({inner, t.meta.graph, &inner, true, values});
  wait(40);
  profile.End(values);
  wait(10);
  profile.End(values);
  profile.EndRun();
  wait(20);
  const auto& e = profile.entries();
  ASSERT_EQ(e.size(), 2u);
  EXPECT_GE(profile.run_seconds(), 0.005);
  EXPECT_GE(e[0].seconds, 0.02);
  EXPECT_GE(e[1].seconds, 0.04);
  EXPECT_LT(profile.own_seconds(), 0.02);
  ASSERT_EQ(profile.calls().size(), 3u);
  EXPECT_EQ(profile.calls()[0].entry, 1) << "in the order in which they end";
  EXPECT_EQ(profile.calls()[2].entry, Profile::kRun);
  const Profile::Call &in = profile.calls()[0], &out = profile.calls()[1];
  EXPECT_LT(out.begin, in.begin);
  EXPECT_LT(in.end, out.end);
  EXPECT_GE(out.end - out.begin, 0.06);
}

TEST(ProfileTest, ACallThatIsOneKernelIsNamedByItsOpsAndCostsWhatTheyDo) {
  TestGraph t;
  Graph& g = t.meta.graph;
  Function& f = g.library()->Add(std::make_unique<Function>("f", g));
  const Output x = f.AddArg("x", {.dtype = DType::kFloat, .shape = {3, 5}});
  const Output y{f.graph.AddNode("Tanh", "y", {x}, {}), 0};
  f.results = {{f.graph.AddNode("AddV2", "z", {y, x}, {}), 0}};
  const Expr in = op::Placeholder(t.root, DType::kFloat, {3, 5});
  const Node& call = g.node(AddCall(g, "call", f, {in.output()}));
  Tensor numbers = Tensor::Zeros(DType::kFloat, {3, 5});
  Tensor* const values[] = {&numbers};
  Profile profile;
  profile.BeginRun();
  for (const bool kernel : {true, false}) {
    profile.Begin({call, g, &kernel + kernel, kernel, values});
    profile.End(values);
  }
  profile.EndRun();
  ASSERT_EQ(profile.entries().size(), 2u);
  const Profile::Entry &fused = profile.entries()[0], &plain = profile.entries()[1];
  EXPECT_EQ(fused.op, "fused AddV2 Tanh");
  EXPECT_EQ(fused.node, "call");
  EXPECT_EQ(fused.flops, 30);
  EXPECT_EQ(fused.bytes, 2 * 15 * 4);
  EXPECT_EQ(plain.op, "PartitionedCall");
  EXPECT_EQ(plain.flops + plain.bytes, 0);
}

TEST(ChromeTraceTest, IsJsonWhateverTheNames) {
  ChromeTrace trace("a \"process\"");
  trace.Add("x\\\"y\n", "op", 1, 0.5, 0.75, {{"node", "\xff\xfe"}, {"inputs", "[2,3]"}});
  trace.Add("z", "op", 2, 1, 1.000001);
  const auto json = nlohmann::json::parse(trace.Finish());
  const auto& events = json["traceEvents"];
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0]["ph"], "M");
  EXPECT_EQ(events[0]["args"]["name"], "a \"process\"");
  EXPECT_EQ(events[1]["name"], "x\\\"y\n");
  EXPECT_EQ(events[1]["ph"], "X");
  EXPECT_EQ(events[1]["ts"], 5e5);
  EXPECT_EQ(events[1]["dur"], 2.5e5);
  EXPECT_EQ(events[1]["args"]["inputs"], "[2,3]");
  EXPECT_EQ(events[2]["tid"], 2);
  EXPECT_NEAR(events[2]["dur"].get<double>(), 1, 1e-6);
}

}  // namespace
}  // namespace graphrun
