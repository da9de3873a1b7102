#include "esp/control/control.h"

#include <openssl/crypto.h>

#include "base/bytes.h"
#include "base/text/json_text.h"
#include "esp/control/json_object.h"

namespace skein::esp {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kReasonsMax = 256;

std::string hex_of(uint64_t value) {
  std::string bytes;
  for (int i = 7; i >= 0; --i) bytes += static_cast<char>(value >> 8 * i);
  return to_hex(bytes);
}

Result<uint64_t> parse_hex(JsonObject& object, const char* name) {
  SKEIN_TRY_ASSIGN(std::string text, object.text(name, 16));
  auto bytes = from_hex(text);
  if (!bytes.ok() || bytes->size() != 8) return object.error(name, "must be 16 hex digits");
  uint64_t value = 0;
  for (uint8_t byte : as_bytes(*bytes)) value = value << 8 | byte;
  return value;
}

nlohmann::json out_json(const SaStatus& sa) { return {{"spi", sa.spi}, {"packets", sa.packets}, {"bytes", sa.bytes}}; }

nlohmann::json in_json(const SaStatus& sa) {
  nlohmann::json entry = out_json(sa);
  entry["replayed"] = sa.replayed;
  entry["failed"] = sa.failed;
  return entry;
}

Result<SaStatus> parse_sa_status(JsonObject object, bool is_inbound) {
  SaStatus sa;
  SKEIN_TRY_ASSIGN(uint64_t spi, object.number("spi", 0, UINT32_MAX));
  sa.spi = static_cast<uint32_t>(spi);
  SKEIN_TRY_ASSIGN(sa.packets, object.number("packets", 0, UINT64_MAX));
  SKEIN_TRY_ASSIGN(sa.bytes, object.number("bytes", 0, UINT64_MAX));
  if (is_inbound) {
    SKEIN_TRY_ASSIGN(sa.replayed, object.number("replayed", 0, UINT64_MAX));
    SKEIN_TRY_ASSIGN(sa.failed, object.number("failed", 0, UINT64_MAX));
  }
  SKEIN_TRY(object.end());
  return sa;
}

Result<PeerStatus> parse_peer_status(JsonObject object) {
  PeerStatus peer;
  SKEIN_TRY_ASSIGN(std::string address, object.text("address", 15));
  SKEIN_TRY_ASSIGN(peer.address, Ipv4::parse(address));
  SKEIN_TRY_ASSIGN(std::string form, object.text("form", 3));
  peer.form = form == form_name(Form::kEsp) ? Form::kEsp : Form::kUdp;
  if (object.find("out")) {
    SKEIN_TRY_ASSIGN(JsonObject out, object.object("out"));
    SKEIN_TRY_ASSIGN(peer.out, parse_sa_status(std::move(out), false));
  }
  SKEIN_TRY_ASSIGN(const nlohmann::json* in, object.array("in", kInboundPerPeerMax));
  for (const auto& value : *in) {
    SKEIN_TRY_ASSIGN(JsonObject entry, JsonObject::open(value, object.path_of("in")));
    SKEIN_TRY_ASSIGN(SaStatus sa, parse_sa_status(std::move(entry), true));
    peer.in.push_back(sa);
  }
  SKEIN_TRY(object.end());
  return peer;
}

Result<Request> parse_request_object(JsonObject object) {
  if (const nlohmann::json* config = object.find("config")) {
    SKEIN_TRY(object.end());
    std::string text = json_text(*config);
    auto parsed = parse_config(text);
    OPENSSL_cleanse(text.data(), text.size());
    if (!parsed.ok()) return std::move(parsed).error();
    return Request(std::move(*parsed));
  }
  SKEIN_TRY_ASSIGN(JsonObject status, object.object("status"));
  SKEIN_TRY(status.end());
  SKEIN_TRY(object.end());
  return Request(StatusRequest{});
}

// The worker's "error" as our error, if the reply is one.
Result<void> check_reply(JsonObject& object) {
  if (!object.find("error")) return {};
  SKEIN_TRY_ASSIGN(std::string what, object.text("error", 4096));
  return invalid_argument(what);
}

}  // namespace

std::string encode_message(std::string_view json) {
  SKEIN_ASSERT(json.size() <= kMessageBytesMax);
  std::string bytes;
  bytes.reserve(kLengthBytes + json.size());
  for (size_t i = kLengthBytes; i-- > 0;) bytes += static_cast<char>(json.size() >> 8 * i);
  return bytes.append(json);
}

