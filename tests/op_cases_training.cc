// Rows of the op table for ops/training. The first inputs of a row are values of a variable and its
// slots, which its build function makes; the outputs are their values afterwards.
#include <algorithm>
#include <cmath>

#include "core/build/ops.h"
#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

// Changes {variable, slots...} at one element, given the gradient there and the scalars in the op's
// order.
using Rule = std::function<void(std::vector<double>& x, double grad, const std::vector<double>& h)>;

struct Optimizer {
  const char* name;            // "Momentum": the ops Resource(Sparse)Apply<name>
  int slots;                   // beside the variable
  std::vector<double> before;  // scalars before the gradient
  std::vector<double> after;   // and after it (after indices)
  Rule rule;
  bool sparse = true;
  AttrMap attrs = {};
};

std::vector<Expr> Apply(const std::string& op, int variables, const AttrMap& attrs, const Scope& s,
                        const std::vector<Expr>& in) {
  std::vector<Expr> args = in, assigned, values;
  for (int i = 0; i < variables; ++i) {
    args[i] = s.WithName("v" + std::to_string(i))
                  .Add("VarHandleOp", {}, {{"dtype", in[i].dtype()}, {"shape", in[i].shape()}});
    assigned.push_back(op::AssignVariable(s, args[i], in[i]));
  }
  const Expr done = s.WithControlDependencies(assigned).Add(op, args, attrs);
  for (int i = 0; i < variables; ++i) {
    values.push_back(op::ReadVariable(s.WithControlDependencies({done}), args[i]));
  }
  return values;
}

Reference Elementwise(const Optimizer& o, bool sparse) {
  return [o, sparse](const Arrays& in) -> Arrays {
    const int variables = 1 + o.slots;
    Arrays out(in.begin(), in.begin() + variables);
    const size_t at = variables + o.before.size();
    std::vector<double> h;
    for (size_t i = variables; i < in.size(); ++i) {
      if (i != at && !(sparse && i == at + 1)) h.push_back(in[i].v[0]);
    }
    const Array& grad = in[at];
    const int64_t inner = sparse ? grad.size() / grad.dim(0) : 1;
    std::vector<double> x(variables);
    for (int64_t i = 0; i < grad.size(); ++i) {
      const int64_t to = sparse ? in[at + 1].int_at(i / inner) * inner + i % inner : i;
      for (int k = 0; k < variables; ++k) x[k] = out[k].v[to];
      o.rule(x, grad.v[i], h);
      for (int k = 0; k < variables; ++k) out[k].v[to] = x[k];
    }
    return out;
  };
}

OpCase Row(const Optimizer& o, bool sparse, const char* shape, const char* grad_shape) {
  const std::string op = std::string("Resource") + (sparse ? "Sparse" : "") + "Apply" + o.name;
  std::vector<OpInput> inputs = {shape};
  for (int i = 0; i < o.slots; ++i) inputs.push_back({shape, Domain::kPositive});
  for (double h : o.before) inputs.push_back(Values("[]", {h}));
  inputs.push_back(grad_shape);
  // Row 2 twice: the second time on top of the first.
  if (sparse) inputs.push_back(Fed(Tensor::Vector<int32_t>({2, 4, 2, 0})));
  for (double h : o.after) inputs.push_back(Values("[]", {h}));
  return {.op = op,
          .inputs = inputs,
          .attrs = o.attrs,
          .reference = Elementwise(o, sparse),
          .build = [op, variables = 1 + o.slots, attrs = o.attrs](const Scope& s,
                                                                  const std::vector<Expr>& in) {
            return Apply(op, variables, attrs, s, in);
          }};
}

// x moved towards zero by `by`, but not beyond.
double Shrunk(double x, double by) { return std::copysign(std::max(std::abs(x) - by, 0.0), x); }

// h is lr, l1, l2, l2_shrinkage in the second version, lr_power. `scaled`: linear holds lr times
// what it holds otherwise.
Rule Ftrl(bool v2, bool scaled) {
  return [=](std::vector<double>& x, double g, const std::vector<double>& h) {
    const double lr = h[0], power = -h.back(), scale = scaled ? lr : 1;
    const double next = x[1] + g * g, before = std::pow(x[1], power), after = std::pow(next, power);
    const double linear =
        x[2] / scale + g + (v2 ? 2 * h[3] * x[0] : 0) - (after - before) / lr * x[0];
    x[0] = -Shrunk(linear, h[1]) / (after / lr + 2 * h[2]);
    x[1] = next;
    x[2] = linear * scale;
  };
}

