// The messages of the membership protocol on port 7946: what memberlist peers say to each other in UDP packets and on
// one-request TCP streams, below encryption (keyring.h).
//
// A message is one type byte followed by a msgpack map (msgpack.h) or raw bytes. A packet may wrap its messages in a
// checksum (crc), a compression (compress) and a list (compound); parse_packet undoes all three. Writing them is up to
// the caller, from the inside out: compound, crc, then KeyRing.
//
// Addresses are byte strings in network order: 4 octets (IPv4), 16 (IPv6), or empty where a field is optional.
// Where msgpack can say nil or an empty string and peers send both, the field is an optional: nullopt is nil.
//
// Pure functions on untrusted bytes: every length, count and nesting is bounded before memory is taken. Parsing takes
// map keys in any order, skips unknown ones, and refuses values that do not fit their field.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace skein::wire::memberlist {

enum class MessageType : uint8_t {
  kPing = 0,
  kIndirectPing = 1,
  kAck = 2,
  kSuspect = 3,
  kAlive = 4,
  kDead = 5,
  kPushPull = 6,
  kCompound = 7,
  kUser = 8,
  kCompress = 9,
  kEncrypt = 10,  // first byte of an encrypted stream frame; never inside a packet
  kNack = 11,
  kCrc = 12,
  kErr = 13,
};

// Protocol min, max, current, then delegate min, max, current. An alive whose min or max is 0, or min > max, is to be
// ignored by the reader of the message.
using Versions = std::array<uint8_t, 6>;
inline constexpr Versions kOurVersions = {1, 5, 2, 0, 0, 0};  // what every Docker daemon says
inline constexpr uint8_t kCrcSinceVersion = 5;   // a target whose protocol max is at least this takes a crc
inline constexpr uint8_t kNackSinceVersion = 4;  // … may be asked for a nack
inline constexpr uint8_t kTcpPingSinceVersion = 3;

// Asks `node` whether it lives. The ack goes to the source address if there is one, else to the packet's sender.
struct Ping {
  uint32_t sequence = 0;
  std::string node;
  std::string source_address;  // may be empty
  uint16_t source_port = 0;
  std::string source_node;
  bool operator==(const Ping&) const = default;
};

// Asks the receiver to ping `node` at target:port and to relay its ack under `sequence`.
struct IndirectPing {
  uint32_t sequence = 0;
  std::string target;  // address of the node to be pinged
  uint16_t port = 0;
  std::string node;
  bool wants_nack = false;
  std::string source_address;  // may be empty
  uint16_t source_port = 0;
  std::string source_node;
  bool operator==(const IndirectPing&) const = default;
};

struct Ack {
  uint32_t sequence = 0;
  std::optional<std::string> payload;
  bool operator==(const Ack&) const = default;
};

struct Nack {
  uint32_t sequence = 0;
  bool operator==(const Nack&) const = default;
};

// Why a stream was refused; sent back on the same connection.
struct Err {
  std::string text;
  bool operator==(const Err&) const = default;
};

struct Suspect {
  uint32_t incarnation = 0;
  std::string node;
  std::string from;
  bool operator==(const Suspect&) const = default;
};

struct Alive {
  uint32_t incarnation = 0;
  std::string node;
  std::string address;  // 4 or 16 octets
  uint16_t port = 0;
  std::optional<std::string> meta;  // Docker: empty about itself, nil about others
  Versions versions = kOurVersions;
  bool operator==(const Alive&) const = default;
};

// node == from says that the node left on purpose.
struct Dead {
  uint32_t incarnation = 0;
  std::string node;
  std::string from;
  bool operator==(const Dead&) const = default;
};

// Opaque to membership: a networkdb.GossipMessage.
struct User {
  std::string bytes;
  bool operator==(const User&) const = default;
};

using Message = std::variant<Ping, IndirectPing, Ack, Nack, Err, Suspect, Alive, Dead, User>;

enum class MemberState : uint8_t { kAlive = 0, kSuspect = 1, kDead = 2, kLeft = 3 };

// What one side of a push/pull knows about a node.
struct NodeState {
  std::string name;
  std::string address;  // 4 or 16 octets
  uint16_t port = 0;
  std::optional<std::string> meta;
  uint32_t incarnation = 0;
  MemberState state = MemberState::kAlive;
  Versions versions = kOurVersions;
  bool operator==(const NodeState&) const = default;
};

// Whole membership and the user state on top of it (a networkdb.GossipMessage of type PUSH_PULL). The answer to a
// push/pull is one too, on the same connection, with is_join as in the request.
struct PushPull {
  bool is_join = false;
  std::vector<NodeState> nodes;
  std::string user_state;
  bool operator==(const PushPull&) const = default;
};

// What one connection carries in one direction.
using StreamMessage = std::variant<PushPull, User, Ping, Ack, Err>;

// ---- packets (UDP)

// Limits of what is read. They are far above what peers send (a packet holds 1400 bytes before compression).
inline constexpr size_t kNestingMax = 6;                       // crc, compress, compound and some to spare
inline constexpr size_t kPacketMessagesMax = 1024;             // after flattening
inline constexpr size_t kPacketUnpackedBytesMax = 256 * 1024;  // sum of all decompressed parts of one packet
inline constexpr size_t kCompoundPartsMax = 255;               // the count is one byte

// Type byte and body; the same bytes as a Docker peer makes of the same content.
std::string format(const Message& message);

// `parts` as one message; each part is a formatted message of at most 65535 bytes, and there are 1 to 255 of them.
std::string format_compound(const std::vector<std::string>& parts);
// Bytes that format_compound adds: this much, and kCompoundPartOverhead for each part.
inline constexpr size_t kCompoundOverhead = 2;
inline constexpr size_t kCompoundPartOverhead = 2;

// Puts a checksum before a packet; only for a target that takes it (kCrcSinceVersion).
std::string add_crc(std::string_view packet);
inline constexpr size_t kCrcOverhead = 5;

// All messages of one decrypted packet, in order. Fails when the packet as a whole is not well formed (checksum,
// compression, the list of parts, limits). One part of a compound that cannot be read is left out, so that a message
// of a newer protocol does not cost us its neighbours; `parse_packet` of such a message alone fails.
Result<std::vector<Message>> parse_packet(std::string_view plaintext);

// ---- streams (TCP)

inline constexpr size_t kStreamUnpackedBytesMax = 32 * 1024 * 1024;
inline constexpr size_t kPushPullNodesMax = 65536;
inline constexpr size_t kUserStateBytesMax = 20 * 1024 * 1024;

// The plaintext of one frame (keyring.h seals it). Docker compresses it; peers take both, and between hosts of one
// cluster the processor costs more than the bytes: a tenth of what starting containers on twenty hosts took.
std::string format_stream(const StreamMessage& message);

// The content of one decrypted frame, compressed or not.
Result<StreamMessage> parse_stream(std::string_view plaintext);

}  // namespace skein::wire::memberlist
