#include "tests/op_cases.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "core/build/ops.h"

namespace graphrun::test {
namespace {

// splitmix64: numbers that are the same with every standard library.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  double Uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(Next() >> 11) * 0x1p-53;
  }
  int64_t Below(int64_t n) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(n)); }

 private:
  uint64_t state_;
};

uint64_t Hash(const std::string& text, uint64_t seed) {
  uint64_t h = 0xCBF29CE484222325u ^ seed;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return h;
}

std::vector<double> Draw(Domain domain, int64_t n, Random random) {
  std::vector<double> v(n);
  for (double& x : v) {
    const double sign = random.Below(2) ? 1 : -1;
    switch (domain) {
      case Domain::kNormal:
        x = random.Uniform(-2, 2);
        break;
      case Domain::kPositive:
        x = random.Uniform(0.3, 3);
        break;
      case Domain::kNonZero:
        x = sign * random.Uniform(0.2, 2);
        break;
      case Domain::kUnit:
        x = random.Uniform(-0.9, 0.9);
        break;
      case Domain::kAboveOne:
        x = random.Uniform(1.2, 3);
        break;
      case Domain::kOffInteger:
        x = 0.5 * static_cast<double>(random.Below(16) - 8) + random.Uniform(0.1, 0.4);
        break;
      case Domain::kSmallInts:
        x = static_cast<double>(random.Below(19) - 9);
        break;
      case Domain::kNonZeroInts:
        x = sign * static_cast<double>(random.Below(9) + 1);
        break;
      case Domain::kBool:
        x = static_cast<double>(random.Below(2));
        break;
      case Domain::kDistinct:
        break;
    }
  }
  if (domain == Domain::kDistinct) {
    for (int64_t i = 0; i < n; ++i) v[i] = 0.5 * static_cast<double>(i + 1);
    for (int64_t i = n - 1; i > 0; --i) std::swap(v[i], v[random.Below(i + 1)]);
  }
  return v;
}

std::vector<double> NumbersOf(const Tensor& t) {
  std::vector<double> v(t.num_elements());
  for (int64_t i = 0; i < t.num_elements(); ++i) v[i] = t.number_at(i);
  return v;
}

int64_t Offset(const Shape& shape, const std::vector<int64_t>& position) {
  Check(static_cast<int>(position.size()) == shape.rank(),
        "a position has an entry for each dimension");
  int64_t offset = 0;
  for (int i = 0; i < shape.rank(); ++i) {
    Check(position[i] >= 0 && position[i] < shape[i], "a position lies within the array");
    offset = offset * shape[i] + position[i];
  }
  return offset;
}

// The element of `a` at a position of a shape that it is broadcast to.
double BroadcastAt(const Array& a, const std::vector<int64_t>& position) {
  std::vector<int64_t> own(position.end() - a.shape.rank(), position.end());
  for (int i = 0; i < a.shape.rank(); ++i) {
    if (a.shape[i] == 1) own[i] = 0;
  }
  return a.at(own);
}

template <typename Fn>
Reference EachOf(Fn fn) {
  return [fn](const Arrays& in) -> Arrays {
    Shape shape = in[0].shape;
    for (const Array& a : in) shape = Broadcast(shape, a.shape);
    Array out{shape};
    int64_t i = 0;
    for (const auto& position : Positions(shape)) out.v[i++] = fn(in, position);
    return {out};
  };
}

}  // namespace

Array::Array(Shape array_shape, std::vector<double> values)
    : shape(array_shape), v(std::move(values)) {
  Check(shape.num_elements() == size(), "an array has as many values as elements");
}
Array::Array(const char* array_shape, std::vector<double> values)
    : Array(Shape::Parse(array_shape), std::move(values)) {}
Array::Array(Shape zeros) : shape(zeros), v(zeros.num_elements()) {}
Array::Array(const Tensor& tensor) : shape(tensor.shape()), v(NumbersOf(tensor)) {}
Array Squared(Array x) {
  for (double& v : x.v) v *= v;
  return x;
}
double& Array::at(std::vector<int64_t> position) { return v[Offset(shape, position)]; }
double Array::at(std::vector<int64_t> position) const { return v[Offset(shape, position)]; }

Reference Each(std::function<double(double)> fn) {
  return EachOf([fn](const Arrays& in, const auto& p) { return fn(BroadcastAt(in[0], p)); });
}
Reference Each(std::function<double(double, double)> fn) {
  return EachOf([fn](const Arrays& in, const auto& p) {
    return fn(BroadcastAt(in[0], p), BroadcastAt(in[1], p));
  });
}
Reference Each(std::function<double(double, double, double)> fn) {
  return EachOf([fn](const Arrays& in, const auto& p) {
    return fn(BroadcastAt(in[0], p), BroadcastAt(in[1], p), BroadcastAt(in[2], p));
  });
}

