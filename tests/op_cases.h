// The op table: one row for each op and combination of attributes. It has several readers:
// op_forward_test (numbers against a naive reference), op_grad_test (gradients against finite
// differences in double), op_shape_test (shapes and errors), op_coverage_test (an op without a row
// fails).
//
// Rows use sizes that all differ and are never 1, unless broadcasting is the point: equal sizes
// hide swapped axes.
#ifndef GRAPHRUN_TESTS_OP_CASES_H_
#define GRAPHRUN_TESTS_OP_CASES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/build/scope.h"

namespace graphrun::test {

// A value in double, whatever the op's type: what references compute with.
struct Array {
  Array() = default;
  Array(Shape array_shape, std::vector<double> values);  // REQUIRES: as many values as elements
  Array(const char* array_shape, std::vector<double> values);  // "[2,3]"
  explicit Array(Shape zeros);
  explicit Array(const Tensor& tensor);  // numeric or bool

  int64_t dim(int i) const { return shape[i]; }
  int64_t size() const { return static_cast<int64_t>(v.size()); }
  // The element at a position, which has as many entries as the array has dimensions.
  double& at(std::vector<int64_t> position);
  double at(std::vector<int64_t> position) const;
  int64_t int_at(int64_t i) const { return static_cast<int64_t>(v[i]); }

  Shape shape;
  std::vector<double> v;
};
using Arrays = std::vector<Array>;
Array Squared(Array x);  // element by element
// All outputs from all inputs.
using Reference = std::function<Arrays(const Arrays& in)>;

// The reference of an element-wise op: `fn` of the broadcast inputs' elements.
Reference Each(std::function<double(double)> fn);
Reference Each(std::function<double(double, double)> fn);
Reference Each(std::function<double(double, double, double)> fn);
// The positions of all elements of a shape, in row-major order.
std::vector<std::vector<int64_t>> Positions(const Shape& shape);

// Where random elements come from. Gradients are checked at these points, so they lie away from
// kinks.
enum class Domain {
  kNormal,       // (-2, 2)
  kPositive,     // (0.3, 3)
  kNonZero,      // 0.2 < |x| < 2
  kUnit,         // (-0.9, 0.9)
  kAboveOne,     // (1.2, 3)
  kOffInteger,   // (-4, 4), at least 0.1 from multiples of 0.5
  kSmallInts,    // -9 ... 9
  kNonZeroInts,  // the same without 0
  kBool,         // 0 or 1
  kDistinct,     // a random permutation of 0.5, 1, 1.5, ...: no ties
};

// One input of a row: fed to a placeholder, or a Const node.
struct OpInput {
  OpInput(const char* input_shape, Domain input_domain = Domain::kNormal,
          DType input_dtype = DType::kInvalid)  // NOLINT
      : shape(input_shape), domain(input_domain), dtype(input_dtype) {}
  OpInput() = default;

  std::string shape;  // "[2,3]", fully known
  Domain domain = Domain::kNormal;
  DType dtype = DType::kInvalid;  // kInvalid: the row's type
  Tensor value;           // instead of random elements; of the row's type when dtype is kInvalid
  bool constant = false;  // a Const node, which shape functions can read
};
OpInput Values(const char* shape, std::vector<double> values);   // fed, of the row's type
OpInput Int32s(const char* shape, std::vector<int32_t> values);  // fed
OpInput Int64s(const char* shape, std::vector<int64_t> values);  // fed
OpInput Fed(Tensor value);                                       // fed, of its own type
OpInput Constant(Tensor value);                                  // a Const node
OpInput Int(int32_t value);                                      // a Const scalar
OpInput Ints(std::vector<int32_t> values);                       // a Const vector

// For the types of a row.
inline const std::vector<DType> kNumberRow = {DType::kFloat, DType::kDouble, DType::kInt32,
                                              DType::kInt64};

struct OpCase {
  std::string op;
  std::vector<OpInput> inputs;
  AttrMap attrs = {};
  std::string label = {};  // tells rows of one op apart in test names; letters, digits and '_'

  // --- forward: one of these three
  Reference reference = {};
  Arrays expected = {};
  std::function<void(const std::vector<Tensor>& in, const std::vector<Tensor>& out)> check =
      {};  // by EXPECT_...

  // --- gradient: the inputs with respect to which it is checked (their dtype must be the row's
  // type)
  std::vector<int> grad = {};
  bool second = true;        // the gradient of the gradient too
  bool zero_second = false;  // the second derivative is zero by nature (Relu, Add)
  std::vector<int> grad_outputs =
      {};  // outputs that the loss uses; all of floating type when empty

  std::vector<DType> types = {DType::kFloat, DType::kDouble};  // run once for each
  double tolerance =
      1e-5;  // forward in float32, relative to max(1, |expected|); 1e-9 in float64, 0 for integers
  double grad_tolerance = 1e-6;

  // Replaces the single node `op`: builds the outputs to look at from the inputs.
  std::function<std::vector<Expr>(const Scope&, const std::vector<Expr>& in)> build = {};
  // Inputs are of unknown shape in one of the runs, unless the op cannot do without.
  bool unknown_shapes = true;
};

// What the shape function says, or with what error it refuses. For dtypes and attributes too.
struct ShapeCase {
  std::string op;
  std::string inputs;  // "[2,?];[?,3];?"; "" for none
  std::string
      expected;  // "[2,3]", outputs separated by ';'; or "error: " and a part of the message
  AttrMap attrs = {};
  std::vector<DType> dtypes = {};  // of the inputs; float32 for those beyond its end
  // Inputs that are Const nodes, by number.
  std::vector<std::pair<int, Tensor>> values = {};
};

// A run that fails: values that the kernel refuses.
struct ErrorCase {
  std::string op;
  std::vector<OpInput> inputs;
  std::string error;  // a part of the message
  AttrMap attrs = {};
  DType type = DType::kFloat;
  Code code = Code::kInvalidArgument;
};

struct OpTable {
  std::vector<OpCase> cases;
  std::vector<ShapeCase> shapes;
  std::vector<ErrorCase> errors;
};

// One function for each folder of ops, in op_cases_<folder>.cc.
OpTable ElementwiseCases();
OpTable LinearCases();
OpTable LayoutCases();
OpTable IndexCases();
OpTable ReduceCases();
OpTable LossCases();
OpTable StateCases();
OpTable TrainingCases();
OpTable RandomCases();
OpTable ListCases();
OpTable ControlCases();
OpTable SummaryCases();

// All of them, joined.
const OpTable& AllOpCases();

// "Tanh", "Reshape_to_vector", ...; unique in the table.
std::string CaseName(const OpCase& c);
// A tensor of any numeric type or bool from numbers.
Tensor FromNumbers(DType dtype, const Shape& shape, const std::vector<double>& numbers);
// Input values for a run of `c` in `type`: the same for the same row, type and seed.
std::vector<Tensor> MakeInputs(const OpCase& c, DType type, uint64_t seed = 1);
// Placeholders and constants for the inputs; placeholders get no shape when `unknown`.
std::vector<Expr> MakeInputNodes(const Scope& scope, const OpCase& c,
                                 const std::vector<Tensor>& values, bool unknown);
// The row's outputs from such nodes.
std::vector<Expr> BuildCase(const Scope& scope, const OpCase& c, const std::vector<Expr>& inputs);

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_CASES_H_
