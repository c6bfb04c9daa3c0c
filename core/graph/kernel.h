// Kernel: what computes the outputs of one node; prepared once, run often.
//
// Preparing sees the node, and types and values as far as they are known by then, and does all that
// does not depend on the others: strides, plans, choices. Running does the work.
#ifndef GRAPHRUN_CORE_GRAPH_KERNEL_H_
#define GRAPHRUN_CORE_GRAPH_KERNEL_H_

#include <algorithm>
#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "core/graph/op_context.h"

namespace graphrun {

// That a plan asks for a value which is not known before the run: PlannedKernel makes it when the
// node runs. Anywhere else it is a fault of ours.
class UnknownValue final : public Error {
 public:
  UnknownValue() : Error(Broken("the value of an input is not known before the run")) {}
};

// What is known of a node when its kernel is prepared: by the types and constants of a plan, or all
// of it by what is at hand when the node runs.
class KernelRequest {
 public:
  // `values` has a null pointer for each input whose value is not known.
  KernelRequest(const Node& node, std::span<const ValueType> inputs,
                std::span<const ValueType> outputs, std::span<const Tensor* const> values)
      : node_(node), inputs_(inputs), outputs_(outputs), values_(values) {}
  explicit KernelRequest(const KernelContext& context)
      : node_(context.node()), context_(&context) {}

  template <typename Attrs>
  const Attrs& attrs() const {
    return *static_cast<const Attrs*>(node_.parsed.get());
  }
  const Node& node() const { return node_; }
  int num_inputs() const {
    return context_ ? context_->num_inputs() : static_cast<int>(inputs_.size());
  }
  int num_outputs() const {
    return context_ ? context_->num_outputs() : static_cast<int>(outputs_.size());
  }
  DType InType(int i) const { return context_ ? context_->In(i).dtype() : inputs_[i].dtype; }
  // Shapes of inputs and outputs; of outputs that the kernel allocates, what is known of them.
  const Shape& In(int i) const { return context_ ? context_->In(i).shape() : inputs_[i].shape; }
  const Shape& Out(int i) const { return context_ ? context_->OutShape(i) : outputs_[i].shape; }
  // The value of input i; throws UnknownValue when there is none yet.
  const Tensor& Value(int i) const {
    if (context_) return context_->In(i);
    if (!values_[i]) throw UnknownValue();
    return *values_[i];
  }
  // Whether all shapes of inputs and outputs are known.
  bool shapes_known() const {
    const auto known = [](const ValueType& type) { return type.shape.fully_known(); };
    return context_ || (std::all_of(inputs_.begin(), inputs_.end(), known) &&
                        std::all_of(outputs_.begin(), outputs_.end(), known));
  }

 private:
  const Node& node_;
  std::span<const ValueType> inputs_, outputs_;
  std::span<const Tensor* const> values_;
  const KernelContext* context_ = nullptr;
};

// Run is re-entrant: what it changes lies in the context. It allocates nothing on the heap in a
// steady step, and fails by throwing Error.
class Kernel {
 public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;
  virtual void Run(KernelContext& context) const = 0;
  // Of scratch memory that each run takes, as far as it is known before.
  size_t scratch_bytes() const { return scratch_bytes_; }

 protected:
  void SetScratchBytes(size_t bytes) { scratch_bytes_ = bytes; }

 private:
  size_t scratch_bytes_ = 0;
};

// Of an op that needs no preparation.
template <typename Fn>
class FunctionKernel final : public Kernel {
 public:
  explicit FunctionKernel(Fn fn) : fn_(std::move(fn)) {}
  void Run(KernelContext& context) const override { fn_(context); }

 private:
  Fn fn_;
};

// A plan made from a request, and a function that carries it out: run(context, plan). The plan is
// made before the run when shapes and the values it asks for are known, and for each run otherwise.
// Its member scratch_bytes(), if it has one, says what the run asks of KernelContext::Scratch.
template <typename Make, typename RunFn>
class PlannedKernel final : public Kernel {
 public:
  using Plan = std::decay_t<std::invoke_result_t<Make, const KernelRequest&>>;

  PlannedKernel(const KernelRequest& request, Make make, RunFn run)
      : make_(std::move(make)), run_(std::move(run)) {
    if (!request.shapes_known()) return;
    try {
      plan_.emplace(make_(request));
      if constexpr (requires(const Plan& p) {
                      { p.scratch_bytes() } -> std::convertible_to<size_t>;
                    }) {
        SetScratchBytes(plan_->scratch_bytes());
      }
    } catch (const UnknownValue&) {
    } catch (const Error& e) {
      if (e.broken()) throw;
      // It is an error of the run, which may never get here.
    }
  }
  void Run(KernelContext& context) const override {
    if (plan_) {
      run_(context, *plan_);
    } else {
      run_(context, make_(KernelRequest(context)));
    }
  }

 private:
  Make make_;
  RunFn run_;
  std::optional<Plan> plan_;
};

// kernel.Run(context). RESOURCE_EXHAUSTED when it finds no memory.
void RunKernel(const Kernel& kernel, KernelContext& context);
// The same for the kernel of the context's node, prepared for this run alone.
void RunOnce(KernelContext& context);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_KERNEL_H_