std::vector<std::vector<int64_t>> Positions(const Shape& shape) {
  std::vector<std::vector<int64_t>> all;
  const int64_t n = shape.num_elements();
  for (int64_t i = 0; i < n; ++i) {
    std::vector<int64_t> position(shape.rank());
    int64_t rest = i;
    for (int d = shape.rank() - 1; d >= 0; --d) {
      position[d] = rest % shape[d];
      rest /= shape[d];
    }
    all.push_back(position);
  }
  return all;
}

OpInput Values(const char* shape, std::vector<double> values) {
  OpInput in(shape);
  in.value = Tensor::Of(values, Shape::Parse(shape));
  return in;
}
OpInput Fed(Tensor value) {
  OpInput in;
  in.shape = value.shape().ToString();
  in.dtype = value.dtype();
  in.value = std::move(value);
  return in;
}
OpInput Constant(Tensor value) {
  OpInput in = Fed(std::move(value));
  in.constant = true;
  return in;
}
OpInput Int(int32_t value) { return Constant(Tensor::Scalar(value)); }
OpInput Int32s(const char* shape, std::vector<int32_t> values) {
  return Fed(Tensor::Of(values, Shape::Parse(shape)));
}
OpInput Int64s(const char* shape, std::vector<int64_t> values) {
  return Fed(Tensor::Of(values, Shape::Parse(shape)));
}
OpInput Ints(std::vector<int32_t> values) { return Constant(Tensor::Vector(values)); }

const OpTable& AllOpCases() {
  static const OpTable* const kAll = [] {
    auto* all = new OpTable;
    for (OpTable part : {ElementwiseCases(), LinearCases(), LayoutCases(), IndexCases(),
                         ReduceCases(), LossCases(), StateCases(), TrainingCases(), RandomCases(),
                         ListCases(), ControlCases(), SummaryCases()}) {
      std::ranges::move(part.cases, std::back_inserter(all->cases));
      std::ranges::move(part.shapes, std::back_inserter(all->shapes));
      std::ranges::move(part.errors, std::back_inserter(all->errors));
    }
    // Rows of one name are told apart by numbers.
    std::map<std::string, int> seen;
    for (OpCase& c : all->cases) {
      const int count = ++seen[CaseName(c)];
      if (count > 1) c.label += (c.label.empty() ? "" : "_") + std::to_string(count);
    }
    return all;
  }();
  return *kAll;
}

std::string CaseName(const OpCase& c) { return c.label.empty() ? c.op : c.op + "_" + c.label; }

Tensor FromNumbers(DType dtype, const Shape& shape, const std::vector<double>& numbers) {
  Tensor t(dtype, shape);
  const auto fill = [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < numbers.size(); ++i) t.data<T>()[i] = static_cast<T>(numbers[i]);
  };
  if (dtype == DType::kUInt8) {
    fill(uint8_t{});
  } else if (dtype == DType::kInt8) {
    fill(int8_t{});
  } else {
    ForNumericOrBool(dtype, fill);
  }
  return t;
}

std::vector<Tensor> MakeInputs(const OpCase& c, DType type, uint64_t seed) {
  std::vector<Tensor> out;
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const OpInput& in = c.inputs[i];
    if (in.dtype != DType::kInvalid && !in.value.empty()) {
      out.push_back(in.value);
      continue;
    }
    const Shape shape = Shape::Parse(in.shape);
    const DType dtype = in.dtype == DType::kInvalid ? type : in.dtype;
    const Random random(Hash(CaseName(c), seed * 100 + i));
    out.push_back(FromNumbers(
        dtype, shape,
        in.value.empty() ? Draw(in.domain, shape.num_elements(), random) : NumbersOf(in.value)));
  }
  return out;
}

std::vector<Expr> MakeInputNodes(const Scope& scope, const OpCase& c,
                                 const std::vector<Tensor>& values, bool unknown) {
  std::vector<Expr> nodes;
  for (size_t i = 0; i < values.size(); ++i) {
    const Scope s = scope.WithName("in" + std::to_string(i));
    nodes.push_back(c.inputs[i].constant
                        ? s.Const(values[i])
                        : op::Placeholder(s, values[i].dtype(),
                                          unknown ? Shape::Unknown() : values[i].shape()));
  }
  return nodes;
}

std::vector<Expr> BuildCase(const Scope& scope, const OpCase& c, const std::vector<Expr>& inputs) {
  return c.build ? c.build(scope, inputs) : scope.AddMulti(c.op, inputs, c.attrs);
}

}  // namespace graphrun::test
