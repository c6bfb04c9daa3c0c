// OpDef: everything graphrun knows of an op, and Op<Attrs>, the builder with which ops/*.cc declare
// one.
//
//   OpDef MatMulOp() {
//     return Op<Attrs>("MatMul").Doc("Product of two matrices.")
//         .Input("a", "T").Input("b", "T").Output("product", "T").TypeAttr("T", kFloats)
//         .Attr("transpose_a", &Attrs::ta, false).Attr("transpose_b", &Attrs::tb, false)
//         .Shape(InferShape).Grad(Grad).Kernel(Kernel);
//   }
//
// Names, attributes and defaults are TensorFlow's. Attributes are declared once, as members of a
// struct that is filled when a node is made and handed to shape function, gradient and kernel.
#ifndef GRAPHRUN_CORE_GRAPH_OP_DEF_H_
#define GRAPHRUN_CORE_GRAPH_OP_DEF_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/element.h"
#include "core/graph/kernel.h"

namespace graphrun {

class BatchContext;
class GradContext;
struct Grad;
struct TileRule;

inline const std::vector<DType> kFloats = {DType::kFloat, DType::kDouble};
inline const std::vector<DType> kInts = {DType::kInt32, DType::kInt64};
inline const std::vector<DType> kNumbers = {DType::kFloat, DType::kDouble, DType::kInt32,
                                            DType::kInt64};
inline const std::vector<DType> kAnyType = {};  // no restriction

// An input or output: one tensor, N tensors of one type, or a list of tensors of given types.
struct ArgDef {
  std::string name;
  DType fixed = DType::kInvalid;  // or:
  std::string type_attr;          // the attribute that names the type
  std::string number_attr;        // repeated as often as this attribute says
  std::string type_list_attr;     // one tensor for each type of this list
};

struct AttrDef {
  std::string name;
  std::string kind;                        // as AttrKind()
  std::optional<AttrValue> default_value;  // none: required, unless inferred from the inputs
  std::vector<DType> allowed;              // of type and list(type); empty: any
  std::optional<int64_t> minimum;          // of int and of a list's length
  std::function<void(void* attrs, const AttrValue&)>
      store;  // into the attribute struct; may be empty
};

// What running a node does besides computing its outputs. A node with an effect is never merged
// with another, folded, or run where its graph would not run it.
enum class Effect {
  kNone,
  kRead,    // reads variables: OpDef::accesses
  kWrite,   // writes some (and may read some)
  kRandom,  // draws from the node's stream
  kOther,   // everything else: checks that may fail, output
};

// What an op means to those who analyse loops.
enum class Meaning {
  kOther,
  kSum,         // output 0 is the sum of all inputs
  kDifference,  // output 0 is input 0 less input 1
  kProduct,     // output 0 is input 0 times input 1
  kMinimum,     // output 0 is the lesser of two inputs
  kLess,        // input 0 against input 1
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kZeros,          // output 0 is zeros in the shape of input 0
  kMatrixProduct,  // output 0 is the product of two matrices; attributes transpose_a, transpose_b
  kJoin,           // output 0 is the inputs but the last, joined along the axis that it names
  kUnpack,         // outputs are the parts of input 0 along its dimension `axis`, an attribute
  kBox,            // output 0 is the box of input 0 from `input 1` on, with sizes `input 2`
  kGather,       // output 0 is slices of input 0 at `input 1`, along its dimension `input 2`, or 0
  kFill,         // output 0 has the shape `input 0`, and input 1 everywhere
  kListRead,     // output 0 is element `input 1` of list `input 0`
  kListWrite,    // output 0 is list `input 0` with `input 2` as element `input 1`
  kListPush,     // output 0 is list `input 0` with input 1 as a further element
  kListPop,      // output 0 is list `input 0` without its last element, which is output 1
  kListReserve,  // output 0 is a list of elements that were never set
  kListEmpty,    // output 0 is a list without elements, of at most `input 1`
  kListFromTensor,    // output 0 is a list of the rows of tensor `input 0`
  kListStack,         // output 0 is a tensor of the elements of list `input 0`
  kListLength,        // output 0 is the number of elements of list `input 0`
  kListElementShape,  // output 0 is the shape that list `input 0` asks of its elements
  kListScatter,       // output 0 is list `input 0` with the rows of tensor `input 1` at `input 2`
  kListGather,        // output 0 is a tensor of the elements `input 1` of list `input 0`
};

// Ops that the graph code and the executors interpret themselves; all others have a kernel.
enum class Structure {
  kNone,
  kConst,        // attribute "value" is the output
  kPlaceholder,  // must be fed
  kArg,          // a function's parameter
  kNoOp,
  kWhile,        // regions: the condition, the body
  kIf,           // regions: the branches for true and for false; input 0 is the predicate
  kCall,         // region: the function
  kCountedLoop,  // region: the body of a loop that only the compiler makes; see counted_node.h
  kUnavailable,  // stands for a node of a file that cannot run here; a run that needs it fails
};

// A function that a node runs: the attribute that names it, and the input that is its first
// parameter; the inputs from there on are its parameters.
struct Region {
  std::string attr;
  int first_input = 0;
  std::string types_attr;  // the list(type) attribute that follows from those inputs
  bool repeats = false;    // its results are its parameters of the next trip
  bool divides = false;    // some parameters are parts of the inputs: see counted_node.h
};

// An input that is the handle of a variable which the node reads or writes.
struct Access {
  int input = 0;
  bool write = false;
};

struct Cost {
  double flops = 0;
  double bytes = 0;
};
inline Cost Flops(double n) { return {n, 0}; }

// Of an op that adds or multiplies two operands, or undoes that: by which ops the constants of
// several such nodes, one after the other, are joined.
struct Chain {
  std::string join, inverse;  // "AddV2", "Sub"
  bool inverts = false;       // this op is an inverse
};

// A plain value: declared by Op<Attrs>, checked by OpRegistry::Add, immutable afterwards.
//
// The kernel contract: outputs are allocated by the caller with the shapes that the shape function
// gave, uninitialised; the kernel writes all elements. Ops marked AllocatesOutputs make their
// outputs with KernelContext::Allocate or SetOut. Inputs have the declared dtypes, and the shapes
// and values that the shape function accepted: unless all that it looks at is known when a run is
// planned, it is called again when the node runs. So a kernel checks only what the shape function
// does not look at (an index in range).
class OpDef {
 public:
  std::string name;
  std::string doc;
  std::vector<ArgDef> inputs;
  std::vector<ArgDef> outputs;
  std::vector<AttrDef> attrs;

