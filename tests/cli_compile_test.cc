// The compiler's flags of train, run and check: passes left out, shown and verified.
#include "tests/cli_fixture.h"

namespace graphrun {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CliCompileTest : public CliFolder {
 protected:
  static void SetUpTestSuite() {
    CliFolder::SetUpTestSuite();
    ASSERT_EQ(Run("export text8_simple --data builtin --set nodes=8 -o m.pb").code, 0);
  }
  static Result Train(const std::string& flags) {
    return Run("train m.pb --steps 2 --seed 5 --quiet " + flags);
  }
};

TEST_F(CliCompileTest, APassCanBeShown) {
  const Result r = Train("--print-ir-after specialise");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("# after specialise\nmain("));
  EXPECT_THAT(r.err, HasSubstr(" = MatMul("));
  EXPECT_THAT(r.err, Not(HasSubstr("# after dead_nodes")));
}

TEST_F(CliCompileTest, PassesCanBeLeftOutAndTheNumbersStay) {
  const Result all = Train("");
  const Result none =
      Train("--disable-pass common_subexpressions --disable-pass dead_nodes --verify-each");
  EXPECT_EQ(none.code, 0) << none.err;
  EXPECT_EQ(all.out, none.out);
  const Result shown = Train("--disable-pass dead_nodes --print-ir-after dead_nodes");
  EXPECT_THAT(shown.err, Not(HasSubstr("# after")));
}

TEST_F(CliCompileTest, UnknownPassesAreErrors) {
  const Result r = Train("--disable-pass dead_node");
  EXPECT_EQ(r.code, 1);
  EXPECT_THAT(r.err, HasSubstr("no pass 'dead_node'; did you mean 'dead_nodes'"));
  EXPECT_EQ(Train("--print-ir-after x").code, 1);
  EXPECT_THAT(Train("--disable-pass specialise").err, HasSubstr("cannot be left out"));
}

TEST_F(CliCompileTest, InfoShowsWhatPhasesCompileTo) {
  const Result r = Run("info m.pb --plan");
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_THAT(r.out,
              ::testing::ContainsRegex("Compiled\n  train: +[1-9][0-9]* instructions; loops: 0"));
  EXPECT_THAT(r.out, ::testing::ContainsRegex("  valid: +[1-9][0-9]* instructions"));
  EXPECT_THAT(r.out, HasSubstr("GFLOP"));
  EXPECT_THAT(Run("info m.pb").out, Not(HasSubstr("Compiled")));
}

}  // namespace
}  // namespace graphrun
