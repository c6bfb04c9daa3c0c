// The random ops give TensorFlow's numbers: three runs of one session each, with seed 87654321 and
// seed2 42, as TensorFlow 2.15.1 printed them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/base/parallel.h"
#include "core/build/ops.h"
#include "core/run/session.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

const OpRegistry* Registry() {
  static const OpRegistry* const kRegistry = new OpRegistry(AllOps());
  return kRegistry;
}

// What three runs in one session draw.
std::vector<Tensor> Draw(const std::string& op, const std::vector<Tensor>& inputs, AttrMap attrs,
                         int64_t seed = 87654321, int64_t seed2 = 42) {
  MetaGraph meta(Registry());
  const Scope scope = Scope::Root(meta);
  std::vector<Expr> in;
  for (const Tensor& t : inputs) in.push_back(scope.Const(t));
  attrs["seed"] = seed;
  attrs["seed2"] = seed2;
  const Expr out = scope.Add(op, in, attrs);
  Session session(meta.graph);
  std::vector<Tensor> runs;
  for (int i = 0; i < 3; ++i) runs.push_back(session.Run({}, {out})[0]);
  return runs;
}

struct Golden {
  const char* op;
  DType dtype;
  int32_t n;
  struct {
    double first, last, sum;
  } runs[3];
};

const Golden kGolden[] = {
    {"RandomUniform",
     DType::kFloat,
     7,
     {{0.9522714614868164, 0.1860203742980957, 4.473770022392273},
      {0.5001906156539917, 0.7780075073242188, 2.9431294202804565},
      {0.7359920740127563, 0.6995772123336792, 4.437508583068848}}},
    {"RandomUniform",
     DType::kDouble,
     7,
     {{0.6181726095777149, 0.5913636136714606, 4.311263254572819},
      {0.0015257954156875364, 0.05782863524968396, 2.3490911535603116},
      {0.8879369726295012, 0.3481205323690144, 4.621536632789265}}},
    {"RandomStandardNormal",
     DType::kFloat,
     7,
     {{-0.2807750701904297, 1.2068943977355957, -1.5854397919028997},
      {1.0532718896865845, 0.6942892670631409, 4.86941260099411},
      {0.7530965805053711, 0.014996657148003578, 1.4560444299131632}}},
    {"RandomStandardNormal",
     DType::kDouble,
     7,
     {{0.7456244549943906, 0.15208843595329613, -1.1849097728766786},
      {-1.2623945076031615, 1.7271707107696286, -1.8889843973184486},
      {-0.3501098797974082, 0.1876274081154924, 0.14334569633271316}}},
    {"TruncatedNormal",
     DType::kFloat,
     7,
     {{-0.2807750701904297, -0.974591076374054, -2.515788483666256},
      {1.0532718896865845, 0.8347193598747253, 3.4187286347150803},
      {0.7530965805053711, -0.9945031404495239, 0.3248284161090851}}},
    {"TruncatedNormal",
     DType::kDouble,
     7,
     {{0.7456244549943906, -0.47788560475926145, 3.297302406446064},
      {-1.2623945076031615, -0.8508149338281424, -1.1054418214804906},
      {-0.3501098797974082, 1.209308874634167, 2.8328106197879643}}},
    {"RandomUniformInt",
     DType::kInt32,
     7,
     {{920187, 962431, 4576108}, {565618, 981211, 4995108}, {798808, 597242, 4332901}}},
    {"RandomUniformInt",
     DType::kInt64,
     7,
     {{923683, 503292, 4300457}, {316730, 394344, 4709545}, {637112, 748553, 4962978}}},
    {"RandomUniform",
     DType::kFloat,
     100003,
     {{0.9522714614868164, 0.7421050071716309, 50040.94740772247},
      {0.031530022621154785, 0.4471489191055298, 50242.95064306259},
      {0.40332698822021484, 0.8076003789901733, 49897.13195121288}}},
    {"RandomUniform",
     DType::kDouble,
     100003,
     {{0.6181726095777149, 0.5993031850812947, 50099.390343759245},
      {0.2522405468757014, 0.29020727523737455, 49885.269309026946},
      {0.22661672712551306, 0.8023977267110931, 50112.06948058263}}},
    {"RandomStandardNormal",
     DType::kFloat,
     100003,
     {{-0.2807750701904297, 0.06070792302489281, 78.2751120510411},
      {0.8978701233863831, -1.1015698909759521, -200.3948644232878},
      {-0.28297433257102966, -0.517601728439331, 482.0895965143212}}},
    {"RandomStandardNormal",
     DType::kDouble,
     100003,
     {{0.7456244549943906, 0.0016824909314250018, 268.45022732592156},
      {-1.0506141384241336, 1.560050377825757, 211.43769749493495},
      {-1.1012949270399215, -0.510596553337123, -852.4601603240262}}},
    {"TruncatedNormal",
     DType::kFloat,
     100003,
     {{-0.2807750701904297, 0.10280337929725647, -305.04856345183566},
      {0.8978701233863831, -0.7114930152893066, 323.22895252253056},
      {-0.28297433257102966, 0.10611093044281006, -5.1161259978980524}}},
    {"TruncatedNormal",
     DType::kDouble,
     100003,
     {{0.7456244549943906, -0.3632770846343513, 291.90545791031735},
      {-1.0506141384241336, -0.48087213376910265, 310.49712450117727},
      {-1.1012949270399215, -1.5426276526464153, 109.8260564680447}}},
    {"RandomUniformInt",
     DType::kInt32,
     100003,
     {{920187, 813423, 49951037945}, {132944, 898680, 49894235869}, {308155, 598278, 50061019232}}},
    {"RandomUniformInt",
     DType::kInt64,
     100003,
     {{923683, 730905, 50164308454}, {747464, 460227, 49805795308}, {479035, 634425, 49877889474}}},
};

