#include "core/compile/fused_builder.h"

#include <algorithm>
#include <compare>
#include <cstring>
#include <map>
#include <set>

#include "core/base/parallel.h"
#include "core/compile/fused_layout.h"
#include "core/compile/fused_limits.h"
#include "core/graph/graph_algo.h"
#include "core/graph/op_def.h"

namespace graphrun {
namespace {

constexpr int64_t kCopyGrain = 32768;  // elements that are worth a thread of their own

template <typename T>
void CopyBlocks(int64_t blocks, const void* const* in, const int64_t* step, void* out) {
  const T* from = static_cast<const T*>(in[0]);
  if (step[0] != 0) {
    std::memmove(out, from, blocks * kBlock * sizeof(T));
    return;
  }
  for (int64_t b = 0; b < blocks; ++b) std::copy_n(from, kBlock, static_cast<T*>(out) + b * kBlock);
}
ElementLoop CopyLoop(int size) {
  ElementLoop loop{.in_size = {size}, .out_size = size, .grain = kCopyGrain};
  loop.run = size == 1   ? CopyBlocks<uint8_t>
             : size == 2 ? CopyBlocks<uint16_t>
             : size == 4 ? CopyBlocks<uint32_t>
                         : CopyBlocks<uint64_t>;
  return loop;
}

class Builder {
 public:
  explicit Builder(const Function& f) : f_(f), g_(f.graph), order_(TopologicalOrder(g_)) {}

  std::optional<FusedProgram> Build() {
    if (!FindDomain() || !FindNeeded()) return std::nullopt;
    for (NodeId id : order_) {
      if (Computes(id) && !Compute(id)) return std::nullopt;
    }
    for (const ResultPiece& piece : pieces_) FillResult(piece);
    if (!LayOut(&program_, work_)) return std::nullopt;
    FindInPlace();
    return std::move(program_);
  }

 private:
  // Columns [begin, begin + program_.columns) of a value.
  struct Piece {
    Output value;
    int64_t begin = 0;
    auto operator<=>(const Piece&) const = default;
  };
  struct ResultPiece {
    int result;
    int64_t begin;
    Piece source;
  };

  bool FindDomain() {
    rules_.resize(g_.num_ids());
    memory_.assign(g_.num_ids(), -1);
    program_.inputs = static_cast<int>(f_.args.size());
    program_.results = static_cast<int>(f_.results.size());
    for (int i = 0; i < program_.inputs; ++i) memory_[f_.args[i]] = i;
    std::optional<TileDomain> all;
    for (NodeId id : order_) {
      if (const Tensor* value = g_.ConstValue({id, 0})) {
        memory_[id] = program_.inputs + static_cast<int>(program_.constants.size());
        program_.constants.push_back(value->Own(nullptr));
      }
      if (memory_[id] >= 0) continue;
      const KnownTypes types(g_, id);
      rules_[id] = TileRuleOf(types.Request());
      if (!rules_[id].any()) return false;
      const std::optional<TileDomain> one = DomainOf(rules_[id], types);
      if (one) all = all ? Join(*all, *one) : one;
      if (!one || !all) return false;
    }
    if (!all || program_.first_result() + program_.results > kMostMemories) return false;
    flat_ = all->flat;
    program_.whole_rows = all->whole_rows;
    program_.rows = flat_ ? 1 : all->rows;
    program_.columns = flat_ ? all->rows * all->columns : all->columns;
    return true;
  }
  // Whether the node makes values, rather than show those of others.
  bool Computes(NodeId id) const { return memory_[id] < 0 && rules_[id].columns.empty(); }
  // Whether the value has one element for each row.
  bool OneARow(Output o) const {
    return memory_[o.node] < 0 && rules_[o.node].rows != nullptr &&
           g_.shape(o).num_elements() == program_.rows;
  }
  int64_t Width(Output o) const { return flat_ ? program_.columns : Columns(g_.shape(o)); }

  // What a piece is before columns were taken apart or joined.
  std::optional<Piece> Source(Piece piece) const {
    while (memory_[piece.value.node] < 0 && !Computes(piece.value.node)) {
      const auto& runs = rules_[piece.value.node].columns[piece.value.index];
      int64_t at = piece.begin;
      auto run = runs.begin();
      while (run != runs.end() && at >= run->count) at -= (run++)->count;
      if (run == runs.end() || at + program_.columns > run->count) return std::nullopt;
      piece = {g_.node(piece.value.node).inputs[run->input], run->begin + at};
    }
    return piece;
  }

