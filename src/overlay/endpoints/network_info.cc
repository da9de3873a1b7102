#include "overlay/endpoints/network_info.h"

#include <charconv>

namespace skein::overlay {

namespace api = model::api;

NetworkInfo network_info(const api::Network& network) {
  NetworkInfo out;
  out.id = network.id();
  out.name = model::name_of(network);
  if (auto vni = model::vni_of(network); vni.ok()) out.vni = *vni;
  if (auto gateway = model::gateway_of(network); gateway.ok()) {
    out.gateway = gateway->address;
    out.subnet = gateway->subnet();
  }
  out.is_internal = network.spec().internal();
  out.is_ingress = network.spec().ingress();
  const auto& options = network.driver_state().options();
  // Asked for is enough, whoever allocated the network.
  const std::string encrypted(model::kEncryptedOption);
  out.is_encrypted = options.contains(encrypted) || network.spec().driver_config().options().contains(encrypted);
  if (auto mtu = options.find(std::string(model::kMtuOption)); mtu != options.end()) {
    uint32_t value = 0;
    std::from_chars(mtu->second.data(), mtu->second.data() + mtu->second.size(), value);
    if (value > 0) out.underlay_mtu_bytes = value;
  }
  return out;
}

std::optional<MeshPlace> mesh_place_of(const api::Node& node) {
  for (const auto& attachment : node.attachments()) {
    if (!attachment.network().spec().ingress() || attachment.addresses().empty()) continue;
    auto address = InterfaceAddress::parse(attachment.addresses(0));
    MeshPlace place{network_info(attachment.network()), address.ok() ? address->address : Ipv4{}};
    if (address.ok() && place.network.subnet.contains(place.address)) return place;
  }
  return std::nullopt;
}

}  // namespace skein::overlay
