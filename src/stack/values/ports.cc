#include "stack/values/ports.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/address.h"

namespace skein::stack {

namespace {

struct Range {
  uint16_t first = 0;
  uint16_t last = 0;
  int size() const { return last - first; }
};

std::optional<uint16_t> port(std::string_view text) {
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Range> range(std::string_view text) {
  const size_t mark = text.find('-');
  const auto first = port(text.substr(0, mark));
  std::string_view rest = mark == std::string_view::npos ? text : text.substr(mark + 1);
  const auto last = port(rest.substr(0, rest.find('-')));
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

bool is_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return text.empty() || Ipv4::parse(text).ok() || Ipv6::parse(text).ok();
}

struct Parts {
  std::string_view address;
  std::string_view published;
  std::string_view target;
  std::string protocol = "tcp";
};

Parts split(std::string_view text) {
  Parts parts;
  const size_t last = text.rfind(':');
  parts.target = last == std::string_view::npos ? text : text.substr(last + 1);
  if (last != std::string_view::npos) {
    const std::string_view before = text.substr(0, last);
    const size_t mark = before.rfind(':');
    parts.published = mark == std::string_view::npos ? before : before.substr(mark + 1);
    if (mark != std::string_view::npos) parts.address = before.substr(0, mark);
  }
  const size_t slash = parts.target.find('/');
  if (slash != std::string_view::npos) {
    if (slash + 1 < parts.target.size()) parts.protocol = parts.target.substr(slash + 1);
    parts.target = parts.target.substr(0, slash);
  }
  for (char& c : parts.protocol) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return parts;
}

}  // namespace

std::string PortMapping::text() const {
  std::string published = std::to_string(published_first);
  if (published_last != published_first) published += "-" + std::to_string(published_last);
  return address + ":" + published + ":" + std::to_string(target) + "/" + protocol;
}

Result<std::vector<PortMapping>> parse_port_mappings(std::string_view text) {
  const Parts parts = split(text);
  if (!is_address(parts.address)) return invalid_argument("invalid IP address: " + std::string(parts.address));
  if (parts.target.empty()) return invalid_argument("no port specified: " + std::string(text) + "<empty>");
  const auto targets = range(parts.target);
  if (!targets) return invalid_argument("invalid containerPort: " + std::string(parts.target));
  const auto published = parts.published.empty() ? Range() : range(parts.published);
  if (!published) return invalid_argument("invalid hostPort: " + std::string(parts.published));
  if (!parts.published.empty() && targets->size() != published->size() && targets->size() != 0) {
    return invalid_argument("invalid ranges specified for container and host Ports: " + std::string(parts.target) +
                            " and " + std::string(parts.published));
  }
  if (parts.protocol != "tcp" && parts.protocol != "udp" && parts.protocol != "sctp") {
    return invalid_argument("invalid proto: " + parts.protocol);
  }
  std::vector<PortMapping> mappings;
  for (int i = 0; i <= targets->size(); ++i) {
    PortMapping mapping{std::string(parts.address), static_cast<uint16_t>(targets->first + i), 0, 0, parts.protocol};
    if (targets->size() == 0) {
      mapping.published_first = published->first;
      mapping.published_last = published->last;
    } else if (!parts.published.empty()) {
      mapping.published_first = mapping.published_last = static_cast<uint16_t>(published->first + i);
    }
    mappings.push_back(std::move(mapping));
  }
  std::sort(mappings.begin(), mappings.end(), [](const PortMapping& a, const PortMapping& b) {
    return std::to_string(a.target) < std::to_string(b.target);
  });
  return mappings;
}

}  // namespace skein::stack
