#include "models/model_registry.h"

#include <charconv>
#include <cmath>

#include "core/base/error.h"

namespace graphrun::models {

// Each in its file, ptb.cc for PtbModel.
ModelSpec PtbModel();
ModelSpec Text8TfpModel();
ModelSpec Text8SimpleModel();
ModelSpec Text8FusedModel();
ModelSpec Text8EmbeddingModel();
ModelSpec Text8BigramModel();
ModelSpec Text8BigramDropoutModel();
ModelSpec ShakespeareRnnModel();
ModelSpec ShakespeareLstmModel();

namespace {

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

OptionValue Parse(const OptionDef& def, std::string_view text) {
  const auto bad = [&](const std::string& expected) {
    ThrowInvalid("option '" + def.name + "' is " + expected + ", not '" + std::string(text) + "'");
  };
  double number = 0;
  OptionValue value = std::string(text);
  if (std::holds_alternative<int64_t>(def.default_value)) {
    const auto parsed = ParseNumber<int64_t>(text);
    if (!parsed) bad("an integer");
    value = *parsed;
    number = static_cast<double>(*parsed);
  } else if (std::holds_alternative<double>(def.default_value)) {
    const auto parsed = ParseNumber<double>(text);
    if (!parsed || !std::isfinite(*parsed)) bad("a number");
    value = *parsed;
    number = *parsed;
  } else {
    return value;
  }
  if (def.minimum && number < *def.minimum) bad("at least " + ToString(*def.minimum));
  if (def.maximum && number > *def.maximum) bad("at most " + ToString(*def.maximum));
  return value;
}

}  // namespace

std::string ToString(const OptionValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  char buffer[64];
  const auto print = [&](auto number) {
    return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
  };
  if (const auto* integer = std::get_if<int64_t>(&value)) return print(*integer);
  return print(std::get<double>(value));
}

Options::Options(const ModelSpec& spec, const std::vector<std::string>& settings)
    : model_(spec.name), defs_(spec.options) {
  for (const OptionDef& def : defs_) values_[def.name] = def.default_value;
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      ThrowInvalid("a setting is NAME=VALUE, not '" + setting + "'");
    }
    Set(std::string_view(setting).substr(0, equals), std::string_view(setting).substr(equals + 1));
  }
}

const OptionDef& Options::Def(std::string_view name) const {
  std::vector<std::string> names;
  for (const OptionDef& def : defs_) {
    if (def.name == name) return def;
    names.push_back(def.name);
  }
  ThrowNotFound("model '" + model_ + "' has no option '" + std::string(name) + "'" +
                DidYouMean(name, names));
}

void Options::Set(std::string_view name, std::string_view value) {
  const OptionDef& def = Def(name);
  values_.insert_or_assign(def.name, Parse(def, value));
  set_.insert_or_assign(def.name, true);
}

bool Options::IsSet(std::string_view name) const { return set_.contains(name); }

const OptionValue& Options::Value(std::string_view name) const {
  return values_.find(Def(name).name)->second;
}
int64_t Options::Int(std::string_view name) const { return std::get<int64_t>(Value(name)); }
double Options::Float(std::string_view name) const { return std::get<double>(Value(name)); }
const std::string& Options::String(std::string_view name) const {
  return std::get<std::string>(Value(name));
}

const std::vector<ModelSpec>& AllModels() {
  static const std::vector<ModelSpec> models = {PtbModel(),
                                                Text8TfpModel(),
                                                Text8SimpleModel(),
                                                Text8FusedModel(),
                                                Text8EmbeddingModel(),
                                                Text8BigramModel(),
                                                Text8BigramDropoutModel(),
                                                ShakespeareRnnModel(),
                                                ShakespeareLstmModel()};
  return models;
}

const ModelSpec* FindModel(std::string_view name) {
  for (const ModelSpec& model : AllModels()) {
    if (model.name == name) return &model;
  }
  return nullptr;
}

const ModelSpec& GetModel(std::string_view name) {
  if (const ModelSpec* model = FindModel(name)) return *model;
  std::vector<std::string> names;
  for (const ModelSpec& model : AllModels()) names.push_back(model.name);
  ThrowNotFound("there is no model '" + std::string(name) + "'" + DidYouMean(name, names));
}

}  // namespace graphrun::models
