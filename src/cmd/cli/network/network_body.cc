#include "cmd/cli/network/network_body.h"

#include "base/address.h"

namespace skein::cli {

namespace {

bool is_inside(const std::string& subnet_text, const std::string& address_text) {
  const auto subnet = Subnet::parse_masking(subnet_text);
  const auto address = Ipv4::parse(address_text.substr(0, address_text.find('/')));
  return subnet.ok() && address.ok() && subnet->contains(*address);
}

// Adds `address` to the subnet that contains it.
Result<void> place(Json& config, const std::string& address, const char* key, const char* what) {
  for (Json& entry : config) {
    const std::string subnet = entry["Subnet"].get<std::string>();
    // A subnet that we cannot read takes everything, so that the daemon's error is the one that is seen.
    if (!Subnet::parse_masking(subnet).ok() || is_inside(subnet, address)) {
      entry[key] = address;
      return {};
    }
  }
  return make_error(Code::kInvalidArgument, std::string("no matching subnet for ") + what + " " + address);
}

}  // namespace

Json object_of(const std::vector<std::string>& texts) {
  Json object = Json::object();
  for (const auto& [key, value] : key_values(texts)) object[key] = value;
  return object;
}

Result<Json> network_create_body(const std::string& name, const Flags& flags) {
  Json config = Json::array();
  for (const std::string& subnet : flags.list("subnet")) config.push_back({{"Subnet", subnet}});
  if (config.empty() && (!flags.list("ip-range").empty() || !flags.list("gateway").empty())) {
    return make_error(Code::kInvalidArgument, "every ip-range or gateway must have a corresponding subnet");
  }
  for (const std::string& range : flags.list("ip-range")) SKEIN_TRY(place(config, range, "IPRange", "ip-range"));
  for (const std::string& gateway : flags.list("gateway")) SKEIN_TRY(place(config, gateway, "Gateway", "gateway"));
  for (const auto& [host, address] : key_values(flags.list("aux-address"))) {
    bool is_placed = false;
    for (Json& entry : config) {
      if (is_placed || !is_inside(entry["Subnet"].get<std::string>(), address)) continue;
      entry["AuxiliaryAddresses"][host] = address;
      is_placed = true;
    }
    if (!is_placed) return make_error(Code::kInvalidArgument, "no matching subnet for aux-address " + address);
  }
  Json body = {
      {"Name", name},
      {"CheckDuplicate", true},
      {"Driver", flags.text("driver")},
      {"Scope", flags.text("scope")},
      {"EnableIPv6", flags.is_on("ipv6")},
      {"IPAM",
       {{"Driver", flags.text("ipam-driver")}, {"Options", object_of(flags.list("ipam-opt"))}, {"Config", config}}},
      {"Internal", flags.is_on("internal")},
      {"Attachable", flags.is_on("attachable")},
      {"Ingress", flags.is_on("ingress")},
      {"ConfigOnly", flags.is_on("config-only")},
      {"Options", object_of(flags.list("opt"))},
      {"Labels", object_of(flags.list("label"))}};
  if (flags.is_set("config-from")) body["ConfigFrom"] = {{"Network", flags.text("config-from")}};
  return body;
}

Json network_connect_body(const std::string& container, const Flags& flags) {
  Json endpoint = {{"IPAMConfig", Json::object()},
                   {"Aliases", flags.list("alias")},
                   {"DriverOpts", object_of(flags.list("driver-opt"))}};
  if (flags.is_set("ip")) endpoint["IPAMConfig"]["IPv4Address"] = flags.text("ip");
  return {{"Container", container}, {"EndpointConfig", endpoint}};
}

}  // namespace skein::cli
