#include "esp/control/config.h"

#include <openssl/crypto.h>

#include <set>

#include "base/bytes.h"
#include "base/text/json_text.h"
#include "esp/control/json_object.h"
#include "esp/crypto/spi.h"

namespace skein::esp {
namespace {

constexpr size_t kDeviceNameBytesMax = 15;  // IFNAMSIZ with its end
constexpr size_t kAddressBytesMax = 15;

nlohmann::json sa_json(const Sa& sa) { return {{"spi", sa.spi}, {"key", to_hex(as_text(sa.key.bytes()))}}; }

Result<Ipv4> parse_address(JsonObject& object, const char* name) {
  SKEIN_TRY_ASSIGN(std::string text, object.text(name, kAddressBytesMax));
  auto address = Ipv4::parse(text);
  if (!address.ok() || address->is_unspecified() || address->is_multicast())
    return object.error(name, "must be the IPv4 address of a host");
  return *address;
}

Result<Sa> parse_sa(JsonObject object, Form form) {
  Sa sa;
  // Docker may choose reserved SPIs (spi.h), in its own form; in UDP they could mean something else.
  SKEIN_TRY_ASSIGN(uint64_t spi, object.number("spi", form == Form::kEsp ? 1 : kSpiMin, UINT32_MAX));
  sa.spi = static_cast<uint32_t>(spi);
  SKEIN_TRY_ASSIGN(std::string hex, object.text("key", 2 * Key::kBytes));
  auto bytes = from_hex(hex);
  bool is_key = bytes.ok() && bytes->size() == Key::kBytes;
  if (is_key) sa.key = Key(std::span<const uint8_t, Key::kBytes>(as_bytes(*bytes)));
  OPENSSL_cleanse(hex.data(), hex.size());
  if (bytes.ok()) OPENSSL_cleanse(bytes->data(), bytes->size());
  if (!is_key) return object.error("key", "must be 16 bytes in hex");
  SKEIN_TRY(object.end());
  return sa;
}

Result<Form> parse_form(JsonObject& object) {
  SKEIN_TRY_ASSIGN(std::string text, object.text("form", 8));
  for (Form form : {Form::kUdp, Form::kEsp})
    if (text == form_name(form)) return form;
  return object.error("form", "must be \"udp\" or \"esp\"");
}

Result<Peer> parse_peer(JsonObject object) {
  Peer peer;
  SKEIN_TRY_ASSIGN(peer.address, parse_address(object, "address"));
  SKEIN_TRY_ASSIGN(peer.form, parse_form(object));
  SKEIN_TRY_ASSIGN(uint64_t icv, object.number("icv", 8, 16));
  if (icv != 8 && icv != 16) return object.error("icv", "must be 8 or 16");
  peer.icv_bytes = static_cast<uint8_t>(icv);
  SKEIN_TRY_ASSIGN(peer.has_esn, object.boolean("esn"));
  SKEIN_TRY_ASSIGN(peer.has_window, object.boolean("window"));
  SKEIN_TRY_ASSIGN(peer.has_offload, object.boolean("offload"));
  if (object.find("out")) {
    SKEIN_TRY_ASSIGN(JsonObject out, object.object("out"));
    SKEIN_TRY_ASSIGN(peer.out, parse_sa(std::move(out), peer.form));
  }
  SKEIN_TRY_ASSIGN(const nlohmann::json* in, object.array("in", kInboundPerPeerMax));
  std::set<uint32_t> spis;
  for (size_t i = 0; i < in->size(); ++i) {
    SKEIN_TRY_ASSIGN(JsonObject entry,
                     JsonObject::open((*in)[i], object.path_of("in") + "[" + std::to_string(i) + "]"));
    SKEIN_TRY_ASSIGN(Sa sa, parse_sa(entry, peer.form));
    if (!spis.insert(sa.spi).second) return entry.error("spi", "is that of another entry");
    peer.in.push_back(sa);
  }
  SKEIN_TRY(object.end());
  return peer;
}

Result<std::vector<Peer>> parse_peers(const nlohmann::json& entries) {
  std::vector<Peer> peers;
  std::set<Ipv4> addresses;
  for (size_t i = 0; i < entries.size(); ++i) {
    SKEIN_TRY_ASSIGN(JsonObject entry, JsonObject::open(entries[i], "peers[" + std::to_string(i) + "]"));
    SKEIN_TRY_ASSIGN(Peer peer, parse_peer(entry));
    if (!addresses.insert(peer.address).second) return entry.error("address", "is that of another peer");
    peers.push_back(std::move(peer));
  }
  return peers;
}

Result<Config> parse_root(JsonObject object) {
  Config config;
  SKEIN_TRY_ASSIGN(config.tap, object.text("tap", kDeviceNameBytesMax));
  if (config.tap.empty() || config.tap.find_first_of(std::string_view("/ \0", 3)) != std::string::npos)
    return object.error("tap", "must be the name of a device");
  SKEIN_TRY_ASSIGN(config.local, parse_address(object, "local"));
  SKEIN_TRY_ASSIGN(uint64_t udp_port, object.number_or("udp_port", config.udp_port, 1, UINT16_MAX));
  config.udp_port = static_cast<uint16_t>(udp_port);
  SKEIN_TRY_ASSIGN(uint64_t vxlan_port, object.number_or("vxlan_port", config.vxlan_port, 1, UINT16_MAX));
  config.vxlan_port = static_cast<uint16_t>(vxlan_port);
  SKEIN_TRY_ASSIGN(const nlohmann::json* peers, object.array("peers", kPeersMax));
  SKEIN_TRY_ASSIGN(config.peers, parse_peers(*peers));
  SKEIN_TRY(object.end());
  return config;
}

}  // namespace

const char* form_name(Form form) { return form == Form::kUdp ? "udp" : "esp"; }

std::string format_config(const Config& config) {
  auto peers = nlohmann::json::array();
  for (const Peer& peer : config.peers) {
    nlohmann::json entry = {{"address", peer.address.text()}, {"form", form_name(peer.form)},
                            {"icv", peer.icv_bytes},          {"esn", peer.has_esn},
                            {"window", peer.has_window},      {"offload", peer.has_offload},
                            {"in", nlohmann::json::array()}};
    if (peer.out) entry["out"] = sa_json(*peer.out);
    for (const Sa& sa : peer.in) entry["in"].push_back(sa_json(sa));
    peers.push_back(std::move(entry));
  }
  nlohmann::json root = {{"tap", config.tap},
                         {"local", config.local.text()},
                         {"udp_port", config.udp_port},
                         {"vxlan_port", config.vxlan_port},
                         {"peers", std::move(peers)}};
  std::string text = json_text(root);
  wipe_texts(root);
  return text;
}

Result<Config> parse_config(std::string_view json) {
  SKEIN_TRY_ASSIGN(nlohmann::json root, parse_json(json));
  auto opened = JsonObject::open(root, "");
  Result<Config> config = opened.ok() ? parse_root(*opened) : Result<Config>(opened.error());
  wipe_texts(root);
  return config;
}

}  // namespace skein::esp
