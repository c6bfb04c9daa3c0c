// Nodes and functions of a file that cannot run: they fail the runs that need them, when they do.
#include "core/graph/print.h"
#include "core/import/save.h"
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

const char* const kPlain = "plain/x = Placeholder.f []\nplain = Neg.f plain/x\n";

TEST(ImportUnavailable, WhatIsWrongWithANodeFailsTheRunsThatNeedIt) {
  struct Bad {
    std::string lines, says;  // the node is 'bad'
    Code code = Code::kInvalidArgument;
  } const cases[] = {
      {"a = Const.f 1\nbad = Neg.f a:1\n", "no output"},
      {"a = Const.f 1\nbad = Neg.d a\n", "float64 is expected"},
      {"a = Const.f 1\nbad = Neg.f a odd=3\n", "'odd'"},
      {"a = Const.f 1\nbad = Neg.f\n", "inputs"},
      {"a = Const.f 1\nbad = MatMul.f a a transpose_a=7\n", "transpose_a"},
      {"a = Const.f [1,2]\nb = Const.f [1,2,3]\nbad = AddV2.f a b\n", "'bad'"},
      {"a = Const.f [1,2]\naxis = Const.i 4\nbad = Cumsum.f a axis Tidx=DT_INT32\n", "axis"},
      {"a = Const.f [1,2]\np = Const.i [0,0]\nbad = Transpose.f a p Tperm=DT_INT32\n", "'bad'"},
      {"n = Const.i [2,3]\nbad = TensorListReserve n n element_dtype=DT_FLOAT "
       "shape_type=DT_INT32\n",
       "'bad'"},
      {"a = Const.f 1\nbad = Pack.f a N=-4\n", "N"},
      {"a = Const.f 1\nbad = Unpack.f a num=1099511627776\n", "limit"},
      {"bad = _Arg.f index=0\n", "signature"},
      {"bad = VariableV2.f\n", "'bad'"},
      {"a = Const.f 1\nbad = If.f a then_branch=3\n", "'bad'"},
      {"a = Placeholder.s []\nbad = Neg.s a\n", "Neg of string", Code::kUnimplemented},
  };
  for (const Bad& bad : cases) {
    Imported f(bad.lines + kPlain);
    EXPECT_EQ(f.Run({{"plain/x", F(3)}}, {"plain"}), Values({-3})) << bad.lines;
    const Error e = f.RunError({}, {}, {"bad"});
    EXPECT_EQ(CodeName(e.code()), CodeName(bad.code)) << bad.lines << Text(e);
    EXPECT_NE(Text(e).find(bad.says), std::string::npos) << bad.says << "\n" << Text(e);
  }
}

TEST(ImportUnavailable, WhoUsesItSaysWhyItCannotRun) {
  Imported f(
      "a = Const.f [1,2]\nb = Const.f [1,2,3]\nbad = AddV2.f a b\nuser = Neg.f bad\n"
      "later = Const.f 4 ^bad\nfed = Neg.f user\n");
  for (const char* needs : {"user", "later", "fed"}) {
    const Error e = f.RunError({}, {needs});
    EXPECT_EQ(e.code(), Code::kInvalidArgument);
    EXPECT_NE(Text(e).find("'bad' (AddV2)"), std::string::npos) << Text(e);
  }
  EXPECT_EQ(f.Run({{"bad", F(5)}}, {"fed"}), Values({5}));
}

TEST(ImportUnavailable, ConstantsThatCannotBeRead) {
  const auto constant = [](const std::string& tensor) {
    return "node { name: 'bad' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } "
           "attr { key: 'value' value { tensor { " +
           tensor + " } } } }\n";
  };
  for (const char* tensor : {"dtype: DT_FLOAT tensor_shape { dim { size: 2 } } "
                             "tensor_content: 'abc'",
                             "dtype: DT_FLOAT tensor_shape { dim { size: -5 } }",
                             "dtype: 77 tensor_shape { }", "tensor_shape { unknown_rank: true }"}) {
    Imported f(kPlain, constant(tensor));
    EXPECT_EQ(f.Run({{"plain/x", F(3)}}, {"plain"}), Values({-3})) << tensor;
    EXPECT_FALSE(f.RunError({}, {"bad"}).broken()) << tensor;
  }
}

