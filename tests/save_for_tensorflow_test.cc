// What TensorFlow asks of the files that we write of imported graphs, read off their protos.
#include "core/import/save.h"
#include "proto/meta_graph.pb.h"
#include "proto/variable.pb.h"
#include "tests/import_fixture.h"

namespace graphrun {
namespace {

pb::MetaGraphDef Saved(const MetaGraph& meta) {
  pb::MetaGraphDef def;
  EXPECT_TRUE(def.ParseFromString(SerializeMetaGraph(meta)));
  return def;
}

// What is written of the lines and the fields of a GraphDef and a MetaGraphDef, in text form.
pb::MetaGraphDef Resaved(const std::string& lines, const std::string& graph_text = "",
                         const std::string& meta_text = "") {
  MetaGraph meta(&TestOps());
  ParseMetaGraph("graph_def {\n" + GraphDefText(lines) + graph_text + "}\n" + meta_text, &meta);
  return Saved(meta);
}

template <typename Nodes>
const pb::NodeDef& NodeOf(const Nodes& nodes, const std::string& name) {
  for (const pb::NodeDef& node : nodes) {
    if (node.name() == name) return node;
  }
  ADD_FAILURE() << "no node " << name;
  return pb::NodeDef::default_instance();
}

const pb::NodeDef& NodeOfOp(const pb::FunctionDef& f, const std::string& op) {
  for (const pb::NodeDef& node : f.node_def()) {
    if (node.op() == op) return node;
  }
  ADD_FAILURE() << "no " << op << " in " << f.signature().name();
  return pb::NodeDef::default_instance();
}

const pb::FunctionDef& FunctionWith(const pb::MetaGraphDef& def, const std::string& op) {
  for (const pb::FunctionDef& f : def.graph_def().library().function()) {
    for (const pb::NodeDef& node : f.node_def()) {
      if (node.op() == op) return f;
    }
  }
  ADD_FAILURE() << "no function has a " << op;
  return pb::FunctionDef::default_instance();
}

std::vector<std::string> FunctionNames(const pb::MetaGraphDef& def) {
  std::vector<std::string> names;
  for (const pb::FunctionDef& f : def.graph_def().library().function())
    names.push_back(f.signature().name());
  return names;
}

// A function of a float that hands it to `op` of function `callee`, if any.
std::string CallingFunction(const std::string& name, const std::string& op,
                            const std::string& callee) {
  const std::string attr =
      callee.empty() ? "" : " attr { key: 'f' value { func { name: '" + callee + "' } } }";
  return "function { signature { name: '" + name +
         "' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT } } "
         "node_def { name: 'n' op: '" +
         op + "' input: 'x'" + attr + " } ret { key: 'y' value: 'n:values:1' } }\n";
}

TEST(SaveForTensorFlow, FunctionsOfUnknownNodesAreWritten) {
  const std::string node =
      "node { name: 'map' op: 'FancyMap' input: 'x' attr { key: 'fs' value { list { func { name: "
      "'outer' } func { name: 'other' } } } } }\n";
  const std::string library = "library {\n" + CallingFunction("inner", "OddOp", "") +
                              CallingFunction("outer", "OddOp", "inner") +
                              CallingFunction("other", "OddOp", "") +
                              CallingFunction("unused", "OddOp", "") + "}\n";
  const pb::MetaGraphDef def = Resaved("x = Placeholder.f []\n", node + library);
  EXPECT_EQ(FunctionNames(def), std::vector<std::string>({"inner", "other", "outer"}));
  EXPECT_EQ(NodeOf(def.graph_def().node(), "map").attr().at("fs").list().func_size(), 2);
}

TEST(SaveForTensorFlow, OutputsOfUnknownOpsKeepTheirNamesInFunctions) {
  const std::string call =
      "node { name: 'call' op: 'PartitionedCall' input: 'x' attr { key: 'f' value { func { name: "
      "'f' } } } attr { key: 'Tin' value { list { type: DT_FLOAT } } } attr { key: 'Tout' value { "
      "list { type: DT_FLOAT } } } }\n";
  const std::string f =
      "library { function { signature { name: 'f' input_arg { name: 'x' type: DT_FLOAT } "
      "output_arg { name: 'y' type: DT_FLOAT } } "
      "node_def { name: 'a' op: 'OddOp' input: 'x' } "
      "node_def { name: 'b' op: 'OddOp' input: 'a:first:0' } "
      "ret { key: 'y' value: 'b:second:0' } } }\n";
  const pb::MetaGraphDef def = Resaved("x = Placeholder.f []\n", call + f);
  ASSERT_EQ(FunctionNames(def), std::vector<std::string>({"f"}));
  const pb::FunctionDef& function = def.graph_def().library().function(0);
  EXPECT_EQ(NodeOf(function.node_def(), "b").input(0), "a:first:0");
  EXPECT_EQ(function.ret().begin()->second, "b:second:0");
}

const char* const kOddInACond =
    "p = Placeholder.b []\nx = Placeholder.f []\nxs = Switch.f x p\n"
    "odd = OddOp xs:1 N=2\nneg = Neg.f odd:2\nm = Merge.f xs neg N=2\n";

TEST(SaveForTensorFlow, OutputsOfUnknownOpsGetTheirNamesFromTheDeclaration) {
  const pb::MetaGraphDef def =
      Resaved(kOddInACond, "",
              "meta_info_def { stripped_op_list { op { name: 'OddOp' input_arg { name: 'x' type: "
              "DT_FLOAT } output_arg { name: 'one' type: DT_INT32 } output_arg { name: 'many' "
              "type: DT_FLOAT number_attr: 'N' } attr { name: 'N' type: 'int' } } } }\n");
  const pb::FunctionDef& f = FunctionWith(def, "OddOp");
  EXPECT_EQ(NodeOfOp(f, "Neg").input(0), NodeOfOp(f, "OddOp").name() + ":many:1");
}

TEST(SaveForTensorFlow, AnUndeclaredOpInACondCannotBeSaved) {
  MetaGraph meta(&TestOps());
  ParseMetaGraph(GraphDefText(kOddInACond), &meta);
  const Error e = Caught([&] { SerializeMetaGraph(meta); });
  EXPECT_EQ(e.code(), Code::kUnimplemented);
  EXPECT_NE(Text(e).find("'odd' (OddOp)"), std::string::npos) << Text(e);
}

TEST(SaveForTensorFlow, VariablesOfVersion1AreDescribedAsResources) {
  pb::VariableDef v;
  v.set_variable_name("v:0");
  v.set_initializer_name("v/Assign");
  v.set_initial_value_name("ten:0");
  v.set_snapshot_name("v/read:0");
  std::string bytes;
  for (const char c : v.SerializeAsString()) {
    char octal[5];
    std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned char>(c));
    bytes += octal;
  }
  const pb::MetaGraphDef def = Resaved(
      "v = VariableV2.f []\nten = Const.f 10\nv/Assign = Assign.f v ten\n"
      "v/read = Identity.f v\n",
      "", "collection_def { key: 'variables' value { bytes_list { value: '" + bytes + "' } } }\n");
  pb::VariableDef out;
  ASSERT_EQ(def.collection_def().at("variables").bytes_list().value_size(), 1);
  ASSERT_TRUE(out.ParseFromString(def.collection_def().at("variables").bytes_list().value(0)));
  EXPECT_TRUE(out.is_resource());
  const auto& nodes = def.graph_def().node();
  EXPECT_EQ(NodeOf(nodes, "v").op(), "VarHandleOp");
  EXPECT_EQ(NodeOf(nodes, "v").attr().at("shared_name").s(), "v");
  EXPECT_EQ(NodeOf(nodes, out.initializer_name()).op(), "AssignVariableOp");
  EXPECT_EQ(out.snapshot_name(), "v/read:0");
  EXPECT_EQ(NodeOf(nodes, "v/read").op(), "ReadVariableOp");
}

TEST(SaveForTensorFlow, WritesInLoopsRunBeforeTheVariablesThatWaitForThem) {
  const pb::MetaGraphDef def = Resaved(
      "n = Placeholder.i []\nv = VariableV2.f []\nx = Placeholder.f []\n"
      "v/e = RefEnter.f v frame_name='w' is_constant=true\n"
      "w/add = AssignAdd.f v/e w/x/in\n"
      "w/same = Identity.f w/x/in ^w/add\n" +
      CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/same"));
  const pb::FunctionDef& body = FunctionWith(def, "AssignAddVariableOp");
  EXPECT_TRUE(body.signature().is_stateful());
  // TensorFlow prunes a lowered loop by its variables, so a write is no result of its own.
  EXPECT_EQ(body.signature().control_output_size(), 0);
  const std::string write = "^" + NodeOfOp(body, "AssignAddVariableOp").name();
  const auto& waits = NodeOf(body.node_def(), "w/same").input();
  EXPECT_NE(std::find(waits.begin(), waits.end(), write), waits.end());
  for (const pb::NodeDef& node : def.graph_def().node()) {
    EXPECT_NE(node.op(), "StatelessWhile");
    if (node.op() != "While") continue;
    EXPECT_EQ(node.attr().at("output_shapes").list().shape_size(), node.input_size());
    EXPECT_TRUE(node.attr().at("_lower_using_switch_merge").b());
  }
}

TEST(SaveForTensorFlow, CollectionsNameOnlyNodesThatAreThere) {
  const pb::MetaGraphDef def = Resaved(
      "p = Placeholder.b []\nx = Placeholder.f []\nxs = Switch.f x p\n"
      "inside = Neg.f xs:1\nm = Merge.f xs inside N=2\n",
      "",
      "collection_def { key: 'losses' value { node_list { value: 'inside:0' value: 'm:0' value: "
      "'x' "
      "} } }\ncollection_def { key: 'gone' value { node_list { value: 'inside' } } }\n");
  const auto& losses = def.collection_def().at("losses").node_list().value();
  EXPECT_EQ(std::vector<std::string>(losses.begin(), losses.end()),
            std::vector<std::string>({"m:0", "x"}));
  EXPECT_TRUE(def.collection_def().at("gone").has_node_list());
}

TEST(SaveForTensorFlow, AnUnknownNodeMayBeTiedToNoOther) {
  const pb::MetaGraphDef def =
      Resaved("x = Placeholder.f []\n",
              "node { name: 'save' op: 'OddOp' input: 'x' attr { key: '_class' value { list { s: "
              "'loc:@gone' } } } attr { key: 'kept' value { i: 3 } } device: '/device:CPU:0' }\n");
  const pb::NodeDef& node = NodeOf(def.graph_def().node(), "save");
  EXPECT_FALSE(node.attr().contains("_class"));
  EXPECT_EQ(node.attr().at("kept").i(), 3);
  EXPECT_EQ(node.device(), "/device:CPU:0");
}

}  // namespace
}  // namespace graphrun
