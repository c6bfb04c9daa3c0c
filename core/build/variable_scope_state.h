// What a Scope knows of its variable scope. Private to scope.cc and variable_scope.cc.
#ifndef GRAPHRUN_CORE_BUILD_VARIABLE_SCOPE_STATE_H_
#define GRAPHRUN_CORE_BUILD_VARIABLE_SCOPE_STATE_H_

#include <map>
#include <string>

#include "core/build/scope.h"

namespace graphrun {

struct Scope::VariableScopeState {
  std::string name;
  VariableScopeOptions options;  // inherited ones included
  // How often each child was opened since this scope was: default names are made unique by it, and
  // start anew when a scope is opened again (so that a second pass under reuse meets the same
  // names).
  std::map<std::string, int, std::less<>> children;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_BUILD_VARIABLE_SCOPE_STATE_H_