TEST(Random, NumbersAreTensorFlows) {
  for (const Golden& g : kGolden) {
    const bool ints = IsInteger(g.dtype);
    std::vector<Tensor> in = {Tensor::Vector<int32_t>({g.n})};
    if (g.dtype == DType::kInt32) {
      in.insert(in.end(), {Tensor::Scalar<int32_t>(-5), Tensor::Scalar<int32_t>(1000003)});
    } else if (g.dtype == DType::kInt64) {
      in.insert(in.end(), {Tensor::Scalar<int64_t>(-5), Tensor::Scalar<int64_t>(1000003)});
    }
    const auto runs = Draw(g.op, in, ints ? AttrMap{} : AttrMap{{"dtype", g.dtype}});
    // Uniform numbers are exact, and so are sums of the float ones; the logarithm, sine and cosine
    // of normal ones are rounded differently by different libraries.
    const bool uniform = std::string(g.op).starts_with("RandomUniform");
    const double eps = uniform ? 0 : g.dtype == DType::kFloat ? 3e-6 : 1e-12;
    for (int r = 0; r < 3; ++r) {
      SCOPED_TRACE(std::string(g.op) + " " + std::to_string(g.n) + ", run " + std::to_string(r));
      const Tensor& t = runs[r];
      ASSERT_EQ(t.shape(), (Shape{g.n}));
      double sum = 0;
      for (int64_t i = 0; i < g.n; ++i) sum += t.number_at(i);
      EXPECT_NEAR(t.number_at(0), g.runs[r].first, eps);
      EXPECT_NEAR(t.number_at(g.n - 1), g.runs[r].last, eps);
      EXPECT_NEAR(sum, g.runs[r].sum, g.n * eps / 10 + 1e-8);
    }
  }
}

TEST(Random, NumbersDoNotDependOnThreads) {
  const std::vector<Tensor> shape = {Tensor::Vector<int32_t>({50001})};
  for (const char* op : {"RandomUniform", "TruncatedNormal"}) {
    const auto draw = [&](int threads) {
      const ThreadScope scope(threads);
      return Draw(op, shape, {{"dtype", DType::kFloat}})[2];
    };
    const Tensor one = draw(1), three = draw(3);
    EXPECT_THAT(three.span<float>(), ElementsAreArray(one.span<float>())) << op;
  }
}

TEST(Random, NegativeSeeds) {
  const auto runs =
      Draw("RandomUniform", {Tensor::Vector<int32_t>({4})}, {{"dtype", DType::kFloat}}, -3, -7);
  EXPECT_THAT(runs[0].span<float>(),
              ElementsAre(0x1.7b52dp-2f, 0x1.b0218p-2f, 0x1.9aba8p-6f, 0x1.b8dc4p-5f));
  EXPECT_EQ(runs[2].data<float>()[0], 0x1.a2dcap-3f);
}

Tensor Logits(int64_t batch, int64_t classes) {
  std::vector<float> v(batch * classes);
  for (size_t i = 0; i < v.size(); ++i) {
    v[i] = static_cast<float>(std::sin(static_cast<double>(i) * 0.7)) * 2;
  }
  return Tensor::Of(v, {batch, classes});
}

TEST(Random, MultinomialIsTensorFlowsOnOneThread) {
  const auto a = Draw("Multinomial", {Logits(5, 27), Tensor::Scalar<int32_t>(1)}, {});
  EXPECT_THAT(a[0].span<int64_t>(), ElementsAre(12, 10, 20, 11, 18));
  EXPECT_THAT(a[1].span<int64_t>(), ElementsAre(11, 20, 11, 2, 0));
  EXPECT_THAT(a[2].span<int64_t>(), ElementsAre(10, 12, 2, 3, 3));
  const auto b = Draw("Multinomial", {Logits(2, 4), Tensor::Scalar<int32_t>(3)}, {});
  EXPECT_THAT(b[0].span<int64_t>(), ElementsAre(2, 2, 3, 0, 0, 1));
  EXPECT_THAT(b[2].span<int64_t>(), ElementsAre(1, 2, 3, 0, 1, 2));
}

TEST(Random, ShuffleIsTensorFlows) {
  std::vector<int32_t> range(12);
  for (int i = 0; i < 12; ++i) range[i] = i;
  const Tensor nine = Tensor::Vector(std::vector<int32_t>(range.begin(), range.begin() + 9));
  const auto a = Draw("RandomShuffle", {nine}, {});
  EXPECT_THAT(a[0].span<int32_t>(), ElementsAre(5, 0, 1, 4, 2, 3, 6, 8, 7));
  EXPECT_THAT(a[1].span<int32_t>(), ElementsAre(0, 7, 1, 6, 8, 5, 4, 3, 2));
  EXPECT_THAT(a[2].span<int32_t>(), ElementsAre(7, 3, 0, 2, 1, 8, 5, 6, 4));
  const auto b = Draw("RandomShuffle", {Tensor::Of(range, {6, 2})}, {});
  EXPECT_THAT(b[0].span<int32_t>(), ElementsAre(4, 5, 10, 11, 6, 7, 8, 9, 2, 3, 0, 1));
  EXPECT_THAT(b[2].span<int32_t>(), ElementsAre(2, 3, 6, 7, 4, 5, 8, 9, 0, 1, 10, 11));
}

}  // namespace
}  // namespace graphrun
