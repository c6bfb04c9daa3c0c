#include "tools/graphrun/compile_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/graph/print.h"
#include "tools/graphrun/command_line.h"

namespace graphrun {
namespace {

// Names with commas, in lines that fit beside the flags of a help text.
std::string Lines(const std::vector<std::string>& names) {
  constexpr size_t kWidth = 64;
  std::string lines;
  size_t width = 0;
  for (const std::string& name : names) {
    if (!lines.empty()) lines += width + name.size() > kWidth ? ",\n" : ", ";
    width = lines.ends_with('\n') ? name.size() : width + name.size() + 2;
    lines += name;
  }
  return lines;
}

}  // namespace

void CompileFlags::Add(const Command& command) {
  constexpr char kGroup[] = "Compiler";
  command
      .Option("--disable-pass", disable_pass,
              "Leave a pass of the compiler out; any but the first of\n" + Lines(PassNames()))
      .TypeName("NAME")
      .Group(kGroup);
  command
      .Option("--print-ir-after", print_ir_after,
              "Print the graph as it is after a pass, to standard error, each time a run is\n"
              "compiled")
      .TypeName("NAME")
      .Group(kGroup);
  command
      .Switch("--verify-each", verify_each, "Check after each pass that the graph is intact: slow")
      .Group(kGroup);
}

CompileOptions CompileFlags::Options() const {
  for (const std::string& name : disable_pass) CheckPassName(name, /*disable=*/true);
  for (const std::string& name : print_ir_after) CheckPassName(name, /*disable=*/false);
  CompileOptions options{.disabled_passes = disable_pass, .verify_each = verify_each};
  if (print_ir_after.empty()) return options;
  options.after_pass = [names = print_ir_after](const std::string& pass, const Function& f) {
    if (std::find(names.begin(), names.end(), pass) == names.end()) return;
    fmt::print(stderr, "# after {}\n{}\n", pass, PrintFunction(f, /*with_callees=*/true));
  };
  return options;
}

}  // namespace graphrun
