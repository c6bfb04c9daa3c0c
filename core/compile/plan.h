// Plan: a function made ready to run: an order of instructions, a slot for each value, and offsets
// in one arena.
#ifndef GRAPHRUN_CORE_COMPILE_PLAN_H_
#define GRAPHRUN_CORE_COMPILE_PLAN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/graph/counted_node.h"
#include "core/graph/graph.h"
#include "core/graph/kernel.h"
#include "core/graph/op_def.h"

namespace graphrun {

// Where the memory of a value comes from.
enum class MemoryKind : uint8_t {
  kArena,    // at a fixed offset of the arena; shape static
  kPool,     // from the session's pool when the instruction runs; shape static. Values that outlive
             // their block: loop variables, results, elements of lists, variables
  kDynamic,  // from the pool, with a shape that is inferred when the instruction runs
  kPlaced,   // an element of a stacked output of the loop around it; shape static
  kKernel,   // made by the kernel: handles, lists, views, outputs of data-dependent shape
};

struct PlannedOutput {
  int slot = -1;
  DType dtype = DType::kInvalid;
  bool used = false;
  MemoryKind memory = MemoryKind::kKernel;
  // kPool and kDynamic: this input's buffer may be taken over if nobody else holds it.
  int forward_input = -1;
};

struct Block;

// How a _CountedLoop's body meets the tensors that are sliced and stacked.
struct CountedRun {
  struct Part {
    int slot =
        -1;  // of the parameter, or of the result; -1: nothing uses it, or it is not in place
    Walk walk;
    Shape shape;  // of one element
    DType dtype = DType::kInvalid;
  };
  std::vector<Part> slices;
  std::vector<Part> stacks;       // slot: the body's value lies in the stack from the start
  std::vector<int64_t> lengths;   // of stacks; -1: as many as trips
  std::vector<uint8_t> in_stack;  // of each carried result: its value lies in a stack
};

struct Instruction {
  int index = 0;  // among all of the plan
  const Node* node = nullptr;
  Structure structure{};
  std::unique_ptr<const Kernel> kernel;  // of Structure::kNone
  std::vector<int> inputs;               // slots
  std::vector<uint8_t> last_use;  // of each input: its slot is not read after this instruction
  std::vector<PlannedOutput> outputs;
  std::vector<Shape> shapes;  // of the outputs; partial where memory is not kArena or kPool
  // The shape function is called before the kernel: it knows more then than when this was planned.
  bool infer_shapes = false;
  std::vector<int> release;  // slots that are emptied afterwards
  int stream = -1;           // index into Plan::streams
  // kPool or kDynamic: outputs that get memory before the kernel runs.
  bool allocates = false;
  std::vector<std::unique_ptr<Block>> blocks;  // of the op's regions, but for a Call
  const Block* callee = nullptr;               // Call: one of Plan::functions
  std::unique_ptr<const CountedRun> counted;   // CountedLoop
  // Call of a Function::kept: of each input, the slot of the handle of the variable whose value it
  // is; and its place among the plan's.
  std::vector<int> handles;
  int kept = -1;
};

// The instructions of one function at one place of call, or of a function that is called. They
// share nothing, so that every slot and every arena offset is fixed for the whole plan; a called
// function never runs twice at the same time, since none calls itself.
struct Block {
  std::vector<Instruction> instructions;
  std::vector<int> args;              // slots; -1 for a parameter that nothing uses
  std::vector<int> results;           // slots
  std::vector<uint8_t> result_moves;  // this result is the last use of its slot
  std::vector<uint8_t> passes;        // While body: result i is parameter i, untouched
  // Loops: first of results.size() slots for results on their way to parameters.
  int temporaries = -1;
};

struct Constant {
  int slot;
  Tensor value;
};
struct ArenaValue {
  int slot;
  DType dtype;
  Shape shape;
  size_t offset;
};

// Memory of the arena that an instruction's kernel takes while it runs.
struct ArenaScratch {
  size_t offset = 0, bytes = 0;
};

struct Plan {
  std::unique_ptr<Function> function;  // what was planned; instructions point to its nodes
  Block block;
  std::map<std::string, std::unique_ptr<Block>> functions;  // that are called, by name
  int num_slots = 0;
  int num_instructions = 0;
  bool one_thread = true;  // no instruction has work for more
  int num_kept = 0;        // calls whose results are kept
  size_t kept_bytes = 0;   // of those results
  std::vector<Constant> constants;
  std::vector<ArenaValue> arena_values;
  std::vector<ArenaScratch> scratch;  // by instruction
  size_t arena_bytes = 0;
  size_t arena_values_bytes = 0;     // what they would take without sharing memory
  std::vector<std::string> streams;  // paths of random nodes

  // Memory of the plan and of one run: instructions, constants, what is kept, and the arena.
  size_t Bytes() const;
};

// Plans a function whose types are as special as they can be (see Specialise).
std::unique_ptr<Plan> MakePlan(std::unique_ptr<Function> function);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_PLAN_H_
