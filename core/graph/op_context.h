// What the functions of an op receive: ShapeContext, PartialContext, KernelContext, CostContext.
// (GradContext is in gradients.h.)
#ifndef GRAPHRUN_CORE_GRAPH_OP_CONTEXT_H_
#define GRAPHRUN_CORE_GRAPH_OP_CONTEXT_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/philox.h"
#include "core/base/tensor.h"
#include "core/base/variable.h"
#include "core/graph/graph.h"

namespace graphrun {

// The type of a value at run time.
ValueType TypeOf(const Tensor& value);

// Infers output types. Output dtypes are set from the signature before the shape function runs;
// shapes start unknown.
class ShapeContext {
 public:
  // Values of inputs as far as they are known before the run; either function may be empty.
  struct Values {
    std::function<const Tensor*(int input)> tensor;  // nullptr: unknown
    std::function<std::optional<Shape>(int input)>
        partial;  // elements of a small int vector or scalar
  };
  ShapeContext(const Node& node, const FunctionLibrary& library, std::span<const ValueType> inputs,
               std::span<ValueType> outputs, const Values& values)
      : node_(node), library_(library), inputs_(inputs), outputs_(outputs), values_(values) {}

  template <typename Attrs>
  const Attrs& attrs() const {
    return *static_cast<const Attrs*>(node_.parsed.get());
  }
  const Node& node() const { return node_; }
  const FunctionLibrary& library() const { return library_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const ValueType& Type(int i) const { return inputs_[i]; }
  const Shape& In(int i) const { return inputs_[i].shape; }

  // The input's shape when it has this rank or may have it (then of unknown dimensions);
  // INVALID_ARGUMENT otherwise.
  Shape WithRank(int i, int rank) const;
  Shape WithRankAtLeast(int i, int rank) const;
  // Both dimensions as one; INVALID_ARGUMENT naming `what` when they differ.
  int64_t MergeDim(int64_t a, int64_t b, const char* what) const;
  Shape MergeShapes(const Shape& a, const Shape& b, const char* what) const;

  // The value of input i, or nullptr when it is not known yet.
  const Tensor* Value(int i) const {
    const Tensor* value = values_.tensor ? values_.tensor(i) : nullptr;
    missed_value_ = missed_value_ || value == nullptr;
    return value;
  }
  // Whether a value was asked for that is not known: what was inferred and checked holds only as
  // far as one can see without it.
  bool missed_value() const { return missed_value_; }
  // Element `at` of the int tensor i, when known.
  std::optional<int64_t> IntValue(int i, int64_t at = 0) const;
  // The shape that the int vector i spells, with -1 and unknown elements as unknown dimensions.
  Shape ValueAsShape(int i) const;
  // The same where -1 stands for nothing: INVALID_ARGUMENT for an element that is known and
  // negative.
  Shape ValueAsSizes(int i) const;

  ValueType& Out(int i) { return outputs_[i]; }
  void SetOut(int i, const Shape& shape) { outputs_[i].shape = shape; }
  // What handle i leads to.
  void SetOutElement(int i, DType dtype, const Shape& shape) {
    outputs_[i].element_dtype = dtype;
    outputs_[i].element_shape = shape;
  }

 private:
  const Node& node_;
  const FunctionLibrary& library_;
  std::span<const ValueType> inputs_;
  std::span<ValueType> outputs_;
  const Values& values_;
  mutable bool missed_value_ = false;
};

// For ops that compute shapes from shapes: elements of output 0 as far as they are known. An int
// vector of n elements is a Shape of rank n with unknown elements -1, a scalar a Shape of rank 1.
// Unknown rank: nothing is known.
class PartialContext {
 public:
  PartialContext(const Node& node, std::span<const ValueType> inputs,
                 std::function<Shape(int)> value, std::function<const Tensor*(int)> constant = {})
      : node_(node), inputs_(inputs), value_(std::move(value)), constant_(std::move(constant)) {}
  template <typename Attrs>
  const Attrs& attrs() const {
    return *static_cast<const Attrs*>(node_.parsed.get());
  }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  const Shape& In(int i) const { return inputs_[i].shape; }
  const ValueType& Type(int i) const { return inputs_[i]; }
  Shape Value(int i) const { return value_(i); }
  // The value of input i when it is a constant, nullptr otherwise: for positions, which may be
  // negative.
  const Tensor* Constant(int i) const { return constant_ ? constant_(i) : nullptr; }

