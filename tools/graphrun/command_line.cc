#include "tools/graphrun/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>
#include <type_traits>

namespace graphrun {

Flag Flag::Required() const {
  option_->required();
  return *this;
}

Flag Flag::Between(int64_t low, int64_t high) const {
  option_->check(CLI::Validator(CLI::Range(low, high)).description(""));
  return *this;
}

Flag Flag::NotNegative() const {
  option_->check(CLI::Validator(CLI::NonNegativeNumber).description(""));
  return *this;
}

Flag Flag::Positive() const {
  option_->check(CLI::Validator(CLI::PositiveNumber).description(""));
  return *this;
}

Flag Flag::OneOf(const std::vector<std::string>& values) const {
  option_->check(CLI::IsMember(values));
  return *this;
}

Flag Flag::TypeName(const std::string& name) const {
  option_->type_name(name);
  return *this;
}

Flag Flag::ShowDefault() const {
  option_->capture_default_str();
  return *this;
}

Flag Flag::Group(const std::string& name) const {
  option_->group(name);
  return *this;
}

Flag Flag::Needs(const Flag& other) const {
  option_->needs(other.option_);
  return *this;
}

template <typename T>
Flag Command::Option(const std::string& names, T& variable, const std::string& help) const {
  CLI::Option* option = app_->add_option(names, variable, help);
  if constexpr (std::is_same_v<T, std::vector<std::string>>) option->allow_extra_args(false);
  return Flag(option);
}
template Flag Command::Option(const std::string&, std::string&, const std::string&) const;
template Flag Command::Option(const std::string&, int&, const std::string&) const;
template Flag Command::Option(const std::string&, int64_t&, const std::string&) const;
template Flag Command::Option(const std::string&, double&, const std::string&) const;
template Flag Command::Option(const std::string&, std::vector<std::string>&,
                              const std::string&) const;
template Flag Command::Option(const std::string&, std::optional<std::string>&,
                              const std::string&) const;
template Flag Command::Option(const std::string&, std::optional<int>&, const std::string&) const;
template Flag Command::Option(const std::string&, std::optional<int64_t>&,
                              const std::string&) const;
template Flag Command::Option(const std::string&, std::optional<uint64_t>&,
                              const std::string&) const;
template Flag Command::Option(const std::string&, std::optional<double>&, const std::string&) const;

Flag Command::List(const std::string& names, std::vector<std::string>& variable,
                   const std::string& help) const {
  return Flag(app_->add_option(names, variable, help));
}

Flag Command::Switch(const std::string& names, bool& variable, const std::string& help) const {
  return Flag(app_->add_flag(names, variable, help));
}

void Command::Footer(const std::string& text) const { app_->footer(text); }

void Command::Does(std::function<void()> run) const { app_->callback(std::move(run)); }

CommandLine::CommandLine(const std::string& description, const std::string& footer)
    : app_(std::make_unique<CLI::App>(description, "graphrun")) {
  app_->footer(footer);
  app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

Command CommandLine::Add(const std::string& name, const std::string& help) {
  return Command(app_->add_subcommand(name, help));
}

std::vector<std::string> CommandLine::names() const {
  std::vector<std::string> names;
  for (const CLI::App* command : app_->get_subcommands(nullptr))
    names.push_back(command->get_name());
  return names;
}

std::string CommandLine::help() const { return app_->help(); }

bool CommandLine::Run(std::vector<std::string> args, std::string* error, std::string* hint) {
  std::reverse(args.begin(), args.end());  // as CLI11 wants them
  try {
    app_->parse(args);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) {
      app_->exit(e);  // --help
      return true;
    }
    const auto chosen = app_->get_subcommands();
    *error = e.what();
    *hint = fmt::format("see graphrun {}--help",
                        chosen.empty() ? "" : chosen.front()->get_name() + " ");
    return false;
  }
  return true;
}

}  // namespace graphrun
