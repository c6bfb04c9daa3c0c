// Files with conds, loops and calls that are nested deep, or long chains of them. Loading takes
// time in proportion to their nodes: what grows with the square of the depth would take minutes
// here.
#include <pthread.h>

#include <chrono>
#include <functional>

#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

// Sanitizers have larger frames than the stack is meant for.
void OnLargeStack(std::function<void()> run) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, size_t{1} << 28), 0);
  pthread_t thread;
  const auto call = [](void* f) -> void* {
    (*static_cast<std::function<void()>*>(f))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, call, &run), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
}

// The bounds are more than ten times what one core takes.
void LoadInTime(const std::string& text, MetaGraph* meta, int seconds = 20) {
  const auto begin = std::chrono::steady_clock::now();
  OnLargeStack([&] { ParseMetaGraph(text + "versions { producer: 24 }", meta); });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(took, std::chrono::seconds(seconds));
}

int CountFunctions(const MetaGraph& meta) {
  return static_cast<int>(meta.graph.library()->functions().size());
}

TEST(ImportDeep, NestedConds) {
  constexpr int kDepth = 1000;
  // c/p is c/v > c; c/next the value in the true branch, c/else that in the false one.
  std::string lines = "x = Placeholder.f []\n", value = "x", within;
  for (int i = 0; i < kDepth; ++i) {
    const std::string c = "c" + std::to_string(i);
    lines += c + "/limit = Const.f " + std::to_string(i) + within + "\n" +  //
             c + "/p = Greater.f " + value + " " + c + "/limit\n" +         //
             c + "/pred = Identity.b " + c + "/p\n" +                       //
             c + "/pivot = Switch.b " + c + "/p " + c + "/p\n" +            //
             c + "/t = Identity.b " + c + "/pivot:1\n" +                    //
             c + "/x = Switch.f " + value + " " + c + "/pred\n" +           //
             c + "/two = Const.f 2 ^" + c + "/t\n" +                        //
             c + "/else = Neg.f " + c + "/x\n" +                            //
             c + "/next = AddV2.f " + c + "/x:1 " + c + "/two\n";
    value = c + "/next";
    within = " ^" + c + "/t";
  }
  for (int i = kDepth; i-- > 0;) {
    const std::string c = "c" + std::to_string(i);
    lines += c + " = Merge.f " + c + "/else " + value + " N=2\n";
    value = c;
  }
  MetaGraph meta(&TestOps());
  LoadInTime(GraphDefText(lines), &meta);
  EXPECT_EQ(CountFunctions(meta), 2 * kDepth);
}

TEST(ImportDeep, ChainedConds) {
  constexpr int kConds = 4000;
  for (const bool same : {true, false}) {
    std::string lines = "x = Placeholder.f []\nc = Identity.f x\np = Placeholder.b []\n";
    std::string value = "c";
    for (int i = 0; i < kConds; ++i) {
      const std::string c = "c" + std::to_string(i);
      if (!same) lines += c + "/p = Placeholder.b []\n";
      lines += Cond(c, value, same ? "p" : c + "/p");
      value = c;
    }
    MetaGraph meta(&TestOps());
    LoadInTime(GraphDefText(lines), &meta);
    // Behind a Merge of the predicate, what only the pivots hold is an If of its own.
    EXPECT_EQ(CountFunctions(meta), same ? 4 * kConds - 2 : 2 * kConds);
    Session session(meta.graph);
    EXPECT_EQ(Numbers(session.Run({{"x", F(3)}, {same ? "p" : "c0/p", B(true)}}, {"c0"})[0]),
              Values({-3}));
  }
}

// x goes through all loops, and is negated in the innermost.
std::string NestedLoops(int depth) {
  std::string lines = "x = Placeholder.f []\nn = Placeholder.i []\n";
  std::string limit = "n", value = "x", within;
  for (int i = 0; i < depth; ++i) {
    const std::string w = "w" + std::to_string(i), x = w + "/x";
    const std::string inner = "w" + std::to_string(i + 1) + "/x/exit";
    std::string counter = CountedLoop(w, limit);
    const std::string zero = w + "/zero = Const.i 0";
    counter.replace(0, zero.size(), zero + within);
    lines += counter + LoopVar(w, x, 'f', value, i + 1 < depth ? inner : x + "/neg");
    limit = w + "/limit";
    value = x + "/in";
    within = " ^" + w + "/i/in";
  }
  return lines + "w" + std::to_string(depth - 1) + "/x/neg = Neg.f " + value + "\n";
}

TEST(ImportDeep, NestedLoops) {
  constexpr int kDepth = 1000;
  MetaGraph meta(&TestOps());
  LoadInTime(GraphDefText(NestedLoops(kDepth)), &meta, 5);
  EXPECT_EQ(CountFunctions(meta), 2 * kDepth);
}

TEST(ImportDeep, LoopsBeyondTheLimitAreUnavailable) {
  MetaGraph meta(&TestOps());
  LoadInTime(GraphDefText(NestedLoops(5000) + "y = Neg.f x\n"), &meta);
  Session session(meta.graph);
  EXPECT_EQ(Numbers(session.Run({{"x", F(3)}}, {"y"})[0]), Values({-3}));
  const Error e = Caught([&] { session.Run({{"x", F(3)}, {"n", I(1)}}, {"w0/x/exit"}); });
  EXPECT_EQ(e.code(), Code::kResourceExhausted) << e.what();
}

