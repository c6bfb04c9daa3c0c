// Files that are almost those of tests/cases: import succeeds or throws an Error, and what it makes
// is a valid graph.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "core/base/file.h"
#include "core/import/case_file.h"
#include "core/import/load.h"
#include "core/import/save.h"
#include "proto/meta_graph.pb.h"
#include "tests/paths.h"
#include "tests/test_graph.h"

namespace graphrun {
namespace {

using Random = std::mt19937;

size_t Below(size_t n, Random& random) { return n == 0 ? 0 : random() % n; }

// Ops of version 1, and a few that may stand anywhere.
const std::vector<std::string> kOps = {"Enter",
                                       "Exit",
                                       "Switch",
                                       "Merge",
                                       "NextIteration",
                                       "LoopCond",
                                       "RefEnter",
                                       "RefSwitch",
                                       "RefMerge",
                                       "ControlTrigger",
                                       "StackV2",
                                       "StackPushV2",
                                       "StackPopV2",
                                       "TensorArrayV3",
                                       "TensorArrayGradV3",
                                       "TensorArrayReadV3",
                                       "TensorArrayWriteV3",
                                       "TensorArrayGatherV3",
                                       "TensorArrayScatterV3",
                                       "TensorArraySizeV3",
                                       "TensorArrayConcatV3",
                                       "TensorArraySplitV3",
                                       "TensorArrayCloseV3",
                                       "VariableV2",
                                       "Assign",
                                       "AssignAdd",
                                       "ScatterAdd",
                                       "ApplyMomentum",
                                       "IsVariableInitialized",
                                       "Identity",
                                       "NoOp",
                                       "Neg",
                                       "AddN",
                                       "Reshape",
                                       "Unheard",
                                       "_Arg"};

// The nodes of the main graph, or of a function.
using Nodes = google::protobuf::RepeatedPtrField<pb::NodeDef>;
Nodes* SomeNodes(pb::GraphDef* graph, Random& random) {
  auto* functions = graph->mutable_library()->mutable_function();
  const size_t k = Below(functions->size() + 2, random);
  return k < 2 ? graph->mutable_node()
               : functions->Mutable(static_cast<int>(k) - 2)->mutable_node_def();
}

std::string SomePort(const Nodes& nodes, Random& random) {
  const std::string& name = nodes[static_cast<int>(Below(nodes.size(), random))].name();
  switch (Below(8, random)) {
    case 0:
      return name + ":1";
    case 1:
      return name + ":9";
    case 2:
      return "^" + name;
    default:
      return name;
  }
}

void MutateAttr(pb::NodeDef* node, Random& random) {
  if (node->attr().empty()) return;
  std::vector<std::string> names;
  for (const auto& [name, value] : node->attr()) names.push_back(name);
  std::sort(names.begin(), names.end());  // the map's order is not the same in all runs
  pb::AttrValue& value = (*node->mutable_attr())[names[Below(names.size(), random)]];
  switch (Below(4, random)) {
    case 0:
      value.set_i(static_cast<int64_t>(random()) - (1 << 30));
      break;
    case 1:
      value.set_s("x");
      break;
    case 2:
      value.set_type(static_cast<pb::DataType>(Below(24, random)));
      break;
    default:
      node->mutable_attr()->erase(names[Below(names.size(), random)]);
  }
}

void Mutate(pb::GraphDef* graph, Random& random) {
  Nodes& nodes = *SomeNodes(graph, random);
  if (nodes.empty()) return;
  const int i = static_cast<int>(Below(nodes.size(), random));
  pb::NodeDef& node = nodes[i];
  const auto input = [&] { return static_cast<int>(Below(node.input_size(), random)); };
  switch (Below(12, random)) {
    case 0:
      nodes.DeleteSubrange(i, 1);
      break;
    case 1:
    case 2:
    case 3:
      if (node.input_size() > 0) node.set_input(input(), SomePort(nodes, random));
      break;
    case 4:
      if (node.input_size() > 1) node.mutable_input()->SwapElements(input(), input());
      break;
    case 5:
    case 6:
      node.set_op(kOps[Below(kOps.size(), random)]);
      break;
    case 7:
      MutateAttr(&node, random);
      break;
    case 8:  // the last input, a control input if there is one
      if (node.input_size() > 0) node.mutable_input()->RemoveLast();
      break;
    case 9:
      if (Below(4, random) == 0) {
        node.set_name(nodes[static_cast<int>(Below(nodes.size(), random))].name());
      } else {
        node.add_input("^" + nodes[static_cast<int>(Below(nodes.size(), random))].name());
      }
      break;
    case 10: {  // a frame gets the name of another
      std::vector<pb::NodeDef*> enters;
      for (pb::NodeDef& n : nodes) {
        if (n.attr().contains("frame_name")) enters.push_back(&n);
      }
      if (enters.empty()) break;
      const std::string name = enters[Below(enters.size(), random)]->attr().at("frame_name").s();
      (*enters[Below(enters.size(), random)]->mutable_attr())["frame_name"].set_s(name);
      break;
    }
    default:
      nodes.SwapElements(i, static_cast<int>(Below(nodes.size(), random)));
  }
}

// The file `original`, changed in a way that `seed` decides.
std::string Mutated(const std::string& original, uint32_t seed) {
  Random random(seed);
  std::string bytes = original;
  if (seed % 8 == 0) {
    if (Below(2, random) == 0) bytes.resize(Below(bytes.size(), random));
    for (size_t n = 1 + Below(4, random); n > 0 && !bytes.empty(); --n)
      bytes[Below(bytes.size(), random)] = static_cast<char>(random());
    return bytes;
  }
  pb::MetaGraphDef meta;
  meta.ParseFromString(bytes);
  for (size_t n = 1 + Below(3, random); n > 0; --n) Mutate(meta.mutable_graph_def(), random);
  return meta.SerializeAsString();
}

bool HasLoop(const Graph& graph) {
  const auto loops = [](const Graph& g) {
    for (NodeId id = 0; id < g.num_ids(); ++id) {
      if (g.exists(id) && g.node(id).op->structure == Structure::kWhile) return true;
    }
    return false;
  };
  for (const auto& [name, f] : graph.library()->functions()) {
    if (loops(f->graph)) return true;
  }
  return loops(graph);
}

// Loads `bytes`; what loads is saved, and run once unless that might never end. An Error other than
// INTERNAL is as good. Returns whether it loaded.
bool Try(const std::string& bytes, const Case& c) {
  const auto check = [](const Error& e) { EXPECT_FALSE(e.broken()) << e.what(); };
  MetaGraph meta(&TestOps());
  try {
    ParseMetaGraph(bytes, &meta);
  } catch (const Error& e) {
    check(e);
    return false;
  }
  Verify(meta.graph);
  try {
    SerializeMetaGraph(meta);
    if (HasLoop(meta.graph)) return true;
    Session session(meta.graph);
    for (const CaseRun& run : c.runs) {
      Feeds feeds;
      for (const NamedTensor& t : run.feeds) feeds.emplace_back(t.name, t.value);
      std::vector<TensorName> fetches, targets(run.targets.begin(), run.targets.end());
      for (const NamedTensor& t : run.fetches) fetches.emplace_back(t.name);
      session.Run(feeds, fetches, targets);
    }
  } catch (const Error& e) {
    check(e);
  }
  return true;
}

struct File {
  std::string name;
  Case c;
};

// The cases of a folder, up to a size.
std::vector<File> SmallCases(const std::string& folder, size_t most_bytes) {
  std::vector<File> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (!path.ends_with(".case.pb") || entry.file_size() > most_bytes) continue;
    files.push_back({entry.path().filename().string(), ParseCase(ReadFile(path))});
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

TEST(ImportFuzz, MutatedFilesLoadOrAreRefused) {
  const auto files = SmallCases(std::string(kSourceDir) + "/tests/cases", 30000);
  ASSERT_FALSE(files.empty());
  constexpr uint32_t kMutations = 1000;
  int loaded = 0;
  for (uint32_t seed = 0; seed < kMutations; ++seed) {
    const File& file = files[seed % files.size()];
    SCOPED_TRACE(file.name + ", mutation " + std::to_string(seed));
    loaded += Try(Mutated(file.c.meta_graph, seed), file.c);
  }
  // Neither a loader that refuses everything nor mutations that change nothing.
  EXPECT_GT(loaded, static_cast<int>(kMutations) / 20);
  EXPECT_LT(loaded, static_cast<int>(kMutations) * 19 / 20);
}

}  // namespace
}  // namespace graphrun
