// Who and what a lab consists of: names and addresses, decided from the user's wish alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::lab {

// Bounds come from the address plan: hosts end in .11 to .100, clients in .101 to .200.
inline constexpr int kHostsMax = 90;
inline constexpr int kClientsMax = 100;
inline constexpr int kMtuMin = 1280;  // the least that IPv6 allows (RFC 8200 section 5)
inline constexpr int kMtuMax = 9216;
inline constexpr size_t kNameLengthMax = 20;  // so that socket paths below the state folder stay within 108 bytes
inline constexpr std::string_view kSwitchName = "switch";

struct Spec {
  std::string name = "lab";
  int hosts = 2;
  int clients = 0;
  int mtu = 1500;
  std::string engine = "podman";  // of the daemons: or "process", which has no images
  bool operator==(const Spec&) const = default;
};

// A host (with a daemon) or a client (without).
struct Machine {
  std::string name;  // "host-1", "client-1": also its hostname and the name of its port on the switch
  bool has_daemon = false;
  std::string ipv4;  // "192.168.1.11", prefix length 24
  std::string ipv6;  // "fd00:1::11", prefix length 64
  std::string mac;   // "02:00:c0:a8:01:0b", the same after a reboot, as that of a network card
  bool operator==(const Machine&) const = default;
};

// Lower-case letters, digits and '-', beginning with a letter or digit.
Result<void> check_lab_name(std::string_view name);
Result<void> check_spec(const Spec& spec);

// Hosts first, then clients, each by number.
std::vector<Machine> machines_of(const Spec& spec);

// The error names the machines that there are.
Result<Machine> find_machine(const Spec& spec, std::string_view name);

std::string etc_hosts(const Spec& spec, const Machine& self);

// Json; parse_spec also checks it.
std::string format_spec(const Spec& spec);
Result<Spec> parse_spec(std::string_view text);

}  // namespace skein::lab
