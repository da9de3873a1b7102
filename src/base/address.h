// Network addresses as types, so that a subnet cannot be passed where a MAC is wanted.
//
// Parsing takes untrusted text and is strict: no surrounding blanks, no octal, no missing octets.
// All types are plain values, ordered and hashable. IPv4 integers are in host byte order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skein {

struct Ipv4 {
  uint32_t value = 0;  // host byte order: 10.0.0.1 is 0x0a000001
  static Result<Ipv4> parse(std::string_view text);
  std::string text() const;
  bool is_unspecified() const { return value == 0; }
  bool is_multicast() const { return (value >> 28) == 0xe; }
  bool is_loopback() const { return (value >> 24) == 127; }
  auto operator<=>(const Ipv4&) const = default;
};

struct Ipv6 {
  std::array<uint8_t, 16> octets{};  // network order
  static Result<Ipv6> parse(std::string_view text);
  std::string text() const;
  auto operator<=>(const Ipv6&) const = default;
};

// An address of either family, as underlay addresses are.
struct IpAddress {
  bool is_v6 = false;
  Ipv4 v4;
  Ipv6 v6;
  static Result<IpAddress> parse(std::string_view text);
  static IpAddress from(Ipv4 address) { return {false, address, {}}; }
  static IpAddress from(Ipv6 address) { return {true, {}, address}; }
  std::string text() const { return is_v6 ? v6.text() : v4.text(); }
  bool is_unspecified() const { return is_v6 ? v6 == Ipv6{} : v4.is_unspecified(); }
  auto operator<=>(const IpAddress&) const = default;
};

// IPv4 prefix. The base address has no host bits set.
struct Subnet {
  Ipv4 base;
  uint8_t prefix_bits = 0;  // 0..32
  // "10.0.0.0/24"; refuses host bits, as Docker does not: it masks them, so callers may use parse_masking.
  static Result<Subnet> parse(std::string_view text);
  static Result<Subnet> parse_masking(std::string_view text);
  std::string text() const;
  uint32_t mask() const { return prefix_bits == 0 ? 0 : ~uint32_t{0} << (32 - prefix_bits); }
  Ipv4 first() const { return base; }
  Ipv4 last() const { return Ipv4{base.value | ~mask()}; }
  bool contains(Ipv4 address) const { return (address.value & mask()) == base.value; }
  bool contains(const Subnet& inner) const { return inner.prefix_bits >= prefix_bits && contains(inner.base); }
  bool overlaps(const Subnet& other) const { return contains(other.base) || other.contains(base); }
  auto operator<=>(const Subnet&) const = default;
};

// Prefix of either family. The base address has no host bits set.
struct Prefix {
  IpAddress base;
  uint8_t prefix_bits = 0;  // 0..32, 0..128
  // "10.0.0.0/8", "fd00::/8"; an address stands for itself alone. Host bits are masked.
  static Result<Prefix> parse(std::string_view text);
  std::string text() const;
  bool contains(const IpAddress& address) const;
  auto operator<=>(const Prefix&) const = default;
};

// "10.0.1.5/24": an interface's address with the prefix of its subnet.
struct InterfaceAddress {
  Ipv4 address;
  uint8_t prefix_bits = 0;
  static Result<InterfaceAddress> parse(std::string_view text);
  std::string text() const;
  Subnet subnet() const;
  auto operator<=>(const InterfaceAddress&) const = default;
};

struct Mac {
  std::array<uint8_t, 6> octets{};
  static Result<Mac> parse(std::string_view text);
  // The MAC that Docker gives to an endpoint: 02:42 followed by the four octets of its address.
  static Mac from_ipv4(Ipv4 address);
  std::string text() const;
  bool is_multicast() const { return octets[0] & 1; }
  auto operator<=>(const Mac&) const = default;
};

// VXLAN network identifier, 24 bits (RFC 7348 section 5).
struct Vni {
  uint32_t value = 0;
  static constexpr uint32_t kMax = (1u << 24) - 1;
  auto operator<=>(const Vni&) const = default;
};

// "192.168.1.11:2377" or "[fd00:1::11]:2377".
struct HostPort {
  std::string host;  // address or name, without brackets
  uint16_t port = 0;
  // `default_port` is used when the text has none; 0 means that a port is required.
  static Result<HostPort> parse(std::string_view text, uint16_t default_port);
  std::string text() const;
  auto operator<=>(const HostPort&) const = default;
};

}  // namespace skein

template <>
struct std::hash<skein::Ipv4> {
  size_t operator()(skein::Ipv4 address) const noexcept { return std::hash<uint32_t>()(address.value); }
};
