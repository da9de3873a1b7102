#include "gossip/table_messages.h"

namespace skein::gossip {

using networkdb::CompoundMessage;
using networkdb::GossipMessage;

std::string wrap(GossipMessage::T type, const google::protobuf::MessageLite& message) {
  GossipMessage out;
  out.set_type(type);
  message.SerializeToString(out.mutable_data());
  return out.SerializeAsString();
}

std::string wrap_compound(const std::vector<std::string>& messages) {
  CompoundMessage compound;
  for (const std::string& message : messages) compound.add_messages()->set_payload(message);
  return wrap(GossipMessage::COMPOUND, compound);
}

Result<Wrapped> unwrap(std::string_view bytes) {
  GossipMessage message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return make_error(Code::kInvalidArgument, "table message is malformed");
  return Wrapped{message.type(), std::move(*message.mutable_data())};
}

Result<std::vector<std::string>> unwrap_compound(std::string_view data) {
  CompoundMessage compound;
  if (!compound.ParseFromArray(data.data(), static_cast<int>(data.size())))
    return make_error(Code::kInvalidArgument, "compound table message is malformed");
  std::vector<std::string> out;
  for (auto& message : *compound.mutable_messages()) out.push_back(std::move(*message.mutable_payload()));
  return out;
}

}  // namespace skein::gossip
