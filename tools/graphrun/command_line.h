// CommandLine: the subcommands of `graphrun` and their options. A thin front of CLI11, which takes
// seconds to compile and is included by command_line.cc alone.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_COMMAND_LINE_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_COMMAND_LINE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace graphrun {

// An option of a command, to say more of it.
class Flag {
 public:
  explicit Flag(CLI::Option* option) : option_(option) {}
  Flag Required() const;
  // Bounds of a number, inclusive; an error names them, help does not.
  Flag Between(int64_t low, int64_t high) const;
  Flag NotNegative() const;
  Flag Positive() const;
  Flag OneOf(const std::vector<std::string>& values) const;
  // What help calls the value: "N", "FILE".
  Flag TypeName(const std::string& name) const;
  // Help shows what the variable holds now.
  Flag ShowDefault() const;
  // A heading in help, under which it stands.
  Flag Group(const std::string& name) const;
  // May be given only with another one.
  Flag Needs(const Flag& other) const;

 private:
  CLI::Option* option_;
};

// A subcommand. Variables must live until the line was read.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}
  // Names as "-o,--output", or "FILE" for an argument without a flag. T: a string, a number, an
  // optional of one, or a vector of strings, which takes one value each time the flag is given.
  template <typename T>
  Flag Option(const std::string& names, T& variable, const std::string& help) const;
  // The same for a vector of strings that takes all values that follow.
  Flag List(const std::string& names, std::vector<std::string>& variable,
            const std::string& help) const;
  Flag Switch(const std::string& names, bool& variable, const std::string& help) const;
  void Footer(const std::string& text) const;
  // What the command does, when the line was read.
  void Does(std::function<void()> run) const;

 private:
  CLI::App* app_;
};

class CommandLine {
 public:
  CommandLine(const std::string& description, const std::string& footer);
  ~CommandLine();
  Command Add(const std::string& name, const std::string& help);
  std::vector<std::string> names() const;  // of the commands
  std::string help() const;
  // Reads the arguments, which begin with a command's name, and does what that command does. False
  // after an error of usage: *error says which, *hint where help is. Help that is asked for is
  // printed.
  bool Run(std::vector<std::string> args, std::string* error, std::string* hint);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_COMMAND_LINE_H_