  std::function<std::shared_ptr<void>()> make_attrs;  // a default attribute struct
  std::function<void(ShapeContext&)> shape;
  std::function<Shape(const PartialContext&)>
      partial;  // elements of a small int output as far as known
  std::function<std::vector<Grad>(GradContext&)> grad;
  std::string no_gradient;  // why there is none, when grad is empty
  // Set by OpRegistry::Add: TensorFlow declares so (not_differentiable.inc), and no gradient flows
  // through the op, which is no error. Of other ops without `grad` none is known, and a gradient
  // that needs it is refused.
  bool not_differentiable = false;
  std::function<std::unique_ptr<Kernel>(const KernelRequest&)> prepare;
  std::function<Cost(const CostContext&)> cost;
  // All trips of a loop at once, where the op can: the outputs of each trip, stacked; nothing when
  // it cannot for these operands. `batch_sum`: the sum over all trips of output 0. REQUIRES: static
  // shapes of one trip.
  std::function<std::vector<Output>(BatchContext&)> batch;
  std::function<Output(BatchContext&)> batch_sum;
  // The input that output 0 always equals under the given types and values (a Sum over no axes), or
  // -1.
  std::function<int(const ShapeContext&)> same_as;

  Effect effect = Effect::kNone;
  Structure structure = Structure::kNone;
  std::vector<Region> regions;   // in the order in which they first run, or of the predicate
  std::vector<Access> accesses;  // what Effect::kRead and kWrite read and write
  // Of an op that computes each element of output 0 from the elements of its inputs at the same
  // place, after broadcasting: how, by the type of the last input.
  std::vector<std::pair<DType, ElementLoop>> elements;
  bool refuses_integers = false;  // the loops of integers throw for some values
  // How a node runs tile by tile with its neighbours (tile_rule.h), where `elements` does not say
  // all. May be empty.
  std::function<TileRule(const KernelRequest&)> tiles;
  bool commutative = false;  // inputs 0 and 1 may be swapped
  Meaning meaning = Meaning::kOther;
  std::optional<Chain> chain;
  bool allocates_outputs = false;  // shapes of outputs depend on values of inputs
  bool handles = false;            // outputs are variable handles, made once for a session
  int view_of = -1;                // output 0 is this input's memory under another shape
  std::vector<std::pair<int, int>> in_place;  // (input, output): may share memory when sizes agree
  std::vector<int> retains;  // inputs that are kept beyond the call (in a list, in a variable)

