// The models that `graphrun export` knows: name -> documentation, options, builder.
#ifndef GRAPHRUN_MODELS_MODEL_REGISTRY_H_
#define GRAPHRUN_MODELS_MODEL_REGISTRY_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/graph/meta_graph.h"

namespace graphrun::models {

using OptionValue = std::variant<int64_t, double, std::string>;

// An option of a model; its type is that of the default.
struct OptionDef {
  std::string name;
  std::string doc;  // one line
  OptionValue default_value;
  std::optional<double> minimum = {}, maximum = {};  // of numbers, inclusive
};

// "650", "0.35", "tanh": as it is written after --set NAME=.
std::string ToString(const OptionValue& value);

struct ModelSpec;

// Values of a model's options.
class Options {
 public:
  // The defaults, changed by settings "NAME=VALUE". NOT_FOUND with the nearest names for an unknown
  // option; INVALID_ARGUMENT for a value that is not of the option's type or range, or a setting
  // without "=".
  explicit Options(const ModelSpec& spec, const std::vector<std::string>& settings = {});
  void Set(std::string_view name, std::string_view value);
  bool IsSet(std::string_view name) const;  // whether Set was called for it

  // REQUIRES: an option of that name and type.
  int64_t Int(std::string_view name) const;
  double Float(std::string_view name) const;
  const std::string& String(std::string_view name) const;
  const OptionValue& Value(std::string_view name) const;
  const std::vector<OptionDef>& defs() const { return defs_; }

 private:
  const OptionDef& Def(std::string_view name) const;

  std::string model_;
  std::vector<OptionDef> defs_;
  std::map<std::string, OptionValue, std::less<>> values_;
  std::map<std::string, bool, std::less<>> set_;
};

struct ModelSpec {
  std::string name;
  std::string doc;  // first line: what it is
  std::vector<OptionDef> options;
  // Builds graph, variables, collections, signatures and the RunPlan into an empty MetaGraph.
  std::function<void(MetaGraph&, const Options&)> build;

  void Build(MetaGraph& meta, const Options& settings) const { build(meta, settings); }
};

// By name; nullptr when there is none.
const ModelSpec* FindModel(std::string_view name);
// FindModel, but NOT_FOUND with the nearest names.
const ModelSpec& GetModel(std::string_view name);
// In the order in which they are shown.
const std::vector<ModelSpec>& AllModels();

}  // namespace graphrun::models

#endif  // GRAPHRUN_MODELS_MODEL_REGISTRY_H_
