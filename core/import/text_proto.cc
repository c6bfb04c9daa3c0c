#include "core/import/text_proto.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

namespace graphrun {
namespace {

// Keeps the first complaint of the parser, and silence otherwise.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!error_.what.empty()) return;
    error_ = {line, "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1) +
                        ": " + message};
  }
  void AddWarning(int, int, const std::string&) override {}
  const TextError& error() const { return error_; }

 private:
  TextError error_;
};

}  // namespace

std::optional<TextError> ParseText(const std::string& text, google::protobuf::Message* message) {
  FirstError errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(100);
  if (parser.ParseFromString(text, message)) return std::nullopt;
  return errors.error();
}

}  // namespace graphrun
