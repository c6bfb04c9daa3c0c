// The passes that Compile runs after specialisation. Each edits a function and all that it calls,
// in time linear in their nodes, and may run again after others.
#ifndef GRAPHRUN_CORE_COMPILE_PASSES_H_
#define GRAPHRUN_CORE_COMPILE_PASSES_H_

#include "core/graph/unit.h"

namespace graphrun {

// Replaces what is known before the run by constants: pure nodes of constants, nodes whose value
// their types tell, copies of an input, constants that come into a loop and do not change there,
// into a branch or into a call.
//
//   before: Add(Const 2, Const 3), Size(x:[4,5])           after: Const 5, Const 20
void FoldConstants(Unit& unit);

// Puts bodies in the place of calls, and branches in the place of Ifs on a constant. A function
// that is called from several places stays one when it is large (kCalledFrom, limits.h).
//
//   before: y = f(x), f(a) = Tanh(a)                       after: y = Tanh(x)
void InlineFunctions(Unit& unit);

// Leaves out the loop variables that no output that is used, no effect and no other variable needs,
// and those that stay what they are; likewise inputs and outputs of Ifs and calls. What would be
// computed for them is not: a node that runs as a whole, or is waited for, keeps what may fail.
//
//   before: i, x, n = While(0, x, 9): i + 1, f(x), n       after: i, x = While(0, x): i + 1, f(x)
void TrimLoops(Unit& unit);

// Makes loops whose trips are known when they begin counted ones, and the lists that they read and
// write element by element tensors; see core/graph/counted_node.h.
//
//   before: h, ys = While(i, h, ys): f(xs[i], h), ys[i]    after: h, Y = CountedLoop(T, h, X)
void CountLoops(Unit& unit);

// Makes the steps of an unrolled loop a counted loop: nodes that are the same from step to step but
// for their inputs.
//
//   before: h1 = f(x1, h0), h2 = f(x2, h1), ...            after: h = CountedLoop(T, h0, X)
void RerollLoops(Unit& unit);

// Divides products by weights in counted loops so that only what recurs is multiplied from trip to
// trip: the parts of a joined operand, or the columns of a result, each by its part of the weight.
//
//   before: concat(x, h)·W                                 after: x·W₁ + h·W₂
void SplitProducts(Unit& unit);

// Takes out of counted loops what needs nothing of the trips before, and computes it for all trips
// at once: products by a weight become one product of many rows, sums of products one product with
// a long inner size. Recurrences stay, each in a loop of its own where something lies between them.
//
//   before: Loop(X): h = f(x·W + h·V)                      after: Y = X·W, Loop(Y): h = f(y + h·V)
void DistributeLoops(Unit& unit);

// Multiplies a table by a weight, rather than the many rows that are looked up in it.
//
//   before: gather(E, i)·W                                 after: gather(E·W, i)
void GatherProducts(Unit& unit);

// Lays out the matrices that counted loops multiply by in every trip once, before the loop, in the
// order in which the products read them.
//
//   before: Loop(W): h = f(h·W)                            after: P = pack(W), Loop(P): h = f(h·P)
void PackWeights(Unit& unit);

// Merges pure nodes of the same op, attributes and inputs.
//
//   before: a = Tanh(x), b = Tanh(x), c = Add(a, b)        after: a = Tanh(x), c = Add(a, a)
void MergeCommonSubexpressions(Unit& unit);

// Moves what is computed from constants and variables that the function only reads into functions
// whose results a plan keeps for as long as the variables stay what they are (Function::kept), so
// that evaluation and sampling transpose or pack a weight once.
//
//   before: W = Read(w), y = MatMul(x, Transpose(W))       after: y = MatMul(x, derived(W))
void KeepDerivedValues(Unit& unit);

// Moves element-wise nodes that hand values to each other, and what takes apart or joins columns
// between them, into functions that a plan runs as one kernel (Function::fused). Nodes whose shapes
// are not known stay where they are.
//
//   before: y = Tanh(AddV2(x, b)), z = Mul(y, y)           after: z = fused(x, b)
void FuseElements(Unit& unit);

// Removes nodes that neither results nor effects need.
void RemoveDeadNodes(Unit& unit);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_COMPILE_PASSES_H_
