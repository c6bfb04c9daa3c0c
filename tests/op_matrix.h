// The matrix of ops: each row of the op table (op_cases.h) again with one thing changed: an input
// that is empty, of another rank, size or type, an element that is huge, negative, NaN or an index
// just outside, an attribute at its ends. What was changed is fed with a known shape, fed with an
// unknown one, or constant.
//
// op_matrix_test runs it and compares with golden/op_matrix.txt, which cases/op_matrix.py wrote:
// what TensorFlow answered to the same graphs.
#ifndef GRAPHRUN_TESTS_OP_MATRIX_H_
#define GRAPHRUN_TESTS_OP_MATRIX_H_

#include <functional>
#include <string>
#include <vector>

#include "core/base/tensor.h"
#include "core/import/case_file.h"
#include "proto/graph.pb.h"
#include "tests/op_cases.h"

namespace graphrun::test {

// A row of the op table as a graph whose inputs are the nodes in0, in1, ...
struct MatrixBase {
  std::string name;  // CaseName
  std::string op;
  pb::GraphDef graph;
  std::vector<Tensor> inputs;
  std::vector<std::string> fetches;  // "node:0", or an operation
  bool changed = true;               // whether there are rows besides the base itself
};
// Those of an op, in the order of the table. Where many rows have the same attributes, or an op
// many rows, only the first are `changed`.
std::vector<MatrixBase> Bases(const std::string& op);

struct Change {
  std::string name;            // "in1[0] = -1"; tells changes of one base apart
  int input = -1;              // the one whose elements change, under the same type and shape
  std::vector<Tensor> inputs;  // all of them, after the change
  std::function<void(pb::GraphDef*)> edit = {};  // what else changes in the graph
  bool of_type = false;                          // whether a type changes
};
// The base itself first, under the name "".
std::vector<Change> Changes(const MatrixBase& base);

// How the inputs are given.
enum class Given {
  kFed,       // all are placeholders of their shapes
  kUnknown,   // all are placeholders of unknown shape
  kConstant,  // Const nodes: that input alone whose elements changed, else all
};
// A change of the graph is tried with the first alone.
std::vector<Given> WaysToGive(const Change& change);

std::string Name(Given given);

// The name of a base's recorded answers, in which a number stands for what the questions are: when
// they change, there are no answers any more.
std::string RecordedName(const MatrixBase& base);

// One element of the matrix.
struct Question {
  pb::GraphDef graph;
  std::vector<NamedTensor> feeds;
  std::vector<std::string> fetches;
};
Question Ask(const MatrixBase& base, const Change& change, Given given);

// What a run answers, in short: the name of an error's code, or for each output its type, shape and
// `Digest`. Equal answers agree in all but roundings.
std::string Digest(const Tensor& value);
// Whether two such answers agree within the tolerance of their types.
bool SameAnswer(const std::string& a, const std::string& b);
// The answer of one executor. Anything but an Error, or one of code INTERNAL, is a defect.
std::string Answer(const Question& question, bool interpret);

}  // namespace graphrun::test

#endif  // GRAPHRUN_TESTS_OP_MATRIX_H_
