// Packets and stream frames that real Docker daemons sent are read to exactly what they mean, and writing that again
// gives Docker's bytes: a member that errs here is shunned by the swarm, or spoils it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "wire/memberlist/compress_for_test.h"
#include "wire/memberlist/keyring.h"
#include "wire/memberlist/message.h"
#include "wire/networkdb_json_for_test.h"

namespace skein::wire::memberlist {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path kFolder = fs::path(SKEIN_TEST_DATA) / "gossip";

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string hex_bytes(const std::string& hex) { return from_hex(hex).value(); }

std::vector<std::string> vector_names(const std::string& prefix) {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(kFolder)) {
    const std::string name = file.path().stem();
    if (file.path().extension() == ".json" && name != "keys" && name.starts_with(prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

KeyRing docker_keys() {
  const Json file = Json::parse(read(kFolder / "keys.json"));
  std::string primary;
  std::vector<std::string> others;
  for (const Json& key : file["keys"]) {
    const std::string bytes = hex_bytes(key["key_hex"]);
    if (key["primary"])
      primary = bytes;
    else
      others.push_back(bytes);
  }
  return KeyRing::make(primary, others).value();
}

// ---- the notation of the vectors: {"hex": …} for bytes, null for nil

Json bytes_json(std::string_view bytes) { return {{"hex", to_hex(bytes)}}; }
Json nil_or_bytes_json(const std::optional<std::string>& bytes) {
  return bytes ? bytes_json(std::string_view(*bytes)) : Json();
}
Json bytes_json(const Versions& versions) { return bytes_json(as_text(versions)); }

template <class AnyPing>
void put_source(Json& body, const AnyPing& ping) {
  if (!ping.source_address.empty()) body["SourceAddr"] = bytes_json(std::string_view(ping.source_address));
  if (ping.source_port != 0) body["SourcePort"] = ping.source_port;
  if (!ping.source_node.empty()) body["SourceNode"] = ping.source_node;
}

Json typed(const char* type, Json body) { return {{"type", type}, {"body", std::move(body)}}; }

Json to_json(const Ping& ping) {
  Json body = {{"SeqNo", ping.sequence}, {"Node", ping.node}};
  put_source(body, ping);
  return typed("ping", body);
}
Json to_json(const IndirectPing& ping) {
  Json body = {{"SeqNo", ping.sequence},
               {"Target", bytes_json(std::string_view(ping.target))},
               {"Port", ping.port},
               {"Node", ping.node},
               {"Nack", ping.wants_nack}};
  put_source(body, ping);
  return typed("indirectPing", body);
}
Json to_json(const Ack& ack) {
  return typed("ack", {{"SeqNo", ack.sequence}, {"Payload", nil_or_bytes_json(ack.payload)}});
}
Json to_json(const Nack& nack) { return typed("nack", {{"SeqNo", nack.sequence}}); }
Json to_json(const Err& err) { return typed("err", {{"Error", err.text}}); }
Json to_json(const Suspect& suspect) {
  return typed("suspect", {{"Incarnation", suspect.incarnation}, {"Node", suspect.node}, {"From", suspect.from}});
}
Json to_json(const Dead& dead) {
  return typed("dead", {{"Incarnation", dead.incarnation}, {"Node", dead.node}, {"From", dead.from}});
}
Json to_json(const Alive& alive) {
  return typed("alive", {{"Incarnation", alive.incarnation},
                         {"Node", alive.node},
                         {"Addr", bytes_json(std::string_view(alive.address))},
                         {"Port", alive.port},
                         {"Meta", nil_or_bytes_json(alive.meta)},
                         {"Vsn", bytes_json(alive.versions)}});
}
Json to_json(const User& user) { return {{"type", "user"}, {"networkdb", networkdb_json(user.bytes)}}; }

Json to_json(const NodeState& node) {
  return {{"Name", node.name},
          {"Addr", bytes_json(std::string_view(node.address))},
          {"Port", node.port},
          {"Meta", nil_or_bytes_json(node.meta)},
          {"Incarnation", node.incarnation},
          {"State", static_cast<int>(node.state)},
          {"Vsn", bytes_json(node.versions)}};
}
Json to_json(const PushPull& push_pull) {
  Json nodes = Json::array();
  for (const NodeState& node : push_pull.nodes) nodes.push_back(to_json(node));
  return {
      {"type", "pushPull"},
      {"header", {{"Join", push_pull.is_join}, {"Nodes", nodes.size()}, {"UserStateLen", push_pull.user_state.size()}}},
      {"nodes", nodes},
      {"user_state_hex", to_hex(push_pull.user_state)},
      {"user_state", networkdb_json(push_pull.user_state)},
      {"trailing", 0}};
}
// A user message on a stream has a header, which shows its length.
Json stream_json(const StreamMessage& message) {
  Json json = std::visit([](const auto& content) { return to_json(content); }, message);
  if (const auto* user = std::get_if<User>(&message)) {
    json["header"] = {{"UserMsgLen", user->bytes.size()}};
    json["trailing"] = 0;
  }
  return json;
}

// The innermost messages of a packet's JSON, in order.
void flatten(const Json& message, std::vector<Json>& out) {
  if (message.contains("parts")) {
    for (const Json& part : message["parts"]) flatten(part, out);
  } else if (message.contains("message")) {
    flatten(message["message"], out);
  } else {
    out.push_back(message);
  }
}

// Writes the packet with the wrappers of its JSON and takes the innermost messages from `next`.
std::string rebuild(const Json& message, std::vector<Message>::const_iterator& next) {
  const std::string type = message["type"];
  if (type == "crc") return add_crc(rebuild(message["message"], next));
  if (type == "compress") {
    const std::string inner = rebuild(message["message"], next);
    EXPECT_EQ(to_hex(inner), message["uncompressed_hex"]);
    return compress(inner);
  }
  if (type != "compound") return format(*next++);
  std::vector<std::string> parts;
  for (const Json& part : message["parts"]) parts.push_back(rebuild(part, next));
  return format_compound(parts);
}

TEST(GoldenGossip, every_captured_packet_means_what_docker_meant_and_is_written_alike) {
  const KeyRing keys = docker_keys();
  const auto names = vector_names("udp-");
  ASSERT_GE(names.size(), 30u);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const Json json = Json::parse(read(kFolder / (name + ".json")));
    const std::string plain = read(kFolder / (name + ".plain.bin"));
    auto opened = keys.open_packet(read(kFolder / (name + ".bin")));
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    ASSERT_EQ(to_hex(*opened), to_hex(plain));

    auto messages = parse_packet(plain);
    ASSERT_TRUE(messages.ok()) << messages.error().text();
    std::vector<Json> expected;
    flatten(json["message"], expected);
    ASSERT_EQ(messages->size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      const Json actual = std::visit([](const auto& content) { return to_json(content); }, (*messages)[i]);
      EXPECT_EQ(actual, expected[i]);
    }

    auto next = messages->cbegin();
    EXPECT_EQ(to_hex(rebuild(json["message"], next)), to_hex(plain));
    EXPECT_EQ(next, messages->cend());
  }
}

TEST(GoldenGossip, every_captured_frame_means_what_docker_meant_and_is_written_alike) {
  const KeyRing keys = docker_keys();
  const auto names = vector_names("tcp-");
  ASSERT_GE(names.size(), 15u);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const Json json = Json::parse(read(kFolder / (name + ".json")));
    const std::string plain = read(kFolder / (name + ".plain.bin"));
    auto opened = keys.open_frame(read(kFolder / (name + ".bin")));
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    ASSERT_EQ(to_hex(*opened), to_hex(plain));

    auto message = parse_stream(plain);
    ASSERT_TRUE(message.ok()) << message.error().text();
    EXPECT_EQ(stream_json(*message), json["message"]["message"]);
    EXPECT_EQ(to_hex(compress(format_stream(*message))), to_hex(plain));

    auto uncompressed = parse_stream(hex_bytes(json["message"]["uncompressed_hex"]));
    ASSERT_TRUE(uncompressed.ok()) << uncompressed.error().text();
    EXPECT_EQ(*uncompressed, *message);
  }
}

// Replays the captured nonce, so that sealing can be compared byte for byte.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::string bytes) : bytes_(std::move(bytes)) {}
  void fill(std::span<uint8_t> out) override {
    ASSERT_EQ(out.size(), bytes_.size());
    std::copy(bytes_.begin(), bytes_.end(), out.begin());
  }

 private:
  std::string bytes_;
};

TEST(GoldenGossip, sealing_with_the_captured_nonce_gives_the_captured_bytes) {
  const KeyRing keys = docker_keys();
  size_t sealed = 0;
  for (const std::string& name : vector_names("")) {
    SCOPED_TRACE(name);
    const Json json = Json::parse(read(kFolder / (name + ".json")));
    const std::string plain = read(kFolder / (name + ".plain.bin")), expected = read(kFolder / (name + ".bin"));
    FixedRandom nonce(hex_bytes(json["encryption"]["nonce_hex"]));
    const bool is_frame = json["transport"] == "tcp";
    EXPECT_EQ(to_hex(is_frame ? keys.seal_frame(plain, nonce) : keys.seal_packet(plain, nonce)), to_hex(expected));
    ++sealed;
  }
  EXPECT_GE(sealed, 45u);
}

TEST(GoldenGossip, the_checksum_is_that_of_ieee_802_3) {
  EXPECT_EQ(add_crc("123456789").substr(1, 4), "\xcb\xf4\x39\x26");
}

}  // namespace
}  // namespace skein::wire::memberlist
