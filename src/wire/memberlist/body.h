// Bodies of single messages: the msgpack maps behind the type byte. For packet.cc and stream.cc; users of the protocol
// include message.h.
#pragma once

#include <string>
#include <string_view>

#include "wire/memberlist/message.h"

namespace skein::wire::memberlist {

Error malformed_message(std::string because);

// Takes the type byte from the front.
Result<MessageType> take_type(std::string_view& input);

// The message of this type whose body is at the front of `input`. Bytes after a map are ignored, as peers do; a user
// message takes all. Types that are no Message (push/pull, wrappers) are refused.
Result<Message> parse_body(MessageType type, std::string_view input);

std::string format_node_state(const NodeState& node);
Result<NodeState> take_node_state(std::string_view& input);

// The message within a compress message's body.
Result<std::string> decompress_body(std::string_view body, size_t plain_bytes_max);

}  // namespace skein::wire::memberlist