MessageReader::~MessageReader() { OPENSSL_cleanse(pending_.data(), pending_.size()); }

void MessageReader::add(std::string_view bytes) { pending_.append(bytes); }

Result<std::optional<std::string>> MessageReader::next() {
  if (pending_.size() < kLengthBytes) return std::optional<std::string>();
  size_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length = length << 8 | static_cast<uint8_t>(pending_[i]);
  if (length > kMessageBytesMax) return make_error(Code::kResourceExhausted, "message is too long");
  if (pending_.size() - kLengthBytes < length) return std::optional<std::string>();
  std::string message = pending_.substr(kLengthBytes, length);
  std::string rest = pending_.substr(kLengthBytes + length);
  OPENSSL_cleanse(pending_.data(), pending_.size());
  pending_ = std::move(rest);
  return std::optional(std::move(message));
}

std::string config_request(const Config& config) { return "{\"config\":" + format_config(config) + "}"; }
std::string status_request() { return R"({"status":{}})"; }

Result<Request> parse_request(std::string_view json) {
  SKEIN_TRY_ASSIGN(nlohmann::json root, parse_json(json));
  auto opened = JsonObject::open(root, "");
  auto request = opened.ok() ? parse_request_object(*opened) : Result<Request>(opened.error());
  wipe_texts(root);
  return request;
}

std::string ok_reply() { return R"({"ok":true})"; }

std::string error_reply(const Error& error) { return json_text(nlohmann::json{{"error", error.text()}}); }

std::string status_reply(const Status& status) {
  auto peers = nlohmann::json::array();
  for (const PeerStatus& peer : status.peers) {
    nlohmann::json entry = {
        {"address", peer.address.text()}, {"form", form_name(peer.form)}, {"in", nlohmann::json::array()}};
    if (peer.out) entry["out"] = out_json(*peer.out);
    for (const SaStatus& sa : peer.in) entry["in"].push_back(in_json(sa));
    peers.push_back(std::move(entry));
  }
  return json_text(nlohmann::json{{"pid", status.pid},
                                  {"crypto", status.crypto},
                                  {"epoch", hex_of(status.epoch)},
                                  {"peers", std::move(peers)},
                                  {"drops", status.drops}});
}

Result<void> parse_ok_reply(std::string_view json) {
  SKEIN_TRY_ASSIGN(nlohmann::json root, parse_json(json));
  SKEIN_TRY_ASSIGN(JsonObject object, JsonObject::open(root, ""));
  SKEIN_TRY(check_reply(object));
  SKEIN_TRY_ASSIGN(bool is_ok, object.boolean("ok"));
  if (!is_ok) return object.error("ok", "must be true");
  return object.end();
}

Result<Status> parse_status_reply(std::string_view json) {
  SKEIN_TRY_ASSIGN(nlohmann::json root, parse_json(json));
  SKEIN_TRY_ASSIGN(JsonObject object, JsonObject::open(root, ""));
  SKEIN_TRY(check_reply(object));
  Status status;
  SKEIN_TRY_ASSIGN(uint64_t pid, object.number("pid", 0, INT32_MAX));
  status.pid = static_cast<int>(pid);
  SKEIN_TRY_ASSIGN(status.crypto, object.text("crypto", 64));
  SKEIN_TRY_ASSIGN(status.epoch, parse_hex(object, "epoch"));
  SKEIN_TRY_ASSIGN(const nlohmann::json* peers, object.array("peers", kPeersMax));
  for (size_t i = 0; i < peers->size(); ++i) {
    SKEIN_TRY_ASSIGN(JsonObject entry, JsonObject::open((*peers)[i], "peers[" + std::to_string(i) + "]"));
    SKEIN_TRY_ASSIGN(PeerStatus peer, parse_peer_status(std::move(entry)));
    status.peers.push_back(std::move(peer));
  }
  SKEIN_TRY_ASSIGN(JsonObject drops, object.object("drops"));
  const nlohmann::json& reasons = *object.find("drops");
  if (reasons.size() > kReasonsMax) return object.error("drops", "has too many members");
  for (const auto& item : reasons.items()) {
    SKEIN_TRY_ASSIGN(uint64_t count, drops.number(item.key().c_str(), 0, UINT64_MAX));
    status.drops[item.key()] = count;
  }
  SKEIN_TRY(object.end());
  return status;
}

}  // namespace skein::esp
