#include "model/port_access.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace skein::model {
namespace {

constexpr size_t kInterfaceNameMax = 15;  // IFNAMSIZ, without the end

Error bad(const std::string& what, std::string_view text, const std::string& advice) {
  return make_error(Code::kInvalidArgument, "invalid " + what + " " + std::string(text), "", advice);
}

bool is_interface_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= kInterfaceNameMax &&
         std::ranges::all_of(
             name, [](unsigned char c) { return isalnum(c) || c == '_' || c == '-' || c == '.' || c == '@'; });
}

template <class Item>
void settle(std::vector<Item>& list) {
  std::ranges::sort(list);
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

Result<void> add(PortAccess& access, std::string_view kind, std::string_view item) {
  if (kind == "interface") {
    if (!is_interface_name(item)) return bad("interface", item, "it must be the name of a network device");
    access.interfaces.emplace_back(item);
    return {};
  }
  auto prefix = Prefix::parse(item);
  const Prefix mapped = Prefix::parse("::ffff:0:0/96").value();  // no packet has these
  if (!prefix.ok() || mapped.contains(prefix->base))
    return bad("address or prefix", item, "it must be like 10.0.0.5, 10.0.0.0/8 or fd00::/8");
  (kind == "address" ? access.addresses : access.sources).push_back(*prefix);
  return {};
}

// `kind` is one of the three.
Result<void> add_list(PortAccess& access, std::string_view kind, const std::string_view whole) {
  std::string_view list = whole;
  for (size_t items = 1;; ++items) {
    if (items > kAccessItemsMax)
      return bad("list", whole, "it can have at most " + std::to_string(kAccessItemsMax) + " items");
    const size_t comma = list.find(',');
    SKEIN_TRY(add(access, kind, list.substr(0, comma)));
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  settle(access.addresses), settle(access.sources), settle(access.interfaces);
  return {};
}

bool is_kind(std::string_view kind) { return kind == "address" || kind == "interface" || kind == "source"; }

template <class List, class TextOf>
std::string listed(std::string_view kind, const List& list, TextOf text_of) {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? std::string(kind) + "=" : std::string(",")) + text_of(item);
  return out;
}

std::optional<uint8_t> protocol_named(std::string_view name) {
  if (name == "tcp") return IPPROTO_TCP;
  if (name == "udp") return IPPROTO_UDP;
  if (name == "sctp") return IPPROTO_SCTP;
  return std::nullopt;
}

void unite(PortAccess& access, const PortAccess& more) {
  access.addresses.insert(access.addresses.end(), more.addresses.begin(), more.addresses.end());
  access.sources.insert(access.sources.end(), more.sources.begin(), more.sources.end());
  access.interfaces.insert(access.interfaces.end(), more.interfaces.begin(), more.interfaces.end());
  settle(access.addresses), settle(access.sources), settle(access.interfaces);
}

// Nobody is called by this address, nor calls from it.
PortAccess closed() { return {{}, {{IpAddress::from(Ipv4{}), 32}}, {}}; }

}  // namespace

uint8_t protocol_of(const api::PortConfig& port) {
  return port.protocol() == api::PortConfig::UDP    ? IPPROTO_UDP
         : port.protocol() == api::PortConfig::SCTP ? IPPROTO_SCTP
                                                    : IPPROTO_TCP;
}

std::string PortAccess::text() const {
  auto of_prefix = [](const Prefix& prefix) { return prefix.text(); };
  std::string out;
  for (const std::string& part :
       {listed("address", addresses, of_prefix), listed("interface", interfaces, [](const auto& name) { return name; }),
        listed("source", sources, of_prefix)})
    if (!part.empty()) out += (out.empty() ? "" : ";") + part;
  return out;
}

Result<PortAccess> PortAccess::parse(std::string_view text) {
  PortAccess out;
  if (text.size() > kAccessTextMax) return bad("restriction", text.substr(0, kAccessTextMax), "it is too long");
  while (!text.empty()) {
    std::string_view part = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos || !is_kind(part.substr(0, equals)))
      return bad("restriction", part, "it must be address=, interface= or source=");
    SKEIN_TRY(add_list(out, part.substr(0, equals), part.substr(equals + 1)));
  }
  return out;
}

Result<PublishLabel> parse_publish_label(std::string_view name, std::string_view value) {
  const std::string advice = "it must be skein.publish.PORT[/PROTOCOL].address, .interface or .source";
  const size_t dot = name.rfind('.');
  std::string_view kind = name.substr(std::min(name.size(), dot + 1));
  if (!name.starts_with(kPublishLabel) || dot < kPublishLabel.size() || !is_kind(kind))
    return bad("label", name, advice);
  std::string_view port = name.substr(kPublishLabel.size(), dot - kPublishLabel.size());
  PublishLabel out;
  if (const size_t slash = port.find('/'); slash != std::string_view::npos) {
    out.protocol = protocol_named(port.substr(slash + 1));
    if (!out.protocol) return bad("label", name, advice);
    port = port.substr(0, slash);
  }
  auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (failed != std::errc() || end != port.data() + port.size() || port.starts_with('0'))
    return bad("label", name, advice);
  SKEIN_TRY(add_list(out.access, kind, value));
  return out;
}

namespace {

// None: some label cannot be read.
std::optional<PortAccess> read_access(const std::map<std::string, std::string>& labels, uint8_t protocol,
                                      uint16_t port) {
  PortAccess out;
  for (auto at = labels.lower_bound(std::string(kPublishLabel)); at != labels.end(); ++at) {
    if (!at->first.starts_with(kPublishLabel)) break;
    auto label = parse_publish_label(at->first, at->second);
    if (!label.ok()) return std::nullopt;
    if (label->port == port && label->protocol.value_or(protocol) == protocol) unite(out, label->access);
  }
  return out;
}

}  // namespace

Result<void> check_port_access(const std::map<std::string, std::string>& labels, uint8_t protocol, uint16_t port) {
  const auto access = read_access(labels, protocol, port);
  if (!access || access->text().size() <= kAccessTextMax) return {};
  return make_error(Code::kInvalidArgument,
                    "the labels of the published port " + std::to_string(port) + " are too long",
                    "together they have " + std::to_string(access->text().size()) + " characters, of at most " +
                        std::to_string(kAccessTextMax),
                    "use fewer items, or shorter prefixes");
}

PortAccess port_access(const std::map<std::string, std::string>& labels, uint8_t protocol, uint16_t port) {
  auto access = read_access(labels, protocol, port);
  return access && access->text().size() <= kAccessTextMax ? std::move(*access) : closed();
}

}  // namespace skein::model