const std::vector<Optimizer>& Optimizers() {
  using Values = std::vector<double>;
  const AttrMap nesterov = {{"use_nesterov", true}};
  const AttrMap by_lr = {{"multiply_linear_by_lr", true}};
  const AttrMap frozen = {{"update_slots", false}};
  static const std::vector<Optimizer>* const kAll = new std::vector<Optimizer>{
      {"GradientDescent",
       0,
       {0.3},
       {},
       [](Values& x, double g, const Values& h) { x[0] -= h[0] * g; },
       false},
      {"Momentum",
       1,
       {0.3},
       {0.9},
       [](Values& x, double g, const Values& h) {
         x[1] = x[1] * h[1] + g;
         x[0] -= h[0] * x[1];
       }},
      {"Momentum",
       1,
       {0.3},
       {0.9},
       [](Values& x, double g, const Values& h) {
         x[1] = x[1] * h[1] + g;
         x[0] -= h[0] * (g + h[1] * x[1]);
       },
       true,
       nesterov},
      {"Adagrad",
       1,
       {0.3},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] += g * g;
         x[0] -= h[0] * g / std::sqrt(x[1]);
       }},
      {"Adagrad",
       1,
       {0.3},
       {},
       [](Values& x, double g, const Values& h) { x[0] -= h[0] * g / std::sqrt(x[1]); },
       true,
       frozen},
      {"AdagradV2",
       1,
       {0.3, 0.1},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] += g * g;
         x[0] -= h[0] * g / (std::sqrt(x[1]) + h[1]);
       }},
      {"RMSProp",
       2,
       {0.3, 0.8, 0.7, 0.1},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[1] * x[1] + (1 - h[1]) * g * g;
         x[2] = h[2] * x[2] + h[0] * g / std::sqrt(x[1] + h[3]);
         x[0] -= x[2];
       }},
      // A large epsilon keeps the variance positive whatever the slots hold.
      {"CenteredRMSProp",
       3,
       {0.3, 0.8, 0.7, 20},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[1] * x[1] + (1 - h[1]) * g;
         x[2] = h[1] * x[2] + (1 - h[1]) * g * g;
         x[3] = h[2] * x[3] + h[0] * g / std::sqrt(x[2] - x[1] * x[1] + h[3]);
         x[0] -= x[3];
       }},
      {"Adam",
       2,
       {0.81, 0.998, 0.3, 0.9, 0.999, 0.1},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[3] * x[1] + (1 - h[3]) * g;
         x[2] = h[4] * x[2] + (1 - h[4]) * g * g;
         x[0] -= h[2] * std::sqrt(1 - h[1]) / (1 - h[0]) * x[1] / (std::sqrt(x[2]) + h[5]);
       },
       false},
      {"Adam",
       2,
       {0.81, 0.998, 0.3, 0.9, 0.999, 0.1},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[3] * x[1] + (1 - h[3]) * g;
         x[2] = h[4] * x[2] + (1 - h[4]) * g * g;
         x[0] -= h[2] * std::sqrt(1 - h[1]) / (1 - h[0]) * (h[3] * x[1] + (1 - h[3]) * g) /
                 (std::sqrt(x[2]) + h[5]);
       },
       false,
       nesterov},
      {"Adadelta",
       2,
       {0.3, 0.9, 0.1},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[1] * x[1] + (1 - h[1]) * g * g;
         const double update = std::sqrt(x[2] + h[2]) / std::sqrt(x[1] + h[2]) * g;
         x[0] -= h[0] * update;
         x[2] = h[1] * x[2] + (1 - h[1]) * update * update;
       }},
      {"ProximalGradientDescent",
       0,
       {0.3, 0.4, 0.2},
       {},
       [](Values& x, double g, const Values& h) {
         x[0] = Shrunk(x[0] - h[0] * g, h[0] * h[1]) / (1 + h[0] * h[2]);
       }},
      {"ProximalAdagrad",
       1,
       {0.3, 0.4, 0.2},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] += g * g;
         const double step = h[0] / std::sqrt(x[1]);
         x[0] = Shrunk(x[0] - step * g, step * h[1]) / (1 + step * h[2]);
       }},
      {"AddSign",
       1,
       {0.3, 1.1, 0.7, 0.9},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[3] * x[1] + (1 - h[3]) * g;
         x[0] -= h[0] * (h[1] + (x[1] * g > 0 ? h[2] : -h[2])) * g;
       },
       false},
      {"PowerSign",
       1,
       {0.3, 1.1, 0.7, 0.9},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[3] * x[1] + (1 - h[3]) * g;
         x[0] -= h[0] * std::exp(h[1] * (x[1] * g > 0 ? h[2] : -h[2])) * g;
       },
       false},
      {"AdaMax",
       2,
       {0.81, 0.3, 0.9, 0.7, 0.1},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[2] * x[1] + (1 - h[2]) * g;
         x[2] = std::max(h[3] * x[2], std::abs(g));
         x[0] -= h[1] / (1 - h[0]) * x[1] / (x[2] + h[4]);
       },
       false},
      {"AdamWithAmsgrad",
       3,
       {0.81, 0.998, 0.3, 0.9, 0.7, 0.1},
       {},
       [](Values& x, double g, const Values& h) {
         x[1] = h[3] * x[1] + (1 - h[3]) * g;
         x[2] = h[4] * x[2] + (1 - h[4]) * g * g;
         x[3] = std::max(x[3], x[2]);
         x[0] -= h[2] * std::sqrt(1 - h[1]) / (1 - h[0]) * x[1] / (std::sqrt(x[3]) + h[5]);
       },
       false},
      {"KerasMomentum",
       1,
       {0.3},
       {0.9},
       [](Values& x, double g, const Values& h) {
         x[1] = x[1] * h[1] - h[0] * g;
         x[0] += x[1];
       }},
      {"KerasMomentum",
       1,
       {0.3},
       {0.9},
       [](Values& x, double g, const Values& h) {
         x[1] = x[1] * h[1] - h[0] * g;
         x[0] += h[1] * x[1] - h[0] * g;
       },
       true,
       nesterov},
      {"Ftrl", 2, {}, {0.3, 0.4, 0.2, -0.5}, Ftrl(false, false)},
      {"Ftrl", 2, {}, {0.3, 0.4, 0.2, -0.7}, Ftrl(false, true), true, by_lr},
      {"FtrlV2", 2, {}, {0.3, 0.4, 0.2, 0.15, -0.5}, Ftrl(true, false)},
      {"FtrlV2", 2, {}, {0.3, 0.4, 0.2, 0.15, -0.7}, Ftrl(true, true), true, by_lr},
  };
  return *kAll;
}

}  // namespace