  bool FindNeeded() {
    for (int k = 0; k < program_.results; ++k) {
      const int64_t width = OneARow(f_.results[k]) ? 1 : Width(f_.results[k]);
      for (int64_t begin = 0; begin < width; begin += program_.columns) {
        const auto source = Source({f_.results[k], begin});
        if (!source) return false;
        pieces_.push_back({k, begin, *source});
        Need(*source);
        homes_.try_emplace(*source, std::pair(k, begin));
      }
    }
    for (auto it = order_.rbegin(); it != order_.rend(); ++it) {
      if (!Computes(*it)) continue;
      for (int input : WholeInputs(*it)) {
        for (int64_t begin : needed_[*it]) {
          const auto source = Source({g_.node(*it).inputs[input], begin});
          if (!source) return false;
          Need(*source);
        }
      }
    }
    return true;
  }
  // The inputs that have as many rows and columns as what the node computes of them.
  std::vector<int> WholeInputs(NodeId id) const {
    const TileRule& rule = rules_[id];
    if (rule.sum != nullptr) return {0};
    std::vector<int> inputs;
    for (const TileOperand& operand : rule.operands) {
      if (HasAll(id, operand)) inputs.push_back(operand.input);
    }
    const auto& all = g_.node(id).inputs;
    for (int i = 0; rule.rows != nullptr && i < static_cast<int>(all.size()); ++i) {
      if (IsWhole(id, all[i])) inputs.push_back(i);
    }
    return inputs;
  }
  bool IsWhole(NodeId id, Output o) const {
    return g_.shape(o).num_elements() == g_.shape(g_.node(id).inputs[0]).num_elements();
  }
  void Need(const Piece& piece) {
    if (memory_[piece.value.node] < 0) needed_[piece.value.node].insert(piece.begin);
  }
  bool HasAll(NodeId id, const TileOperand& operand) const {
    return operand.shape.num_elements() == g_.shape({id, 0}).num_elements();
  }

  // Computes the needed pieces of a node's output.
  bool Compute(NodeId id) {
    if (rules_[id].rows != nullptr) return ComputeRows(id);
    if (rules_[id].sum != nullptr) return ComputeSum(id);
    const TileRule& rule = rules_[id];
    const int of_loop = static_cast<int>(std::count_if(
        rule.loop.in_size.begin(), rule.loop.in_size.end(), [](int size) { return size > 0; }));
    const int n = static_cast<int>(rule.operands.size());
    if (of_loop > n || (of_loop < n && of_loop != 2)) return false;
    for (int64_t begin : needed_[id]) {
      std::vector<TileArg> args;
      for (int k = 0; k < n; ++k) {
        const auto arg =
            Operand(id, rule.operands[k], begin, rule.loop.in_size[std::min(k, of_loop - 1)]);
        if (!arg) return false;
        args.push_back(*arg);
      }
      const Piece piece{{id, 0}, begin};
      TileArg sum;
      for (int k = of_loop; k <= n; ++k) {
        const TileArg out =
            k == n ? PlaceOf(piece, rule.loop.out_size) : NewRegister(rule.loop.out_size);
        if (k == of_loop) {
          Add(rule.loop, {args.begin(), args.begin() + of_loop}, out);
        } else {
          Add(rule.loop, {sum, args[k - 1]}, out);
        }
        sum = out;
      }
      at_[piece] = sum;
    }
    return true;
  }

  // Where a piece is computed: in a result that it is part of, else in a register.
  TileArg PlaceOf(const Piece& piece, int size) {
    const auto home = homes_.find(piece);
    return home != homes_.end() ? ResultArg(home->second.first, home->second.second)
                                : NewRegister(size);
  }

