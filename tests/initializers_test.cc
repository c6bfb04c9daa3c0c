// init::Orthogonal: products of the matrix with itself are the identity, of rows or of columns.
#include "models/nn/initializers.h"

#include "tests/model_fixture.h"

namespace graphrun {
namespace {

using testing::HasSubstr;

class OrthogonalTest : public ModelTest {
 protected:
  Tensor Draw(const Shape& shape, double gain, init::Seed seed = {}) {
    const Variable v = root_.GetVariable("v" + std::to_string(count_++), shape,
                                         {.initializer = init::Orthogonal(gain, seed)});
    Start({.seed = 5});
    return Value(v);
  }
  int count_ = 0;
};

TEST_F(OrthogonalTest, RowsOrColumnsAreOrthonormal) {
  for (const Shape& shape : {Shape{7, 4}, Shape{4, 9}, Shape{3, 2, 5}, Shape{2, 3, 11}}) {
    const Tensor t = Draw(shape, 1.5);
    ASSERT_EQ(t.shape(), shape);
    const int64_t columns = shape[shape.rank() - 1], rows = t.num_elements() / columns;
    const bool wide = rows < columns;
    const int64_t n = wide ? rows : columns, length = wide ? columns : rows;
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double dot = 0;
        for (int64_t k = 0; k < length; ++k) {
          const auto at = [&](int64_t v) {
            return t.data<float>()[wide ? v * columns + k : k * columns + v];
          };
          dot += at(i) * at(j);
        }
        EXPECT_NEAR(dot, i == j ? 1.5 * 1.5 : 0, 1e-5) << shape.ToString() << " " << i << " " << j;
      }
    }
  }
}

// Every element of an evenly drawn orthogonal matrix is as often below zero as above; without the
// correction of signs the first row's would have those of the decomposition.
TEST_F(OrthogonalTest, SignsAreEven) {
  int above = 0;
  for (int64_t seed = 0; seed < 60; ++seed) above += Draw({3, 2}, 1, seed).data<float>()[0] > 0;
  EXPECT_GT(above, 15);
  EXPECT_LT(above, 45);
}

TEST_F(OrthogonalTest, RefusesVectors) {
  EXPECT_THAT(ErrorOf(Code::kInvalidArgument, [&] { Draw({6}, 1); }), HasSubstr("[6]"));
}

}  // namespace
}  // namespace graphrun
