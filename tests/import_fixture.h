// Graphs of TensorFlow 1 written in tests, a node a line, and what became of them.
//
//   x = Placeholder.f [2,3]           dtype float32, shape [2,3]
//   c = Const.i 3 ^x                  a scalar; [1,2] is a vector
//   y/enter = Enter.f x frame_name='w' is_constant=true
//
// .f, .d, .i, .l, .b, .s, .r after an op set its type attribute ("T", or what the op calls it).
#ifndef GRAPHRUN_TESTS_IMPORT_FIXTURE_H_
#define GRAPHRUN_TESTS_IMPORT_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/graph/op_def.h"
#include "core/import/load.h"
#include "tests/test_graph.h"
#include "tests/test_values.h"

namespace graphrun {

// "[2,3]" -> {"2", "3"}
inline std::vector<std::string> ListItems(const std::string& text) {
  std::vector<std::string> items;
  std::istringstream in(text.substr(1, text.size() - 2));
  for (std::string item; std::getline(in, item, ',');) items.push_back(item);
  return items;
}

inline std::string ShapeText(const std::string& text) {
  if (text == "?") return "{ unknown_rank: true }";
  std::string dims;
  for (const std::string& d : ListItems(text)) dims += " dim { size: " + d + " }";
  return "{" + dims + " }";
}

inline std::string TypeText(char letter) {
  static const std::map<char, std::string> types = {
      {'f', "FLOAT"}, {'d', "DOUBLE"}, {'i', "INT32"},   {'l', "INT64"},
      {'b', "BOOL"},  {'s', "STRING"}, {'r', "RESOURCE"}};
  return "DT_" + types.at(letter);
}

inline std::string ConstText(char type, const std::string& text) {
  static const std::map<char, std::string> fields = {{'f', "float_val"}, {'d', "double_val"},
                                                     {'i', "int_val"},   {'l', "int64_val"},
                                                     {'b', "bool_val"},  {'s', "string_val"}};
  const bool vector = text[0] == '[';
  const std::vector<std::string> items = vector ? ListItems(text) : std::vector{text};
  const std::string shape = vector ? "[" + std::to_string(items.size()) + "]" : "[]";
  std::string out = "tensor { dtype: " + TypeText(type) + " tensor_shape " + ShapeText(shape);
  for (const std::string& item : items) out += " " + fields.at(type) + ": " + item;
  return out + " }";
}

inline std::string AttrText(const std::string& text) {
  if (text[0] == '[' || text == "?") return "shape " + ShapeText(text);
  if (text[0] == '\'') return "s: " + text;
  if (text == "true" || text == "false") return "b: " + text;
  if (text.starts_with("DT_")) return "type: " + text;
  if (text[0] == '{') {
    std::string list;
    for (const std::string& item : ListItems(text)) list += " type: " + item;
    return "list {" + list + " }";
  }
  return "i: " + text;
}

inline std::string TypeAttrOf(const std::string& op) {
  static const std::vector<std::string> dtype = {
      "Const",         "Placeholder",       "VariableV2",          "Variable",
      "TensorArrayV3", "TensorArrayReadV3", "TensorArrayGatherV3", "TensorArrayConcatV3"};
  if (op == "StackV2" || op == "StackPopV2") return "elem_type";
  if (op == "IsVariableInitialized") return "dtype";
  return std::find(dtype.begin(), dtype.end(), op) != dtype.end() ? "dtype" : "T";
}

// A GraphDef in text form.
inline std::string GraphDefText(const std::string& lines) {
  std::string text;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name, equals, op, word;
    if (!(words >> name >> equals >> op)) continue;
    char type = 0;
    if (op.size() > 2 && op[op.size() - 2] == '.') {
      type = op.back();
      op.resize(op.size() - 2);
    }
    text += "node { name: '" + name + "' op: '" + op + "'";
    const auto attr = [&](const std::string& key, const std::string& value) {
      text += " attr { key: '" + key + "' value { " + value + " } }";
    };
    if (type) attr(TypeAttrOf(op), "type: " + TypeText(type));
    while (words >> word) {
      const size_t at = word.find('=');
      if (at != word.npos) {
        attr(word.substr(0, at), AttrText(word.substr(at + 1)));
      } else if (op == "Const" && word[0] != '^') {
        attr("value", ConstText(type, word));
      } else if (word[0] == '[' || word == "?") {
        attr("shape", "shape " + ShapeText(word));
      } else {
        text += " input: '" + word + "'";
      }
    }
    text += " }\n";
  }
  return text;
}

// A loop variable of `frame`: NAME is the Merge, NAME/in its value in the body, NAME/exit the final
// one; `next` is what the body makes of it.
inline std::string LoopVar(const std::string& frame, const std::string& name, char type,
                           const std::string& initial, const std::string& next) {
  const std::string t = std::string(".") + type + " ";
  return name + "/enter = Enter" + t + initial + " frame_name='" + frame + "'\n" +  //
         name + " = Merge" + t + name + "/enter " + name + "/next N=2\n" +          //
         name + "/switch = Switch" + t + name + " " + frame + "/cond\n" +           //
         name + "/in = Identity" + t + name + "/switch:1\n" +                       //
         name + "/next = NextIteration" + t + next + "\n" +                         //
         name + "/exit = Exit" + t + name + "/switch\n";
}

