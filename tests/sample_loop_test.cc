// SampleLoop against the same network run step by step: the same symbols for every length, prime
// and temperature, in the interpreter and in plans.
#include "models/sample_loop.h"

#include <algorithm>

#include "core/import/load.h"
#include "core/import/save.h"
#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using models::SampleLoop;
using models::SampleLoopResult;
using testing::HasSubstr;

constexpr int64_t kSymbols = 13;
constexpr int64_t kUnits = 5;

// logits = Σ table[k·symbols + window[k]] + state·mix; the state is half the old one and
// tanh(logits·back).
nn::CellResult Network(const Scope& s, Expr window, const nn::State& state) {
  const int64_t n = window.shape()[0];
  const auto given = [&](const char* name, const Shape& shape, double phase) {
    return s.GetVariable(name, shape, {.initializer = [=](const Scope& i, const Shape& d, DType) {
                           return i.Const(Wave(d, 2, 1.7, phase));
                         }});
  };
  const Variable table = given("table", {n * kSymbols, kSymbols}, 0.3);
  std::vector<int32_t> first(static_cast<size_t>(n));
  for (int64_t k = 0; k < n; ++k)
    first[static_cast<size_t>(k)] = static_cast<int32_t>(k * kSymbols);
  const Expr rows = op::Gather(s, table, op::AddV2(s, window, op::Ints(s, first)));
  const Expr mixed = op::MatMul(s, state[0], given("mix", {kUnits, kSymbols}, 0.8));
  const Expr logits = op::AddV2(s, op::Sum(s, rows, {0}, /*keep_dims=*/true), mixed);
  const Expr back = op::MatMul(s, logits, given("back", {kSymbols, kUnits}, 1.1));
  return {logits, {0.5 * state[0] + op::Tanh(s, back)}};
}

class SampleLoopTest : public ModelTest {
 protected:
  // The loop, and one step of the same network beside it.
  void Build(int64_t window, const models::SampleLoopOptions& options = {}) {
    root_.SetRandomSeed(17);
    window_ = window;
    const Scope s = root_.VariableScope("net", {.reuse = Reuse::kAuto});
    ids_ = op::Placeholder(s.WithName("ids"), DType::kInt32, {window});
    state_ = op::Placeholder(s.WithName("state"), DType::kFloat, {1, kUnits});
    step_ = Network(s, ids_, {state_});
    models::SampleLoopOptions own = options;
    own.window = window;
    const Expr zeros = s.Const(Tensor::Zeros(DType::kFloat, {1, kUnits}));
    loop_ = SampleLoop(s, Network, {zeros}, own);
    temperature_ = op::Placeholder(s.WithName("by"), DType::kFloat, {});
    drawn_ = op::Multinomial(s, op::RealDiv(s, step_.output, temperature_), op::Const(s, 1),
                             DType::kInt32);
    // The draws of both come from the same stream of numbers.
    const AttrMap attrs = LoopAttrs();
    for (const char* name : {"seed", "seed2"}) {
      meta_.graph.SetAttr(drawn_.node(), name, attrs.at(name));
    }
  }

  AttrMap LoopAttrs() const {
    for (const auto& [name, function] : meta_.graph.library()->functions()) {
      for (NodeId id = 0; id < function->graph.num_ids(); ++id) {
        if (function->graph.exists(id) && function->graph.node(id).op->name == "Multinomial") {
          return function->graph.node(id).attrs;
        }
      }
    }
    ADD_FAILURE() << "the loop draws nothing";
    return {};
  }

  std::vector<int32_t> Loop(const std::vector<int32_t>& prime, int32_t length, float temperature) {
    return Ints(session_->Run({{loop_.prime, Tensor::Vector(prime)},
                               {loop_.length, Tensor::Scalar(length)},
                               {loop_.temperature, Tensor::Scalar(temperature)}},
                              {loop_.samples})[0]);
  }

  // The same by one run for each symbol. The loop draws after every symbol of the prime, too.
  std::vector<int32_t> Steps(const std::vector<int32_t>& prime, int32_t length, float temperature,
                             bool highest) {
    std::vector<int32_t> symbols = prime;
    Tensor state = Tensor::Zeros(DType::kFloat, {1, kUnits});
    const size_t end = prime.size() + static_cast<size_t>(length);
    for (auto at = static_cast<size_t>(window_); at < end; ++at) {
      const std::vector<int32_t> read(symbols.begin() + static_cast<int64_t>(at) - window_,
                                      symbols.begin() + static_cast<int64_t>(at));
      const std::vector<Tensor> out = session_->Run({{ids_, Tensor::Vector(read)},
                                                     {state_, state},
                                                     {temperature_, Tensor::Scalar(temperature)}},
                                                    {step_.output, step_.state[0], drawn_});
      state = out[1];
      if (at < prime.size()) continue;
      const std::vector<float> logits = Floats(out[0]);
      symbols.push_back(highest
                            ? static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) -
                                                   logits.begin())
                            : Ints(out[2])[0]);
    }
    return {symbols.begin() + static_cast<int64_t>(prime.size()), symbols.end()};
  }

  static std::vector<int32_t> Ints(const Tensor& t) {
    return {t.data<int32_t>(), t.data<int32_t>() + t.num_elements()};
  }

  int64_t window_ = 1;
  Expr ids_, state_, temperature_, drawn_;
  nn::CellResult step_;
  SampleLoopResult loop_;
};