// f0 .. f(n-1), each calling the next; `call` is how f(i) calls.
template <typename Call>
std::string NestedFunctions(int n, const char* types, const std::string& last, const Call& call,
                            const std::string& more = "") {
  std::string text = "library {\n" + more;
  for (int i = 0; i < n; ++i) {
    text += "function { signature { name: 'f" + std::to_string(i) + "' " + types + " }\n";
    text += i + 1 < n ? call("f" + std::to_string(i + 1)) : last;
    text += " }\n";
  }
  return text + "}\n";
}

constexpr char kOneFloat[] =
    "input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT }";
constexpr char kLast[] =
    "node_def { name: 'neg' op: 'Neg' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } } "
    "ret { key: 'y' value: 'neg:y:0' }";

std::string FunctionAttr(const std::string& key, const std::string& name) {
  return " attr { key: '" + key + "' value { func { name: '" + name + "' } } }";
}
std::string TypesAttr(const std::string& key, const std::string& types) {
  return " attr { key: '" + key + "' value { list { " + types + " } } }";
}
constexpr char kFloatType[] = "type: DT_FLOAT";

TEST(ImportDeep, NestedCalls) {
  constexpr int kDepth = 20000;
  const auto call = [](const std::string& f, const std::string& input, const std::string& name) {
    return "{ name: '" + name + "' op: 'StatefulPartitionedCall' input: '" + input + "'" +
           FunctionAttr("f", f) + TypesAttr("Tin", kFloatType) + TypesAttr("Tout", kFloatType) +
           " }\n";
  };
  MetaGraph meta(&TestOps());
  LoadInTime(GraphDefText("x = Placeholder.f []\n") + "node " + call("f0", "x", "y") +
                 NestedFunctions(kDepth, kOneFloat, kLast,
                                 [&](const std::string& f) {
                                   return "node_def " + call(f, "x", "call") +
                                          "ret { key: 'y' value: 'call:output:0' }";
                                 }),
             &meta);
  EXPECT_EQ(CountFunctions(meta), kDepth);
  EXPECT_FALSE(HasEffect(meta.graph, meta.graph.Find("y")));
}

TEST(ImportDeep, NestedIfsAndWhiles) {
  constexpr int kDepth = 5000;
  constexpr char kIfTypes[] =
      "input_arg { name: 'p' type: DT_BOOL } input_arg { name: 'x' type: DT_FLOAT } "
      "output_arg { name: 'y' type: DT_FLOAT }";
  const std::string both = "type: DT_BOOL type: DT_FLOAT";
  const auto make_if = [&](const std::string& f, const std::string& name) {
    return "{ name: '" + name + "' op: 'If' input: 'p' input: 'p' input: 'x'" +
           FunctionAttr("then_branch", f) +
           FunctionAttr("else_branch", "f" + std::to_string(kDepth - 1)) + TypesAttr("Tin", both) +
           TypesAttr("Tout", kFloatType) + " attr { key: 'Tcond' value { type: DT_BOOL } } }\n";
  };
  MetaGraph ifs(&TestOps());
  LoadInTime(GraphDefText("x = Placeholder.f []\np = Placeholder.b []\n") + "node " +
                 make_if("f0", "y") +
                 NestedFunctions(kDepth, kIfTypes, kLast,
                                 [&](const std::string& f) {
                                   return "node_def " + make_if(f, "if") +
                                          "ret { key: 'y' value: 'if:output:0' }";
                                 }),
             &ifs);
  EXPECT_EQ(CountFunctions(ifs), kDepth);
  EXPECT_FALSE(HasEffect(ifs.graph, ifs.graph.Find("y")));

  constexpr char kWhileTypes[] =
      "input_arg { name: 'p' type: DT_BOOL } input_arg { name: 'x' type: DT_FLOAT } "
      "output_arg { name: 'q' type: DT_BOOL } output_arg { name: 'y' type: DT_FLOAT }";
  const std::string cond =
      "function { signature { name: 'cond' input_arg { name: 'p' type: DT_BOOL } input_arg { name: "
      "'x' type: DT_FLOAT } output_arg { name: 'q' type: DT_BOOL } } ret { key: 'q' value: 'p' } }";
  const auto make_while = [&](const std::string& f, const std::string& name) {
    return "{ name: '" + name + "' op: 'While' input: 'p' input: 'x'" +
           FunctionAttr("cond", "cond") + FunctionAttr("body", f) + TypesAttr("T", both) + " }\n";
  };
  MetaGraph whiles(&TestOps());
  LoadInTime(GraphDefText("x = Placeholder.f []\np = Placeholder.b []\n") + "node " +
                 make_while("f0", "y") +
                 NestedFunctions(
                     kDepth, kWhileTypes, std::string(kLast) + " ret { key: 'q' value: 'p' }",
                     [&](const std::string& f) {
                       return "node_def " + make_while(f, "while") +
                              "ret { key: 'q' value: 'while:output:0' } "
                              "ret { key: 'y' value: 'while:output:1' }";
                     },
                     cond),
             &whiles);
  EXPECT_EQ(CountFunctions(whiles), kDepth + 1);
  EXPECT_FALSE(HasEffect(whiles.graph, whiles.graph.Find("y")));
}

}  // namespace
}  // namespace graphrun