// The counter, the condition and the frame of `for (FRAME/i = 0; FRAME/i < limit; ++FRAME/i)`;
// FRAME/one is an int32 1 in the body.
inline std::string CountedLoop(const std::string& frame, const std::string& limit) {
  const std::string i = frame + "/i";
  return frame + "/zero = Const.i 0\n" + LoopVar(frame, i, 'i', frame + "/zero", i + "/plus") +
         frame + "/limit = Enter.i " + limit + " frame_name='" + frame + "' is_constant=true\n" +
         frame + "/less = Less.i " + i + " " + frame + "/limit\n" +  //
         frame + "/cond = LoopCond " + frame + "/less\n" +           //
         frame + "/one = Const.i 1 ^" + i + "/in\n" +                //
         i + "/plus = AddV2.i " + i + "/in " + frame + "/one\n";
}

// The same for a loop in the body of the counted loop `outer`; `limit` is a node outside both.
inline std::string InnerLoop(const std::string& frame, const std::string& outer,
                             const std::string& limit) {
  std::string lines = CountedLoop(frame, frame + "/limit/outer");
  const std::string zero = frame + "/zero = Const.i 0";
  lines.replace(0, zero.size(), zero + " ^" + outer + "/i/in");
  return frame + "/limit/outer = Enter.i " + limit + " frame_name='" + outer +
         "' is_constant=true\n" + lines;
}

// x is doubled n times.
inline const char* const kDoubling =
    "x = Placeholder.f ?\n"
    "n = Placeholder.i []\n"
    "w/two = Const.f 2 ^w/i/in\n"
    "w/x/mul = Mul.f w/x/in w/two\n";
inline std::string Doubling() {
  return kDoubling + CountedLoop("w", "n") + LoopVar("w", "w/x", 'f', "x", "w/x/mul");
}

// NAME = p ? -x : x * x
inline std::string Cond(const std::string& name, const std::string& x, const std::string& p) {
  const std::string c = name + "/";
  return c + "pred_id = Identity.b " + p + "\n" +            //
         c + "sw = Switch.b " + p + " " + p + "\n" +         //
         c + "t = Identity.b " + c + "sw:1\n" +              //
         c + "f = Identity.b " + c + "sw:0\n" +              //
         c + "xt = Switch.f " + x + " " + c + "pred_id\n" +  //
         c + "xf = Switch.f " + x + " " + c + "pred_id\n" +  //
         c + "zero = Const.f 0 ^" + c + "t\n" +              //
         c + "then = Sub.f " + c + "zero " + c + "xt:1\n" +  //
         c + "else = Square.f " + c + "xf ^" + c + "f\n" +   //
         name + " = Merge.f " + c + "else " + c + "then N=2\n";
}

// An imported graph with two sessions on it, one for each executor.
class Imported {
 public:
  explicit Imported(const std::string& lines) : Imported(lines, "") {}
  Imported(const std::string& lines, const std::string& more_text)
      : meta_(&TestOps()),
        plan_((Load(lines, more_text), meta_.graph)),
        oracle_(meta_.graph, {.interpret = true}) {}

  const MetaGraph& meta() const { return meta_; }
  const Graph& graph() const { return meta_.graph; }

  // All elements of the fetches, one after the other; both executors must agree.
  std::vector<double> Run(const Feeds& feeds, const std::vector<TensorName>& fetches,
                          const std::vector<TensorName>& targets = {}) {
    std::vector<double> values[2];
    for (const bool interpret : {false, true}) {
      for (const Tensor& t : (interpret ? oracle_ : plan_).Run(feeds, fetches, targets)) {
        for (double v : Numbers(t)) values[interpret].push_back(v);
      }
    }
    EXPECT_EQ(values[0], values[1]) << "the interpreter gives other values";
    return values[0];
  }
  Error RunError(const Feeds& feeds, const std::vector<TensorName>& fetches,
                 const std::vector<TensorName>& targets = {}) {
    const Error e = Caught([&] { plan_.Run(feeds, fetches, targets); });
    const Error same = Caught([&] { oracle_.Run(feeds, fetches, targets); });
    EXPECT_EQ(CodeName(e.code()), CodeName(same.code())) << same.what();
    return e;
  }

  // How many nodes of `op` there are, in the graph and all its functions.
  int Count(const std::string& op) const {
    int n = Count(meta_.graph, op);
    for (const auto& [name, f] : meta_.graph.library()->functions()) n += Count(f->graph, op);
    return n;
  }
  int CountOnTop(const std::string& op) const { return Count(meta_.graph, op); }

 private:
  static int Count(const Graph& g, const std::string& op) {
    int n = 0;
    for (NodeId id = 0; id < g.num_ids(); ++id) n += g.exists(id) && g.node(id).op->name == op;
    return n;
  }
  void Load(const std::string& lines, const std::string& more_text) {
    // Without a version it would be an old file.
    const bool versions = more_text.find("versions") != more_text.npos;
    ParseMetaGraph(GraphDefText(lines) + more_text + (versions ? "" : "versions { producer: 24 }"),
                   &meta_);
    Verify(meta_.graph);
    for (const char* op : {"Enter", "Exit", "Switch", "Merge", "NextIteration", "LoopCond",
                           "VariableV2", "StackV2", "TensorArrayV3", "ControlTrigger"}) {
      EXPECT_EQ(Count(op), 0) << op;
    }
  }

  MetaGraph meta_;
  Session plan_, oracle_;
};

inline Tensor F(float v) { return Tensor::Scalar<float>(v); }
inline Tensor I(int32_t v) { return Tensor::Scalar<int32_t>(v); }
inline Tensor B(bool v) { return Tensor::Scalar<bool>(v); }

// What an error of the import says: the message and where.
inline std::string Text(const Error& e) { return e.what(); }

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_IMPORT_FIXTURE_H_
