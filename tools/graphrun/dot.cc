// graphrun dot: a picture of a model's graph.
#include "core/io/dot.h"

#include <fmt/format.h>

#include "core/base/file.h"
#include "tools/graphrun/command_line.h"
#include "tools/graphrun/commands.h"

namespace graphrun {

void AddDotCommand(CommandLine& line) {
  struct Options {
    std::string model, output;
    DotOptions dot;
  };
  auto options = std::make_shared<Options>();
  const Command command =
      line.Add("dot", "Draw the graph of a model, folded by scopes, as DOT or SVG");
  command.Footer(
      "Closed scopes show how many nodes they hold; --depth and --scope open more. Layers or time "
      "steps of the\n"
      "same structure are one box with \u00d7N. Control edges are dashed. Functions, as the bodies "
      "of loops, have\n"
      "frames of their own; the bold line in a loop body leads from a new value to the variable of "
      "the next trip.\n"
      "SVG needs Graphviz (apt install graphviz).\n\n"
      "Example:\n"
      "  graphrun dot ptb.pb -o ptb.svg\n"
      "  graphrun dot ptb.pb --scope train/gradients --depth 2 -o gradients.svg\n"
      "  graphrun dot ptb.pb --expand | dot -Tpdf > all.pdf");
  command.Option("model", options->model, "The model file").Required().TypeName("MODEL.pb");
  command
      .Option("-o,--output", options->output,
              "A .dot or .svg file; standard output (DOT) without it")
      .TypeName("FILE");
  command
      .Option("--depth", options->dot.depth,
              "Opens this many levels of scopes; by default what stays readable")
      .NotNegative();
  command.Option("--scope", options->dot.scope, "Draws only this scope and its neighbours")
      .TypeName("NAME");
  command.Switch("--expand", options->dot.expand, "Draws every node, constants too");
  command.Does([options] {
    const std::string& out = options->output;
    const bool svg = out.ends_with(".svg");
    if (!out.empty() && !svg && !out.ends_with(".dot") && !out.ends_with(".gv")) {
      ThrowInvalid(fmt::format("-o takes a .dot or .svg file, not '{}'", out));
    }
    const Model model = LoadModel(options->model);
    const std::string dot = ToDot(model.meta->graph, options->dot);
    if (out.empty()) {
      fmt::print("{}", dot);
    } else if (svg) {
      RenderSvg(dot, out);
    } else {
      WriteFile(out, dot);
    }
  });
}

}  // namespace graphrun
