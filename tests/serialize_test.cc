// Model files: round trips, files of TensorFlow's, broken and hostile files.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/build/control_flow.h"
#include "core/build/ops.h"
#include "core/graph/op_def.h"
#include "core/graph/print.h"
#include "core/import/attr_proto.h"
#include "core/import/load.h"
#include "core/import/save.h"
#include "core/import/tensor_proto.h"
#include "core/run/session.h"
#include "ops/register_all.h"
#include "proto/attr_value.pb.h"
#include "proto/meta_graph.pb.h"
#include "tests/paths.h"

namespace graphrun {
namespace {

const OpRegistry& Registry() {
  static const OpRegistry registry = AllOps();
  return registry;
}

std::string Golden(const std::string& name) {
  return std::string(kSourceDir) + "/tests/golden/" + name;
}

// The error that loading `bytes` gives; nullopt when they load.
std::optional<Error> LoadError(const std::string& bytes) {
  MetaGraph meta(&Registry());
  try {
    ParseMetaGraph(bytes, &meta);
  } catch (const Error& e) {
    return e;
  }
  return std::nullopt;
}

// A variable, a loop with captures, a conditional in it, collections and a signature.
void BuildModel(MetaGraph* meta) {
  const Scope root = Scope::Root(*meta);
  const Scope model = root.VariableScope("model");
  const Variable w = model.GetVariable("w", {3, 3});
  const Expr x = op::Placeholder(root.WithName("x"), DType::kFloat, {2, 3});
  const std::vector<Expr> out = WhileLoop(
      model, [](const Scope&, std::span<const Expr> v) { return v[0] < 4; },
      [&](const Scope& s, std::span<const Expr> v) {
        const Expr h = op::Tanh(s, op::MatMul(s, v[1], w));
        const Expr odd = op::Equal(s, v[0] % 2, op::Const(s, int32_t{1}));
        const Expr next = Cond(
            s, odd, [&](const Scope& t) { return std::vector<Expr>{op::Neg(t, h)}; },
            [&](const Scope&) { return std::vector<Expr>{h}; })[0];
        return std::vector<Expr>{v[0] + 1, next};
      },
      {op::Const(model, int32_t{0}), x});
  const Expr y = op::Identity(root.WithName("y"), out[1]);
  const std::vector<Expr> parts = op::Split(root, op::Const(root, int32_t{1}), y, 3);
  const Expr last = op::Neg(root.WithName("last").WithControlDependencies({y}), parts[2]);
  root.AddToCollection("results", last);
  root.GlobalVariablesInitializer();
  meta->byte_lists[kRunPlanCollection] = {std::string("\0\xff\x80plan", 7)};
  meta->tags = {"train"};
  meta->signatures["predict"] = {
      {{"in", {"x:0", DType::kFloat, {2, 3}}}}, {{"out", {"y:0", DType::kFloat, {2, 3}}}}, "m"};
}

TEST(Serialize, TensorsOfEveryType) {
  for (DType dtype : kPlainTypes) {
    if (dtype == DType::kBool) continue;  // has only two values
    for (const Shape& shape : {Shape{}, Shape{2, 3}, Shape{0, 2}}) {
      Tensor t(dtype, shape);
      for (size_t i = 0; i < t.bytes(); ++i)
        static_cast<uint8_t*>(t.raw())[i] = static_cast<uint8_t>(i * 37 + 1);
      for (const bool splat : {false, true}) {
        if (splat) std::memset(t.raw(), 0x81, t.bytes());
        pb::TensorProto proto;
        TensorToProto(t, &proto);
        ImportBudget budget;
        EXPECT_TRUE(AttrEqual(TensorFromProto(proto, &budget), t))
            << DTypeName(dtype) << shape.ToString();
      }
    }
  }
  for (const Tensor& t :
       {Tensor::Vector<bool>({true, false, true}), Tensor::Vector<bool>({true, true}),
        Tensor::Vector<std::string>({"a", "", std::string("\0\xff", 2)})}) {
    pb::TensorProto proto;
    TensorToProto(t, &proto);
    ImportBudget budget;
    EXPECT_TRUE(AttrEqual(TensorFromProto(proto, &budget), t));
  }
}

TEST(Serialize, AFewTypedValuesFillATensor) {
  pb::TensorProto proto;
  proto.set_dtype(pb::DT_INT32);
  proto.mutable_tensor_shape()->add_dim()->set_size(4);
  ImportBudget budget;
  EXPECT_TRUE(AttrEqual(TensorFromProto(proto, &budget), Tensor::Vector<int32_t>({0, 0, 0, 0})));
  proto.add_int_val(5);
  proto.add_int_val(7);
  EXPECT_TRUE(AttrEqual(TensorFromProto(proto, &budget), Tensor::Vector<int32_t>({5, 7, 7, 7})));
  pb::TensorProto packed;  // strings as TensorFlow's C++ packs them
  packed.set_dtype(pb::DT_STRING);
  packed.mutable_tensor_shape()->add_dim()->set_size(2);
  packed.set_tensor_content(
      "\x02\x01"
      "abc");
  EXPECT_TRUE(
      AttrEqual(TensorFromProto(packed, &budget), Tensor::Vector<std::string>({"ab", "c"})));
  packed.set_tensor_content(
      "\x02\x09"
      "abc");
  EXPECT_THROW(TensorFromProto(packed, &budget), Error);
}

TEST(Serialize, HostileTensors) {
  const auto code = [](const std::vector<int64_t>& dims, const std::string& content,
                       pb::DataType dtype) {
    pb::TensorProto proto;
    proto.set_dtype(dtype);
    for (int64_t d : dims) proto.mutable_tensor_shape()->add_dim()->set_size(d);
    proto.set_tensor_content(content);
    ImportBudget budget;
    try {
      TensorFromProto(proto, &budget);
    } catch (const Error& e) {
      return e.code();
    }
    return Code{};
  };
  EXPECT_EQ(code({-2}, "", pb::DT_FLOAT), Code::kInvalidArgument);
  EXPECT_EQ(code({-1}, "", pb::DT_FLOAT), Code::kInvalidArgument);
  EXPECT_EQ(code({2}, "123", pb::DT_FLOAT), Code::kInvalidArgument);
  EXPECT_EQ(code({int64_t{1} << 40, int64_t{1} << 40}, "", pb::DT_FLOAT), Code::kInvalidArgument);
  EXPECT_EQ(code({int64_t{1} << 40, int64_t{1} << 40, 0}, "", pb::DT_FLOAT),
            Code::kInvalidArgument);
  EXPECT_EQ(code({0, int64_t{1} << 40, int64_t{1} << 40}, "", pb::DT_FLOAT), Code{});
  EXPECT_EQ(code({int64_t{1} << 61}, "", pb::DT_DOUBLE), Code::kInvalidArgument);
  EXPECT_EQ(code({int64_t{1} << 29}, "", pb::DT_FLOAT), Code::kResourceExhausted);
  EXPECT_EQ(code({int64_t{1} << 62}, "", pb::DT_STRING), Code::kResourceExhausted);
  EXPECT_EQ(code({int64_t{1} << 62}, "x", pb::DT_STRING), Code::kInvalidArgument);
  EXPECT_EQ(code(std::vector<int64_t>(255, 1), "", pb::DT_FLOAT), Code::kInvalidArgument);
  EXPECT_EQ(code({1}, "", pb::DT_COMPLEX64), Code::kUnimplemented);
}

TEST(Serialize, AttributesOfEveryKind) {
  const AttrValue values[] = {int64_t{-5},
                              1.5f,
                              true,
                              std::string("s\0t", 3),
                              DType::kInt64,
                              Shape({2, -1}),
                              Shape::Unknown(),
                              Tensor::Vector<float>({1, 2}),
                              FuncRef{"f"},
                              std::vector<int64_t>{1, -2},
                              std::vector<float>{0.5f},
                              std::vector<bool>{true, false},
                              std::vector<std::string>{"a", ""},
                              std::vector<DType>{DType::kBool},
                              std::vector<Shape>{Shape{}, Shape::Unknown()},
                              std::vector<Tensor>{Tensor::Scalar(1.0)},
                              std::vector<FuncRef>{{"f"}, {"g"}},
                              std::vector<int64_t>{},
                              std::vector<float>{},
                              std::vector<bool>{},
                              std::vector<std::string>{},
                              std::vector<DType>{},
                              std::vector<Shape>{},
                              std::vector<Tensor>{},
                              std::vector<FuncRef>{}};
  for (const AttrValue& value : values) {
    pb::AttrValue proto;
    AttrToProto(value, &proto);
    ImportBudget budget;
    EXPECT_TRUE(AttrEqual(AttrFromProto(proto, AttrKind(value), &budget), value))
        << AttrKind(value);
  }
}

TEST(Serialize, ModelWithFunctionsRoundTrip) {
  MetaGraph meta(&Registry());
  BuildModel(&meta);
  const std::string bytes = SerializeMetaGraph(meta);
  MetaGraph back(&Registry());
  ParseMetaGraph(bytes, &back);
  EXPECT_EQ(back.graph.NodeNames(), meta.graph.NodeNames());
  for (const auto& [name, f] : meta.graph.library()->functions()) {
    const Function& other = back.graph.library()->Get(name);
    ASSERT_EQ(other.args.size(), f->args.size());
    for (size_t i = 0; i < f->args.size(); ++i) {
      EXPECT_EQ(other.graph.type({other.args[i], 0}), f->graph.type({f->args[i], 0}));
    }
    ASSERT_EQ(other.results.size(), f->results.size());
    for (size_t i = 0; i < f->results.size(); ++i) {
      EXPECT_EQ(other.graph.OutputName(other.results[i]), f->graph.OutputName(f->results[i]));
    }
  }
  EXPECT_EQ(back.variable_lists, meta.variable_lists);
  EXPECT_EQ(back.node_lists, meta.node_lists);
  EXPECT_EQ(back.byte_lists, meta.byte_lists);
  EXPECT_EQ(back.tags, meta.tags);
  EXPECT_EQ(back.signatures.at("predict").outputs.at("out").name, "y:0");
  ASSERT_EQ(back.variables.size(), 1u);
  EXPECT_EQ(back.variables[0].name, "model/w");
  EXPECT_EQ(back.variables[0].shape, Shape({3, 3}));
  EXPECT_TRUE(back.variables[0].trainable);
  EXPECT_EQ(back.variables[0].initializer, meta.variables[0].initializer);
  EXPECT_EQ(SerializeMetaGraph(back), bytes);
}

TEST(Serialize, EqualGraphsGiveEqualBytes) {
  MetaGraph a(&Registry()), b(&Registry());
  BuildModel(&a);
  BuildModel(&b);
  EXPECT_EQ(SerializeMetaGraph(a), SerializeMetaGraph(b));
}

TEST(Serialize, WritesWhatTensorFlowNeeds) {
  MetaGraph meta(&Registry());
  BuildModel(&meta);
  pb::MetaGraphDef def;
  ASSERT_TRUE(def.ParseFromString(SerializeMetaGraph(meta)));
  EXPECT_EQ(def.graph_def().versions().producer(), 1645);
  int loops = 0;
  for (const pb::NodeDef& n : def.graph_def().node()) {
    if (n.op() == "VarHandleOp") {
      EXPECT_EQ(n.attr().at("shared_name").s(), "model/w");
    }
    if (!n.op().ends_with("While")) continue;
    ++loops;
    EXPECT_EQ(n.attr().at("output_shapes").list().shape_size(),
              n.attr().at("T").list().type_size());
    EXPECT_TRUE(n.attr().at("_lower_using_switch_merge").b());
  }
  EXPECT_EQ(loops, 1);
  EXPECT_EQ(def.graph_def().library().function_size(), 4);
}

TEST(Serialize, FilesAndText) {
  MetaGraph meta(&Registry());
  BuildModel(&meta);
  const std::filesystem::path dir =
      std::filesystem::path(testing::TempDir()) / "graphrun_serialize";
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  const std::string path = (dir / "m.pb").string();
  SaveMetaGraph(meta, path);
  SaveMetaGraph(meta, path);  // over the old one
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir), {}), 1)
      << "temporary files are left";
  MetaGraph back(&Registry());
  ParseMetaGraph(SerializeMetaGraph(meta), &back);
  const std::string expected = PrintGraph(back.graph, true);
  MetaGraph loaded(&Registry());
  LoadMetaGraph(path, &loaded);
  EXPECT_EQ(PrintGraph(loaded.graph, true), expected);
  MetaGraph text(&Registry());
  ParseMetaGraph(MetaGraphText(meta), &text);
  EXPECT_EQ(SerializeMetaGraph(text), SerializeMetaGraph(meta));

  pb::MetaGraphDef def;
  ASSERT_TRUE(def.ParseFromString(ReadFile(path)));
  MetaGraph bare(&Registry());
  ParseMetaGraph(def.graph_def().SerializeAsString(), &bare);  // a GraphDef
  EXPECT_EQ(PrintGraph(bare.graph, true), expected);
  ASSERT_EQ(bare.variables.size(), 1u);
  EXPECT_EQ(bare.variables[0].name, "model/w");
  std::filesystem::create_directory(dir / "saved");
  // saved_model_schema_version: 1, then meta_graphs: one MetaGraphDef.
  std::string saved = "\x08\x01\x12";
  for (size_t n = def.ByteSizeLong(); true; n >>= 7) {
    saved += static_cast<char>(n < 0x80 ? n : (n & 0x7f) | 0x80);
    if (n < 0x80) break;
  }
  WriteFile((dir / "saved/saved_model.pb").string(), saved + def.SerializeAsString());
  MetaGraph model(&Registry());
  LoadMetaGraph((dir / "saved").string(), &model);
  EXPECT_EQ(PrintGraph(model.graph, true), expected);

  try {
    MetaGraph none(&Registry());
    LoadMetaGraph((dir / "none.pb").string(), &none);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::kNotFound);
    EXPECT_NE(e.message().find("none.pb"), std::string::npos);
  }
  EXPECT_THROW(SaveMetaGraph(meta, (dir / "no/such/folder.pb").string()), Error);
}

