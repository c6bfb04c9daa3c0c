// graphrun::AttrValue <-> the AttrValue message.
#ifndef GRAPHRUN_CORE_IMPORT_ATTR_PROTO_H_
#define GRAPHRUN_CORE_IMPORT_ATTR_PROTO_H_

#include <string_view>

#include "core/graph/attr.h"
#include "core/import/tensor_proto.h"

namespace graphrun {

namespace pb {
class AttrValue;
}  // namespace pb

// `kind` (as AttrKind()) decides what an empty list is a list of, for which the message has no
// place; "" when nobody knows. INVALID_ARGUMENT for a message without a value; UNIMPLEMENTED for a
// placeholder of a polymorphic function.
AttrValue AttrFromProto(const pb::AttrValue& proto, std::string_view kind, ImportBudget* budget);
void AttrToProto(const AttrValue& value, pb::AttrValue* proto);

}  // namespace graphrun

#endif  // GRAPHRUN_CORE_IMPORT_ATTR_PROTO_H_
