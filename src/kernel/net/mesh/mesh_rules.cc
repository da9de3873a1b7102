#include "kernel/net/mesh/mesh_rules.h"

namespace skein::kernel::net {
namespace {

// The families of a table's packets.
enum class Families { kIpv4, kIpv6, kBoth };

// Lets pass by what is not for one of these, of the family; `field` is daddr or saddr.
std::string pass_others(const std::vector<Prefix>& prefixes, bool is_v6, bool is_only_family,
                        const std::string& field) {
  std::string list;
  for (const Prefix& prefix : prefixes)
    if (prefix.base.is_v6 == is_v6) list += (list.empty() ? "" : ", ") + prefix.text();
  if (!list.empty()) return std::string("    ip") + (is_v6 ? "6 " : " ") + field + " != { " + list + " } accept\n";
  return is_only_family ? "    accept\n" : std::string("    meta nfproto ipv") + (is_v6 ? "6" : "4") + " accept\n";
}

// What is not admitted stays with the host's programs. `device` is iifname or oifname.
std::string admission(const model::PortAccess& access, Families families, const std::string& device) {
  std::string out, names;
  for (bool is_v6 : {false, true}) {
    if (families == (is_v6 ? Families::kIpv4 : Families::kIpv6)) continue;
    const bool is_only = families != Families::kBoth;
    if (!access.addresses.empty()) out += pass_others(access.addresses, is_v6, is_only, "daddr");
    if (!access.sources.empty()) out += pass_others(access.sources, is_v6, is_only, "saddr");
  }
  for (const std::string& name : access.interfaces) names += (names.empty() ? "\"" : ", \"") + name + "\"";
  return out + (names.empty() ? "" : "    " + device + " != { " + names + " } accept\n");
}

// A chain that leads clients to published ports by `action`, past the restrictions of theirs.
struct Lead {
  std::string name, device, action;
  Families families = Families::kBoth;
};
std::string chains(const Lead& lead, const plan::Intent& intent) {
  std::string out;
  std::vector<std::string> restricted;
  for (const auto& [port, access] : intent.mesh_access) {
    const std::string chain = lead.name + "_" + std::to_string(port.protocol) + "_" + std::to_string(port.port);
    out += "  chain " + chain + " {\n" + admission(access, lead.families, lead.device) + "  }\n";
    restricted.push_back(std::to_string(port.protocol) + " . " + std::to_string(port.port) + " : jump " + chain);
  }
  return out + named("map restricted_" + lead.name, "inet_proto . inet_service : verdict", restricted) + "  chain " +
         lead.name + " {\n    meta l4proto . th dport vmap @restricted_" + lead.name + lead.action + "\n  }\n";
}

// Clients by IPv6 of ports that containers have for themselves take `action`. Nobody is led from a link-local address.
std::string container_chain(const std::string& action) {
  return named("set containers", "inet_proto . inet_service", {}) +
         named("set containers_by_address", "ipv6_addr . inet_proto . inet_service", {}) +
         "  chain to_container {\n    " + action +
         "\n  }\n  chain lead_to_container {\n    ip6 daddr fe80::/10 return\n" +
         "    meta l4proto . th dport @containers goto to_container\n" +
         "    ip6 daddr . meta l4proto . th dport @containers_by_address goto to_container\n  }\n";
}

// What clients send to published ports, behind everybody's rules for what is meant for the host: it goes to the data
// path as it came. (Only a table of its own family can do that, not inet.) Connections of the host's own programs stay
// theirs: those that go out from a port of the same number, and those that were there before the port was published.
// The mesh's own never become established here, as answers do not pass the stack.
std::string entrance(const plan::Intent& intent, Families families, const std::string& entry) {
  const bool is_ipv6 = families == Families::kIpv6;
  const std::string hand_over = "\n    dup to " + entry + " device $mesh_device\n    drop";
  return mesh_set() + (is_ipv6 ? container_chain(hand_over) : "") +
         chains({"lead", "iifname", hand_over, families}, intent) + R"(
  chain mesh_input {
    type filter hook input priority 2000; policy accept;
    ct direction reply accept
    meta l4proto tcp ct state established accept
)" +
         (is_ipv6 ? "    iifname != $mesh_device fib daddr type local jump lead_to_container\n    ip6 daddr fe80::/10 "
                    "accept\n"
                  : "") +
         R"(    iifname != $mesh_device fib daddr type local meta l4proto . th dport @mesh jump lead
  }
)";
}

// A copy may not be cut up, says the kernel; IPv4 datagrams that came in pieces would not fit the tunnel, so that they
// may be.
constexpr const char* kExit = R"(
  chain mesh_output {
    type filter hook output priority 2000; policy accept;
    oifname $mesh_device meta l4proto udp ip length > $mesh_mtu ip frag-off set 0
  }
)";

}  // namespace

std::string named(const std::string& name, const std::string& properties, const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ", ") + item;
  if (!list.empty()) list = "; elements = { " + list + " }";
  return "  " + name + " { type " + properties + list + "; }\n";
}

std::string mesh_set() { return named("set mesh", "inet_proto . inet_service", {}); }

Elements mesh_elements(const plan::Intent& intent, bool has_ipv6) {
  Elements out;
  if (!intent.mesh) return out;
  for (const auto& [port, target] : intent.mesh_ports) {
    std::string key = std::to_string(port.protocol) + " . " + std::to_string(port.port), set = "mesh";
    if (target.is_container) {
      set = port.address->is_unspecified() ? "containers" : "containers_by_address";
      if (!port.address->is_unspecified()) key = port.address->text() + " . " + key;
    }
    out["inet skein " + set].emplace(key, "");
    if (!target.is_container) out["ip skein " + set].emplace(key, "");
    if (has_ipv6) out["ip6 skein " + set].emplace(key, "");
  }
  return out;
}

std::string mesh_leads(const plan::Intent& intent) {
  return chains({"lead", "iifname", "\n    dnat ip to $entry"}, intent) +
         chains({"lead_own", "oifname",
                 "\n    dnat ip to $entry\n    ip6 daddr fe80::/10 accept\n    dnat ip6 to $entry6"},
                intent) +
         container_chain("dnat ip6 to $entry6");
}

std::string mesh_tables(const plan::Intent& intent, bool has_ipv6) {
  if (!intent.mesh) return {};
  std::string out = "table ip skein {\n" + entrance(intent, Families::kIpv4, "$entry") + kExit + "}\n";
  if (has_ipv6) out += "table ip6 skein {\n" + entrance(intent, Families::kIpv6, "$entry6") + "}\n";
  return out;
}

}  // namespace skein::kernel::net
