// ModelTest: a graph with all ops and a session, for tests that build models.
#ifndef GRAPHRUN_TESTS_MODEL_FIXTURE_H_
#define GRAPHRUN_TESTS_MODEL_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/build/ops.h"
#include "core/run/session.h"
#include "ops/register_all.h"
#include "tests/error_of.h"

namespace graphrun {

// amplitude·sin(frequency·k + phase) at flat index k: numbers that a reference can make too.
inline Tensor Wave(const Shape& shape, double amplitude, double frequency, double phase) {
  Tensor t(DType::kFloat, shape);
  for (int64_t k = 0; k < t.num_elements(); ++k) {
    t.data<float>()[k] =
        static_cast<float>(amplitude * std::sin(frequency * static_cast<double>(k) + phase));
  }
  return t;
}

inline std::vector<float> Floats(const Tensor& t) {
  return {t.data<float>(), t.data<float>() + t.num_elements()};
}

inline void ExpectNear(const Tensor& actual, const std::vector<float>& expected,
                       double tolerance = 2e-6) {
  EXPECT_THAT(Floats(actual),
              testing::Pointwise(testing::FloatNear(static_cast<float>(tolerance)), expected));
}

class ModelTest : public testing::Test {
 protected:
  // Initializes all variables in a new session. Call after the graph is built.
  Session& Start(SessionOptions options = {}) {
    const Expr init = root_.GlobalVariablesInitializer();
    session_ = std::make_unique<Session>(meta_.graph, options);
    session_->Run({}, {}, {init});
    return *session_;
  }
  Tensor Value(const Expr& e, const Feeds& feeds = {}) { return session_->Run(feeds, {e})[0]; }
  std::vector<std::string> VariableNames() const {
    std::vector<std::string> names;
    for (const VariableInfo& v : meta_.variables) names.push_back(v.name);
    return names;
  }

  OpRegistry registry_ = AllOps();
  MetaGraph meta_{&registry_};
  Scope root_ = Scope::Root(meta_);
  std::unique_ptr<Session> session_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_MODEL_FIXTURE_H_