// p ? -bad(x) : x * x
std::string CondWith(const std::string& bad) {
  return "x = Placeholder.f []\np = Placeholder.b []\nxs = Switch.f x p\n" + bad +
         "then = Neg.f bad\nelse = Square.f xs\nm = Merge.f else then N=2\n";
}

TEST(ImportUnavailable, ABranchThatIsNotTakenNeedsNothing) {
  for (const char* bad : {"bad = FancyOp.f xs:1\n", "bad = MatMul.f xs:1 xs:1\n"}) {
    Imported f(CondWith(bad));
    EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}}, {"m"}), Values({9})) << bad;
    const Error e = f.RunError({{"x", F(3)}, {"p", B(true)}}, {"m"});
    EXPECT_EQ(e.code(), bad[6] == 'F' ? Code::kUnimplemented : Code::kInvalidArgument) << Text(e);
  }
}

TEST(ImportUnavailable, WritesThatCannotRunHoldUpWhatComesAfterThem) {
  Imported f(
      "v = VariableV2.s []\nw = VariableV2.f []\none = Const.f 1\nadd = Const.s 'x'\n"
      "init = Assign.f w one\nbad = AssignAdd.s v add\nset = Assign.f w one ^bad\n"
      "read = Identity.f w\nafter = Identity.s v ^bad\n");
  EXPECT_EQ(f.Run({}, {"one"}, {"init"}), Values({1}));
  EXPECT_EQ(f.Run({}, {"read"}), Values({1}));
  for (const char* needs : {"bad", "set", "after"}) {
    const Error e = f.RunError({}, {}, {needs});
    EXPECT_EQ(e.code(), Code::kUnimplemented) << needs;
    EXPECT_NE(Text(e).find("AssignAdd of string"), std::string::npos) << Text(e);
  }
  EXPECT_NE(MetaGraphText(f.meta()).find("\"AssignAddVariableOp\""), std::string::npos)
      << "it is saved as a write of a resource";
}

TEST(ImportUnavailable, AReadAfterABrokenWriteOfTheArrayIsRefused) {
  Imported f(
      "size = Const.i 2\nzero = Const.i 0\nx = Const.f 5\n"
      "ta = TensorArrayV3.f size element_shape=[]\n"
      "w0 = TensorArrayWriteV3.f ta zero x ta:1\n"
      "bad = TensorArrayWriteV3.f ta zero w0\n"
      "before = TensorArrayReadV3.f ta zero w0\nafter = TensorArrayReadV3.f ta zero bad\n");
  EXPECT_EQ(f.Run({}, {"before"}), Values({5}));
  EXPECT_EQ(f.RunError({}, {"after"}).code(), Code::kInvalidArgument);
}

// A library with one function of a float; `lines` compute `result`.
std::string LibraryOf(const std::string& signature, const std::string& lines,
                      const std::string& result) {
  std::string text = "library { function { signature { name: 'F' " + signature +
                     " output_arg { name: 'y' type: DT_FLOAT } }";
  std::istringstream nodes(GraphDefText(lines));
  for (std::string line; std::getline(nodes, line);) text += " node_def" + line.substr(4);
  return text + " ret { key: 'y' value: '" + result + "' } } }\n";
}

