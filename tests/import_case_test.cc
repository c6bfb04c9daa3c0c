// Case (one of several functions, by number), calls by the function's name, and conds that share a
// predicate.
#include "core/autodiff/gradients.h"
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

using Values = std::vector<double>;

// A function of float scalars, and of the variable "v"; `result` is "node:output:0" or a parameter.
// `effect` is a node that must run.
std::string FloatFunction(const std::string& name, const std::vector<std::string>& parameters,
                          const std::string& lines, const std::string& result,
                          const std::string& effect = "") {
  std::string text = "function { signature { name: '" + name + "'";
  for (const std::string& p : parameters) {
    text += " input_arg { name: '" + p + "' type: " + TypeText(p == "v" ? 'r' : 'f') + " }";
  }
  text += " output_arg { name: 'y' type: DT_FLOAT }";
  if (!effect.empty()) text += " is_stateful: true control_output: '" + effect + "'";
  text += " }";
  std::istringstream nodes(GraphDefText(lines));
  for (std::string line; std::getline(nodes, line);) text += " node_def" + line.substr(4);
  text += " ret { key: 'y' value: '" + result + "' }";
  if (!effect.empty()) text += " control_ret { key: '" + effect + "' value: '" + effect + "' }";
  return text + " }\n";
}

std::string Library(const std::vector<std::string>& functions) {
  std::string text = "library {\n";
  for (const std::string& f : functions) text += f;
  return text + "}\n";
}

std::string CaseNode(const std::string& op, const std::vector<std::string>& inputs,
                     const std::string& input_types, const std::vector<std::string>& branches,
                     const std::string& more = "") {
  std::string text = "node { name: 'pick' op: '" + op + "'";
  for (const std::string& input : inputs) text += " input: '" + input + "'";
  text += " attr { key: 'Tin' value { list {" + input_types + "} } }";
  text += " attr { key: 'Tout' value { list { type: DT_FLOAT } } }";
  text += " attr { key: 'branches' value { list {";
  for (const std::string& branch : branches) text += " func { name: '" + branch + "' }";
  return text + " } } }" + more + " }\n";
}

const char* const kArguments = "i = Placeholder.i []\nx = Placeholder.f []\n";

std::string ThreeFunctions() {
  return Library({FloatFunction("double", {"x"}, "y = AddV2.f x x\n", "y:z:0"),
                  FloatFunction("square", {"x"}, "y = Mul.f x x\n", "y:z:0"),
                  FloatFunction("same", {"x"}, "", "x")});
}

TEST(ImportCase, CallsTheBranchOfTheNumberAndElseTheLast) {
  Imported f(kArguments,
             CaseNode("StatelessCase", {"i", "x"}, "type: DT_FLOAT", {"double", "square", "same"}) +
                 "node { name: 'y' op: 'Neg' input: 'pick' "
                 "attr { key: 'T' value { type: DT_FLOAT } } }\n" +
                 ThreeFunctions());
  const std::vector<std::pair<int, double>> expected = {{0, 10}, {1, 25}, {2, 5},
                                                        {3, 5},  {-1, 5}, {1000, 5}};
  for (const auto& [i, want] : expected) {
    EXPECT_EQ(f.Run({{"i", I(i)}, {"x", F(5)}}, {"pick:0", "y"}), Values({want, -want})) << i;
  }
  EXPECT_EQ(f.graph().node(f.graph().Find("pick")).op->name, "StatelessIf");
}

TEST(ImportCase, IfTakesANumberForTrueWhenItIsNotZero) {
  Imported f(kArguments,
             "node { name: 'pick' op: 'StatelessIf' input: 'i' input: 'x' "
             "attr { key: 'Tcond' value { type: DT_INT32 } } "
             "attr { key: 'Tin' value { list { type: DT_FLOAT } } } "
             "attr { key: 'Tout' value { list { type: DT_FLOAT } } } "
             "attr { key: 'then_branch' value { func { name: 'double' } } } "
             "attr { key: 'else_branch' value { func { name: 'square' } } } }\n" +
                 ThreeFunctions());
  for (const auto& [i, want] : {std::pair{0, 25.0}, std::pair{1, 10.0}, std::pair{-3, 10.0}})
    EXPECT_EQ(f.Run({{"i", I(i)}, {"x", F(5)}}, {"pick"}), Values({want})) << i;
}

TEST(ImportCase, OneBranchIsACall) {
  Imported f(kArguments, CaseNode("StatelessCase", {"i", "x"}, "type: DT_FLOAT", {"square"}) +
                             ThreeFunctions());
  EXPECT_EQ(f.Run({{"i", I(7)}, {"x", F(3)}}, {"pick"}), Values({9}));
  EXPECT_EQ(f.Count("StatelessIf"), 0);
}

