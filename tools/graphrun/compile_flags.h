// The flags of commands that compile graphs: which passes run, and what is shown and checked.
#ifndef GRAPHRUN_TOOLS_GRAPHRUN_COMPILE_FLAGS_H_
#define GRAPHRUN_TOOLS_GRAPHRUN_COMPILE_FLAGS_H_

#include <string>
#include <vector>

#include "core/compile/compile_options.h"

namespace graphrun {

class Command;

struct CompileFlags {
  std::vector<std::string> disable_pass, print_ir_after;
  bool verify_each = false;

  // Adds --disable-pass, --print-ir-after and --verify-each; this must live as long as the command.
  void Add(const Command& command);
  // INVALID_ARGUMENT for a pass that does not exist. Printed graphs go to standard error.
  CompileOptions Options() const;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TOOLS_GRAPHRUN_COMPILE_FLAGS_H_
