// Shape functions and errors: the shape and error rows of the op table.
#include <gtest/gtest.h>

#include "core/build/ops.h"
#include "core/run/session.h"
#include "ops/register_all.h"
#include "tests/op_cases.h"

namespace graphrun::test {
namespace {

const OpRegistry* Registry() {
  static const OpRegistry* const kRegistry = new OpRegistry(AllOps());
  return kRegistry;
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> parts;
  for (size_t begin = 0; !text.empty() && begin <= text.size();) {
    const size_t end = std::min(text.find(';', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// The outputs' shapes, or "error: " and the whole message.
std::string Infer(const ShapeCase& c) {
  MetaGraph meta(Registry());
  const Scope scope = Scope::Root(meta);
  std::vector<Expr> in;
  for (const std::string& shape : Split(c.inputs)) {
    const size_t i = in.size();
    const Tensor* constant = nullptr;
    for (const auto& [at, value] : c.values) {
      if (at == static_cast<int>(i)) constant = &value;
    }
    const DType dtype = i < c.dtypes.size() ? c.dtypes[i] : DType::kFloat;
    in.push_back(constant ? scope.Const(*constant)
                          : op::Placeholder(scope, dtype, Shape::Parse(shape)));
  }
  std::string out;
  try {
    for (const Expr& e : scope.AddMulti(c.op, in, c.attrs)) {
      if (!out.empty()) out += ';';
      out += e.shape().ToString();
    }
  } catch (const Error& e) {
    return std::string("error: ") + e.what();
  }
  return out;
}

TEST(OpShape, MatchesTheTable) {
  for (const ShapeCase& c : AllOpCases().shapes) {
    const std::string actual = Infer(c);
    const std::string what = c.op + " of " + c.inputs;
    if (c.expected.starts_with("error: ")) {
      EXPECT_TRUE(actual.starts_with("error: ")) << what << " gives " << actual;
      EXPECT_NE(actual.find(c.expected.substr(7)), std::string::npos)
          << what << " gives " << actual;
    } else {
      EXPECT_EQ(actual, c.expected) << what;
    }
  }
}

TEST(OpErrors, MatchTheTable) {
  for (const ErrorCase& c : AllOpCases().errors) {
    for (const bool interpret : {true, false}) {
      const std::string what = c.op + " (" + c.error + ")";
      const OpCase row{.op = c.op, .inputs = c.inputs, .attrs = c.attrs};
      const std::vector<Tensor> in = MakeInputs(row, c.type);
      try {
        MetaGraph meta(Registry());
        const Scope scope = Scope::Root(meta);
        // Without shapes, so that what is known before the run cannot refuse it.
        const std::vector<Expr> nodes = MakeInputNodes(scope, row, in, true);
        const std::vector<Expr> outs = BuildCase(scope, row, nodes);
        Feeds feeds;
        for (size_t i = 0; i < in.size(); ++i) feeds.emplace_back(nodes[i], in[i]);
        Session session(meta.graph, {.interpret = interpret, .seed = 1});
        session.Run(feeds, {outs.begin(), outs.end()},
                    outs.empty() ? std::vector<TensorName>{c.op} : std::vector<TensorName>{});
        ADD_FAILURE() << what << " does not fail";
      } catch (const Error& e) {
        EXPECT_EQ(CodeName(e.code()), CodeName(c.code)) << what << ": " << e.what();
        EXPECT_NE(std::string(e.what()).find(c.error), std::string::npos)
            << what << ": " << e.what();
      }
    }
  }
}

}  // namespace
}  // namespace graphrun::test
