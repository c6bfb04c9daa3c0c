// What real TensorFlow answered, repeated: the cases of tests/cases, which make_cases.py there
// made, and those of the folders that GRAPHRUN_CASES and GRAPHRUN_FOUND name.
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

TEST_F(GoldenCases, OfThisProjectPass) { ExpectAllPass(std::string(kSourceDir) + "/tests/cases"); }

TEST_F(GoldenCases, OfTheFoldersInTheEnvironmentPass) {
  int folders = 0;
  for (const char* variable : {"GRAPHRUN_CASES", "GRAPHRUN_FOUND"}) {
    const char* folder = std::getenv(variable);
    if (folder == nullptr) continue;
    SCOPED_TRACE(folder);
    ExpectAllPass(std::filesystem::absolute(folder).string());
    ++folders;
  }
  if (folders == 0) GTEST_SKIP() << "neither GRAPHRUN_CASES nor GRAPHRUN_FOUND names a folder";
}

}  // namespace
}  // namespace graphrun
