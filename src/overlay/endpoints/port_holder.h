// A program of this host that listens on a port which the routing mesh publishes: its new clients go to the service.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/address.h"

namespace skein::overlay {

struct PortHolder {
  uint8_t protocol = 6;  // IPPROTO_TCP, IPPROTO_UDP
  uint16_t port = 0;
  IpAddress address;    // at which the program is called; unspecified: every one of its family
  std::string process;  // its name
  int pid = 0;          // 0: the socket is the kernel's own, or of a process that cannot be seen
  auto operator<=>(const PortHolder&) const = default;
};

// "nginx (pid 812)", "nginx (pid 812) at 127.0.0.1".
std::string text(const PortHolder& holder);

// What the node's engine tells of them, by label (model/held_port.h). Bounded, whatever there is.
std::map<std::string, std::string> port_labels(const std::vector<PortHolder>& holders);

}  // namespace skein::overlay
