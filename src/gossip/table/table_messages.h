// The outer form of NetworkDB messages: GossipMessage{type, data}, and many of them in one COMPOUND. They are taken
// apart in place: each event comes many times, and is mostly known.
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

// What is taken apart lies in the bytes that were given.
struct Wrapped {
  networkdb::GossipMessage::T type = networkdb::GossipMessage::INVALID;
  std::string_view data;
};
Result<Wrapped> unwrap(std::string_view bytes);
// Parts of a COMPOUND's data.
Result<std::vector<std::string_view>> unwrap_compound(std::string_view data);

}  // namespace skein::gossip
