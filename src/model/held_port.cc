#include "model/held_port.h"

#include <array>
#include <charconv>
#include <utility>

namespace skein::model {

namespace {

using docker::swarmkit::v1::PortConfig;

constexpr std::string_view kPrefix = "skein.port.";
constexpr std::array<std::pair<PortConfig::Protocol, std::string_view>, 3> kProtocols = {
    {{PortConfig::TCP, "/tcp"}, {PortConfig::UDP, "/udp"}, {PortConfig::SCTP, "/sctp"}}};

}  // namespace

std::string HeldPort::text() const {
  return protocol == PortConfig::TCP ? std::to_string(number) : label().substr(kPrefix.size());
}

std::string HeldPort::label() const {
  std::string out(kPrefix);
  out += std::to_string(number);
  for (const auto& [known, suffix] : kProtocols)
    if (known == protocol) out += suffix;
  return out;
}

std::optional<HeldPort> HeldPort::of_label(std::string_view label) {
  if (!label.starts_with(kPrefix)) return std::nullopt;
  label.remove_prefix(kPrefix.size());
  HeldPort out;
  auto [end, failed] = std::from_chars(label.data(), label.data() + label.size(), out.number);
  if (failed != std::errc() || out.number < 1 || out.number > 65535) return std::nullopt;
  label.remove_prefix(static_cast<size_t>(end - label.data()));
  for (const auto& [protocol, suffix] : kProtocols) {
    if (label != suffix) continue;
    out.protocol = protocol;
    return out;
  }
  return std::nullopt;
}

}  // namespace skein::model