TEST(Serialize, NodesInAnyOrder) {
  MetaGraph meta(&Registry());
  ParseMetaGraph(
      R"(node { name: "c" op: "AddV2" input: "b" input: "a" input: "^d" attr { key: "T" value { type: DT_FLOAT } } }
                    node { name: "d" op: "NoOp" input: "^b" }
                    node { name: "b" op: "Neg" input: "a:0" attr { key: "_note" value { s: "x" } }
                           attr { key: "_class" value { list { s: "loc:@gone" } } } }
                    node { name: "A" op: "NoOp" }
                    node { name: "a" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } })",
      &meta);
  EXPECT_EQ(meta.graph.NodeNames(), (std::vector<std::string>{"A", "a", "b", "d", "c"}));
  const Node& b = meta.graph.node(meta.graph.Find("b"));
  EXPECT_TRUE(b.attrs.contains("_note"));
  EXPECT_FALSE(b.attrs.contains("_class"));
}

TEST(Serialize, WrongGraphs) {
  const struct {
    const char* text;
    Code code;
    const char* says;
  } cases[] = {
      {"", Code::kDataLoss, "empty"},
      {"node { name: 3 }", Code::kDataLoss, "line 1, column"},
      {"versions { producer: 3 }", Code::kDataLoss, "with nodes"},
      {R"(node { name: "a" op: "NoOp" } node { name: "a" op: "NoOp" })", Code::kInvalidArgument,
       "named 'a'"},
      {R"(node { name: "a" op: "NoOp" input: "^bb" } node { name: "b" op: "NoOp" })",
       Code::kInvalidArgument, "'^bb'"},
      {R"(node { name: "a" op: "NoOp" input: "^b" } node { name: "b" op: "NoOp" input: "^c" }
          node { name: "c" op: "NoOp" input: "^b" })",
       Code::kInvalidArgument, "cycle: "},
      {R"(node { name: "p" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
          node { name: "n" op: "Neg" input: "^p" input: "p" })",
       Code::kInvalidArgument, "follows a control input"},
  };
  for (const auto& c : cases) {
    const std::optional<Error> e = LoadError(c.text);
    ASSERT_TRUE(e) << c.text;
    EXPECT_EQ(e->code(), c.code) << c.text << "\n" << e->what();
    EXPECT_NE(std::string(e->what()).find(c.says), std::string::npos) << c.text << "\n"
                                                                      << e->what();
  }
}