 private:
  const Node& node_;
  std::span<const ValueType> inputs_;
  std::function<Shape(int)> value_;
  std::function<const Tensor*(int)> constant_;
};

// What kernels share in one session.
struct KernelEnvironment {
  BufferPool* pool = nullptr;
  VariableStore* variables = nullptr;
};

// One execution of one node. The executors own the tensors; `last_use[i]` says that input i is not
// needed after this node, so that Take may move it.
class KernelContext {
 public:
  KernelContext(const Node& node, const KernelEnvironment& env, std::span<Tensor* const> inputs,
                std::span<Tensor* const> outputs, std::span<const Shape> out_shapes,
                const uint8_t* last_use, RandomStream* stream, std::span<std::byte> scratch = {})
      : node_(node),
        env_(env),
        inputs_(inputs),
        outputs_(outputs),
        out_shapes_(out_shapes),
        last_use_(last_use),
        stream_(stream),
        scratch_(scratch) {}

  template <typename Attrs>
  const Attrs& attrs() const {
    return *static_cast<const Attrs*>(node_.parsed.get());
  }
  const Node& node() const { return node_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Tensor& In(int i) const { return *inputs_[i]; }
  Tensor& Out(int i) { return *outputs_[i]; }
  template <typename T>
  std::span<const T> In(int i) const {
    return inputs_[i]->template span<T>();
  }
  template <typename T>
  std::span<T> Out(int i) {
    return outputs_[i]->template span<T>();
  }

  // The shape that the shape function gave output i (partial for ops marked AllocatesOutputs).
  const Shape& OutShape(int i) const { return out_shapes_[i]; }
  // For ops marked AllocatesOutputs: output i with this shape and the declared dtype,
  // uninitialised.
  Tensor& Allocate(int i, DType dtype, const Shape& shape);
  // Hands over a finished output: a handle, a list, a tensor. INTERNAL when it is a view of memory
  // that somebody else keeps: only output 0 of an op that declares ViewOf may show an input's.
  void SetOut(int i, Tensor value);
  // Input i, moved when this is its last use, otherwise shared.
  Tensor Take(int i) {
    return last_use_ && last_use_[i] && inputs_[i]->owning() ? std::move(*inputs_[i]) : *inputs_[i];
  }
  // Input i with memory of its own, to be kept beyond the call.
  Tensor Retain(int i) { return Take(i).Own(env_.pool); }
  // Memory for this call: of what the kernel asked for when it was prepared, else from the pool.
  Tensor Scratch(DType dtype, const Shape& shape);
  // Before each run of a context that is kept.
  void Restart(std::span<const Shape> out_shapes) {
    out_shapes_ = out_shapes;
    scratch_used_ = 0;
  }

  BufferPool* pool() const { return env_.pool; }
  VariableStore& variables() const { return *env_.variables; }
  // The variable of handle input i.
  VariableState& VariableAt(int i) const;
  // The random stream of this node in this session. Only for ops with Effect::kRandom.
  RandomStream& stream() const { return *stream_; }

 private:
  const Node& node_;
  const KernelEnvironment& env_;
  std::span<Tensor* const> inputs_;
  std::span<Tensor* const> outputs_;
  std::span<const Shape> out_shapes_;
  const uint8_t* last_use_;
  RandomStream* stream_;
  std::span<std::byte> scratch_;
  size_t scratch_used_ = 0;
};

class CostContext {
 public:
  CostContext(const Node& node, std::span<const ValueType> inputs,
              std::span<const ValueType> outputs)
      : node_(node), inputs_(inputs), outputs_(outputs) {}
  template <typename Attrs>
  const Attrs& attrs() const {
    return *static_cast<const Attrs*>(node_.parsed.get());
  }
  const Shape& In(int i) const { return inputs_[i].shape; }
  const Shape& Out(int i) const { return outputs_[i].shape; }

 private:
  const Node& node_;
  std::span<const ValueType> inputs_;
  std::span<const ValueType> outputs_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_OP_CONTEXT_H_
