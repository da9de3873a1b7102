#include "cmd/cli/container/port_flags.h"

#include <charconv>

namespace skein::cli {

namespace {

struct PortSpan {
  int first = 0;
  int last = 0;
  int count() const { return last - first + 1; }
};

Result<PortSpan> parse_range(std::string_view text, const char* what) {
  const auto number = [](std::string_view digits, int& port) {
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return ec == std::errc() && end == digits.data() + digits.size() && port >= 0 && port <= 65535;
  };
  const size_t dash = text.find('-');
  PortSpan range;
  if (!number(text.substr(0, dash), range.first) ||
      !number(dash == std::string_view::npos ? text : text.substr(dash + 1), range.last) || range.last < range.first) {
    return make_error(Code::kInvalidArgument, std::string("invalid ") + what + ": " + std::string(text));
  }
  return range;
}

// Takes "/udp" off the end.
Result<std::string> take_protocol(std::string_view& text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::string("tcp");
  const std::string protocol(text.substr(slash + 1));
  if (protocol != "tcp" && protocol != "udp" && protocol != "sctp") {
    return make_error(Code::kInvalidArgument, "invalid proto: " + protocol);
  }
  text = text.substr(0, slash);
  return protocol;
}

Result<void> add_published(std::string_view text, PortBindings& ports) {
  const std::string whole(text);
  SKEIN_TRY_ASSIGN(const std::string protocol, take_protocol(text));
  const size_t last_colon = text.rfind(':');
  std::string_view host;
  std::string address;
  if (last_colon != std::string_view::npos) {
    host = text.substr(0, last_colon);
    text = text.substr(last_colon + 1);
    if (const size_t colon = host.rfind(':'); colon != std::string_view::npos) {
      address = host.substr(0, colon);
      host = host.substr(colon + 1);
      if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    }
  }
  if (text.empty()) return make_error(Code::kInvalidArgument, "no port specified: " + whole + "<empty>");
  SKEIN_TRY_ASSIGN(const PortSpan inside, parse_range(text, "containerPort"));
  PortSpan outside;
  if (!host.empty()) {
    SKEIN_TRY_ASSIGN(outside, parse_range(host, "hostPort"));
    if (outside.count() != inside.count() && inside.count() != 1) {
      return make_error(Code::kInvalidArgument, "invalid ranges specified for container and host Ports: " +
                                                    std::string(text) + " and " + std::string(host));
    }
  }
  for (int i = 0; i < inside.count(); ++i) {
    const std::string key = std::to_string(inside.first + i) + "/" + protocol;
    std::string host_port;
    if (!host.empty()) {
      host_port = std::to_string(outside.first + i);
      if (inside.count() == 1 && outside.count() > 1) host_port += "-" + std::to_string(outside.last);
    }
    ports.bindings[key].push_back({{"HostIp", address}, {"HostPort", host_port}});
    ports.exposed[key] = Json::object();
  }
  return {};
}

}  // namespace

Result<PortBindings> parse_ports(const std::vector<std::string>& published, const std::vector<std::string>& exposed) {
  PortBindings ports;
  for (const std::string& text : published) SKEIN_TRY(add_published(text, ports));
  for (const std::string& text : exposed) {
    std::string_view rest = text;
    SKEIN_TRY_ASSIGN(const std::string protocol, take_protocol(rest));
    SKEIN_TRY_ASSIGN(const PortSpan range, parse_range(rest, "range format for --expose"));
    for (int port = range.first; port <= range.last; ++port) {
      ports.exposed[std::to_string(port) + "/" + protocol] = Json::object();
    }
  }
  return ports;
}

}  // namespace skein::cli
