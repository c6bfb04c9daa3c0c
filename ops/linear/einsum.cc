// Einsum: sums of products of elements, chosen by an equation of labels.
#include <algorithm>
#include <string>
#include <type_traits>

#include "core/autodiff/gradients.h"
#include "core/base/parallel.h"
#include "core/base/size.h"
#include "core/graph/op_context.h"
#include "core/graph/op_def.h"
#include "ops/layout/strided.h"
#include "ops/linear/einsum_plan.h"
#include "ops/linear/gemm.h"

namespace graphrun::ops {
namespace einsum {

struct Attrs {
  std::string equation;
};

void InferShape(ShapeContext& c, const Attrs& t) {
  const Equation e = Parse(t.equation);
  if (e.num_inputs != c.num_inputs()) {
    ThrowInvalid("Einsum equation '" + t.equation + "' is for " + std::to_string(e.num_inputs) +
                 " inputs, not " + std::to_string(c.num_inputs()));
  }
  std::array<Shape, 2> shapes;
  for (int i = 0; i < e.num_inputs; ++i) {
    shapes[i] = c.In(i);
    if (shapes[i].known_rank()) continue;
    if (e.in[i].ellipsis) return;
    shapes[i] = Shape::UnknownOfRank(e.in[i].named);
  }
  c.SetOut(0, Plan(e, std::span(shapes.data(), e.num_inputs)).output());
}

// --- gradient, on subscripts in which "..." is one kEllipsis

bool Has(const std::string& labels, char label) { return labels.find(label) != std::string::npos; }
std::string Short(const Subscript& s) {
  std::string labels(s.text);
  if (const size_t at = labels.find("..."); at != std::string::npos) labels.erase(at, 2);
  return labels;
}
Expr Contract(const Scope& s, const std::vector<Expr>& inputs,
              const std::vector<std::string>& subscripts, const std::string& out) {
  std::string equation;
  const auto append = [&](const std::string& labels) {
    for (const char c : labels) equation += c == kEllipsis ? "..." : std::string(1, c);
  };
  for (size_t i = 0; i < subscripts.size(); ++i) {
    if (i > 0) equation += ',';
    append(subscripts[i]);
  }
  equation += "->";
  append(out);
  return s.Add("Einsum", inputs, {{"equation", equation}});
}

// dx = dz times the other input, summed over the labels that x does not have. Labels that only x
// has were summed: their gradient is repeated, by a product with ones. A label that x has twice
// chose the diagonal: the gradient lies there.
Expr GradOf(GradContext& g, const Equation& e, int i) {
  const Scope& s = g.scope();
  const std::string out = Short(e.out);
  const std::string other = e.num_inputs == 2 ? Short(e.in[1 - i]) : "";
  std::string x = Short(e.in[i]);
  const bool broadcast = Has(out, kEllipsis);
  // Dimensions that only the other input's ellipsis has lead; SumTo removes them.
  if (broadcast && !Has(x, kEllipsis)) x.insert(x.begin(), kEllipsis);
  std::string kept;
  bool repeats = false, summed = false;
  for (const char c : x) {
    if (!Has(out, c) && !Has(other, c)) {
      summed = true;
    } else if (Has(kept, c)) {
      repeats = true;
    } else {
      kept += c;
    }
  }
  Expr dx = g.DOut(0);
  if (e.num_inputs == 2) {
    dx = Contract(s, {dx, g.In(1 - i)}, {out, other}, kept);
  } else if (out != kept) {
    dx = Contract(s, {dx}, {out}, kept);
  }
  if (summed) {
    dx = Contract(s, {dx, s.Add("OnesLike", {g.In(i)})}, {kept, Short(e.in[i])}, x);
  } else if (repeats) {
    dx = Contract(s, {dx}, {kept}, x);
  }
  return broadcast ? g.SumTo(i, dx) : dx;
}

std::vector<Grad> Gradient(GradContext& g, const Attrs& t) {
  const Equation e = Parse(t.equation);
  std::vector<Grad> grads = g.None();
  for (int i = 0; i < g.num_inputs(); ++i) {
    if (g.Needs(i)) grads[i] = GradOf(g, e, i);
  }
  return grads;
}

// --- kernel

// Some of the labels in order, and their strides in one tensor.
struct Axes {
  struct Axis {
    int64_t size, stride;
  };
  std::array<Axis, 2 * kMaxRank> at{};
  int n = 0;
  int64_t count = 1;

