// CompileOptions: what a caller may ask of the compiler.
#ifndef GRAPHRUN_CORE_COMPILE_COMPILE_OPTIONS_H_
#define GRAPHRUN_CORE_COMPILE_COMPILE_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace graphrun {

struct Function;

struct CompileOptions {
  std::vector<std::string> disabled_passes = {};  // by name; PassNames() lists them
  // The most trips that a loop may make, where there is a limit: then loops stay as they are.
  std::optional<int64_t> max_trips = {};
  bool verify_each = false;  // checks the graph's invariants after each pass: slow
  // Called after each pass ("specialise" first) with the function as it is then.
  std::function<void(const std::string& pass, const Function&)> after_pass = {};
};

// All passes in the order in which they run, "specialise" first.
std::vector<std::string> PassNames();
// INVALID_ARGUMENT, with the nearest names, when `name` is no pass; naming it too when it is the
// one that cannot be left out and `disable` is set.
void CheckPassName(const std::string& name, bool disable);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_COMPILE_OPTIONS_H_