struct Case {
  int64_t window;
  bool interpret;
};

class SampleLoopOf : public SampleLoopTest, public testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    Build(GetParam().window, {.length = 9});
    Start({.interpret = GetParam().interpret});
  }
};

const std::vector<std::vector<int32_t>> kPrimes = {{3, 11, 7}, {5, 0, 12, 8, 2, 9, 1}};

TEST_P(SampleLoopOf, DrawsWhatStepsDraw) {
  for (const std::vector<int32_t>& prime : kPrimes) {
    for (const int32_t length : {2, 40}) {
      for (const float temperature : {0.6f, 1.0f, 3.0f}) {
        EXPECT_EQ(Loop(prime, length, temperature), Steps(prime, length, temperature, false))
            << prime.size() << " symbols, then " << length << " at " << temperature;
      }
    }
  }
}

TEST_P(SampleLoopOf, AtLowTemperaturesTheHighestIsDrawn) {
  for (const std::vector<int32_t>& prime : kPrimes) {
    const std::vector<int32_t> highest = Steps(prime, 23, 1, true);
    for (const float temperature : {1e-4f, 1e-30f, 0.0f}) {
      EXPECT_EQ(Loop(prime, 23, temperature), highest) << temperature;
    }
  }
}

TEST_P(SampleLoopOf, NoLengthDrawsNothing) {
  for (const std::vector<int32_t>& prime : kPrimes) {
    EXPECT_THAT(Loop(prime, 0, 1), testing::IsEmpty());
  }
}

TEST_P(SampleLoopOf, WhatIsNotFedHasDefaults) {
  const std::vector<int32_t> zeros(static_cast<size_t>(window_), 0);
  const Tensor samples =
      session_->Run({{loop_.temperature, Tensor::Scalar(0.0f)}}, {loop_.samples})[0];
  EXPECT_EQ(Ints(samples), Steps(zeros, 9, 1, true));
}

TEST_P(SampleLoopOf, APrimeShorterThanTheWindowIsRefused) {
  const std::vector<int32_t> prime(static_cast<size_t>(window_ - 1), 4);
  ErrorOf(Code::kInvalidArgument, [&] { Loop(prime, 5, 1); });
}

TEST_P(SampleLoopOf, IsTheSameAfterSaving) {
  MetaGraph loaded(&registry_);
  ParseMetaGraph(SerializeMetaGraph(meta_), &loaded);
  ASSERT_TRUE(loaded.signatures.contains("sample"));
  const Signature& sample = loaded.signatures.at("sample");
  Session session(loaded.graph, {.interpret = GetParam().interpret});
  session.Run({}, {}, {"init"});
  const Tensor samples = session.Run({{sample.inputs.at("prime").name, Tensor::Vector(kPrimes[1])},
                                      {sample.inputs.at("length").name, Tensor::Scalar(31)}},
                                     {sample.outputs.at("samples").name})[0];
  EXPECT_EQ(Ints(samples), Loop(kPrimes[1], 31, 1));
}

INSTANTIATE_TEST_SUITE_P(Windows, SampleLoopOf,
                         testing::Values(Case{1, true}, Case{1, false}, Case{2, true},
                                         Case{2, false}, Case{3, false}),
                         [](const testing::TestParamInfo<Case>& test) {
                           return std::string(test.param.interpret ? "Interpreted" : "Planned") +
                                  std::to_string(test.param.window);
                         });

TEST_F(SampleLoopTest, TakesAPrimeOfItsOwnAndNamesItsTensors) {
  const Expr prime = op::Ints(root_, {6, 2, 10});
  Build(2, {.prime = prime, .length = 17});
  Start();
  const Tensor samples =
      session_->Run({{loop_.temperature, Tensor::Scalar(0.0f)}}, {loop_.samples})[0];
  EXPECT_EQ(Ints(samples), Steps({6, 2, 10}, 17, 1, true));
  pb::GraphSampler sampler;
  FillGraphSampler(loop_, &sampler);
  EXPECT_EQ(sampler.samples(), "net/sample/samples:0");
  EXPECT_EQ(sampler.prime(), "net/sample/prime:0");
  EXPECT_EQ(sampler.length(), "net/sample/length:0");
  EXPECT_EQ(sampler.temperature(), "net/sample/temperature:0");
}

TEST_F(SampleLoopTest, RefusesWhatCannotBe) {
  const Expr state = root_.Const(Tensor::Zeros(DType::kFloat, {1, kUnits}));
  const auto build = [&](const models::SampleStep& step, int64_t length, int64_t window) {
    return ErrorOf(Code::kInvalidArgument,
                   [&] { SampleLoop(root_, step, {state}, {.length = length, .window = window}); });
  };
  build(Network, 4, 0);
  build(Network, -2, 3);
  const auto two_rows = [](const Scope& s, Expr, const nn::State& now) {
    return nn::CellResult{s.Const(Tensor::Zeros(DType::kFloat, {2, kSymbols})), now};
  };
  EXPECT_THAT(build(two_rows, 4, 2), HasSubstr("[2,13]"));
}

}  // namespace
}  // namespace graphrun
