// What import makes of whole files: ops that nobody knows, versions, attributes, errors.
#include "core/import/save.h"
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

const char* const kUnknownOps =
    "x = Placeholder.f []\n"
    "a = FancyOp.f x\n"
    "b = FancyOp.f a\n"
    "c = OtherOp.f b strength=3 _note='kept'\n"
    "y = Neg.f c\n"
    "z = Neg.f a\n"
    "plain = Neg.f x\n"
    "later = NoOp ^c\n";

TEST(Import, UnknownOpsFailOnlyTheRunsThatNeedThem) {
  Imported f(kUnknownOps);
  const Error e = f.RunError({{"x", F(1)}}, {"y"});
  EXPECT_EQ(e.code(), Code::kUnimplemented);
  EXPECT_NE(Text(e).find("FancyOp (2), OtherOp (1)"), std::string::npos) << Text(e);
  const Error one = f.RunError({{"x", F(1)}}, {"z"});
  EXPECT_NE(Text(one).find("FancyOp (1)"), std::string::npos) << Text(one);
  EXPECT_EQ(Text(one).find("OtherOp"), std::string::npos) << Text(one);
  EXPECT_EQ(f.RunError({{"x", F(1)}}, {"plain"}, {"later"}).code(), Code::kUnimplemented);
  EXPECT_EQ(f.Run({{"x", F(1)}}, {"plain"}), Values({-1})) << "pruned";
  EXPECT_EQ(f.Run({{"c:0", F(4)}}, {"y"}), Values({-4})) << "fed";
  EXPECT_EQ(f.Run({{"a", F(5)}}, {"z"}), Values({-5}));
}

TEST(Import, UnknownOpsFailBeforeAnythingRuns) {
  Imported f(
      "v = VariableV2.f []\nten = Const.f 10\nset = Assign.f v ten\n"
      "odd = FancyOp.f ten ^set\nis = IsVariableInitialized.f v\n");
  EXPECT_EQ(f.RunError({}, {"odd"}, {"set"}).code(), Code::kUnimplemented);
  EXPECT_EQ(f.Run({}, {"is"}), Values({0})) << "the assignment did not run";
}

TEST(Import, UnknownOpsInALoopFailWhenTheyAreReached) {
  Imported f(
      "x = Placeholder.f []\nn = Placeholder.i []\n"
      "w/x/odd = FancyOp.f w/x/in\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/x/odd") + "y = Neg.f x\n");
  EXPECT_EQ(f.Run({{"x", F(1)}, {"n", I(0)}}, {"w/x/exit"}), Values({1})) << "no trip";
  const Error e = f.RunError({{"x", F(1)}, {"n", I(2)}}, {"w/x/exit"});
  EXPECT_EQ(e.code(), Code::kUnimplemented);
  EXPECT_NE(Text(e).find("FancyOp (1)"), std::string::npos) << Text(e);
  EXPECT_EQ(f.Run({{"x", F(1)}, {"w/x/exit", F(2)}}, {"y"}), Values({-1}));
}

TEST(Import, ASavedFileKeepsUnknownOps) {
  Imported f(kUnknownOps);
  const std::string text = MetaGraphText(f.meta());
  for (const char* part : {"\"FancyOp\"", "\"OtherOp\"", "\"strength\"", "\"kept\""})
    EXPECT_NE(text.find(part), std::string::npos) << part;
  EXPECT_EQ(text.find("_Unavailable"), std::string::npos);
  MetaGraph back(&TestOps());
  ParseMetaGraph(SerializeMetaGraph(f.meta()), &back);
  EXPECT_EQ(back.graph.NodeNames(), f.graph().NodeNames());
}

TEST(Import, ASavedFileOfLoopsAndVariablesLoadsAgain) {
  Imported f(
      "x = Placeholder.f []\nn = Placeholder.i []\nv = VariableV2.f []\n"
      "ten = Const.f 10\nset = Assign.f v ten\nread = Identity.f v\n"
      "w/v = Enter.f read frame_name='w' is_constant=true\n"
      "w/x/mul = Mul.f w/x/in w/v\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/x/mul"));
  MetaGraph back(&TestOps());
  ParseMetaGraph(SerializeMetaGraph(f.meta()), &back);
  Session session(back.graph);
  session.Run({}, {}, {"set"});
  const Feeds feeds = {{"x", F(2)}, {"n", I(3)}};
  EXPECT_EQ(Numbers(session.Run(feeds, {"w/x/exit"})[0]), Values({2000}));
}

TEST(Import, Versions) {
  const std::string x = "x = Placeholder.f []\n";
  EXPECT_NO_THROW(Imported(x, "versions { producer: 9999 min_consumer: 24 }"));
  const Error old =
      Caught([&] { Imported f(x, "versions { producer: 9999 min_consumer: 9998 }"); });
  EXPECT_EQ(old.code(), Code::kUnimplemented);
  EXPECT_NE(Text(old).find("9998"), std::string::npos) << Text(old);
  const Error bad = Caught([&] { Imported f(x, "versions { producer: 9 bad_consumers: 1645 }"); });
  EXPECT_EQ(bad.code(), Code::kUnimplemented);
}

