#include "cmd/lab/network/cables.h"

namespace skein::lab {

std::string switch_batch(const Spec& spec) {
  return "link set lo up\n"
         "link add name ports type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n"
         "link set ports mtu " +
         std::to_string(spec.mtu) + " up\n";
}

std::string plug_batch(const Spec& spec, const Machine& machine, int pid) {
  const std::string mtu = std::to_string(spec.mtu);
  return "link add name " + machine.name + " mtu " + mtu + " type veth peer name eth0 address " + machine.mac +
         " mtu " + mtu + " netns " + std::to_string(pid) + "\nlink set " + machine.name + " master ports up\n";
}

std::string unplug_batch(const Machine& machine) { return "link delete " + machine.name + "\n"; }

std::string address_batch(const Spec&, const Machine& machine) {
  return "link set lo up\n"
         "link set eth0 up\n"
         "addr add " +
         machine.ipv4 +
         "/24 brd + dev eth0\n"
         "addr add " +
         machine.ipv6 + "/64 dev eth0 nodad\n";
}

std::string congestion_batch(const Machine& machine) {
  return "route replace 192.168.1.0/24 dev eth0 proto kernel scope link src " + machine.ipv4 + " congctl cubic\n" +
         "route replace fd00:1::/64 dev eth0 proto kernel metric 256 congctl cubic\n";
}

std::string cut_table() {
  return "add table bridge lab\n"
         "add set bridge lab cuts { type ifname . ifname; }\n"
         "add chain bridge lab forward { type filter hook forward priority 0; policy accept; }\n"
         "add rule bridge lab forward iifname . oifname @cuts counter drop\n";
}

std::string cut_rules(const Machine& machine, const std::vector<Machine>& peers) {
  std::string rules;
  for (const Machine& peer : peers)
    rules += "add element bridge lab cuts { \"" + machine.name + "\" . \"" + peer.name + "\", \"" + peer.name +
             "\" . \"" + machine.name + "\" }\n";
  return rules;
}

std::string heal_rules() { return "flush set bridge lab cuts\n"; }

}  // namespace skein::lab