OpTable TrainingCases() {
  OpTable t;
  for (const Optimizer& o : Optimizers()) {
    t.cases.push_back(Row(o, false, "[2,3]", "[2,3]"));
    t.cases.push_back(Row(o, false, "[]", "[]"));
    t.cases.push_back(Row(o, false, "[201,203]", "[201,203]"));
    if (!o.sparse) continue;
    t.cases.push_back(Row(o, true, "[5,3]", "[4,3]"));
    t.cases.push_back(Row(o, true, "[5]", "[4]"));
    t.cases.push_back(Row(o, true, "[5,3,7001]", "[4,3,7001]"));
  }
  const std::vector<DType> handle = {DType::kResource};
  const std::vector<DType> slots = {DType::kResource, DType::kResource, DType::kFloat,
                                    DType::kFloat, DType::kInt32};
  t.shapes = {
      {"ResourceApplyGradientDescent", "[];[2];[3]", "error: rank 0", {}, handle},
      {"ResourceApplyMomentum",
       "[];[];[];[2];[2]",
       "error: rank 0",
       {},
       {DType::kResource, DType::kResource}},
      {"ResourceSparseApplyAdagrad", "[];[];[];[2,3];[4]", "error: indices 2 vs 4", {}, slots},
      {"ResourceSparseApplyAdagrad", "[];[];[];[2,3];[2,1]", "error: rank 1", {}, slots},
  };
  return t;
}

}  // namespace graphrun::test
