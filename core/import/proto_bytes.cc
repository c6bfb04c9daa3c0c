#include "core/import/proto_bytes.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/message.h>

#include <climits>

#include "core/base/error.h"

namespace graphrun {

std::string ProtoBytes(const google::protobuf::Message& message) {
  if (message.ByteSizeLong() > INT_MAX) {
    throw Error(Code::kResourceExhausted,
                "the model exceeds the 2 GiB that a file of this format holds; keep large "
                "values in variables instead of constants");
  }
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  return bytes;
}

}  // namespace graphrun
