// Rows of the op table for ops/state. A row's first input is the value of a variable, which its
// build function makes; the outputs are what the op gives and the variable's value afterwards.
#include <algorithm>
#include <cmath>

#include "core/build/ops.h"
#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

using Build = std::function<std::vector<Expr>(const Scope&, const std::vector<Expr>& in)>;

Expr Handle(const Scope& s, DType dtype, const Shape& shape) {
  return s.WithName("v").Add("VarHandleOp", {}, {{"dtype", dtype}, {"shape", shape}});
}

// The variable is assigned in[0]; then `use` runs on {handle, in[1], ...}, and then the variable is
// read.
Build After(std::function<std::vector<Expr>(const Scope&, std::vector<Expr> in)> use) {
  return [use](const Scope& s, const std::vector<Expr>& in) {
    std::vector<Expr> args = in;
    args[0] = Handle(s, in[0].dtype(), in[0].shape());
    const Expr assigned = op::AssignVariable(s, args[0], in[0]);
    const Scope then = s.WithControlDependencies({assigned});
    std::vector<Expr> outs = use(then, args);
    const bool operation = s.graph().num_outputs(outs[0].node()) == 0;
    const Expr after = op::ReadVariable(then.WithControlDependencies({outs[0]}), args[0]);
    if (operation) return std::vector<Expr>{after};
    outs.push_back(after);
    return outs;
  };
}
Build AfterOp(const char* name, AttrMap attrs = {}) {
  return After([=](const Scope& s, std::vector<Expr> in) { return s.AddMulti(name, in, attrs); });
}
// The same for an op without outputs.
Build AfterUpdate(const char* name) {
  return After(
      [=](const Scope& s, std::vector<Expr> in) { return std::vector<Expr>{s.Add(name, in)}; });
}

// fn(element, update) for each row that indices choose, in their order.
Reference Rows(std::function<double(double, double)> fn) {
  return [fn](const Arrays& in) -> Arrays {
    Array v = in[0];
    const int64_t inner = v.size() / v.dim(0);
    for (int64_t i = 0; i < in[1].size(); ++i) {
      for (int64_t j = 0; j < inner; ++j) {
        double& x = v.v[in[1].int_at(i) * inner + j];
        x = fn(x, in[2].shape.rank() == 0 ? in[2].v[0] : in[2].v[i * inner + j]);
      }
    }
    return {v};
  };
}

Array GatherRows(const Array& v, const Array& indices) {
  const int64_t inner = v.size() / v.dim(0);
  Array out(Concatenate(indices.shape, v.shape.From(1)));
  for (int64_t i = 0; i < out.size(); ++i) {
    out.v[i] = v.v[indices.int_at(i / inner) * inner + i % inner];
  }
  return out;
}

}  // namespace