TEST(ImportUnavailable, FunctionsThatCannotBeMade) {
  const std::string x = "input_arg { name: 'x' type: DT_FLOAT }";
  struct Bad {
    std::string library, says;
    Code code;
  } const cases[] = {
      {LibraryOf("input_arg { name: 'x' type_attr: 'T' }", "n = Neg.f x\n", "n:y:0"),
       "no fixed type", Code::kUnimplemented},
      {LibraryOf(x, "n = Neg.f x\n", "nothing:y:0"), "'nothing:y:0'", Code::kInvalidArgument},
      {LibraryOf(x, "n = Neg.f x\nn = Neg.f x\n", "n:y:0"), "'n'", Code::kInvalidArgument},
      {LibraryOf(x, "n = Shape.f x out_type=DT_INT32\n", "n:output:0"), "is declared",
       Code::kInvalidArgument},
      {LibraryOf(x, "n = F x\n", "n:y:0"), "calls itself", Code::kUnimplemented},
      {"", "'F' is not in the library", Code::kInvalidArgument},
      {LibraryOf(x, "n = MatMul.f x x\nm = FancyOp.f n:product:0\n", "m:y:0"), "FancyOp (1)",
       Code::kUnimplemented},
  };
  for (const Bad& bad : cases) {
    const std::string call =
        "node { name: 'call' op: 'PartitionedCall' input: 'x' attr { key: 'f' value { func { name: "
        "'F' } } } attr { key: 'Tin' value { list { type: DT_FLOAT } } } attr { key: 'Tout' value "
        "{ list { type: DT_FLOAT } } } }\n";
    Imported f(std::string("x = Placeholder.f []\n") + kPlain, call + bad.library);
    EXPECT_EQ(f.Run({{"plain/x", F(3)}}, {"plain"}), Values({-3})) << bad.says;
    const Error e = f.RunError({{"x", F(2)}}, {"call"});
    EXPECT_EQ(CodeName(e.code()), CodeName(bad.code)) << Text(e);
    EXPECT_NE(Text(e).find(bad.says), std::string::npos) << bad.says << "\n" << Text(e);
    // It is saved as it was, and fails in the same way again.
    MetaGraph back(&TestOps());
    ParseMetaGraph(SerializeMetaGraph(f.meta()), &back);
    Session session(back.graph);
    const Error again = Caught([&] { session.Run({{"x", F(2)}}, {"call"}); });
    EXPECT_EQ(again.message(), e.message());
  }
}

TEST(ImportUnavailable, OneBranchFunctionMayBeUnavailable) {
  const std::string x = "input_arg { name: 'x' type: DT_FLOAT }";
  std::string library = LibraryOf(x, "n = Neg.f x\n", "nothing:y:0");
  library.insert(library.rfind('}'),
                 "function { signature { name: 'G' " + x +
                     " output_arg { name: 'y' type: DT_FLOAT } } ret { key: 'y' value: 'x' } }");
  const std::string node =
      "node { name: 'if' op: 'StatelessIf' input: 'p' input: 'x' attr { key: 'then_branch' value { "
      "func { name: 'F' } } } attr { key: 'else_branch' value { func { name: 'G' } } } attr { key: "
      "'Tin' value { list { type: DT_FLOAT } } } attr { key: 'Tout' value { list { type: DT_FLOAT "
      "} } } }\n";
  Imported f("x = Placeholder.f []\np = Placeholder.b []\n", node + library);
  EXPECT_EQ(f.Run({{"x", F(3)}, {"p", B(false)}}, {"if"}), Values({3}));
  EXPECT_EQ(f.RunError({{"x", F(3)}, {"p", B(true)}}, {"if"}).code(), Code::kInvalidArgument);
}

TEST(ImportUnavailable, ASavedFileKeepsThem) {
  Imported f("a = Const.f [1,2]\nb = Const.f [1,2,3]\nbad = AddV2.f a b _note='kept'\n");
  const std::string text = MetaGraphText(f.meta());
  EXPECT_NE(text.find("\"kept\""), std::string::npos);
  EXPECT_EQ(text.find("_Unavailable"), std::string::npos);
  MetaGraph back(&TestOps());
  ParseMetaGraph(SerializeMetaGraph(f.meta()), &back);
  EXPECT_EQ(PrintGraph(back.graph), PrintGraph(f.graph()));
}

TEST(ImportUnavailable, SignaturesOfSparseTensorsAreKept) {
  const std::string bytes = [] {
    MetaGraph meta(&TestOps());
    ParseMetaGraph(
        "graph_def { " + GraphDefText("x = Placeholder.f []\ny = Neg.f x\n") +
            " } signature_def { key: 'rows' value { inputs { key: 'x' value { coo_sparse "
            "{ values_tensor_name: 'v:0' } dtype: DT_FLOAT } } method_name: 'm' } } "
            "signature_def { key: 'plain' value { inputs { key: 'x' value { name: 'x:0' "
            "dtype: DT_FLOAT tensor_shape { } } } } }",
        &meta);
    EXPECT_EQ(meta.signatures.size(), 1u);
    return SerializeMetaGraph(meta);
  }();
  MetaGraph meta(&TestOps());
  ParseMetaGraph(bytes, &meta);
  EXPECT_TRUE(meta.signatures.contains("plain"));
  EXPECT_TRUE(meta.other_signatures.contains("rows"));
  EXPECT_NE(MetaGraphText(meta).find("values_tensor_name: \"v:0\""), std::string::npos);
}

}  // namespace
}  // namespace graphrun
