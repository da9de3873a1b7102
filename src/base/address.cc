#include "base/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace skein {
namespace {

Error bad(std::string_view kind, std::string_view text) {
  return make_error(Code::kInvalidArgument, "invalid " + std::string(kind) + ": " + std::string(text));
}

// A decimal number without sign, blanks or leading zeros.
bool parse_number(std::string_view text, uint32_t max, uint32_t& out) {
  if (text.empty() || text.size() > 10 || (text.size() > 1 && text[0] == '0')) return false;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() && out <= max;
}

bool split_prefix(std::string_view text, std::string_view& address, uint8_t& bits) {
  size_t slash = text.find('/');
  uint32_t value = 0;
  if (slash == std::string_view::npos || !parse_number(text.substr(slash + 1), 32, value)) return false;
  address = text.substr(0, slash);
  bits = static_cast<uint8_t>(value);
  return true;
}

// The first so many bits of the address.
IpAddress masked(const IpAddress& address, uint8_t bits) {
  if (!address.is_v6) return IpAddress::from(Ipv4{address.v4.value & Subnet{{}, bits}.mask()});
  Ipv6 out = address.v6;
  for (int i = 0; i < 16; ++i) {
    const int left = std::clamp(bits - 8 * i, 0, 8);
    out.octets[static_cast<size_t>(i)] &= static_cast<uint8_t>(0xff00 >> left);
  }
  return IpAddress::from(out);
}

}  // namespace

Result<Ipv4> Ipv4::parse(std::string_view text) {
  uint32_t value = 0;
  std::string_view rest = text;
  for (int octet = 0; octet < 4; ++octet) {
    size_t dot = octet < 3 ? rest.find('.') : rest.size();
    uint32_t number = 0;
    if (dot == std::string_view::npos || !parse_number(rest.substr(0, dot), 255, number))
      return bad("IPv4 address", text);
    value = value << 8 | number;
    rest = octet < 3 ? rest.substr(dot + 1) : std::string_view();
  }
  return Ipv4{value};
}

std::string Ipv4::text() const {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%u.%u.%u.%u", value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255);
  return buffer;
}

Result<Ipv6> Ipv6::parse(std::string_view text) {
  Ipv6 out;
  if (inet_pton(AF_INET6, std::string(text).c_str(), out.octets.data()) != 1) return bad("IPv6 address", text);
  return out;
}

std::string Ipv6::text() const {
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(AF_INET6, octets.data(), buffer, sizeof buffer);
  return buffer;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (auto v4 = Ipv4::parse(text); v4.ok()) return from(*v4);
  if (auto v6 = Ipv6::parse(text); v6.ok()) return from(*v6);
  return bad("IP address", text);
}

Result<Subnet> Subnet::parse_masking(std::string_view text) {
  std::string_view address;
  Subnet out;
  if (!split_prefix(text, address, out.prefix_bits)) return bad("subnet", text);
  auto base = Ipv4::parse(address);
  if (!base.ok()) return bad("subnet", text);
  out.base = Ipv4{base->value & out.mask()};
  return out;
}

Result<Subnet> Subnet::parse(std::string_view text) {
  SKEIN_TRY_ASSIGN(Subnet out, parse_masking(text));
  if (out.text() != text) return bad("subnet", std::string(text) + " (the network is " + out.text() + ")");
  return out;
}

std::string Subnet::text() const { return base.text() + "/" + std::to_string(prefix_bits); }

Result<Prefix> Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  auto base = IpAddress::parse(text.substr(0, slash));
  if (!base.ok()) return bad("address or prefix", text);
  const uint32_t most = base->is_v6 ? 128 : 32;
  uint32_t bits = most;
  if (slash != std::string_view::npos && !parse_number(text.substr(slash + 1), most, bits))
    return bad("address or prefix", text);
  return Prefix{masked(*base, static_cast<uint8_t>(bits)), static_cast<uint8_t>(bits)};
}

std::string Prefix::text() const {
  const bool is_address = prefix_bits == (base.is_v6 ? 128 : 32);
  return is_address ? base.text() : base.text() + "/" + std::to_string(prefix_bits);
}

bool Prefix::contains(const IpAddress& address) const {
  return address.is_v6 == base.is_v6 && masked(address, prefix_bits) == base;
}

Result<InterfaceAddress> InterfaceAddress::parse(std::string_view text) {
  std::string_view address;
  InterfaceAddress out;
  if (!split_prefix(text, address, out.prefix_bits)) return bad("CIDR address", text);
  auto parsed = Ipv4::parse(address);
  if (!parsed.ok()) return bad("CIDR address", text);
  out.address = *parsed;
  return out;
}

std::string InterfaceAddress::text() const { return address.text() + "/" + std::to_string(prefix_bits); }

Subnet InterfaceAddress::subnet() const {
  Subnet out{{}, prefix_bits};
  out.base = Ipv4{address.value & out.mask()};
  return out;
}

Result<Mac> Mac::parse(std::string_view text) {
  Mac out;
  if (text.size() != 17) return bad("MAC address", text);
  for (size_t i = 0; i < 6; ++i) {
    const char* at = text.data() + i * 3;
    auto [end, failed] = std::from_chars(at, at + 2, out.octets[i], 16);
    if (failed != std::errc() || end != at + 2 || (i < 5 && at[2] != ':')) return bad("MAC address", text);
  }
  return out;
}

Mac Mac::from_ipv4(Ipv4 address) {
  uint32_t v = address.value;
  return Mac{{0x02, 0x42, uint8_t(v >> 24), uint8_t(v >> 16), uint8_t(v >> 8), uint8_t(v)}};
}

std::string Mac::text() const {
  char buffer[18];
  std::snprintf(buffer, sizeof buffer, "%02x:%02x:%02x:%02x:%02x:%02x", octets[0], octets[1], octets[2], octets[3],
                octets[4], octets[5]);
  return buffer;
}

Result<HostPort> HostPort::parse(std::string_view text, uint16_t default_port) {
  HostPort out;
  std::string_view port;
  bool has_port = false;
  if (!text.empty() && text[0] == '[') {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return bad("host address", text);
    out.host = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    has_port = !rest.empty();
    if (has_port && rest[0] != ':') return bad("host address", text);
    port = has_port ? rest.substr(1) : rest;
  } else if (size_t colon = text.find(':');
             colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    out.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  } else {
    out.host = text;
  }
  uint32_t number = default_port;
  if (has_port && !parse_number(port, 65535, number)) return bad("port in host address", text);
  if (out.host.empty() || (!has_port && default_port == 0)) return bad("host address", text);
  out.port = static_cast<uint16_t>(number);
  return out;
}

std::string HostPort::text() const {
  bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace skein
