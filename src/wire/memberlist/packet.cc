// Packets: the wrappers crc, compress and compound round messages.
#include <zlib.h>

#include "wire/memberlist/big_endian.h"
#include "wire/memberlist/body.h"
#include "wire/memberlist/message.h"

namespace skein::wire::memberlist {

namespace {

// CRC-32 of IEEE 802.3, as memberlist puts it before packets.
uint64_t checksum(std::string_view bytes) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

// Flattens one packet. Its budgets are for the packet as a whole, so that nesting does not multiply them.
class PacketParser {
 public:
  Result<std::vector<Message>> run(std::string_view plaintext) {
    SKEIN_TRY(parse(plaintext, 0));
    return std::move(messages_);
  }

 private:
  Result<void> parse(std::string_view input, size_t depth) {
    if (depth > kNestingMax) return malformed_message("nested too deeply");
    SKEIN_TRY_ASSIGN(MessageType type, take_type(input));
    switch (type) {
      case MessageType::kCrc: return parse_crc(input, depth);
      case MessageType::kCompress: return parse_compress(input, depth);
      case MessageType::kCompound: return parse_compound(input, depth);
      default: break;
    }
    if (messages_.size() >= kPacketMessagesMax) return malformed_message("too many messages");
    SKEIN_TRY_ASSIGN(Message message, parse_body(type, input));
    messages_.push_back(std::move(message));
    return {};
  }

  Result<void> parse_crc(std::string_view input, size_t depth) {
    if (input.size() < 4) return malformed_message("ends inside the checksum");
    const uint64_t expected = read_big_endian(input.substr(0, 4));
    input.remove_prefix(4);
    if (checksum(input) != expected) return malformed_message("wrong checksum");
    return parse(input, depth + 1);
  }

  Result<void> parse_compress(std::string_view input, size_t depth) {
    SKEIN_TRY_ASSIGN(std::string plain, decompress_body(input, unpacked_bytes_left_));
    unpacked_bytes_left_ -= plain.size();
    return parse(plain, depth + 1);
  }

  Result<void> parse_compound(std::string_view input, size_t depth) {
    if (input.empty()) return malformed_message("ends before the number of parts");
    const size_t count = static_cast<uint8_t>(input.front());
    input.remove_prefix(1);
    if (input.size() < 2 * count) return malformed_message("ends inside the lengths of the parts");
    std::string_view lengths = input.substr(0, 2 * count);
    input.remove_prefix(2 * count);
    for (; !lengths.empty(); lengths.remove_prefix(2)) {
      const size_t size = read_big_endian(lengths.substr(0, 2));
      if (size > input.size()) return malformed_message("ends inside a part");
      // A part that cannot be read costs its neighbours nothing; the limits of the packet still hold.
      (void)parse(input.substr(0, size), depth + 1).ok();
      input.remove_prefix(size);
    }
    return {};
  }

  std::vector<Message> messages_;
  size_t unpacked_bytes_left_ = kPacketUnpackedBytesMax;
};

}  // namespace

std::string format_compound(const std::vector<std::string>& parts) {
  SKEIN_ASSERT(!parts.empty() && parts.size() <= kCompoundPartsMax);
  std::string out(1, static_cast<char>(MessageType::kCompound));
  append_big_endian(out, parts.size(), 1);
  for (const std::string& part : parts) {
    SKEIN_ASSERT(part.size() <= UINT16_MAX);
    append_big_endian(out, part.size(), 2);
  }
  for (const std::string& part : parts) out += part;
  return out;
}

std::string add_crc(std::string_view packet) {
  std::string out(1, static_cast<char>(MessageType::kCrc));
  append_big_endian(out, checksum(packet), 4);
  return out += packet;
}

Result<std::vector<Message>> parse_packet(std::string_view plaintext) { return PacketParser().run(plaintext); }

}  // namespace skein::wire::memberlist