  bool ComputeRows(NodeId id) {
    const auto& inputs = g_.node(id).inputs;
    const int outputs = g_.num_outputs(id);
    if (inputs.size() > kMaxOperands || outputs > kMaxOperands) return false;
    TileStep step{.rows = rules_[id].rows,
                  .operands = static_cast<int>(inputs.size()),
                  .outputs = outputs,
                  .in = {},
                  .out = {},
                  .node = static_cast<int>(program_.names.size()),
                  .in_place = rules_[id].rows_in_place};
    program_.names.push_back("'" + g_.node(id).name + "' (" + g_.node(id).op->name + ")");
    for (size_t i = 0; i < inputs.size(); ++i) {
      const int size = static_cast<int>(DTypeSize(g_.dtype(inputs[i])));
      const auto source = Source({inputs[i], 0});
      if (!source) return false;
      if (IsWhole(id, inputs[i])) {
        step.in[i] = At(*source, size);
      } else if (memory_[inputs[i].node] < 0) {
        return false;
      } else {
        step.in[i] = MemoryArg(memory_[inputs[i].node], 1, 0, size);
        step.in[i].map.columns = false;
      }
    }
    for (int k = 0; k < outputs; ++k) {
      const Piece piece{{id, k}, 0};
      step.out[k] = at_[piece] = PlaceOf(piece, static_cast<int>(DTypeSize(g_.dtype(piece.value))));
    }
    program_.steps.push_back(step);
    work_ += 1.0 / static_cast<double>(rules_[id].rows_grain);
    return true;
  }

  // Adds the rows of a block up in one of the partial sums.
  bool ComputeSum(NodeId id) {
    const int size = static_cast<int>(DTypeSize(g_.dtype({id, 0})));
    const auto result = std::find(f_.results.begin(), f_.results.end(), Output{id, 0});
    if (result == f_.results.end()) return false;
    const int64_t width = Columns(g_.shape(g_.node(id).inputs[0]));
    const int64_t whole = (program_.columns + kBlock - 1) / kBlock * kBlock;
    const TileSum sum{.result = static_cast<int>(result - f_.results.begin()),
                      .add = rules_[id].sum,
                      .size = size,
                      .stride = width / program_.columns * whole};
    const int memory =
        program_.first_result() + program_.results + static_cast<int>(program_.sums.size());
    if (memory >= kMostMemories) return false;
    program_.sums.push_back(sum);
    for (int64_t begin = 0; begin < width; begin += program_.columns) {
      const auto source = Source({g_.node(id).inputs[0], begin});
      if (!source) return false;
      TileArg partial = MemoryArg(memory, sum.stride, begin / program_.columns * whole, size);
      partial.at = TileArg::kPartial;
      TileStep step{.sum = sum.add, .operands = 1, .in = {}, .out = {partial}};
      step.in[0] = At(*source, size);
      program_.steps.push_back(step);
      work_ += 1.0 / static_cast<double>(rules_[id].sum_grain);
    }
    return true;
  }

  std::optional<TileArg> Operand(NodeId id, const TileOperand& operand, int64_t begin, int size) {
    const Output o = g_.node(id).inputs[operand.input];
    if (HasAll(id, operand)) {
      const auto source = Source({o, begin});
      return source ? std::optional(At(*source, size)) : std::nullopt;
    }
    if (memory_[o.node] < 0) return std::nullopt;
    if (operand.shape.num_elements() == 1)
      return TileArg{.at = TileArg::kOne, .index = SplatOf(memory_[o.node], size), .size = size};
    const auto map = MapRows(operand.shape, g_.shape({id, 0}));
    if (!map) return std::nullopt;
    return TileArg{.at = TileArg::kMemory,
                   .index = memory_[o.node],
                   .size = size,
                   .map = *map,
                   .begin = map->columns ? begin : 0};
  }
  TileArg At(const Piece& source, int size) const {
    if (const auto it = at_.find(source); it != at_.end()) return it->second;
    return MemoryArg(memory_[source.value.node], Width(source.value), source.begin, size);
  }
  TileArg MemoryArg(int memory, int64_t width, int64_t begin, int size) const {
    return {.at = TileArg::kMemory,
            .index = memory,
            .size = size,
            .map = {.every = 1, .rows = program_.rows, .stride = width, .columns = true},
            .begin = begin,
            .all_rows = true};
  }
  TileArg ResultArg(int result, int64_t begin) const {
    const Output o = f_.results[result];
    const bool one = OneARow(o);
    TileArg arg = MemoryArg(program_.first_result() + result, one ? 1 : Width(o), begin,
                            static_cast<int>(DTypeSize(g_.dtype(o))));
    arg.map.columns = !one;
    return arg;
  }
  TileArg NewRegister(int size) {
    return {.at = TileArg::kRegister, .index = program_.registers++, .size = size};
  }
  int SplatOf(int memory, int size) {
    for (size_t i = 0; i < program_.splats.size(); ++i) {
      if (program_.splats[i].memory == memory) return static_cast<int>(i);
    }
    program_.splats.push_back({memory, size});
    return static_cast<int>(program_.splats.size()) - 1;
  }
  void Add(const ElementLoop& loop, const std::vector<TileArg>& in, const TileArg& out) {
    TileStep step{.run = loop.run, .operands = static_cast<int>(in.size()), .in = {}, .out = {out}};
    std::copy(in.begin(), in.end(), step.in.begin());
    program_.steps.push_back(step);
    work_ += 1.0 / static_cast<double>(loop.grain);
  }