// Flipped, lost and inserted bytes: an error or a graph, no crash, no long wait. The sanitizers see
// the rest.
TEST(Serialize, BrokenBytes) {
  MetaGraph meta(&Registry());
  BuildModel(&meta);
  const std::string good = SerializeMetaGraph(meta);
  std::mt19937 random(1);
  const auto below = [&](size_t n) { return static_cast<size_t>(random() % n); };
  for (int round = 0; round < 1500; ++round) {
    std::string bytes = good;
    for (size_t k = 1 + below(3); k > 0; --k) {
      const size_t at = below(bytes.size());
      if (round % 4 == 0) bytes.resize(at);
      if (round % 4 == 1) bytes.erase(at, 1 + below(8));
      if (round % 4 >= 2) bytes[at] = static_cast<char>(random());
      if (bytes.empty()) break;
    }
    LoadError(bytes);
  }
}

// Made by TensorFlow 2.15.1 with control flow and resource variables of version 2.
TEST(SerializeGolden, FileOfTensorFlow) {
  MetaGraph meta(&Registry());
  LoadMetaGraph(Golden("tf_while_v2.pbtxt"), &meta);
  ASSERT_EQ(meta.variables.size(), 1u);
  EXPECT_EQ(meta.variables[0].name, "m/w");
  EXPECT_EQ(meta.node_lists.at("train_op"), std::vector<std::string>{"train"});
  Session session(meta.graph);
  session.Run({}, {}, {"init"});
  const Tensor x = Tensor::Of<float>({0.1f, 0.2f, 0.3f, -0.4f, 0.5f, 0.6f}, {2, 3});
  EXPECT_NEAR(session.Run({{"x", x}}, {"loss"})[0].scalar<float>(), 7.830116, 1e-4);
  session.Run({}, {}, {"train"});
  EXPECT_NEAR(session.Run({{"x", x}}, {"loss"})[0].scalar<float>(), 7.7725506, 1e-4);
  EXPECT_NEAR(
      session.Run({{"x", x}, {"n", Tensor::Scalar<int32_t>(0)}}, {"loss"})[0].scalar<float>(), 3.64,
      1e-5);
}

}  // namespace
}  // namespace graphrun
