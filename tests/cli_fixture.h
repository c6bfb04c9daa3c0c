// CliFolder: runs the command as a user does, in a folder of the test suite's own.
#ifndef GRAPHRUN_TESTS_CLI_FIXTURE_H_
#define GRAPHRUN_TESTS_CLI_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/base/file.h"
#include "tests/paths.h"

namespace graphrun {

class CliFolder : public ::testing::Test {
 protected:
  struct Result {
    int code;
    std::string out, err;
  };

  static void SetUpTestSuite() {
    folder_ = new std::string(::testing::TempDir() + "graphrun_cli." + std::to_string(getpid()));
    std::filesystem::create_directory(*folder_);
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(*folder_);
    delete folder_;
    folder_ = nullptr;
  }

  // Runs `graphrun ARGS` in the folder.
  static Result Run(const std::string& args) {
    const std::string command =
        "cd '" + *folder_ + "' && '" + kCommand + "' " + args + " >out.txt 2>err.txt </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128, Read("out.txt"), Read("err.txt")};
  }
  static std::string Path(const std::string& name) { return *folder_ + "/" + name; }
  static std::string Read(const std::string& name) { return ReadFile(Path(name)); }
  static void Write(const std::string& name, const std::string& bytes) {
    WriteFile(Path(name), bytes);
  }

  // Replaces the only occurrence of `from`.
  static std::string ReplacedOnce(std::string text, const std::string& from,
                                  const std::string& to) {
    const size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    EXPECT_EQ(text.find(from, at + 1), text.npos) << from;
    return text.replace(at, from.size(), to);
  }
  // A model that takes a second to train for an epoch.
  static constexpr char kToy[] = "--set hidden=16 --set layers=1 --set batch=8 --set steps=6";

 private:
  static inline std::string* folder_ = nullptr;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_CLI_FIXTURE_H_
