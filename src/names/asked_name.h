// Names in questions that are no names of containers: addresses the other way round, and ports. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/address.h"

namespace skein::names {

// "5.1.0.10.in-addr.arpa" is 10.0.1.5 (RFC 1035 section 3.5).
std::optional<Ipv4> reversed_address(const std::string& name);

// "_80._tcp.api" (RFC 2782), with a number for the port.
struct AskedPort {
  uint16_t port;
  std::string name;
  bool operator==(const AskedPort&) const = default;
};
std::optional<AskedPort> asked_port(const std::string& name);

}  // namespace skein::names
