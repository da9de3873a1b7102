#include "wire/memberlist/body.h"

#include <algorithm>

#include "base/bytes.h"
#include "wire/memberlist/lzw.h"
#include "wire/memberlist/msgpack.h"

namespace skein::wire::memberlist {

namespace {

constexpr uint64_t kLzw = 0;  // the only compression algorithm there is

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang 14 does not deduce it by itself

std::string typed(MessageType type, std::string_view body) {
  std::string out(1, static_cast<char>(type));
  return out += body;
}

std::string_view versions_text(const Versions& versions) { return as_text(versions); }

// Six bytes, or none in messages of ancient peers (then all zero, which readers ignore).
Result<Versions> parse_versions(const MapFields& map) {
  SKEIN_TRY_ASSIGN(std::string_view text, map.bytes("Vsn"));
  Versions versions{};
  if (text.empty()) return versions;
  if (text.size() != versions.size()) return malformed_message("versions are not six bytes");
  std::copy(text.begin(), text.end(), versions.begin());
  return versions;
}

Result<std::string> parse_address(const MapFields& map, std::string_view key) {
  SKEIN_TRY_ASSIGN(std::string address, map.text(key));
  if (address.size() != 4 && address.size() != 16) return malformed_message("address is neither IPv4 nor IPv6");
  return address;
}

Result<std::string> parse_optional_address(const MapFields& map, std::string_view key) {
  SKEIN_TRY_ASSIGN(std::string_view address, map.bytes(key));
  if (address.empty()) return std::string();
  return parse_address(map, key);
}

Result<Message> parse_ping(const MapFields& map) {
  Ping ping;
  SKEIN_TRY_ASSIGN(ping.sequence, map.u32("SeqNo"));
  SKEIN_TRY_ASSIGN(ping.node, map.text("Node"));
  SKEIN_TRY_ASSIGN(ping.source_address, parse_optional_address(map, "SourceAddr"));
  SKEIN_TRY_ASSIGN(ping.source_port, map.u16("SourcePort"));
  SKEIN_TRY_ASSIGN(ping.source_node, map.text("SourceNode"));
  return Message(std::move(ping));
}

Result<Message> parse_indirect_ping(const MapFields& map) {
  IndirectPing ping;
  SKEIN_TRY_ASSIGN(ping.sequence, map.u32("SeqNo"));
  SKEIN_TRY_ASSIGN(ping.target, parse_address(map, "Target"));
  SKEIN_TRY_ASSIGN(ping.port, map.u16("Port"));
  SKEIN_TRY_ASSIGN(ping.node, map.text("Node"));
  SKEIN_TRY_ASSIGN(ping.wants_nack, map.boolean("Nack"));
  SKEIN_TRY_ASSIGN(ping.source_address, parse_optional_address(map, "SourceAddr"));
  SKEIN_TRY_ASSIGN(ping.source_port, map.u16("SourcePort"));
  SKEIN_TRY_ASSIGN(ping.source_node, map.text("SourceNode"));
  return Message(std::move(ping));
}

Result<Message> parse_ack(const MapFields& map) {
  Ack ack;
  SKEIN_TRY_ASSIGN(ack.sequence, map.u32("SeqNo"));
  SKEIN_TRY_ASSIGN(ack.payload, map.text_or_nil("Payload"));
  return Message(std::move(ack));
}

Result<Message> parse_nack(const MapFields& map) {
  SKEIN_TRY_ASSIGN(uint32_t sequence, map.u32("SeqNo"));
  return Message(Nack{sequence});
}

Result<Message> parse_err(const MapFields& map) {
  SKEIN_TRY_ASSIGN(std::string text, map.text("Error"));
  return Message(Err{std::move(text)});
}

// Suspect and Dead are alike.
template <class Accusation>
Result<Message> parse_accusation(const MapFields& map) {
  Accusation accusation;
  SKEIN_TRY_ASSIGN(accusation.incarnation, map.u32("Incarnation"));
  SKEIN_TRY_ASSIGN(accusation.node, map.text("Node"));
  SKEIN_TRY_ASSIGN(accusation.from, map.text("From"));
  return Message(std::move(accusation));
}

Result<Message> parse_alive(const MapFields& map) {
  Alive alive;
  SKEIN_TRY_ASSIGN(alive.incarnation, map.u32("Incarnation"));
  SKEIN_TRY_ASSIGN(alive.node, map.text("Node"));
  SKEIN_TRY_ASSIGN(alive.address, parse_address(map, "Addr"));
  SKEIN_TRY_ASSIGN(alive.port, map.u16("Port"));
  SKEIN_TRY_ASSIGN(alive.meta, map.text_or_nil("Meta"));
  SKEIN_TRY_ASSIGN(alive.versions, parse_versions(map));
  return Message(std::move(alive));
}

MapFormatter accusation_map(uint32_t incarnation, std::string_view node, std::string_view from) {
  MapFormatter map;
  map.integer("Incarnation", incarnation).text("Node", node).text("From", from);
  return map;
}

}  // namespace

Error malformed_message(std::string because) {
  return make_error(Code::kInvalidArgument, "malformed gossip message", std::move(because));
}

Result<MessageType> take_type(std::string_view& input) {
  if (input.empty()) return malformed_message("empty");
  const auto type = static_cast<uint8_t>(input.front());
  if (type > static_cast<uint8_t>(MessageType::kErr)) return malformed_message("unknown type " + std::to_string(type));
  input.remove_prefix(1);
  return static_cast<MessageType>(type);
}

Result<Message> parse_body(MessageType type, std::string_view input) {
  if (type == MessageType::kUser) return Message(User{std::string(input)});
  SKEIN_TRY_ASSIGN(MapFields map, MapFields::take(input));
  switch (type) {
    case MessageType::kPing: return parse_ping(map);
    case MessageType::kIndirectPing: return parse_indirect_ping(map);
    case MessageType::kAck: return parse_ack(map);
    case MessageType::kNack: return parse_nack(map);
    case MessageType::kErr: return parse_err(map);
    case MessageType::kSuspect: return parse_accusation<Suspect>(map);
    case MessageType::kDead: return parse_accusation<Dead>(map);
    case MessageType::kAlive: return parse_alive(map);
    default: return malformed_message("type " + std::to_string(static_cast<int>(type)) + " is out of place");
  }
}

std::string format(const Message& message) {
  const Overloaded formatter{
      [](const Ping& ping) {
        MapFormatter map;
        map.integer("SeqNo", ping.sequence).text("Node", ping.node);
        map.text_unless_empty("SourceAddr", ping.source_address).integer_unless_zero("SourcePort", ping.source_port);
        map.text_unless_empty("SourceNode", ping.source_node);
        return typed(MessageType::kPing, map.bytes());
      },
      [](const IndirectPing& ping) {
        MapFormatter map;
        map.integer("SeqNo", ping.sequence).text("Target", ping.target).integer("Port", ping.port);
        map.text("Node", ping.node).boolean("Nack", ping.wants_nack);
        map.text_unless_empty("SourceAddr", ping.source_address).integer_unless_zero("SourcePort", ping.source_port);
        map.text_unless_empty("SourceNode", ping.source_node);
        return typed(MessageType::kIndirectPing, map.bytes());
      },
      [](const Ack& ack) {
        MapFormatter map;
        map.integer("SeqNo", ack.sequence).text_or_nil("Payload", ack.payload);
        return typed(MessageType::kAck, map.bytes());
      },
      [](const Nack& nack) {
        return typed(MessageType::kNack, MapFormatter().integer("SeqNo", nack.sequence).bytes());
      },
      [](const Err& err) { return typed(MessageType::kErr, MapFormatter().text("Error", err.text).bytes()); },
      [](const Suspect& suspect) {
        return typed(MessageType::kSuspect, accusation_map(suspect.incarnation, suspect.node, suspect.from).bytes());
      },
      [](const Dead& dead) {
        return typed(MessageType::kDead, accusation_map(dead.incarnation, dead.node, dead.from).bytes());
      },
      [](const Alive& alive) {
        MapFormatter map;
        map.integer("Incarnation", alive.incarnation).text("Node", alive.node).text("Addr", alive.address);
        map.integer("Port", alive.port).text_or_nil("Meta", alive.meta).text("Vsn", versions_text(alive.versions));
        return typed(MessageType::kAlive, map.bytes());
      },
      [](const User& user) { return typed(MessageType::kUser, user.bytes); },
  };
  return std::visit(formatter, message);
}

std::string format_node_state(const NodeState& node) {
  MapFormatter map;
  map.text("Name", node.name).text("Addr", node.address).integer("Port", node.port).text_or_nil("Meta", node.meta);
  map.integer("Incarnation", node.incarnation).integer("State", static_cast<uint64_t>(node.state));
  map.text("Vsn", versions_text(node.versions));
  return map.bytes();
}

Result<NodeState> take_node_state(std::string_view& input) {
  SKEIN_TRY_ASSIGN(MapFields map, MapFields::take(input));
  NodeState node;
  SKEIN_TRY_ASSIGN(node.name, map.text("Name"));
  SKEIN_TRY_ASSIGN(node.address, parse_address(map, "Addr"));
  SKEIN_TRY_ASSIGN(node.port, map.u16("Port"));
  SKEIN_TRY_ASSIGN(node.meta, map.text_or_nil("Meta"));
  SKEIN_TRY_ASSIGN(node.incarnation, map.u32("Incarnation"));
  SKEIN_TRY_ASSIGN(uint64_t state, map.integer("State", static_cast<uint64_t>(MemberState::kLeft)));
  node.state = static_cast<MemberState>(state);
  SKEIN_TRY_ASSIGN(node.versions, parse_versions(map));
  return node;
}

Result<std::string> decompress_body(std::string_view body, size_t plain_bytes_max) {
  SKEIN_TRY_ASSIGN(MapFields map, MapFields::take(body));
  SKEIN_TRY_ASSIGN(uint64_t algorithm, map.integer("Algo", UINT8_MAX));
  if (algorithm != kLzw) return malformed_message("unknown compression " + std::to_string(algorithm));
  SKEIN_TRY_ASSIGN(std::string_view packed, map.bytes("Buf"));
  return lzw_decompress(packed, plain_bytes_max);
}

}  // namespace skein::wire::memberlist