OpTable StateCases() {
  OpTable t;
  const std::vector<DType> numbers = {DType::kFloat, DType::kDouble, DType::kInt32, DType::kInt64};
  const auto same = [](const Arrays& in) -> Arrays { return {in[0]}; };
  for (const char* op : {"VarHandleOp", "ReadVariableOp", "AssignVariableOp"}) {
    t.cases.push_back({.op = op,
                       .inputs = {"[2,3]"},
                       .reference = same,
                       .types = numbers,
                       .build = After([](const Scope& s, std::vector<Expr>) {
                         return std::vector<Expr>{op::NoOp(s)};
                       })});
  }
  // What was read stays what it was, whatever is written later.
  t.cases.push_back(
      {.op = "ReadVariableOp",
       .inputs = {"[2,3]", "[2,3]"},
       .label = "keeps",
       .reference = [](const Arrays& in) -> Arrays {
         Array sum = in[0];
         for (int64_t i = 0; i < sum.size(); ++i) sum.v[i] += in[1].v[i];
         return {in[0], sum};
       },
       .types = numbers,
       .build = After([](const Scope& s, std::vector<Expr> in) {
         const Expr before = op::ReadVariable(s, in[0]);
         const Expr add = op::AssignAddVariable(s.WithControlDependencies({before}), in[0], in[1]);
         return std::vector<Expr>{op::Identity(s.WithControlDependencies({add}), before)};
       })});
  t.cases.push_back({.op = "AssignAddVariableOp",
                     .inputs = {"[2,3]", "[2,3]"},
                     .reference = Each([](double v, double x) { return v + x; }),
                     .types = numbers,
                     .build = AfterUpdate("AssignAddVariableOp")});
  t.cases.push_back({.op = "AssignSubVariableOp",
                     .inputs = {"[2,3]", "[2,3]"},
                     .label = "small",
                     .reference = Each([](double v, double x) { return v - x; }),
                     .types = numbers,
                     .build = AfterUpdate("AssignSubVariableOp")});
  t.cases.push_back({.op = "AssignSubVariableOp",
                     .inputs = {"[300,301]", "[300,301]"},
                     .reference = Each([](double v, double x) { return v - x; }),
                     .types = numbers,
                     .build = AfterUpdate("AssignSubVariableOp")});
  t.cases.push_back({.op = "VarIsInitializedOp",
                     .inputs = {"[2,3]"},
                     .reference = [](const Arrays& in) -> Arrays {
                       return {Array("[]", {1}), in[0]};
                     },
                     .build = AfterOp("VarIsInitializedOp")});
  t.cases.push_back(
      {.op = "DestroyResourceOp",
       .inputs = {"[2,3]"},
       .expected = {Array("[]", {0})},
       .build = [](const Scope& s, const std::vector<Expr>& in) -> std::vector<Expr> {
         const Expr handle = Handle(s, in[0].dtype(), in[0].shape());
         const Expr assigned = op::AssignVariable(s, handle, in[0]);
         const Expr destroyed =
             s.WithControlDependencies({assigned}).Add("DestroyResourceOp", {handle});
         return {s.WithControlDependencies({destroyed}).Add("VarIsInitializedOp", {handle})};
       }});
  for (const DType type : {DType::kInt32, DType::kInt64}) {
    t.cases.push_back({.op = "VariableShape",
                       .inputs = {"[2,3,5]"},
                       .reference = [](const Arrays& in) -> Arrays {
                         return {Array("[3]", {2, 3, 5}), in[0]};
                       },
                       .build = AfterOp("VariableShape", {{"out_type", type}})});
  }

  const OpInput indices = Fed(Tensor::Of<int32_t>({3, 0, 3, 1, 4, 3}, {2, 3}));
  const OpInput indices64 = Fed(Tensor::Vector<int64_t>({3, 0, 3}));
  t.cases.push_back({.op = "ResourceGather",
                     .inputs = {"[5,4]", indices},
                     .reference = [](const Arrays& in) -> Arrays {
                       return {GatherRows(in[0], in[1]), in[0]};
                     },
                     .types = numbers,
                     .build = After([](const Scope& s, std::vector<Expr> in) {
                       return std::vector<Expr>{op::ResourceGather(s, in[0], in[1])};
                     })});
  t.cases.push_back({.op = "ResourceGather",
                     .inputs = {"[2,5,4]", Fed(Tensor::Of<int64_t>({3, 0, 3, 1, 4, 3}, {2, 3}))},
                     .label = "batch",
                     .reference = [](const Arrays& in) -> Arrays {
                       Array out(Shape{2, 3, 4});
                       for (const auto& p : Positions(out.shape)) {
                         out.at(p) = in[0].at({p[0], in[1].int_at(p[0] * 3 + p[1]), p[2]});
                       }
                       return {out, in[0]};
                     },
                     .build = After([](const Scope& s, std::vector<Expr> in) {
                       return s.AddMulti(
                           "ResourceGather", in,
                           {{"dtype", in[0].type().element_dtype}, {"batch_dims", int64_t{1}}});
                     })});
  const auto scatter = [&](const char* op, std::function<double(double, double)> fn) {
    for (const bool scalar : {false, true}) {
      t.cases.push_back({.op = op,
                         .inputs = {"[5,4]", indices, scalar ? "[]" : "[2,3,4]"},
                         .label = scalar ? "scalar" : "",
                         .reference = Rows(fn),
                         .types = numbers,
                         .build = AfterUpdate(op)});
    }
    t.cases.push_back({.op = op,
                       .inputs = {"[5]", indices64, "[3]"},
                       .label = "vector",
                       .reference = Rows(fn),
                       .types = numbers,
                       .build = AfterUpdate(op)});
  };
  scatter("ResourceScatterAdd", [](double v, double u) { return v + u; });
  scatter("ResourceScatterSub", [](double v, double u) { return v - u; });
  scatter("ResourceScatterUpdate", [](double, double u) { return u; });
  scatter("ResourceScatterMul", [](double v, double u) { return v * u; });
  scatter("ResourceScatterMin", [](double v, double u) { return std::min(v, u); });
  scatter("ResourceScatterMax", [](double v, double u) { return std::max(v, u); });
  for (const DType type : numbers) {
    const bool whole = IsInteger(type);
    t.cases.push_back({.op = "ResourceScatterDiv",
                       .inputs = {"[5,4]",
                                  Fed(Tensor::Vector<int32_t>({3, 1})),
                                  {"[2,4]", whole ? Domain::kNonZeroInts : Domain::kNonZero}},
                       .reference = Rows([whole](double v, double u) {
                         return whole ? std::trunc(v / u) : v / u;
                       }),
                       .types = {type},
                       .build = AfterUpdate("ResourceScatterDiv")});
  }
  const OpInput places = Fed(Tensor::Of<int32_t>({3, 1, 0, 2, 3, 1}, {3, 2}));
  const auto scatter_nd = [&](const char* op, std::function<double(double, double)> fn) {
    t.cases.push_back(
        {.op = op,
         .inputs = {"[5,3,4]", places, "[3,4]"},
         .reference = [fn](const Arrays& in) -> Arrays {
           Array v = in[0];
           for (int64_t i = 0; i < in[2].size(); ++i) {
             const int64_t row = i / 4;
             double& x = v.at({in[1].int_at(2 * row), in[1].int_at(2 * row + 1), i % 4});
             x = fn(x, in[2].v[i]);
           }
           return {v};
         },
         .types = numbers,
         .build = AfterUpdate(op)});
  };
  scatter_nd("ResourceScatterNdUpdate", [](double, double u) { return u; });
  scatter_nd("ResourceScatterNdAdd", [](double v, double u) { return v + u; });
  scatter_nd("ResourceScatterNdSub", [](double v, double u) { return v - u; });
  scatter_nd("ResourceScatterNdMin", [](double v, double u) { return std::min(v, u); });
  scatter_nd("ResourceScatterNdMax", [](double v, double u) { return std::max(v, u); });

  const AttrMap dtype = {{"dtype", DType::kFloat}};
  const std::vector<DType> handle = {DType::kResource, DType::kInt32, DType::kFloat};
  t.shapes = {
      {"VarHandleOp", "", "[]", {{"dtype", DType::kFloat}, {"shape", Shape{2}}}},
      {"ReadVariableOp", "[]", "?", dtype, handle},
      {"ReadVariableOp", "[2]", "error: rank 0", dtype, handle},
      {"VarIsInitializedOp", "[]", "[]", {}, handle},
      {"VariableShape", "[]", "[?]", {}, handle},
      {"ResourceGather", "[];[2,3]", "?", dtype, handle},
      {"ResourceGather",
       "[];[2,3]",
       "error: rank 3",
       {{"dtype", DType::kFloat}, {"batch_dims", int64_t{3}}},
       handle},
  };
  return t;
}

}  // namespace graphrun::test