  void Add(int64_t size, int64_t stride) {
    at[n++] = {size, stride};
    count = CheckedMul(count, size);
  }
  void Add(const Axes& more) {
    for (int i = 0; i < more.n; ++i) Add(more.at[i].size, more.at[i].stride);
  }
  // Whether element i lies at i.
  bool Compact() const {
    int64_t stride = 1;
    for (int i = n - 1; i >= 0; --i) {
      if (at[i].size != 1 && at[i].stride != stride) return false;
      stride *= at[i].size;
    }
    return true;
  }
  int64_t Offset(int64_t i) const {
    int64_t offset = 0;
    for (int d = n - 1; d >= 0; --d) {
      offset += i % at[d].size * at[d].stride;
      i /= at[d].size;
    }
    return offset;
  }
};

// The strides in tensor `of` (2: the output) of the labels that are in exactly the given tensors.
Axes AxesIn(const Plan& plan, int of, std::array<bool, 3> in) {
  Axes axes;
  for (const Label& label : plan.labels()) {
    if (label.in == in) axes.Add(label.size, label.stride[of]);
  }
  return axes;
}

// Integers wrap on overflow.
template <typename T>
using Wrapping = typename std::conditional_t<std::is_integral_v<T>, std::make_unsigned<T>,
                                             std::type_identity<T>>::type;

// to[i] = the sum of from over `summed`, at place i of `kept`.
template <typename T>
void Sum(const Axes& kept, const Axes& summed, const T* from, T* to) {
  using Total = std::conditional_t<std::is_integral_v<T>, Wrapping<T>, double>;
  ParallelFor(kept.count, 8192 / (summed.count + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* x = from + kept.Offset(i);
      Total total = 0;
      for (int64_t j = 0; j < summed.count; ++j) total += static_cast<Total>(x[summed.Offset(j)]);
      to[i] = static_cast<T>(total);
    }
  });
}

// An input as a batch of matrices without gaps: as it lies in memory, or put together in scratch.
struct Operand {
  Axes plain, summed;
  bool transposed = false;
  bool packed = false;

  Operand() = default;
  Operand(const Axes& batch, const Axes& rows, const Axes& columns, const Axes& sums)
      : plain(batch), summed(sums) {
    plain.Add(rows);
    plain.Add(columns);
    Axes other = batch;
    other.Add(columns);
    other.Add(rows);
    if (summed.n == 0 && plain.Compact()) return;
    transposed = summed.n == 0 && other.Compact();
    packed = !transposed;
  }
};

template <typename T>
struct Matrices {
  const T* data = nullptr;
  bool transposed = false;
  Tensor memory;  // of packed ones
};

template <typename T>
Matrices<T> AsMatrices(KernelContext& k, int input, const Operand& o) {
  const Tensor& x = k.In(input);
  Matrices<T> m{x.data<T>(), o.transposed, {}};
  if (!o.packed) return m;
  m.memory = k.Scratch(x.dtype(), {o.plain.count});
  T* const packed = m.memory.template data<T>();
  m.data = packed;
  if (o.summed.n > 0) {
    Sum(o.plain, o.summed, x.data<T>(), packed);
    return m;
  }
  StridedCopy copy;
  int64_t stride = o.plain.count;
  for (int i = 0; i < o.plain.n; ++i) {
    stride /= std::max<int64_t>(o.plain.at[i].size, 1);
    copy.Add(o.plain.at[i].size, stride, o.plain.at[i].stride);
  }
  copy.Run(m.memory, 0, x, 0);
  return m;
}

// Puts elements in the order of `axes` where these say.
void Scatter(KernelContext& k, const Tensor& from, const Axes& axes, bool gaps) {
  if (gaps) ClearElements(k.Out(0));
  StridedCopy copy;
  int64_t stride = axes.count;
  for (int i = 0; i < axes.n; ++i) {
    stride /= std::max<int64_t>(axes.at[i].size, 1);
    copy.Add(axes.at[i].size, axes.at[i].stride, stride);
  }
  copy.Run(k.Out(0), 0, from, 0);
}

// What one equation does to inputs of given shapes.
struct Prepared {
  Plan plan;
  int inputs;
  DType dtype;
  // Of one input.
  Axes kept, summed;
  // Of two.
  Operand a, b;
  int64_t batch = 1, rows = 1, columns = 1, inner = 1;
  Axes out;
  // Whether the result is computed in scratch, and then put where it belongs.
  bool scattered = false;

  Prepared(const Equation& e, std::span<const Shape> shapes, DType type)
      : plan(e, shapes), inputs(static_cast<int>(shapes.size())), dtype(type) {
    inputs == 1 ? PrepareOne() : PrepareTwo();
  }
  size_t scratch_bytes() const {
    size_t bytes =
        scattered ? Aligned(CheckedBytes(inputs == 1 ? kept.count : out.count, dtype)) : 0;
    for (const Operand* o : {&a, &b}) {
      if (o->packed) bytes += Aligned(CheckedBytes(o->plain.count, dtype));
    }
    return bytes;
  }

