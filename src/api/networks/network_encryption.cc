#include "api/networks/network_encryption.h"

#include <algorithm>

#include "overlay/encryption/peer_state.h"

namespace skein::api {

namespace {

using nlohmann::json;

bool is_encrypted(const json& network) {
  auto options = network.find("Options");
  return options != network.end() && options->is_object() && options->contains(std::string(model::kEncryptedOption));
}

json peer_json(const esp::PeerStatus& peer) {
  uint64_t received = 0, bytes = 0, replayed = 0, failed = 0;
  for (const auto& in : peer.in)
    received += in.packets, bytes += in.bytes, replayed += in.replayed, failed += in.failed;
  json out{{"State", overlay::peer_state(peer).text},
           {"Form", peer.form == esp::Form::kUdp ? "ESP in UDP" : "ESP"},
           {"PacketsReceived", received},
           {"BytesReceived", bytes},
           {"Replayed", replayed},
           {"Failed", failed}};
  out["PacketsSent"] = peer.out ? peer.out->packets : 0;
  out["BytesSent"] = peer.out ? peer.out->bytes : 0;
  return out;
}

}  // namespace

void show_encryption(const Result<esp::Status>& status, std::optional<WallTime> keys_since, json& network) {
  if (!is_encrypted(network)) return;
  if (!status.ok()) {
    network["Encryption"] = {{"State", "off"}, {"Why", status.error().text()}};
    return;
  }
  network["Encryption"] = {{"State", "on"},
                           {"Backend", status->pid ? "skein-espd, " + status->crypto : "kernel, " + status->crypto},
                           {"Drops", status->drops}};
  if (keys_since) network["Encryption"]["KeysSince"] = keys_since->rfc3339();
  auto peers = network.find("Peers");
  if (peers == network.end()) return;
  for (json& shown : *peers) {
    const std::string address = shown.value("IP", "");
    auto peer = std::ranges::find_if(status->peers, [&](const auto& one) { return one.address.text() == address; });
    if (peer != status->peers.end()) shown["Encryption"] = peer_json(*peer);
  }
}

boost::asio::awaitable<void> add_encryption(SwarmControl& control, json& network) {
  if (!is_encrypted(network)) co_return;
  const auto status = co_await control.networks().encryption_status();
  show_encryption(status, control.networks().report()->encryption_keys_since, network);
}

}  // namespace skein::api