TEST(ImportCase, OnlyTheChosenBranchHasItsEffects) {
  const auto adds = [](const std::string& name, const std::string& amount) {
    return FloatFunction(name, {"v"},
                         "a = Const.f " + amount +
                             "\nadd = AssignAddVariableOp v a:output:0 dtype=DT_FLOAT\n"
                             "r = ReadVariableOp v ^add dtype=DT_FLOAT\n",
                         "r:value:0", "add");
  };
  const std::string library =
      Library({adds("one", "1"), adds("ten", "10"), adds("hundred", "100")});
  Imported f(
      "i = Placeholder.i []\nzero = Const.f 0\n"
      "v = VarHandleOp dtype=DT_FLOAT shape=[] shared_name='v'\n"
      "set = AssignVariableOp v zero dtype=DT_FLOAT\n"
      "after = ReadVariableOp v ^pick dtype=DT_FLOAT\n",
      CaseNode("Case", {"i", "v"}, "type: DT_RESOURCE", {"one", "ten", "hundred"}) + library);
  EXPECT_EQ(f.graph().node(f.graph().Find("pick")).op->name, "If");
  f.Run({}, {}, {"set"});
  EXPECT_EQ(f.Run({{"i", I(1)}}, {"pick", "after"}), Values({10, 10}));
  EXPECT_EQ(f.Run({{"i", I(0)}}, {"after"}), Values({11}));
  EXPECT_EQ(f.Run({{"i", I(-4)}}, {"after"}), Values({111}));
}

TEST(ImportCase, HasTheGradientOfTheBranch) {
  MetaGraph meta(&TestOps());
  ParseMetaGraph(
      GraphDefText(kArguments) +
          CaseNode("StatelessCase", {"i", "x"}, "type: DT_FLOAT", {"double", "square", "same"}) +
          ThreeFunctions(),
      &meta);
  const Scope root = Scope::Root(meta);
  const auto find = [&](const char* name) {
    return Expr(root.home(), meta.graph.FindOutput(name));
  };
  const std::vector<Grad> grads = Gradients(root, {find("pick")}, {find("x")});
  const Expr dx = ToDense(root, grads[0]);
  Session session(meta.graph);
  const std::vector<std::pair<int, double>> expected = {{0, 2}, {1, 10}, {2, 1}, {9, 1}};
  for (const auto& [i, want] : expected) {
    EXPECT_EQ(Numbers(session.Run({{"i", I(i)}, {"x", F(5)}}, {dx})[0]), Values({want})) << i;
  }
}

TEST(ImportCase, InsideAFunctionItsOutputHasAName) {
  std::string pick = CaseNode("StatelessCase", {"n", "x"}, "type: DT_FLOAT", {"double", "square"});
  pick.replace(0, 4, "node_def");
  std::string outer =
      FloatFunction("outer", {"x"}, "n = Const.i 1\nz = Neg.f pick:output:0\n", "z:y:0");
  outer.insert(outer.find(" node_def"), " " + pick);
  // As TensorFlow writes it: "node:argument:index".
  outer.replace(outer.find("input: 'n'"), 10, "input: 'n:output:0'");
  Imported f("x = Placeholder.f []\n",
             "node { name: 'call' op: 'outer' input: 'x' }\n" +
                 Library({FloatFunction("double", {"x"}, "y = AddV2.f x x\n", "y:z:0"),
                          FloatFunction("square", {"x"}, "y = Mul.f x x\n", "y:z:0"), outer}));
  EXPECT_EQ(f.Run({{"x", F(3)}}, {"call"}), Values({-9}));
  EXPECT_EQ(f.CountOnTop("PartitionedCall"), 1) << "version 1 calls a function by its name";
}

TEST(ImportCase, WhatIsWrongNamesTheNode) {
  const auto error = [](const std::string& node) {
    Imported f(kArguments, node + ThreeFunctions());
    return f.RunError({{"i", I(1)}, {"x", F(2)}}, {}, {"pick"});
  };
  const Error none = error(CaseNode("Case", {"i", "x"}, "type: DT_FLOAT", {}));
  EXPECT_NE(Text(none).find("'pick' (Case)"), std::string::npos) << Text(none);
  const Error index = error(CaseNode("Case", {"x", "x"}, "type: DT_FLOAT", {"same"}));
  EXPECT_NE(Text(index).find("int32 scalar, not float32"), std::string::npos) << Text(index);
  const Error many = error(CaseNode("Case", {"i"}, "", {"same", "double"}));
  EXPECT_EQ(many.code(), Code::kInvalidArgument) << Text(many);
  const Error missing =
      error("node { name: 'pick' op: 'Case' input: 'i' attr { key: 'Tout' value { list {} } } }\n");
  EXPECT_NE(Text(missing).find("branches is missing"), std::string::npos) << Text(missing);
}

TEST(ImportCase, CondsOfOnePredicateRunEachForItself) {
  // Both hang on p; only the second writes.
  Imported f(
      "p = Placeholder.b []\nx = Placeholder.f []\nv = VariableV2.f []\nzero = Const.f 0\n"
      "set = Assign.f v zero\n"
      "xs = Switch.f x p\na = Neg.f xs:1\nb = Identity.f xs\nfirst = Merge.f b a N=2\n"
      "sw = Switch.b p p\nt = Identity.b sw:1\ne = Identity.b sw\n"
      "five = Const.f 5 ^t\nvs = Switch.f v p\nput = Assign.f vs:1 five\n"
      "other = Const.f 6 ^e\nsecond = Merge.f other put N=2\n"
      "now = Identity.f v ^first\n");
  f.Run({}, {}, {"set"});
  EXPECT_EQ(f.Run({{"p", B(true)}, {"x", F(3)}}, {"first", "now"}), Values({-3, 0}));
  EXPECT_EQ(f.Run({{"p", B(true)}, {"x", F(3)}}, {"second"}), Values({5}));
  EXPECT_EQ(f.Run({{"p", B(false)}, {"x", F(3)}}, {"first", "now"}), Values({3, 5}));
}

}  // namespace
}  // namespace graphrun
