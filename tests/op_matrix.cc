#include "tests/op_matrix.h"

#include <algorithm>
#include <limits>
#include <set>

#include "core/graph/node_signature.h"
#include "core/graph/op_def.h"
#include "core/import/graph_proto.h"
#include "tests/test_graph.h"

namespace graphrun::test {
namespace {

constexpr int64_t kMaxElements = 2000;  // of all inputs together; larger rows are left out

std::string InputName(size_t i) { return "in" + std::to_string(i); }

pb::NodeDef* FindNode(pb::GraphDef* graph, const std::string& name) {
  for (pb::NodeDef& node : *graph->mutable_node()) {
    if (node.name() == name) return &node;
  }
  return nullptr;
}

// `t`'s elements again and again, in another shape.
Tensor Resized(const Tensor& t, const Shape& shape) {
  Tensor out = Tensor::Zeros(t.dtype(), shape);
  const int64_t n = t.num_elements();
  if (n == 0) return out;
  for (int64_t i = 0; i < out.num_elements(); ++i) {
    if (t.dtype() == DType::kString) {
      out.data<std::string>()[i] = t.data<std::string>()[i % n];
    } else {
      const size_t size = DTypeSize(t.dtype());
      std::memcpy(static_cast<char*>(out.raw()) + i * size,
                  static_cast<const char*>(t.raw()) + i % n * size, size);
    }
  }
  return out;
}

// The same numbers in another type; zeros and empty strings between numbers and strings.
Tensor Converted(const Tensor& t, DType dtype) {
  if (dtype == DType::kString || t.dtype() == DType::kString)
    return Tensor::Zeros(dtype, t.shape());
  std::vector<double> numbers;
  for (int64_t i = 0; i < t.num_elements(); ++i) numbers.push_back(t.number_at(i));
  return FromNumbers(dtype, t.shape(), numbers);
}

// Another value for one element, or for all where `at` is negative.
template <typename T>
Tensor With(const Tensor& t, int64_t at, T value) {
  Tensor out = t.Copy();
  auto elements = out.span<T>();
  if (at < 0) {
    std::ranges::fill(elements, value);
  } else {
    elements[at] = value;
  }
  return out;
}

class ChangesOf {
 public:
  explicit ChangesOf(const MatrixBase& base) : base_(base) {}

  std::vector<Change> All() {
    all_.push_back({"", -1, base_.inputs});
    if (!base_.changed) return std::move(all_);
    for (int i = 0; i < static_cast<int>(base_.inputs.size()); ++i) {
      Shapes(i);
      Types(i);
      Values(i);
    }
    Attributes();
    return std::move(all_);
  }

 private:
  void Add(int i, const std::string& what, Tensor value) {
    const Tensor& before = base_.inputs[i];
    const bool same = value.dtype() == before.dtype() && value.shape() == before.shape();
    Change change{InputName(i) + what, same ? i : -1, base_.inputs};
    change.of_type = value.dtype() != before.dtype();
    change.inputs[i] = std::move(value);
    all_.push_back(std::move(change));
  }

  void Shapes(int i) {
    const Tensor& t = base_.inputs[i];
    const Shape& s = t.shape();
    std::vector<Shape> shapes = {Concatenate(s, {2}), Concatenate({1}, s)};
    if (s.rank() > 0) {
      shapes.push_back(s.From(1));
      if (s.rank() > 1) shapes.push_back({});
      for (const int at : std::set<int>{0, s.rank() - 1}) {
        for (const int64_t dim : {int64_t{0}, s[at] - 1, s[at] + 1}) {
          Shape other = s;
          other.Set(at, dim);
          if (dim >= 0) shapes.push_back(other);
        }
      }
    }
    std::set<std::string> seen = {s.ToString()};
    for (const Shape& shape : shapes) {
      if (seen.insert(shape.ToString()).second) {
        Add(i, " " + shape.ToString(), Resized(t, shape));
      }
    }
  }

  void Types(int i) {
    const Tensor& t = base_.inputs[i];
    const DType other = IsFloating(t.dtype()) ? DType::kInt32 : DType::kFloat;
    Add(i, " of type " + std::string(DTypeName(other)), Converted(t, other));
  }

  void Values(int i) {
    const Tensor& t = base_.inputs[i];
    if (t.num_elements() == 0) return;
    if (t.dtype() == DType::kFloat) Elements<float>(i, NotFinite<float>());
    if (t.dtype() == DType::kDouble) Elements<double>(i, NotFinite<double>());
    if (t.dtype() == DType::kInt32) Elements<int32_t>(i, Integers<int32_t>());
    if (t.dtype() == DType::kInt64) Elements<int64_t>(i, Integers<int64_t>());
  }