TEST(Import, PrivateAttributesAndDevicesAreTolerated) {
  Imported f(
      "x = Placeholder.f []\n"
      "y = Neg.f x _class='loc:@elsewhere' _output_shapes=[] _mine='note'\n");
  const Node& y = f.graph().node(f.graph().Find("y"));
  EXPECT_FALSE(y.attrs.contains("_class"));
  EXPECT_TRUE(y.attrs.contains("_mine"));
  EXPECT_EQ(f.Run({{"x", F(1)}}, {"y"}), Values({-1}));
}

TEST(Import, WhatCannotBeReadIsSaidWithItsNode) {
  struct Bad {
    std::string lines, says;
  } const cases[] = {
      {"x = Const.f 1\nx = Const.f 2\n", "'x'"},
      {"x = Neg.f nothing\n", "'nothing'"},
      {"alpha = Const.f 1\nx = Neg.f alpho\n", "'alpha'"},
      {"a = Const.f 1\nx = Neg.f a:b\n", "'a:b'"},
      {"a = Const.f 1\nx = Add.f a ^a a\n", "'x'"},
      {"a = Const.f 1\nx = Neg.f ^a:0\n", "'^a:0'"},
      {"a = Neg.f b\nb = Neg.f a\n", "'a' -> 'b'"},
  };
  for (const Bad& bad : cases) {
    const Error e = Caught([&] { Imported f(bad.lines); });
    EXPECT_EQ(e.code(), Code::kInvalidArgument) << Text(e);
    EXPECT_NE(Text(e).find(bad.says), std::string::npos) << bad.says << "\n" << Text(e);
  }
}

TEST(Import, FunctionsWithFramesInThem) {
  // A library function whose body has a cond of version 1.
  const std::string nodes = GraphDefText(
      "xs = Switch.f x:0 p:0\n"
      "exp = Square.f xs:output_true:0\n"
      "neg = Neg.f xs:output_false:0\n"
      "m = Merge.f neg:y:0 exp:y:0 N=2\n");
  std::string body;
  for (size_t at = 0, next; at < nodes.size(); at = next + 1) {
    next = nodes.find('\n', at);
    body += "node_def" + nodes.substr(at + 4, next - at - 4) + "\n";
  }
  Imported f(
      "x = Placeholder.f []\np = Placeholder.b []\n",
      "node { name: 'y' op: 'PartitionedCall' input: 'x' input: 'p'"
      " attr { key: 'Tin' value { list { type: DT_FLOAT type: DT_BOOL } } }"
      " attr { key: 'Tout' value { list { type: DT_FLOAT } } }"
      " attr { key: 'f' value { func { name: 'branchy' } } } }\n"
      "library { function { signature { name: 'branchy'"
      " input_arg { name: 'x' type: DT_FLOAT } input_arg { name: 'p' type: DT_BOOL }"
      " output_arg { name: 'out' type: DT_FLOAT } } ret { key: 'out' value: 'm:output:0' }\n" +
          body + "} }\n");
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(true)}}, {"y"}), Values({9}));
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}}, {"y"}), Values({-3}));
}

TEST(Import, AKnownOpOfAnUnknownTypeFailsOnlyTheRunsThatNeedIt) {
  Imported f(
      "x = Placeholder.s []\np = Placeholder.b []\ny = Select.s p x x\n"
      "u = Placeholder.f []\nz = Neg.f u\n",
      "node { name: 'c' op: 'Const' attr { key: 'dtype' value { type: DT_COMPLEX64 } } "
      "attr { key: 'value' value { tensor { dtype: DT_COMPLEX64 tensor_shape { } "
      "scomplex_val: 1 scomplex_val: 2 } } } }\n");
  EXPECT_EQ(f.Run({{"u", F(2)}}, {"z"}), std::vector<double>({-2}));
  const Error e = f.RunError({{"p", B(true)}, {"x", Tensor::Scalar(std::string("a"))}}, {"y"});
  EXPECT_EQ(e.code(), Code::kUnimplemented);
  EXPECT_NE(Text(e).find("Select of string (1)"), std::string::npos) << Text(e);
  EXPECT_EQ(f.RunError({}, {"c"}).code(), Code::kUnimplemented);
  const std::string saved = SerializeMetaGraph(f.meta());
  EXPECT_NE(saved.find("Select"), std::string::npos);
}

// As in TensorFlow: what is only waited for does not run.
TEST(Import, WhoWaitsForAPlaceholderNeedsNoFeed) {
  Imported f("x = Placeholder.f []\ny = Const.f 3 ^x\nz = Neg.f y\nw = AddV2.f z x\n");
  EXPECT_EQ(f.Run({{"x", F(1)}}, {"z"}), std::vector<double>({-3}));
  EXPECT_EQ(f.Run({}, {"z"}), std::vector<double>({-3}));
  EXPECT_EQ(f.RunError({}, {"w"}).code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace graphrun
