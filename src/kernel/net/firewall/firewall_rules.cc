#include <vector>

#include "kernel/net/firewall/firewall.h"
#include "kernel/net/links/link.h"
#include "kernel/net/mesh/mesh_rules.h"

namespace skein::kernel::net {
namespace {

std::string target(const plan::PublishedPort& port) {
  return port.container_address.text() + " . " + std::to_string(port.container_port);
}

std::string key(const plan::PublishedPort& port) {
  return std::to_string(port.protocol) + " . " + std::to_string(port.host_port);
}

std::string sets(const plan::Intent& intent) {
  std::vector<std::string> subnets, gateways, ports, ports_of_address;
  const std::string mesh = mesh_ports(intent);
  for (const auto& [subnet, gateway] : intent.masqueraded) {
    subnets.push_back(subnet.text());
    gateways.push_back(subnet.text() + " : " + gateway.text());
  }
  for (const plan::PublishedPort& port : intent.ports) {
    if (port.host_address.is_unspecified())
      ports.push_back(key(port) + " : " + target(port));
    else
      ports_of_address.push_back(port.host_address.text() + " . " + key(port) + " : " + target(port));
  }
  return named("set masqueraded", "ipv4_addr; flags interval", subnets) +
         named("map gateways", "ipv4_addr : ipv4_addr; flags interval", gateways) +
         named("map published", "inet_proto . inet_service : ipv4_addr . inet_service", ports) +
         named("map published_by_address", "ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service",
               ports_of_address) +
         mesh;
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

}  // namespace

std::string firewall_rules(const plan::Intent& intent, const std::string& fingerprint, bool has_mesh6) {
  // "redefine", since nft remembers symbols from one run to the next; and the table is declared before it is deleted,
  // so that there is something to delete the first time too.
  return "redefine links = " + std::to_string(kLinkGroup) + "\nredefine entry = " + plan::kMeshEntry.text() +
         "\nredefine client = " + plan::kMeshClient.text() + "\nredefine entry6 = " + plan::kMeshEntry6.text() +
         "\nredefine client6 = " + plan::kMeshClient6.text() + "\nredefine mesh_device = " + plan::kMeshDevice +
         "\nredefine mesh_mtu = " + std::to_string(intent.mesh ? intent.mesh->mtu_bytes : 0) + "\n" + kNoTables +
         "table inet skein {\n  comment \"" + fingerprint + "\"\n" + sets(intent) + mesh_leads(intent) + kEntrance +
         kTranslation + kWalls + esp_walls(intent) + "}\n" + mesh_tables(intent, has_mesh6);
}

}  // namespace skein::kernel::net
