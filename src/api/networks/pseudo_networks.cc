#include "api/networks/pseudo_networks.h"

#include <openssl/sha.h>

#include <array>

#include "base/bytes.h"

namespace skein::api {

using nlohmann::json;

namespace {

std::string id_of(const std::string& name, const std::string& default_network_id) {
  std::string text = name + "\n" + default_network_id;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

}  // namespace

json pseudo_network(const std::string& name, const std::string& driver, const std::string& default_network_id) {
  return {{"Name", name},
          {"Id", id_of(name, default_network_id)},
          {"Created", "1970-01-01T00:00:00Z"},
          {"Scope", "local"},
          {"Driver", driver},
          {"EnableIPv4", true},
          {"EnableIPv6", false},
          {"IPAM", {{"Driver", "default"}, {"Options", nullptr}, {"Config", json::array()}}},
          {"Internal", false},
          {"Attachable", false},
          {"Ingress", false},
          {"ConfigFrom", {{"Network", ""}}},
          {"ConfigOnly", false},
          {"Containers", json::object()},
          {"Options", json::object()},
          {"Labels", json::object()}};
}

std::vector<json> pseudo_networks(const std::string& default_network_id) {
  return {pseudo_network("host", "host", default_network_id), pseudo_network("none", "null", default_network_id)};
}

}  // namespace skein::api
