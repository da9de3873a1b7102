// Docker's typed client refuses a whole list for one address that is not in its form: what of a reply it would not
// decode. For tests only.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"

namespace skein::api {

enum class AddressForm { kAddress, kPrefix, kMac };

inline bool has_form(const std::string& text, AddressForm form) {
  if (text.empty()) return true;
  switch (form) {
    case AddressForm::kAddress: return IpAddress::parse(text).ok();
    case AddressForm::kPrefix: return text.find('/') != std::string::npos && Prefix::parse(text).ok();
    case AddressForm::kMac: return Mac::parse(text).ok();
  }
  return false;
}

class TypedForms {
 public:
  // "path: value" of each malformed one.
  static std::vector<std::string> malformed(const nlohmann::json& reply) {
    TypedForms forms;
    forms.walk(reply, {"", ""}, "");
    return forms.malformed_;
  }

 private:
  using Parents = std::pair<std::string, std::string>;  // the member above the one above, and the one above

  void check(const nlohmann::json& value, AddressForm form, const std::string& path) {
    if (value.is_array()) {
      for (const auto& one : value) check(one, form, path);
    } else if (value.is_object()) {
      for (const auto& [name, one] : value.items()) check(one, form, path + "." + name);
    } else if (!value.is_null() && !(value.is_string() && has_form(value.get<std::string>(), form))) {
      malformed_.push_back(path + ": " + value.dump());
    }
  }

  void walk(const nlohmann::json& value, const Parents& above, const std::string& path) {
    if (value.is_array())
      for (const auto& one : value) walk(one, above, path);
    if (!value.is_object()) return;
    for (const auto& [name, member] : value.items()) {
      const std::string here = path + "." + name;
      if (const auto form = form_of(name, above)) check(member, *form, here);
      if (name == "Subnets" && above.second == "IPAM" && member.is_object())
        for (const auto& [subnet, numbers] : member.items()) check(subnet, AddressForm::kPrefix, here);
      walk(member, {above.second, name}, here);
    }
  }

  static std::optional<AddressForm> form_of(const std::string& name, const Parents& above) {
    static const std::set<std::string> kAddresses{
        "Gateway", "IPAddress",  "IPv6Gateway", "GlobalIPv6Address", "LinkLocalIPs", "AuxiliaryAddresses",
        "VIP",     "EndpointIP", "HostIp",      "Nameservers",       "Dns"};
    static const std::set<std::string> kPrefixes{"Subnet", "IPRange", "DefaultAddrPool"};
    if (name == "MacAddress") return AddressForm::kMac;
    if (kAddresses.contains(name)) return AddressForm::kAddress;
    if (kPrefixes.contains(name)) return AddressForm::kPrefix;
    if (name == "IPv4Address" || name == "IPv6Address")  // of IPAMConfig, or of a container on an inspected network
      return above.second == "IPAMConfig" ? AddressForm::kAddress : AddressForm::kPrefix;
    if (name == "Addr" && above.second == "VirtualIPs") return AddressForm::kPrefix;
    if (name == "Addresses" && above.second == "NetworksAttachments") return AddressForm::kPrefix;
    if (name == "IP" && (above.second == "Peers" || above.second == "Ports")) return AddressForm::kAddress;
    return std::nullopt;
  }

  std::vector<std::string> malformed_;
};

}  // namespace skein::api