  // What is computed elsewhere, or is an input's, is copied.
  void FillResult(const ResultPiece& piece) {
    const Output value = piece.source.value;
    if (memory_[value.node] < 0 &&
        (homes_.at(piece.source) == std::pair(piece.result, piece.begin) ||
         rules_[value.node].sum != nullptr))
      return;
    const TileArg out = ResultArg(piece.result, piece.begin);
    Add(CopyLoop(out.size), {At(piece.source, out.size)}, out);
  }

  // A result may take over an input whose pieces are read before, or as, they are written.
  void FindInPlace() {
    std::vector<bool> taken(program_.inputs, false);
    for (int k = 0; k < program_.results; ++k) {
      for (int i = 0; i < program_.inputs; ++i) {
        if (taken[i] || !MayShare(i, k)) continue;
        program_.in_place.emplace_back(i, k);
        taken[i] = true;
        break;
      }
    }
  }
  bool MayShare(int input, int result) const {
    const Output a{f_.args[input], 0}, b = f_.results[result];
    if (g_.dtype(a) != g_.dtype(b) || g_.shape(a) != g_.shape(b)) return false;
    for (const TileSplat& splat : program_.splats) {
      if (splat.memory == input) return false;
    }
    std::set<int64_t> written;
    for (const TileStep& step : program_.steps) {
      const auto note_written = [&] {
        for (int k = 0; k < step.outputs; ++k) {
          const TileArg& arg = step.out[k];
          if (arg.at == TileArg::kMemory && arg.index == program_.first_result() + result)
            written.insert(arg.begin);
        }
      };
      if (!step.in_place) note_written();
      for (int k = 0; k < step.operands; ++k) {
        const TileArg& arg = step.in[k];
        if (arg.at != TileArg::kMemory || arg.index != input) continue;
        if (!arg.all_rows || written.contains(arg.begin)) return false;
      }
      note_written();
    }
    return true;
  }

  const Function& f_;
  const Graph& g_;
  const std::vector<NodeId> order_;
  FusedProgram program_;
  bool flat_ = false;
  std::vector<TileRule> rules_;
  std::vector<int> memory_;  // of parameters and constants; -1: computed
  std::map<NodeId, std::set<int64_t>> needed_;
  std::vector<ResultPiece> pieces_;
  std::map<Piece, std::pair<int, int64_t>> homes_;  // the results that pieces are computed into
  std::map<Piece, TileArg> at_;
  double work_ = 0;  // of one column, in threads
};

}  // namespace

std::optional<FusedProgram> MakeFusedProgram(const Function& function) {
  return Builder(function).Build();
}

void FusedKernel::Run(KernelContext& k) const {
  std::array<const void*, kMostMemories> in;
  std::array<void*, kMostMemories> out;
  for (int i = 0; i < k.num_inputs(); ++i) in[i] = k.In(i).raw();
  for (int i = 0; i < k.num_outputs(); ++i) out[i] = k.Out(i).raw();
  const auto bytes = [&](size_t n) {
    return n == 0 ? Tensor() : k.Scratch(DType::kUInt8, {static_cast<int64_t>(n)});
  };
  Tensor partials = bytes(program_.partial_bytes());
  const int threads = NumThreads();
  const bool small = program_.file_bytes() <= kRegisterFileBytes;
  Tensor files = bytes(small ? 0 : program_.file_bytes() * static_cast<size_t>(threads));
  program_.Run({in.data(), static_cast<size_t>(k.num_inputs())},
               {out.data(), static_cast<size_t>(k.num_outputs())}, static_cast<char*>(files.raw()),
               threads, static_cast<char*>(partials.raw()));
}

std::unique_ptr<FusedKernel> MakeFusedKernel(const Function& function) {
  std::optional<FusedProgram> program = MakeFusedProgram(function);
  return program ? std::make_unique<FusedKernel>(std::move(*program)) : nullptr;
}

}  // namespace graphrun
