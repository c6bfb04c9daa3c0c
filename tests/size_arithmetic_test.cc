// Sizes are multiplied and added by core/base/size.h alone: raw products and sums of dimensions, as
// the sources show them, are found here.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/paths.h"

namespace graphrun {
namespace {

namespace fs = std::filesystem;

// A dimension or a count of elements, as our sources write it.
const char kSize[] =
    R"((?:[\w.\->()\[\]]*(?:num_elements\(\)|dims\(\)\[[^\]]*\]|shape(?:\(\)|s\[\w\])?\[[^\]]*\])|\b[xy]\[(?:i|axis|\*axis)\]))";

// The line without comments and string literals.
std::string CodeOf(std::string line) {
  static const std::regex literal(R"("(?:[^"\\]|\\.)*")");
  line = std::regex_replace(line, literal, "\"\"");
  return line.substr(0, line.find("//"));
}

const std::vector<std::regex>& RawArithmetic() {
  const std::string size = kSize;
  // Strides and positions inside a tensor that exists are bounded by its memory; what grows is a
  // size times or plus something, collected in a product, or made a dimension.
  static const std::vector<std::regex> patterns = {
      std::regex(size + R"( \* (?!static_cast<double>))"),
      std::regex(R"([\w\])] \* )" + size),
      std::regex(R"(\*= )" + size),
      std::regex(R"(\*= (?:d|dim|size)\b)"),
      std::regex(R"((?:Append|\.Set|SetOut|Allocate|Scratch|UnknownOfRank)\([^;]*[\w\])] \* )"),
      std::regex(R"((?:Append|\.Set)\([^;]*[\w\])] \+ )"),
      std::regex(R"(DTypeSize\([^)]*\) \*|\* DTypeSize\()"),
  };
  return patterns;
}

bool IsRaw(const std::string& line) {
  const std::string code = CodeOf(line);
  return std::any_of(RawArithmetic().begin(), RawArithmetic().end(),
                     [&](const std::regex& r) { return std::regex_search(code, r); });
}

// What may stay, by a part of the line: flops in double, elements, and what is bounded by the
// memory of tensors that exist.
const std::vector<std::pair<std::string, std::string>> kBounded = {
    {"core/base/tensor.h", "return num_elements_ * DTypeSize(dtype_)"},
    {"core/io/checkpoint.cc", "crc.Append("},
    {"ops/elementwise/elementwise.cc", "joins = w.strides"},
    {"ops/layout/mirror_pad.cc", "OtherSize(i, "},
    {"ops/layout/strided.cc", "planes *= d == along ? 1 : dims_[d].size"},
    {"ops/layout/strided_slice.cc", "elements.Append(x[static_cast<int>(range.begin"},
    {"ops/layout/tile.cc", "to[i] * x[i], 0)"},
    {"ops/loss/cross_entropy.cc", "y[i] = y[i] * factor - label[i]"},
    {"ops/linear/matmul.cc", "return Flops(2.0 * "},
    {"ops/linear/batch_matmul.cc", "return Flops(2.0 * "},
};

TEST(SizeArithmetic, ThePatternsFindRawProducts) {
  for (const char* raw :
       {"n *= shape[i];", "bytes = out.shape.num_elements() * 8;",
        "n = 4 * k.In(0).num_elements();", "for (int64_t d : dims()) n *= d;",
        "y.Set(i, x[i] * times);", "y.Set(i, before + x[i] + after);", "k.Scratch(type, {m * n});",
        "size = n * DTypeSize(t.dtype);", "a = b * x.shape()[0];"}) {
    EXPECT_TRUE(IsRaw(raw)) << raw;
  }
  for (const char* good :
       {"n = CheckedMul(n, shape[i]);", "y.Set(i, CheckedAdd(before, x[i], after));",
        "// n * x.shape()[0]", "Throw(\"2 * x.num_elements()\");", "at += i * stride;",
        "const Shape* s = &x.shape();", "if (*axis < 0) return;"}) {
    EXPECT_FALSE(IsRaw(good)) << good;
  }
}

TEST(SizeArithmetic, NoRawProductsOfDimensions) {
  const fs::path root(kSourceDir);
  int files = 0;
  for (const char* folder : {"core", "ops"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".h" && extension != ".cc") continue;
      ++files;
      const std::string path = fs::relative(entry.path(), root).generic_string();
      std::ifstream in(entry.path());
      int number = 0;
      for (std::string line; std::getline(in, line);) {
        ++number;
        const bool bounded = std::any_of(kBounded.begin(), kBounded.end(), [&](const auto& b) {
          return b.first == path && line.find(b.second) != line.npos;
        });
        if (bounded) continue;
        EXPECT_FALSE(IsRaw(line)) << path << ":" << number << ": " << line
                                  << "\n  use CheckedMul, CheckedAdd or CheckedBytes";
      }
    }
  }
  EXPECT_GT(files, 100);
}

}  // namespace
}  // namespace graphrun
