// Gradients by the handle of a variable that a function of a file reads: files do not say what the
// handles among a function's parameters lead to.
#include "tests/gradient_fixture.h"

namespace graphrun {
namespace {

// A function of parameters "name:letter"; results are tensors of its nodes and their types' letters
// (import_fixture.h).
std::string FunctionText(const std::string& name, const std::vector<std::string>& args,
                         const std::vector<std::pair<std::string, char>>& results,
                         const std::string& lines) {
  std::string text = "function { signature { name: '" + name + "'", ret;
  for (const std::string& arg : args) {
    text += " input_arg { name: '" + arg.substr(0, arg.size() - 2) +
            "' type: " + TypeText(arg.back()) + " }";
  }
  for (size_t i = 0; i < results.size(); ++i) {
    const std::string out = "out" + std::to_string(i);
    text += " output_arg { name: '" + out + "' type: " + TypeText(results[i].second) + " }";
    ret += " ret { key: '" + out + "' value: '" + results[i].first + "' }";
  }
  text += " }" + ret;
  const std::string nodes = GraphDefText(lines);
  for (size_t at = 0, next; at < nodes.size(); at = next + 1) {
    next = nodes.find('\n', at);
    text += " node_def" + nodes.substr(at + 4, next - at - 4);
  }
  return text + " }\n";
}

std::string NodeText(const std::string& name, const std::string& op,
                     const std::vector<std::string>& inputs, const std::string& attrs) {
  std::string text = "node { name: '" + name + "' op: '" + op + "'";
  for (const std::string& input : inputs) text += " input: '" + input + "'";
  return text + attrs + " }\n";
}
std::string AttrOf(const std::string& name, const std::string& value) {
  return " attr { key: '" + name + "' value { " + value + " } }";
}
std::string FuncOf(const std::string& name, const std::string& f) {
  return AttrOf(name, "func { name: '" + f + "' }");
}
std::string TypesOf(const std::string& name, const std::string& letters) {
  std::string list;
  for (char c : letters) list += " type: " + TypeText(c);
  return AttrOf(name, "list {" + list + " }");
}

// v is [2, 3]; three trips of s *= v from x, in a While, an If that is taken, or a call.
const std::string kTop =
    "v = VarHandleOp [2] dtype=DT_FLOAT shared_name='v'\nx = Placeholder.f [2]\n"
    "value = Const.f [2,3]\ninit = AssignVariableOp v value dtype=DT_FLOAT\n"
    "zero = Const.i 0\ntrue = Const.b true\n";
const std::string kBody =
    "same = Identity.r h\nr = ReadVariableOp same:output:0 dtype=DT_FLOAT\n"
    "m = Mul.f s r:value:0\n";

std::vector<double> GradientByHandle(const std::string& more) {
  MetaGraph meta(&TestOps());
  ParseMetaGraph(GraphDefText(kTop) + more, &meta);
  const Scope root = Scope::Root(meta);
  const auto find = [&](const std::string& name) {
    return Expr(root.home(), meta.graph.FindOutput(name));
  };
  const Expr grad = ToDense(root, Gradients(root, {find("y")}, {find("v")})[0]);
  Verify(meta.graph);
  std::vector<double> planned;
  for (const bool interpret : {false, true}) {
    Session session(meta.graph, {.interpret = interpret});
    session.Run({}, {}, {"init"});
    const std::vector<double> values =
        Numbers(session.Run({{"x", Tensor::Vector<float>({1, 10})}}, {grad})[0]);
    if (interpret) {
      EXPECT_EQ(planned, values);
    }
    planned = values;
  }
  return planned;
}

TEST(HandleGradient, OfAWhile) {
  const std::string functions =
      FunctionText("test", {"i:i", "s:f", "h:r"}, {{"l:z:0", 'b'}},
                   "n = Const.i 3\nl = Less.i i n:output:0\n") +
      FunctionText("body", {"i:i", "s:f", "h:r"}, {{"p:z:0", 'i'}, {"m:z:0", 'f'}, {"h", 'r'}},
                   "one = Const.i 1\np = AddV2.i i one:output:0\n" + kBody);
  const std::string loop =
      NodeText("w", "StatelessWhile", {"zero", "x", "v"},
               TypesOf("T", "ifr") + FuncOf("cond", "test") + FuncOf("body", "body")) +
      GraphDefText("y = Identity.f w:1\n");
  // y = x v³.
  EXPECT_EQ(GradientByHandle(loop + "library {" + functions + "}"), (Values{12, 270}));
}

TEST(HandleGradient, OfAnIf) {
  const std::string functions =
      FunctionText("then", {"s:f", "h:r"}, {{"m:z:0", 'f'}}, kBody) +
      FunctionText("else", {"s:f", "h:r"}, {{"m:y:0", 'f'}}, "m = Neg.f s\n");
  const std::string branch =
      NodeText("w", "StatelessIf", {"true", "x", "v"},
               AttrOf("Tcond", "type: DT_BOOL") + TypesOf("Tin", "fr") + TypesOf("Tout", "f") +
                   FuncOf("then_branch", "then") + FuncOf("else_branch", "else")) +
      GraphDefText("y = Identity.f w\n");
  EXPECT_EQ(GradientByHandle(branch + "library {" + functions + "}"), (Values{1, 10}));
}

TEST(HandleGradient, OfACallInACall) {
  const std::string inner = FunctionText("inner", {"s:f", "h:r"}, {{"m:z:0", 'f'}}, kBody);
  std::string outer = FunctionText("outer", {"s:f", "h:r"}, {{"c:output:0", 'f'}}, "");
  const std::string call = TypesOf("Tin", "fr") + TypesOf("Tout", "f");
  const std::string nested =
      NodeText("c", "PartitionedCall", {"s", "h"}, call + FuncOf("f", "inner"));
  outer.insert(outer.rfind('}'), " node_def" + nested.substr(4, nested.size() - 5));
  const std::string top =
      NodeText("w", "PartitionedCall", {"x", "v"}, call + FuncOf("f", "outer")) +
      GraphDefText("y = Identity.f w\n");
  EXPECT_EQ(GradientByHandle(top + "library {" + inner + outer + "}"), (Values{1, 10}));
}

}  // namespace
}  // namespace graphrun