  template <typename T>
  std::vector<T> NotFinite() const {
    using Limits = std::numeric_limits<T>;
    return {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), 0};
  }

  // Besides the ends: -1, and the sizes of all dimensions, which are where indices end.
  template <typename T>
  std::vector<T> Integers() const {
    std::set<T> values = {-1, 0, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    if (sizeof(T) == 8)
      values.insert({static_cast<T>(int64_t{1} << 31), static_cast<T>(int64_t{1} << 61)});
    for (const Tensor& t : base_.inputs) {
      for (const int64_t dim : t.shape().dims()) values.insert(static_cast<T>(dim));
    }
    return {values.begin(), values.end()};
  }

  template <typename T>
  void Elements(int i, const std::vector<T>& values) {
    const Tensor& t = base_.inputs[i];
    const int64_t last = t.num_elements() - 1;
    const auto text = [](T v) {
      return v == std::numeric_limits<T>::max()      ? std::string("max")
             : v == std::numeric_limits<T>::lowest() ? std::string("min")
                                                     : std::to_string(v);
    };
    for (const T v : values) {
      Add(i, "[0] = " + text(v), With<T>(t, 0, v));
      if (last == 0) continue;
      const bool size = v > 0 && v < 1000;
      Add(i, (size ? "[last] = " : "[all] = ") + text(v), With<T>(t, size ? last : -1, v));
    }
  }

  // Integers and lists of them in the op's own nodes, and the types of its inputs.
  void Attributes() {
    const OpDef& op = TestOps().Get(base_.op);
    for (const AttrDef& attr : op.attrs) {
      const bool counts = std::ranges::any_of(
          op.inputs, [&](const ArgDef& arg) { return arg.number_attr == attr.name; });
      if (counts || attr.name == "seed" || attr.name == "seed2") continue;
      if (attr.kind == "int" || attr.kind == "list(int)") IntAttribute(attr);
      if (attr.kind == "type") TypeAttribute(op, attr.name);
    }
  }

  void IntAttribute(const AttrDef& attr) {
    for (const int64_t v :
         {int64_t{-1}, int64_t{0}, int64_t{3}, int64_t{100},
          int64_t{std::numeric_limits<int32_t>::max()},
          int64_t{std::numeric_limits<int32_t>::min()}, std::numeric_limits<int64_t>::max(),
          std::numeric_limits<int64_t>::min()}) {
      const bool list = attr.kind != "int";
      all_.push_back({attr.name + (list ? "[0] = " : " = ") + std::to_string(v), -1, base_.inputs,
                      [op = base_.op, name = attr.name, v, list](pb::GraphDef* graph) {
                        for (pb::NodeDef& node : *graph->mutable_node()) {
                          if (node.op() != op) continue;
                          pb::AttrValue& value = (*node.mutable_attr())[name];
                          if (!list) {
                            value.set_i(v);
                          } else if (value.list().i_size() > 0) {
                            value.mutable_list()->set_i(0, v);
                          } else {
                            value.mutable_list()->add_i(v);
                          }
                        }
                      }});
    }
  }

  // All inputs whose type an attribute names, in another type.
  void TypeAttribute(const OpDef& op, const std::string& attr) {
    pb::GraphDef graph = base_.graph;
    for (const pb::NodeDef& node : graph.node()) {
      if (node.op() != base_.op || !node.attr().contains(attr)) continue;
      const DType now = static_cast<DType>(node.attr().at(attr).type());
      for (const DType other : {DType::kFloat, DType::kInt32, DType::kBool, DType::kString}) {
        if (other == now) continue;
        Change change{attr + " = " + std::string(DTypeName(other)), -1, base_.inputs};
        change.of_type = true;
        int at = 0;
        for (const ArgDef& arg : op.inputs) {
          const auto count = arg.number_attr.empty() ? 1 : node.attr().at(arg.number_attr).i();
          for (int64_t k = 0; k < count && at < node.input_size(); ++k, ++at) {
            if (arg.type_attr != attr) continue;
            for (size_t i = 0; i < base_.inputs.size(); ++i) {
              if (node.input(at) == InputName(i)) {
                change.inputs[i] = Converted(base_.inputs[i], other);
              }
            }
          }
        }
        change.edit = [name = node.name(), attr, other](pb::GraphDef* g) {
          (*FindNode(g, name)->mutable_attr())[attr].set_type(static_cast<pb::DataType>(other));
        };
        all_.push_back(std::move(change));
      }
      return;
    }
  }

  const MatrixBase& base_;
  std::vector<Change> all_;
};

// Makes `node` a Const of this value, or a Placeholder for it.
void SetInput(const Tensor& value, bool constant, bool known_shape, pb::NodeDef* node) {
  node->clear_attr();
  node->set_op(constant ? "Const" : "Placeholder");
  auto& attrs = *node->mutable_attr();
  attrs["dtype"].set_type(static_cast<pb::DataType>(value.dtype()));
  if (constant) {
    TensorToProto(value, attrs["value"].mutable_tensor());
  } else {
    ShapeToProto(known_shape ? value.shape() : Shape::Unknown(), attrs["shape"].mutable_shape());
  }
}

// A variable has the shape of what it is first assigned, as far as the graph knows it.
void FitVariables(const Change& change, Given given, pb::GraphDef* graph) {
  for (const pb::NodeDef& assign : graph->node()) {
    if (assign.op() != "AssignVariableOp") continue;
    for (size_t i = 0; i < change.inputs.size(); ++i) {
      pb::NodeDef* handle = FindNode(graph, assign.input(0));
      if (assign.input(1) != InputName(i) || handle->op() != "VarHandleOp") continue;
      pb::TensorShapeProto* shape = (*handle->mutable_attr())["shape"].mutable_shape();
      shape->Clear();
      ShapeToProto(given == Given::kUnknown ? Shape::Unknown() : change.inputs[i].shape(), shape);
    }
  }
}

MatrixBase MakeBase(const OpCase& c) {
  MatrixBase base{.name = CaseName(c), .op = c.op};
  base.inputs = MakeInputs(c, c.types[0]);
  TestGraph graph;
  const std::vector<Expr> nodes = MakeInputNodes(graph.root, c, base.inputs, /*unknown=*/false);
  for (const Expr& out : BuildCase(graph.root, c, nodes)) {
    base.fetches.push_back(DTypeSize(out.dtype()) > 0 || out.dtype() == DType::kString
                               ? out.name()
                               : graph.meta.graph.node(out.node()).name);
  }
  GraphToProto(graph.meta.graph, &base.graph);
  // Without seeds of their own random ops would draw other numbers in every run of TensorFlow.
  for (pb::NodeDef& node : *base.graph.mutable_node()) {
    for (const char* seed : {"seed", "seed2"}) {
      const auto it = node.mutable_attr()->find(seed);
      if (it != node.mutable_attr()->end()) it->second.set_i(87654321);
    }
  }
  return base;
}

constexpr int kRowsOfAnOp = 6, kRowsOfEqualAttributes = 2;

}  // namespace

std::vector<MatrixBase> Bases(const std::string& op) {
  std::vector<MatrixBase> bases;
  std::map<std::string, int> seen;
  int changed = 0;
  for (const OpCase& c : AllOpCases().cases) {
    if (c.op != op) continue;
    MatrixBase base = MakeBase(c);
    std::string attributes;
    for (const auto& [name, value] : c.attrs) attributes += name + AttrToString(value);
    int64_t elements = 0;
    for (const Tensor& t : base.inputs) elements += t.num_elements();
    if (elements > kMaxElements) continue;
    base.changed = changed < kRowsOfAnOp && ++seen[attributes] <= kRowsOfEqualAttributes;
    changed += base.changed;
    bases.push_back(std::move(base));
  }
  return bases;
}

std::vector<Given> WaysToGive(const Change& change) {
  if (change.edit) return {Given::kFed};
  return {Given::kFed, Given::kUnknown, Given::kConstant};
}

std::string Name(Given given) {
  return given == Given::kFed ? "fed" : given == Given::kUnknown ? "of unknown shape" : "constant";
}

std::string RecordedName(const MatrixBase& base) {
  uint32_t hash = 2166136261;
  const auto add = [&](const std::string& text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  };
  for (const Change& change : Changes(base)) add(change.name);
  for (const Tensor& t : base.inputs) add(Digest(t));
  for (const pb::NodeDef& node : base.graph.node()) add(node.name() + node.op());
  return base.name + " " + std::to_string(hash);
}

std::vector<Change> Changes(const MatrixBase& base) { return ChangesOf(base).All(); }

Question Ask(const MatrixBase& base, const Change& change, Given given) {
  Question question{base.graph, {}, base.fetches};
  for (size_t i = 0; i < change.inputs.size(); ++i) {
    const bool constant =
        given == Given::kConstant && (change.input < 0 || change.input == static_cast<int>(i));
    pb::NodeDef* node = FindNode(&question.graph, InputName(i));
    if (node == nullptr) continue;  // the row does not use it
    SetInput(change.inputs[i], constant, given != Given::kUnknown, node);
    if (!constant) question.feeds.push_back({InputName(i) + ":0", change.inputs[i]});
  }
  if (change.edit) change.edit(&question.graph);
  FitVariables(change, given, &question.graph);
  return question;
}

}  // namespace graphrun::test
