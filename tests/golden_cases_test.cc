// What real TensorFlow answered, repeated: the cases of tests/cases, which make_cases.py there
// made, and those of the folder that GRAPHRUN_CASES names.
#include "tests/cli_fixture.h"
#include "tests/paths.h"

namespace graphrun {
namespace {

class GoldenCases : public CliFolder {
 protected:
  static void ExpectAllPass(const std::string& folder) {
    for (const char* options : {"", "--interpret "}) {
      const Result r = Run("check " + std::string(options) + "'" + folder + "'");
      EXPECT_THAT(r.out, ::testing::MatchesRegex("[1-9][0-9]* passed, 0 failed\n")) << options;
      EXPECT_EQ(r.code, 0) << r.err;
    }
  }
};

TEST_F(GoldenCases, OfThisProjectPass) {
  ExpectAllPass(std::string(kSourceDir) + "/tests/cases");
}

TEST_F(GoldenCases, OfTheFolderInTheEnvironmentPass) {
  const char* folder = std::getenv("GRAPHRUN_CASES");
  if (folder == nullptr) GTEST_SKIP() << "GRAPHRUN_CASES names no folder";
  ExpectAllPass(std::filesystem::absolute(folder).string());
}

}  // namespace
}  // namespace graphrun
