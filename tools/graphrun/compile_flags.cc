#include "tools/graphrun/compile_flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/graph/print.h"

namespace graphrun {

void CompileFlags::Add(CLI::App* command) {
  constexpr char kGroup[] = "Compiler";
  const std::string names = fmt::format("{}", fmt::join(PassNames(), ", "));
  command
      ->add_option("--disable-pass", disable_pass,
                   "Leave a pass of the compiler out; any but the first of\n" + names)
      ->allow_extra_args(false)
      ->type_name("NAME")
      ->group(kGroup);
  command
      ->add_option("--print-ir-after", print_ir_after,
                   "Print the graph as it is after a pass, to standard error, each time a run is\n"
                   "compiled")
      ->allow_extra_args(false)
      ->type_name("NAME")
      ->group(kGroup);
  command
      ->add_flag("--verify-each", verify_each,
                 "Check after each pass that the graph is intact: slow")
      ->group(kGroup);
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
