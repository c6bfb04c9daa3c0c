// Messages in protobuf's text form.
#ifndef GRAPHRUN_CORE_IMPORT_TEXT_PROTO_H_
#define GRAPHRUN_CORE_IMPORT_TEXT_PROTO_H_

#include <optional>
#include <string>

namespace google::protobuf {
class Message;
}

namespace graphrun {

struct TextError {
  int line = -1;     // from 0
  std::string what;  // "line 1, column 9: ..."
};

// Parses `text` into *message; returns the first thing that is wrong, or nothing.
std::optional<TextError> ParseText(const std::string& text, google::protobuf::Message* message);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_TEXT_PROTO_H_
