// graphrun_op_bench: times kernels on the shapes of the models, each prepared once as a plan does.
//   graphrun_op_bench --benchmark_filter=MatMul      (and Google Benchmark's other flags)
// OMP_NUM_THREADS says how many threads kernels use. Built by its name only: see CMakeLists.txt.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/base/denormals.h"
#include "core/base/philox.h"
#include "core/graph/meta_graph.h"
#include "core/graph/op_def.h"
#include "core/graph/op_registry.h"
#include "ops/register_all.h"

namespace graphrun {
namespace {

struct Input {
  const char* shape;
  DType dtype = DType::kFloat;
  int64_t below = 0;                   // of integers: they are in [0, below), in turn
  std::vector<int32_t> constant = {};  // a constant, of these numbers
};

struct Row {
  const char* op;
  std::vector<Input> inputs;
  AttrMap attrs = {};
};

Input Ints(const char* shape, std::vector<int32_t> values) {
  return {shape, DType::kInt32, 0, std::move(values)};
}

std::vector<Row> Rows() {
  const AttrMap plain, tb = {{"transpose_b", true}}, ta = {{"transpose_a", true}};
  std::vector<Row> rows;
  // Steps of recurrences, forward, of their inputs and of their weights; then of outputs.
  for (const auto& [x, w, y] :
       std::vector<std::array<const char*, 3>>{{"[30,400]", "[400,800]", "[30,800]"},
                                               {"[30,200]", "[200,800]", "[30,800]"},
                                               {"[128,256]", "[256,1024]", "[128,1024]"},
                                               {"[128,512]", "[512,2048]", "[128,2048]"},
                                               {"[60,128]", "[128,128]", "[60,128]"},
                                               {"[64,64]", "[64,256]", "[64,256]"},
                                               {"[600,200]", "[200,10000]", "[600,10000]"}}) {
    rows.push_back({"MatMul", {{x}, {w}}, plain});
    rows.push_back({"MatMul", {{y}, {w}}, tb});
    rows.push_back({"MatMul", {{x}, {y}}, ta});
  }
  // Gates of 30, 64 and 128 rows, and a softmax's logits.
  for (const char* gates : {"[30,200]", "[64,64]", "[128,512]", "[600,10000]"}) {
    for (const char* op : {"Sigmoid", "Tanh", "Exp", "Log", "Square"})
      rows.push_back({op, {{gates}}});
    for (const char* op : {"AddV2", "Mul", "SigmoidGrad", "TanhGrad"})
      rows.push_back({op, {{gates}, {gates}}});
    rows.push_back({"Sum", {{gates}, Ints("[1]", {0})}});
    rows.push_back({"L2Loss", {{gates}}});
    rows.push_back({"Softmax", {{gates}}});
  }
  rows.push_back({"BiasAdd", {{"[600,10000]"}, {"[10000]"}}});
  rows.push_back({"BiasAddGrad", {{"[128,2048]"}}});
  rows.push_back({"AddN", {{"[400,800]"}, {"[400,800]"}}});
  rows.push_back(
      {"SparseSoftmaxCrossEntropyWithLogits", {{"[600,10000]"}, {"[600]", DType::kInt32, 10000}}});
  rows.push_back({"GatherV2", {{"[10000,200]"}, {"[600]", DType::kInt32, 10000}, Ints("[]", {0})}});
  rows.push_back({"UnsortedSegmentSum",
                  {{"[600,200]"}, {"[600]", DType::kInt32, 10000}, Ints("[]", {10000})}});
  rows.push_back({"ConcatV2", {{"[128,256]"}, {"[128,256]"}, Ints("[]", {1})}});
  rows.push_back({"Split", {Ints("[]", {1}), {"[128,2048]"}}, {{"num_split", int64_t{4}}}});
  rows.push_back({"Transpose", {{"[30,20,200]"}, Ints("[3]", {1, 0, 2})}});
  rows.push_back({"Slice", {{"[128,2048]"}, Ints("[2]", {0, 512}), Ints("[2]", {-1, 512})}});
  return rows;
}

Tensor MakeValue(const Input& input) {
  Tensor t(input.dtype, Shape::Parse(input.shape));
  for (int64_t i = 0; i < t.num_elements(); ++i) {
    if (input.dtype == DType::kFloat) {
      t.data<float>()[i] = static_cast<float>(i * 7919 % 2003 + 1) / 2004;
    } else {
      t.data<int32_t>()[i] =
          input.constant.empty() ? static_cast<int32_t>(i * 7919 % input.below) : input.constant[i];
    }
  }
  return t;
}

std::string NameOf(const Row& row) {
  std::string name = row.op;
  for (const Input& input : row.inputs) {
    if (input.constant.empty()) name += std::string(" ") + input.shape;
  }
  for (const auto& [attr, value] : row.attrs) name += " " + attr;
  return name;
}

void Time(benchmark::State& state, const OpRegistry& ops, const Row& row) {
  const FlushDenormals flush;
  MetaGraph meta(&ops);
  Graph& g = meta.graph;
  std::vector<Output> inputs;
  std::vector<Tensor> values;
  for (const Input& input : row.inputs) {
    values.push_back(MakeValue(input));
    const Tensor& value = values.back();
    const std::string name = "input" + std::to_string(inputs.size());
    const NodeId id =
        input.constant.empty()
            ? g.AddNode("Placeholder", name, {},
                        {{"dtype", value.dtype()}, {"shape", value.shape()}})
            : g.AddNode("Const", name, {}, {{"dtype", value.dtype()}, {"value", value}});
    inputs.push_back({id, 0});
  }
  const NodeId id = g.AddNode(row.op, "op", inputs, row.attrs);
  const Node& node = g.node(id);
  std::vector<ValueType> in_types, out_types;
  std::vector<const Tensor*> known;
  std::vector<Tensor*> in, out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    in_types.push_back(g.type(inputs[i]));
    known.push_back(g.ConstValue(inputs[i]));
    in.push_back(&values[i]);
  }
  const auto pool = BufferPool::Create();
  std::vector<Tensor> outputs(g.num_outputs(id));
  std::vector<Shape> shapes;
  for (size_t k = 0; k < outputs.size(); ++k) {
    out_types.push_back(g.type({id, static_cast<int>(k)}));
    shapes.push_back(out_types[k].shape);
    if (node.op->view_of < 0 && !node.op->allocates_outputs)
      outputs[k] = Tensor(out_types[k].dtype, shapes[k], pool.get());
    out.push_back(&outputs[k]);
  }
  const std::unique_ptr<Kernel> kernel =
      node.op->prepare(KernelRequest(node, in_types, out_types, known));
  VariableStore variables;
  const KernelEnvironment env{pool.get(), &variables};
  Tensor scratch(DType::kUInt8, {static_cast<int64_t>(kernel->scratch_bytes())}, pool.get());
  KernelContext context(node, env, in, out, shapes, nullptr, nullptr,
                        std::span(static_cast<std::byte*>(scratch.raw()), scratch.bytes()));
  for (auto unused : state) {
    context.Restart(shapes);
    RunKernel(*kernel, context);
  }
  double bytes = 0;
  for (const auto* tensors : {&values, &outputs}) {
    for (const Tensor& t : *tensors) bytes += static_cast<double>(t.bytes());
  }
  const auto per_second = benchmark::Counter::kIsIterationInvariantRate;
  const Cost cost = node.op->cost ? node.op->cost(CostContext(node, in_types, out_types)) : Cost{};
  state.counters["flops"] = benchmark::Counter(cost.flops, per_second);
  state.counters["bytes"] = benchmark::Counter(bytes, per_second);
}

}  // namespace
}  // namespace graphrun

int main(int argc, char** argv) {
  const graphrun::OpRegistry ops = graphrun::AllOps();
  const std::vector<graphrun::Row> rows = graphrun::Rows();
  for (const graphrun::Row& row : rows) {
    benchmark::RegisterBenchmark(graphrun::NameOf(row).c_str(), [&ops, &row](benchmark::State& s) {
      graphrun::Time(s, ops, row);
    })->UseRealTime();
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
