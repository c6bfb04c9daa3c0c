// Messages as bytes.
#ifndef GRAPHRUN_CORE_IMPORT_PROTO_BYTES_H_
#define GRAPHRUN_CORE_IMPORT_PROTO_BYTES_H_

#include <string>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace graphrun {

// The serialized message; equal messages give equal bytes, although maps have no order of their
// own. RESOURCE_EXHAUSTED beyond the 2 GiB that protobuf can hold.
std::string ProtoBytes(const google::protobuf::Message& message);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_PROTO_BYTES_H_
