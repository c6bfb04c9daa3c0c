// The builders that are generated are those of the registry.
#include "core/build/raw_ops.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "core/build/ops.h"
#include "tests/paths.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {
namespace {

std::string Generated(const std::string& what) {
  FILE* pipe = popen((std::string(kGenerateOps) + " " + what).c_str(), "r");
  std::string out;
  for (int c = 0; pipe && (c = std::fgetc(pipe)) != EOF;) out += static_cast<char>(c);
  return pipe && pclose(pipe) == 0 ? out : "the generator failed";
}

// Without spaces, which clang-format changes.
std::string Dense(const std::string& text) {
  std::string dense;
  for (const char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) dense += c;
  }
  return dense;
}

TEST(RawOps, AreWhatTheRegistryMakes) {
  for (const auto& [what, path] : {std::pair{"header", "/core/build/raw_ops.h"},
                                   std::pair{"source", "/core/build/raw_ops.cc"}}) {
    std::stringstream text;
    text << std::ifstream(std::string(kSourceDir) + path).rdbuf();
    EXPECT_EQ(Dense(text.str()), Dense(Generated(what)))
        << "build/release/graphrun_generate_ops " << what << " | clang-format > " << path;
  }
}

TEST(RawOps, TakeListsDefaultsAndGiveSeveralOutputs) {
  TestGraph t;
  const Expr x = op::Const(t.root, std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  const Expr axis = op::Const(t.root, 0);
  const std::vector<Expr> parts = raw_ops::Split(t.root, axis, x, 3);
  ASSERT_EQ(parts.size(), 3u);
  const Expr joined = raw_ops::ConcatV2(t.root, {parts[2], parts[0]}, axis);
  const Expr flat = raw_ops::Squeeze(t.root, raw_ops::ExpandDims(t.root, joined, axis));
  const Expr product = raw_ops::MatMul(t.root, flat, x, false, /*transpose_b=*/true);
  EXPECT_EQ(Numbers(t.Run({}, {product})[0]), (std::vector<double>{17, 39, 61, 5, 11, 17}));
}

}  // namespace
}  // namespace graphrun
