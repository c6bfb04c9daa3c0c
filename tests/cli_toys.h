// CliToys: models that train in a moment, for tests of the command.
#ifndef GRAPHRUN_TESTS_CLI_TOYS_H_
#define GRAPHRUN_TESTS_CLI_TOYS_H_

#include <map>
#include <regex>
#include <string>
#include <vector>

#include "tests/cli_fixture.h"

namespace graphrun {

class CliToys : public CliFolder {
 protected:
  // A run of the command that has to end well.
  static std::string Succeed(const std::string& args) {
    const Result r = Run(args);
    EXPECT_EQ(r.code, 0) << args << "\n" << r.out << r.err;
    return r.out;
  }
  // The error of one that has to end with this code.
  static std::string Fail(const std::string& args, int code = 1) {
    const Result r = Run(args);
    EXPECT_EQ(r.code, code) << args << "\n" << r.out << r.err;
    EXPECT_THAT(r.err, testing::HasSubstr("graphrun: ")) << args;
    return r.err;
  }

  // Writes NAME.pb of the model NAME, and returns that.
  static std::string Export(const std::string& name, const std::string& options = "") {
    static const std::map<std::string, std::string> sizes = {
        {"ptb", kToy},
        {"text8_tfp", "--set hidden=12 --set batch=5 --set steps=7 --set samples=3"},
        {"text8_simple", "--set nodes=11 --set batch=9 --set steps=6 --set every=10"},
        {"text8_bigram", "--set nodes=11 --set embedding=7 --set batch=9 --set steps=6"},
        {"shakespeare_rnn", "--set hidden=11 --set batch=9 --set steps=6 --set lr=0.02"},
        {"shakespeare_lstm", "--set hidden=11 --set batch=9 --set steps=6 --set lr=0.03"},
    };
    Succeed("export " + name + " " + sizes.at(name) + " " + options + " -o " + name + ".pb");
    return name + ".pb";
  }
  // The same, with the built-in corpus' vocabulary, trained for 80 steps and saved to NAME-saved.
  // Returns "NAME.pb --restore NAME-saved --threads 1".
  static std::string Trained(const std::string& name) {
    const std::string model = Export(name, "--data builtin"), folder = name + "-saved";
    Succeed(model + " --steps 80 --seed 3 --threads 1 --quiet --save-dir " + folder);
    return model + " --restore " + folder + " --threads 1";
  }

  // A text of lines of five words that can be told one from the other by their order.
  static std::string Lines(int n) {
    static const std::vector<std::string> words = {"the", "owl", "saw", "a",  "fox",
                                                   "and", "ran", "on",  "hay"};
    std::string text;
    for (int i = 0; i < 5 * n; ++i) {
      text += words[(i * i + i / 7) % words.size()] + (i % 5 == 4 ? "\n" : " ");
    }
    return text;
  }

  // The number after each place where the pattern matches; -1 where none is.
  static std::vector<double> NumbersAfter(const std::string& pattern, const std::string& text) {
    std::vector<double> numbers;
    const std::regex regex(pattern + "([-+0-9.e]*)");
    for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
      const std::string number = (*it)[it->size() - 1].str();
      numbers.push_back(number.empty() ? -1 : std::stod(number));
    }
    return numbers;
  }
  static double NumberAfter(const std::string& pattern, const std::string& text) {
    const std::vector<double> numbers = NumbersAfter(pattern, text);
    EXPECT_EQ(numbers.size(), 1u) << pattern << " in " << text;
    return numbers.empty() ? -1 : numbers[0];
  }
};

}  // namespace graphrun

#endif  // GRAPHRUN_TESTS_CLI_TOYS_H_
