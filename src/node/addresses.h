// Which addresses a node listens on and advertises, from what the user typed. Pure, given the host's interfaces.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace skein::node {

struct HostInterface {
  std::string name;
  IpAddress address;
  uint8_t prefix_bits = 0;
};

// Addresses of interfaces that are up, without loopback and our own links to containers.
std::vector<HostInterface> host_interfaces();

struct ListenAddress {
  IpAddress address;  // unspecified: all
  uint16_t port = 2377;
};
Result<ListenAddress> choose_listen_address(const std::string& text, const std::vector<HostInterface>& interfaces);

// An address or an interface's name, with optional port. Empty: the only candidate, or Docker's error that lists them.
Result<HostPort> choose_advertise_address(const std::string& text, const ListenAddress& listen,
                                          const std::vector<HostInterface>& interfaces);

// For --data-path-addr: an IPv4 address or an interface's name; none when empty.
Result<std::optional<Ipv4>> choose_data_path_address(const std::string& text,
                                                     const std::vector<HostInterface>& interfaces);

// Whether this host can bind the port now; otherwise an error that says which port of which protocol is taken, and what
// to do.
Result<void> check_port_free(const IpAddress& address, uint16_t port, bool is_udp, const std::string& purpose);

}  // namespace skein::node