  bool pure() const { return effect == Effect::kNone; }
  const AttrDef* FindAttr(std::string_view attr) const;
};

struct NoAttrs {};

template <typename Attrs = NoAttrs>
class Op {
 public:
  explicit Op(std::string name) {
    def_.name = std::move(name);
    def_.make_attrs = [] { return std::make_shared<Attrs>(); };
  }
  Op& Doc(std::string text) { return Set(def_.doc, std::move(text)); }
  // `type`: "float32", "T" (a type attribute), "N*T", or "Tin" (a list(type) attribute declared by
  // TypeListAttr).
  Op& Input(std::string name, std::string type) {
    return Arg(def_.inputs, std::move(name), std::move(type));
  }
  Op& Output(std::string name, std::string type) {
    return Arg(def_.outputs, std::move(name), std::move(type));
  }

  Op& TypeAttr(std::string name, std::vector<DType> allowed = {},
               std::optional<DType> default_value = {}) {
    std::optional<AttrValue> value;
    if (default_value) value = *default_value;
    def_.attrs.push_back({std::move(name), "type", value, std::move(allowed), {}, {}});
    return *this;
  }
  Op& TypeListAttr(std::string name, int64_t minimum = 0) {
    def_.attrs.push_back({std::move(name), "list(type)", {}, {}, minimum, {}});
    return *this;
  }
  Op& NumberAttr(std::string name, int64_t minimum = 1) {
    def_.attrs.push_back({std::move(name), "int", {}, {}, minimum, {}});
    return *this;
  }
  // An attribute stored in a member of Attrs. Without a default it is required.
  template <typename T>
  Op& Attr(std::string name, T Attrs::*member) {
    return AddAttr(std::move(name), member, std::nullopt);
  }
  template <typename T>
  Op& Attr(std::string name, T Attrs::*member, std::type_identity_t<T> default_value) {
    return AddAttr(std::move(name), member, AttrValue(Stored(default_value)));
  }
  // The same for a type attribute that the struct wants to know.
  Op& TypeAttr(std::string name, DType Attrs::*member, std::vector<DType> allowed = {},
               std::optional<DType> default_value = {}) {
    Attr(std::move(name), member);
    def_.attrs.back().allowed = std::move(allowed);
    if (default_value) def_.attrs.back().default_value = *default_value;
    return *this;
  }
  Op& Minimum(int64_t minimum) {
    return Set(def_.attrs.back().minimum, minimum);
  }  // of the last attribute

  // Functions take the context alone or the context and the attributes.
  template <typename Fn>
  Op& Shape(Fn fn) {
    return Set(def_.shape, Bind<ShapeContext&>(fn));
  }
  template <typename Fn>
  Op& Partial(Fn fn) {
    return Set(def_.partial, Bind<const PartialContext&>(fn));
  }
  template <typename Fn>
  Op& Grad(Fn fn) {
    return Set(def_.grad, Bind<GradContext&>(fn));
  }
  Op& NoGradient(std::string why) { return Set(def_.no_gradient, std::move(why)); }
  // fn(context) computes the outputs.
  template <typename Fn>
  Op& Kernel(Fn fn) {
    return Set(def_.prepare, [bound = Bind<KernelContext&>(fn)](const KernelRequest&) {
      return std::make_unique<FunctionKernel<decltype(bound)>>(bound);
    });
  }
  // plan = make(request), then run(context, plan): see PlannedKernel.
  template <typename Make, typename Run>
  Op& Kernel(Make make, Run run) {
    return Set(def_.prepare,
               [bound = Bind<const KernelRequest&>(make), run](const KernelRequest& request) {
                 return std::make_unique<PlannedKernel<decltype(bound), Run>>(request, bound, run);
               });
  }
  // fn(request) makes the kernel.
  template <typename Fn>
  Op& Prepare(Fn fn) {
    return Set(def_.prepare, Bind<const KernelRequest&>(fn));
  }
  // The loops of an element-wise op, by the type of the last input. Its kernel runs them.
  template <typename Loops>
  Op& Elements(const Loops& loops) {
    def_.elements.assign(loops.begin(), loops.end());
    return *this;
  }
  Op& RefusesIntegers() { return Set(def_.refuses_integers, true); }
  template <typename Fn>
  Op& Tiles(Fn fn) {
    return Set(def_.tiles, Bind<const KernelRequest&>(fn));
  }
  template <typename Fn>
  Op& Cost(Fn fn) {
    return Set(def_.cost, Bind<const CostContext&>(fn));
  }

