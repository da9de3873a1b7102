#include <algorithm>
#include <iterator>
#include <vector>

#include "kernel/net/firewall/firewall.h"
#include "kernel/net/links/link.h"
#include "kernel/net/mesh/mesh_rules.h"

namespace skein::kernel::net {
namespace {

std::string sets(const plan::Intent& intent) {
  std::vector<std::string> subnets, gateways;
  for (const auto& [subnet, gateway] : intent.masqueraded) {
    subnets.push_back(subnet.text());
    gateways.push_back(subnet.text() + " : " + gateway.text());
  }
  return named("set masqueraded", "ipv4_addr; flags interval", subnets) +
         named("map gateways", "ipv4_addr : ipv4_addr; flags interval", gateways) +
         named("map published", "inet_proto . inet_service : ipv4_addr . inet_service", {}) +
         named("map published_by_address", "ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service", {}) +
         mesh_set();
}

Elements elements(const plan::Intent& intent, bool has_mesh6) {
  Elements out = mesh_elements(intent, has_mesh6);
  for (const plan::PublishedPort& port : intent.ports) {
    const std::string key = std::to_string(port.protocol) + " . " + std::to_string(port.host_port);
    const std::string target = port.container_address.text() + " . " + std::to_string(port.container_port);
    if (port.host_address.is_unspecified())
      out["inet skein published"].emplace(key, target);
    else
      out["inet skein published_by_address"].emplace(port.host_address.text() + " . " + key, target);
  }
  return out;
}

// Where packets come in. Host ends accept 127.0.0.0/8 (for answers to the host's own connections, whose addresses are
// restored after this point), so a container that sends there itself has to be stopped before. What a container of this
// host publishes itself comes before the mesh, from wherever somebody calls.
constexpr const char* kEntrance = R"(
  chain guard {
    type filter hook prerouting priority raw; policy accept;
    iifgroup $links ip daddr 127.0.0.0/8 drop
  }
  chain publish {
    dnat ip to ip daddr . meta l4proto . th dport map @published_by_address
    dnat ip to meta l4proto . th dport map @published
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local jump publish
    iifgroup $links fib daddr type local meta l4proto . th dport @mesh jump lead
  }
  chain output {
    type nat hook output priority -100; policy accept;
    fib daddr type local jump publish
    meta nfproto ipv6 fib daddr type local jump lead_to_container
    fib daddr type local meta l4proto . th dport @mesh jump lead_own
  }
)";

// Answers to a connection that began on this host have to come back through the host, whatever default route the
// container has and although the data path would hand them to a local container directly: hence the gateway's address.
constexpr const char* kTranslation = R"(
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname $mesh_device ct status dnat snat ip to $client
    oifname $mesh_device ct status dnat snat ip6 to $client6
    oifgroup $links ct status dnat fib saddr type local snat ip to ip daddr map @gateways
    oifgroup $links ct status dnat ip saddr @masqueraded snat ip to ip daddr map @gateways
    oifgroup != $links ip saddr @masqueraded masquerade
  }
)";

// A packet for a container that is not here must not leave by the default route either: "daddr @masqueraded".
constexpr const char* kWalls = R"(
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifgroup != $links oifgroup != $links accept
    ct state established,related accept
    oifgroup $links ct status dnat accept
    oifgroup $links drop
    ip daddr @masqueraded drop
    ip saddr @masqueraded accept
    drop
  }
  chain to_host {
    type filter hook input priority filter; policy accept;
    iifgroup != $links accept
    ct state established,related accept
    ip saddr @masqueraded accept
    drop
  }
  chain from_host {
    type filter hook output priority filter; policy accept;
    oifgroup != $links accept
    ct state established,related accept
    ct status dnat accept
    reject with icmpx admin-prohibited
  }
)";

// Where the kernel encrypts: nothing on the tunnel's port comes or goes that was not, or will not be, encrypted, even
// where XFRM has lost its policies. What is not encrypted takes another way, in front of all rules.
std::string esp_walls(const plan::Intent& intent) {
  if (intent.esp_device != plan::EspDevice::kVxlan) return {};
  const std::string port = std::to_string(intent.data_path_port);
  return "  chain to_esp {\n    type filter hook output priority filter; policy accept;\n    meta mark " +
         std::to_string(plan::kEspMark) + " udp dport " + port + " rt ipsec missing counter drop\n  }\n" +
         "  chain from_esp {\n    type filter hook input priority filter; policy accept;\n    udp dport " + port +
         " meta ipsec missing counter drop\n  }\n";
}

// As one command; `has_values`: keys of maps with what they lead to.
std::string command(const std::string& verb, const std::string& set, const std::map<std::string, std::string>& items,
                    bool has_values) {
  std::string list;
  for (const auto& [key, value] : items)
    list += (list.empty() ? "" : ", ") + key + (has_values && !value.empty() ? " : " + value : "");
  return list.empty() ? "" : verb + " element " + set + " { " + list + " }\n";
}

const std::map<std::string, std::string>& of_set(const Elements& elements, const std::string& set) {
  static const std::map<std::string, std::string> kNone;
  const auto found = elements.find(set);
  return found == elements.end() ? kNone : found->second;
}

// Those of `a` that `b` does not have, or not so.
std::map<std::string, std::string> without(const std::map<std::string, std::string>& a,
                                           const std::map<std::string, std::string>& b) {
  std::map<std::string, std::string> out;
  std::ranges::set_difference(a, b, std::inserter(out, out.end()));
  return out;
}

std::string marker(const std::string& verb, const std::string& fingerprint) {
  return verb + " set inet skein " + kFingerprintSet + fingerprint;
}

}  // namespace

FirewallRules firewall_rules(const plan::Intent& intent, bool has_mesh6) {
  // "redefine", since nft remembers symbols from one run to the next; and the table is declared before it is deleted,
  // so that there is something to delete the first time too.
  const std::string rules =
      "redefine links = " + std::to_string(kLinkGroup) + "\nredefine entry = " + plan::kMeshEntry.text() +
      "\nredefine client = " + plan::kMeshClient.text() + "\nredefine entry6 = " + plan::kMeshEntry6.text() +
      "\nredefine client6 = " + plan::kMeshClient6.text() + "\nredefine mesh_device = " + plan::kMeshDevice +
      "\nredefine mesh_mtu = " + std::to_string(intent.mesh ? intent.mesh->mtu_bytes : 0) + "\n" + kNoTables +
      "table inet skein {\n" + sets(intent) + mesh_leads(intent) + kEntrance + kTranslation + kWalls +
      esp_walls(intent) + "}\n" + mesh_tables(intent, has_mesh6);
  return {rules, elements(intent, has_mesh6), plan::firewall_fingerprint(intent)};
}

std::string commands_for(const FirewallRules& wanted) {
  std::string out = wanted.rules;
  for (const auto& [set, items] : wanted.elements) out += command("add", set, items, true);
  return out + marker("add", wanted.fingerprint) + " { type inet_service; }\n";
}

std::string commands_between(const FirewallRules& held, const FirewallRules& wanted) {
  std::string out;
  for (const auto& [set, items] : held.elements)
    out += command("delete", set, without(items, of_set(wanted.elements, set)), false);
  for (const auto& [set, items] : wanted.elements)
    out += command("add", set, without(items, of_set(held.elements, set)), true);
  if (held.fingerprint == wanted.fingerprint) return out;
  return out + marker("delete", held.fingerprint) + "\n" + marker("add", wanted.fingerprint) +
         " { type inet_service; }\n";
}

}  // namespace skein::kernel::net
