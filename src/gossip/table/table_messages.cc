#include "gossip/table/table_messages.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <optional>

namespace skein::gossip {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;
using networkdb::CompoundMessage;
using networkdb::GossipMessage;

namespace {

constexpr uint32_t tag(int field, WireFormatLite::WireType type) {
  return static_cast<uint32_t>(field) << 3 | static_cast<uint32_t>(type);
}
constexpr auto kVarint = WireFormatLite::WIRETYPE_VARINT;
constexpr auto kBytes = WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
constexpr uint32_t kTypeTag = tag(GossipMessage::kTypeFieldNumber, kVarint);
constexpr uint32_t kDataTag = tag(GossipMessage::kDataFieldNumber, kBytes);
constexpr uint32_t kMessagesTag = tag(CompoundMessage::kMessagesFieldNumber, kBytes);
constexpr uint32_t kPayloadTag = tag(CompoundMessage::SimpleMessage::kPayloadFieldNumber, kBytes);

// The fields of one message, in place.
class Fields {
 public:
  explicit Fields(std::string_view bytes)
      : bytes_(bytes), in_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())) {}

  uint32_t next() { return in_.ReadTag(); }  // 0 at the end, and at what is no tag
  bool is_at_end() { return in_.ConsumedEntireMessage(); }
  bool skip(uint32_t field) { return WireFormatLite::SkipField(&in_, field); }
  std::optional<uint64_t> varint() {
    uint64_t out;
    return in_.ReadVarint64(&out) ? std::optional(out) : std::nullopt;
  }
  std::optional<std::string_view> text() {
    uint32_t size;
    if (!in_.ReadVarint32(&size)) return std::nullopt;
    const auto at = static_cast<size_t>(in_.CurrentPosition());
    if (size > bytes_.size() - at || !in_.Skip(static_cast<int>(size))) return std::nullopt;
    return bytes_.substr(at, size);
  }

 private:
  std::string_view bytes_;
  CodedInputStream in_;
};

size_t size_of_field(uint32_t field, size_t bytes) {
  return CodedOutputStream::VarintSize32(field) + CodedOutputStream::VarintSize32(static_cast<uint32_t>(bytes)) + bytes;
}

void put_head(std::string& out, uint32_t field, size_t value) {
  uint8_t head[10];
  uint8_t* end = CodedOutputStream::WriteVarint32ToArray(field, head);
  end = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(value), end);
  out.append(head, end);
}

Error malformed(const char* what) { return make_error(Code::kInvalidArgument, std::string(what) + " is malformed"); }

std::optional<std::string_view> payload_of(std::string_view part) {
  Fields fields(part);
  std::optional<std::string_view> out = std::string_view();
  while (uint32_t field = fields.next())
    if (field == kPayloadTag ? !(out = fields.text()) : !fields.skip(field)) return std::nullopt;
  return fields.is_at_end() ? out : std::nullopt;
}

}  // namespace

std::string wrap(GossipMessage::T type, const google::protobuf::MessageLite& message) {
  GossipMessage out;
  out.set_type(type);
  message.SerializeToString(out.mutable_data());
  return out.SerializeAsString();
}

std::string wrap_compound(const std::vector<std::string>& messages) {
  size_t data = 0;
  for (const std::string& message : messages)
    data += size_of_field(kMessagesTag, size_of_field(kPayloadTag, message.size()));
  std::string out;
  out.reserve(data + 16);
  put_head(out, kTypeTag, GossipMessage::COMPOUND);
  if (!messages.empty()) put_head(out, kDataTag, data);
  for (const std::string& message : messages) {
    put_head(out, kMessagesTag, size_of_field(kPayloadTag, message.size()));
    put_head(out, kPayloadTag, message.size());
    out += message;
  }
  return out;
}

Result<Wrapped> unwrap(std::string_view bytes) {
  Fields fields(bytes);
  Wrapped out;
  while (uint32_t field = fields.next()) {
    bool is_read = true;
    if (field == kTypeTag) {
      const auto type = fields.varint();
      if ((is_read = type.has_value())) out.type = static_cast<GossipMessage::T>(*type);
    } else if (field == kDataTag) {
      const auto data = fields.text();
      if ((is_read = data.has_value())) out.data = *data;
    } else {
      is_read = fields.skip(field);
    }
    if (!is_read) return malformed("table message");
  }
  if (!fields.is_at_end()) return malformed("table message");
  return out;
}

Result<std::vector<std::string_view>> unwrap_compound(std::string_view data) {
  Fields fields(data);
  std::vector<std::string_view> out;
  while (uint32_t field = fields.next()) {
    if (field != kMessagesTag) {
      if (!fields.skip(field)) return malformed("compound table message");
      continue;
    }
    const auto part = fields.text();
    const auto payload = part ? payload_of(*part) : std::nullopt;
    if (!payload) return malformed("compound table message");
    out.push_back(*payload);
  }
  if (!fields.is_at_end()) return malformed("compound table message");
  return out;
}

}  // namespace skein::gossip