  template <typename Fn>
  Op& Batch(Fn fn) {
    return Set(def_.batch, Bind<BatchContext&>(fn));
  }
  template <typename Fn>
  Op& BatchSum(Fn fn) {
    return Set(def_.batch_sum, Bind<BatchContext&>(fn));
  }
  template <typename Fn>
  Op& SameAs(Fn fn) {
    return Set(def_.same_as, Bind<const ShapeContext&>(fn));
  }

  Op& Has(Effect effect) { return Set(def_.effect, effect); }
  Op& Is(Structure structure) { return Set(def_.structure, structure); }
  Op& Runs(Region region) {
    def_.regions.push_back(std::move(region));
    return *this;
  }
  // The variables of all handles among the inputs declared so far.
  Op& Reads() { return Accesses(Effect::kRead); }
  Op& Writes() { return Accesses(Effect::kWrite); }
  Op& Commutative() { return Set(def_.commutative, true); }
  Op& Means(Meaning meaning) { return Set(def_.meaning, meaning); }
  Op& Chains(Chain chain) { return Set(def_.chain, std::move(chain)); }
  Op& AllocatesOutputs() { return Set(def_.allocates_outputs, true); }
  Op& Handles() { return Set(def_.handles, true); }
  Op& ViewOf(int input) { return Set(def_.view_of, input); }
  Op& InPlace(int input, int output = 0) {
    def_.in_place.emplace_back(input, output);
    return *this;
  }
  Op& Retains(int input) {
    def_.retains.push_back(input);
    return *this;
  }

  operator OpDef() const { return def_; }  // NOLINT: the end of the chain

 private:
  template <typename Member, typename Value>
  Op& Set(Member& member, Value&& value) {
    member = std::forward<Value>(value);
    return *this;
  }
  Op& Accesses(Effect effect) {
    def_.effect = effect;
    for (size_t i = 0; i < def_.inputs.size(); ++i) {
      if (def_.inputs[i].fixed == DType::kResource)
        def_.accesses.push_back({static_cast<int>(i), effect == Effect::kWrite});
    }
    return *this;
  }
  Op& Arg(std::vector<ArgDef>& args, std::string name, std::string type) {
    ArgDef arg{std::move(name), DType::kInvalid, {}, {}, {}};
    const size_t star = type.find('*');
    if (star != std::string::npos) {
      arg.number_attr = type.substr(0, star);
      type = type.substr(star + 1);
    }
    if (const auto dtype = ParseDType(type)) {
      arg.fixed = *dtype;
    } else {
      arg.type_attr = type;  // OpRegistry::Add tells list(type) attributes apart
    }
    args.push_back(std::move(arg));
    return *this;
  }
  static int64_t Stored(int v) { return v; }
  template <typename T>
  static const T& Stored(const T& v) {
    return v;
  }
  template <typename T>
  Op& AddAttr(std::string name, T Attrs::*member, std::optional<AttrValue> default_value) {
    using Held = std::decay_t<decltype(Stored(std::declval<const T&>()))>;
    def_.attrs.push_back({std::move(name),
                          AttrKind(AttrValue(Held{})),
                          std::move(default_value),
                          {},
                          {},
                          [member](void* attrs, const AttrValue& value) {
                            static_cast<Attrs*>(attrs)->*member =
                                static_cast<T>(std::get<Held>(value));
                          }});
    return *this;
  }
  template <typename Context, typename Fn>
  static auto Bind(Fn fn) {
    if constexpr (std::is_invocable_v<Fn, Context>) {
      return fn;
    } else {
      return [fn](Context c) { return fn(c, c.template attrs<Attrs>()); };
    }
  }

  OpDef def_;
};

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_GRAPH_OP_DEF_H_
