#include "ops/control/function_signature.h"

namespace graphrun::ops {
namespace function_signature {

std::string Quote(const char* attr, const Function& f) {
  return std::string(attr) + " function '" + f.name + "'";
}

[[noreturn]] void ThrowCount(const char* attr, const Function& f, size_t has, const char* what,
                             size_t wants) {
  ThrowInvalid(Quote(attr, f) + " has " + std::to_string(has) + " " + what + ", and the node " +
               std::to_string(wants));
}

void CheckDType(const char* attr, const Function& f, const char* what, int i, DType has,
                DType wants) {
  if (has == wants) return;
  ThrowInvalid(Quote(attr, f) + ": " + what + " " + std::to_string(i) + " is " +
               std::string(DTypeName(has)) + ", and the node's is " +
               std::string(DTypeName(wants)));
}

}  // namespace function_signature

const Function& FunctionForInputs(const ShapeContext& c, const char* attr, const FuncRef& ref,
                                  int first_input) {
  using namespace function_signature;
  const Function* f = c.library().Find(ref.name);
  if (!f) {
    ThrowNotFound("attribute " + std::string(attr) + " names function '" + ref.name +
                  "', which is not in the graph's library");
  }
  const int n = c.num_inputs() - first_input;
  if (static_cast<int>(f->args.size()) != n) ThrowCount(attr, *f, f->args.size(), "parameters", n);
  for (int i = 0; i < n; ++i) {
    CheckDType(attr, *f, "parameter", i, ArgType(*f, i).dtype, c.Type(first_input + i).dtype);
  }
  return *f;
}

void CheckResults(ShapeContext& c, const char* attr, const Function& f) {
  using namespace function_signature;
  const int n = c.num_outputs();
  if (static_cast<int>(f.results.size()) != n) ThrowCount(attr, f, f.results.size(), "results", n);
  for (int i = 0; i < n; ++i) {
    CheckDType(attr, f, "result", i, ResultType(f, i).dtype, c.Out(i).dtype);
  }
}

void ApplyOutputShapes(ShapeContext& c, const std::vector<Shape>& output_shapes) {
  if (static_cast<int>(output_shapes.size()) != c.num_outputs()) return;
  for (int i = 0; i < c.num_outputs(); ++i) {
    Shape& shape = c.Out(i).shape;
    shape = c.MergeShapes(shape, output_shapes[i], "inferred shape and attribute output_shapes");
  }
}

}  // namespace graphrun::ops
