#include "names/asked_name.h"

#include <charconv>

#include "base/result.h"
#include "names/zone.h"

namespace skein::names {

std::optional<Ipv4> reversed_address(const std::string& name) {
  static constexpr std::string_view kSuffix = ".in-addr.arpa";
  std::string lower = to_lower(name);
  if (!lower.ends_with(kSuffix)) return std::nullopt;
  auto reversed = Ipv4::parse(lower.substr(0, lower.size() - kSuffix.size()));
  if (!reversed.ok()) return std::nullopt;
  uint32_t v = reversed->value;
  return Ipv4{v >> 24 | (v >> 8 & 0xff00) | (v << 8 & 0xff0000) | v << 24};
}

std::optional<AskedPort> asked_port(const std::string& name) {
  const size_t protocol = name.find("._");
  const size_t rest = protocol == std::string::npos ? protocol : name.find('.', protocol + 2);
  if (rest == std::string::npos || name[0] != '_') return std::nullopt;
  SKEIN_ASSERT(protocol < rest && rest < name.size());
  const std::string kind = to_lower(name.substr(protocol + 2, rest - protocol - 2));
  if (kind != "tcp" && kind != "udp" && kind != "sctp") return std::nullopt;
  AskedPort out{0, name.substr(rest + 1)};
  auto [end, failed] = std::from_chars(name.data() + 1, name.data() + protocol, out.port);
  if (failed != std::errc() || end != name.data() + protocol || out.port == 0) return std::nullopt;
  return out;
}

}  // namespace skein::names
