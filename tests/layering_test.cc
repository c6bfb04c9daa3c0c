// The rules of DESIGN.md about what may include what, read off the sources.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/paths.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;  // "core/graph/graph.h"
  int lines = 0;
  std::vector<std::string> includes;  // between quotes or angle brackets
  bool header() const { return path.ends_with(".h"); }
};

const std::vector<SourceFile>& Sources() {
  static const std::vector<SourceFile> sources = [] {
    std::vector<SourceFile> found;
    const fs::path root(kSourceDir);
    for (const char* folder : {"core", "ops", "models", "tools", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        const std::string extension = entry.path().extension().string();
        if (extension != ".h" && extension != ".cc") continue;
        SourceFile file{.path = fs::relative(entry.path(), root).generic_string()};
        std::ifstream in(entry.path());
        for (std::string line; std::getline(in, line); ++file.lines) {
          if (!line.starts_with("#include ")) continue;
          const size_t begin = line.find_first_of("\"<"), end = line.find_last_of("\">");
          file.includes.push_back(line.substr(begin + 1, end - begin - 1));
        }
        found.push_back(std::move(file));
      }
    }
    return found;
  }();
  return sources;
}

// The layer that a path belongs to: "core/graph", "ops", ...; "" for what is not ours.
std::string LayerOf(const std::string& path) {
  const size_t first = path.find('/');
  if (first == path.npos) return "";
  const std::string top = path.substr(0, first);
  if (top == "core" || path.starts_with("models/nn/"))
    return path.substr(0, path.find('/', first + 1));
  return top == "ops" || top == "models" || top == "tools" || top == "tests" || top == "proto" ? top
                                                                                               : "";
}

// What each layer may include besides itself, as the README's table of folders says; of some
// layers that is all.
struct Rule {
  bool all = false;
  std::set<std::string> layers;
};
const std::map<std::string, Rule>& Rules() {
  static const std::map<std::string, Rule> rules = [] {
    const fs::path root(kSourceDir);
    const auto trim = [](std::string s) {
      s.erase(0, s.find_first_not_of(" `"));
      s.erase(s.find_last_not_of(" `") + 1);
      return s;
    };
    std::map<std::string, Rule> found;
    std::ifstream in(root / "README.md");
    bool table = false;
    for (std::string line; std::getline(in, line);) {
      if (line == "| folder | holds | may include |") table = true;
      if (!table || !line.starts_with("| `")) continue;
      std::vector<std::string> cells;
      std::istringstream row(line.substr(1));
      for (std::string cell; std::getline(row, cell, '|');) cells.push_back(trim(cell));
      Rule& rule = found[cells.at(0)];
      std::istringstream allowed(cells.at(2));
      for (std::string name; std::getline(allowed, name, ',');) {
        name = trim(name);
        rule.all = rule.all || name == "all";
        rule.layers.insert(fs::exists(root / "core" / name) ? "core/" + name : name);
      }
      if (cells[0] == "tests") break;
    }
    return found;
  }();
  return rules;
}

TEST(Layering, TheSourcesAreFound) { EXPECT_GT(Sources().size(), 100u); }

TEST(Layering, EachFolderIncludesOnlyWhatItMay) {
  ASSERT_GT(Rules().size(), 10u);
  for (const SourceFile& file : Sources()) {
    const std::string layer = LayerOf(file.path);
    if (layer == "tests") continue;
    const auto rule = Rules().find(layer);
    ASSERT_NE(rule, Rules().end())
        << file.path << " lies in a folder that the README's table has not";
    if (rule->second.all) continue;
    for (const std::string& include : file.includes) {
      const std::string other = LayerOf(include);
      EXPECT_TRUE(other.empty() || other == layer || rule->second.layers.contains(other))
          << file.path << " includes \"" << include << "\", but " << layer << " may not include "
          << other;
    }
  }
}

TEST(Layering, BoostStaysInItsTwoFiles) {
  const std::set<std::string> files = {"core/graph/graph_algo.cc", "core/io/crc32c.cc"};
  for (const SourceFile& file : Sources()) {
    for (const std::string& include : file.includes) {
      if (include.starts_with("boost/")) {
        EXPECT_TRUE(files.contains(file.path)) << file.path << " includes " << include;
      }
    }
  }
}

TEST(Layering, HeadersShowProtobufOnlyInImportAndIo) {
  for (const SourceFile& file : Sources()) {
    const std::string layer = LayerOf(file.path);
    if (layer == "core/import" || layer == "core/io" || layer == "tests") continue;
    if (!file.header() && layer != "ops") continue;
    for (const std::string& include : file.includes) {
      // The run plan is ours: what models write, and core/train and core/text carry out.
      const bool plans = layer == "core/train" || layer == "core/text" ||
                         (layer != "ops" && !layer.starts_with("core/"));
      if (include == "proto/plan.pb.h" && plans) continue;
      EXPECT_FALSE(include.ends_with(".pb.h") || include.starts_with("google/protobuf"))
          << file.path << " includes " << include;
    }
  }
}

// The headers that CMakeLists.txt installs.
std::set<std::string> PublicHeaders() {
  std::set<std::string> headers;
  std::ifstream in(fs::path(kSourceDir) / "CMakeLists.txt");
  bool inside = false;
  for (std::string word; in >> word;) {
    if (inside) headers.insert(word.ends_with(')') ? word.substr(0, word.size() - 1) : word);
    inside = word == "set(public_headers" || (inside && !word.ends_with(')'));
  }
  return headers;
}

TEST(Layering, PublicHeadersIncludePublicOnesOnly) {
  const std::set<std::string> headers = PublicHeaders();
  EXPECT_GT(headers.size(), 30u);
  std::set<std::string> found;
  for (const SourceFile& file : Sources()) {
    if (!headers.contains(file.path)) continue;
    found.insert(file.path);
    for (const std::string& include : file.includes) {
      EXPECT_TRUE(LayerOf(include).empty() || include == "proto/plan.pb.h" ||
                  headers.contains(include))
          << file.path << " is public and includes \"" << include << "\", which is not";
    }
  }
  EXPECT_EQ(found, headers);
}

TEST(Layering, FilesAreShort) {
  for (const SourceFile& file : Sources()) {
    if (file.path.starts_with("core/build/raw_ops.")) continue;  // generated
    EXPECT_LE(file.lines, 450) << file.path << " is too long; divide it";
  }
}

}  // namespace
}  // namespace graphrun