 private:
  void PrepareOne() {
    kept = AxesIn(plan, 0, {true, false, true});
    summed = AxesIn(plan, 0, {true, false, false});
    out = AxesIn(plan, 2, {true, false, true});
    scattered = summed.n > 0 && !(out.Compact() && !plan.repeats_in_output());
  }
  void PrepareTwo() {
    constexpr std::array kBatch{true, true, true}, kRows{true, false, true},
        kColumns{false, true, true}, kInner{true, true, false};
    const Axes m = AxesIn(plan, 0, kRows), n = AxesIn(plan, 1, kColumns),
               k = AxesIn(plan, 0, kInner), all = AxesIn(plan, 0, kBatch);
    out = AxesIn(plan, 2, kBatch);
    out.Add(AxesIn(plan, 2, kRows));
    out.Add(AxesIn(plan, 2, kColumns));
    a = Operand(all, m, k, AxesIn(plan, 0, {true, false, false}));
    b = Operand(AxesIn(plan, 1, kBatch), AxesIn(plan, 1, kInner), n,
                AxesIn(plan, 1, {false, true, false}));
    batch = all.count;
    rows = m.count;
    columns = n.count;
    inner = k.count;
    scattered = !out.Compact() || plan.repeats_in_output();
  }
};

template <typename T>
void RunOne(KernelContext& k, const Prepared& p) {
  if (p.summed.n > 0 && !p.scattered)
    return Sum(p.kept, p.summed, k.In(0).data<T>(), k.Out(0).data<T>());
  if (p.summed.n > 0) {
    Tensor sums = k.Scratch(k.Out(0).dtype(), {p.kept.count});
    Sum(p.kept, p.summed, k.In(0).data<T>(), sums.data<T>());
    return Scatter(k, sums, p.out, p.plan.repeats_in_output());
  }
  if (p.plan.repeats_in_output()) ClearElements(k.Out(0));
  StridedCopy copy;
  for (int i = 0; i < p.out.n; ++i)
    copy.Add(p.out.at[i].size, p.out.at[i].stride, p.kept.at[i].stride);
  copy.Run(k.Out(0), 0, k.In(0), 0);
}

template <typename T>
void Multiply(const Matrices<T>& a, const Matrices<T>& b, int64_t batch, int64_t m, int64_t n,
              int64_t inner, T* c) {
  const double work = static_cast<double>(m) * n * inner;
  if (work == 1) {
    using U = Wrapping<T>;
    ParallelFor(batch, 32768, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        c[i] = static_cast<T>(static_cast<U>(a.data[i]) * static_cast<U>(b.data[i]));
      }
    });
    return;
  }
  // Large products are split by Gemm itself.
  const int64_t grain =
      work >= 1 << 22 ? batch : static_cast<int64_t>(65536 / std::max(work, 1.0)) + 1;
  ParallelFor(batch, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Gemm<T>(a.transposed, b.transposed, m, n, inner, a.data + i * m * inner,
              b.data + i * inner * n, c + i * m * n);
    }
  });
}

template <typename T>
void RunTwo(KernelContext& k, const Prepared& p) {
  const Matrices<T> a = AsMatrices<T>(k, 0, p.a), b = AsMatrices<T>(k, 1, p.b);
  if (!p.scattered) return Multiply(a, b, p.batch, p.rows, p.columns, p.inner, k.Out(0).data<T>());
  Tensor product = k.Scratch(k.Out(0).dtype(), {p.out.count});
  Multiply(a, b, p.batch, p.rows, p.columns, p.inner, product.data<T>());
  Scatter(k, product, p.out, p.plan.repeats_in_output());
}

Prepared Prepare(const KernelRequest& r, const Attrs& t) {
  std::array<Shape, 2> shapes;
  for (int i = 0; i < r.num_inputs(); ++i) shapes[i] = r.In(i);
  return Prepared(Parse(t.equation), std::span(shapes.data(), r.num_inputs()), r.InType(0));
}

void Kernel(KernelContext& k, const Prepared& p) {
  ForNumeric(k.Out(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    p.inputs == 1 ? RunOne<T>(k, p) : RunTwo<T>(k, p);
  });
}

}  // namespace einsum

OpDef EinsumOp() {
  using einsum::Attrs;
  return Op<Attrs>("Einsum")
      .Doc(
          "output, by `equation` as \"ij,jk->ik\": for each combination of the output's labels the "
          "sum, over the other labels, of the product of the inputs' elements; one or two inputs. "
          "A "
          "label that a subscript has twice means a diagonal; \"...\" stands for any dimensions, "
          "which are broadcast. INVALID_ARGUMENT when the shapes do not fit the equation.")
      .Input("inputs", "N*T")
      .Output("output", "T")
      .NumberAttr("N")
      .TypeAttr("T", kNumbers)
      .Attr("equation", &Attrs::equation)
      .Shape(einsum::InferShape)
      .Grad(einsum::Gradient)
      .Kernel(einsum::Prepare, einsum::Kernel)
      .Cost([](const CostContext& c, const Attrs& t) {
        const einsum::Equation e = einsum::Parse(t.equation);
        std::array<Shape, 2> shapes{c.In(0), e.num_inputs == 2 ? c.In(1) : Shape{}};
        const einsum::Plan plan(e, std::span(shapes.data(), e.num_inputs));
        double flops = 2;
        for (const einsum::Label& label : plan.labels()) flops *= static_cast<double>(label.size);
        return Flops(flops);
      });
}

}  // namespace graphrun::ops
