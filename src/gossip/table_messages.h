// The outer form of NetworkDB messages: GossipMessage{type, data}, and many of them in one COMPOUND.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/proto/networkdb.pb.h"

namespace skein::gossip {

std::string wrap(networkdb::GossipMessage::T type, const google::protobuf::MessageLite& message);
// `messages` are wrapped ones.
std::string wrap_compound(const std::vector<std::string>& messages);

struct Wrapped {
  networkdb::GossipMessage::T type = networkdb::GossipMessage::INVALID;
  std::string data;
};
Result<Wrapped> unwrap(std::string_view bytes);
// Parts of a COMPOUND's data.
Result<std::vector<std::string>> unwrap_compound(std::string_view data);

}  // namespace skein::gossip
