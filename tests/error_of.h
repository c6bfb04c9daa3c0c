// The Error that a test expects.
#ifndef GRAPHRUN_TESTS_ERROR_OF_H_
#define GRAPHRUN_TESTS_ERROR_OF_H_

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "core/base/error.h"

namespace graphrun {

// What fn throws, which must be an Error with this code.
inline Error Thrown(Code code, const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Error& e) {
    EXPECT_EQ(CodeName(e.code()), CodeName(code)) << e.what();
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(code, "");
}
// Its code, message and contexts, or the message alone.
inline std::string ErrorOf(Code code, const std::function<void()>& fn) {
  return Thrown(code, fn).what();
}
inline std::string MessageOf(Code code, const std::function<void()>& fn) {
  return Thrown(code, fn).message();
}

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_ERROR_OF_H_
