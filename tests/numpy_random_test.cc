// NumpyRandomState against numbers that NumPy 1.26 printed.
#include "core/text/numpy_random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace graphrun {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int64_t> RandInts(NumpyRandomState* random, int64_t low, int64_t high, int count) {
  std::vector<int64_t> out;
  for (int i = 0; i < count; ++i) out.push_back(random->RandInt(low, high));
  return out;
}

TEST(NumpyRandomState, DrawsNumpysIntegers) {
  NumpyRandomState random(0);
  EXPECT_THAT(RandInts(&random, 0, 90, 12),
              ElementsAre(44, 47, 64, 67, 67, 9, 83, 21, 36, 87, 70, 88));
  EXPECT_THAT(RandInts(&random, -5, int64_t{1} << 40, 3),
              ElementsAre(379128171911, 375723641001, 379644119884));
  EXPECT_THAT(RandInts(&random, 0, int64_t{1} << 32, 2), ElementsAre(3975407269, 3590930969));
  EXPECT_THAT(RandInts(&random, 3, 4, 3), ElementsAre(3, 3, 3));  // draws nothing
  EXPECT_THAT(RandInts(&random, 0, (int64_t{1} << 32) + 7, 2), ElementsAre(602801999, 2034131043));
  EXPECT_THAT(RandInts(&random, std::numeric_limits<int64_t>::min(),
                       std::numeric_limits<int64_t>::max(), 2),
              ElementsAre(5518501468007070897, -710580333770308835));
}

TEST(NumpyRandomState, PermutesAsNumpyThreeTimes) {
  NumpyRandomState random(42);
  EXPECT_THAT(random.Permutation(10), ElementsAre(8, 1, 5, 0, 7, 2, 9, 4, 3, 6));
  EXPECT_THAT(random.Permutation(10), ElementsAre(0, 1, 8, 5, 3, 4, 7, 9, 6, 2));
  EXPECT_THAT(random.Permutation(10), ElementsAre(9, 2, 0, 6, 8, 5, 3, 7, 1, 4));
  EXPECT_EQ(random.RandInt(0, 1000), 459);
}

TEST(NumpyRandomState, PermutesByItsSeed) {
  NumpyRandomState random(7);
  EXPECT_THAT(random.Permutation(5), ElementsAre(0, 3, 2, 1, 4));
  EXPECT_THAT(random.Permutation(0), IsEmpty());
  EXPECT_THAT(random.Permutation(1), ElementsAre(0));
  EXPECT_THAT(random.Permutation(5), ElementsAre(2, 1, 0, 4, 3));
}

}  // namespace
}  // namespace graphrun
