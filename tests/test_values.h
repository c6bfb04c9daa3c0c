// What tests ask of errors and values.
#ifndef GRAPHRUN_TESTS_TEST_VALUES_H_
#define GRAPHRUN_TESTS_TEST_VALUES_H_

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "core/base/error.h"
#include "core/base/tensor.h"

namespace graphrun {

// The Error that fn throws; fails the test when it throws none.
inline Error Caught(const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(Code::kCancelled, "nothing was thrown");
}

// All elements of a numeric or bool tensor.
inline std::vector<double> Numbers(const Tensor& t) {
  std::vector<double> out;
  for (int64_t i = 0; i < t.num_elements(); ++i) out.push_back(t.number_at(i));
  return out;
}

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_TEST_VALUES_H_
