// The content of stream frames.
#include "wire/memberlist/body.h"
#include "wire/memberlist/message.h"
#include "wire/memberlist/msgpack.h"

namespace skein::wire::memberlist {

namespace {

std::string format_plain(const PushPull& push_pull) {
  MapFormatter header;
  header.integer("Nodes", push_pull.nodes.size()).integer("UserStateLen", push_pull.user_state.size());
  header.boolean("Join", push_pull.is_join);
  std::string out(1, static_cast<char>(MessageType::kPushPull));
  out += header.bytes();
  for (const NodeState& node : push_pull.nodes) out += format_node_state(node);
  return out += push_pull.user_state;
}

// Unlike in a packet, the bytes of a user message on a stream follow a header.
std::string format_plain(const User& user) {
  std::string out(1, static_cast<char>(MessageType::kUser));
  out += MapFormatter().integer("UserMsgLen", user.bytes.size()).bytes();
  return out += user.bytes;
}

std::string format_plain(const Ping& ping) { return format(ping); }
std::string format_plain(const Ack& ack) { return format(ack); }
std::string format_plain(const Err& err) { return format(err); }

Result<std::string> take_sized(std::string_view input, const MapFields& header, std::string_view key) {
  SKEIN_TRY_ASSIGN(uint64_t size, header.integer(key, kUserStateBytesMax));
  if (size > input.size()) return malformed_message("ends inside its content");
  return std::string(input.substr(0, size));
}

Result<StreamMessage> parse_push_pull(std::string_view input) {
  SKEIN_TRY_ASSIGN(MapFields header, MapFields::take(input));
  PushPull push_pull;
  SKEIN_TRY_ASSIGN(push_pull.is_join, header.boolean("Join"));
  SKEIN_TRY_ASSIGN(uint64_t nodes, header.integer("Nodes", kPushPullNodesMax));
  // No reservation by a count that the peer merely claims.
  for (uint64_t i = 0; i < nodes; ++i) {
    SKEIN_TRY_ASSIGN(NodeState node, take_node_state(input));
    push_pull.nodes.push_back(std::move(node));
  }
  SKEIN_TRY_ASSIGN(push_pull.user_state, take_sized(input, header, "UserStateLen"));
  return StreamMessage(std::move(push_pull));
}

Result<StreamMessage> parse_user(std::string_view input) {
  SKEIN_TRY_ASSIGN(MapFields header, MapFields::take(input));
  SKEIN_TRY_ASSIGN(std::string bytes, take_sized(input, header, "UserMsgLen"));
  return StreamMessage(User{std::move(bytes)});
}

template <class T>
Result<StreamMessage> parse_as(MessageType type, std::string_view input) {
  SKEIN_TRY_ASSIGN(Message message, parse_body(type, input));
  return StreamMessage(std::get<T>(std::move(message)));
}

}  // namespace

std::string format_stream(const StreamMessage& message) {
  return std::visit([](const auto& content) { return format_plain(content); }, message);
}

Result<StreamMessage> parse_stream(std::string_view plaintext) {
  SKEIN_TRY_ASSIGN(MessageType type, take_type(plaintext));
  std::string unpacked;
  if (type == MessageType::kCompress) {
    SKEIN_TRY_ASSIGN(unpacked, decompress_body(plaintext, kStreamUnpackedBytesMax));
    plaintext = unpacked;
    SKEIN_TRY_ASSIGN(type, take_type(plaintext));
  }
  switch (type) {
    case MessageType::kPushPull: return parse_push_pull(plaintext);
    case MessageType::kUser: return parse_user(plaintext);
    case MessageType::kPing: return parse_as<Ping>(type, plaintext);
    case MessageType::kAck: return parse_as<Ack>(type, plaintext);
    case MessageType::kErr: return parse_as<Err>(type, plaintext);
    default:
      return malformed_message("type " + std::to_string(static_cast<int>(type)) + " is out of place on a stream");
  }
}

}  // namespace skein::wire::memberlist
