#include "stack/normal/port_list.h"

#include "stack/values/ports.h"

namespace skein::stack {

namespace {

bool is_everywhere(const std::string& address) {
  return address.empty() || address == "0.0.0.0" || address == "[::]" || address == "::";
}

Value long_form(const PortMapping& mapping, int published) {
  Map port;
  port.is_record = true;
  port.append("mode", "ingress");
  if (mapping.target != 0) port.append("target", static_cast<int64_t>(mapping.target));
  if (published != 0) port.append("published", static_cast<int64_t>(published));
  port.append("protocol", mapping.protocol);
  return port;
}

}  // namespace

Result<List> expand_port(const Value& port, const Warn& warn) {
  if (!port.is<std::string>() && !port.is<int64_t>())
    return invalid_argument("invalid type " + type_name(port) + " for port");
  SKEIN_TRY_ASSIGN(const auto mappings, parse_port_mappings(shown(port)));
  List result;
  for (const PortMapping& mapping : mappings) {
    if (!is_everywhere(mapping.address)) {
      warn("ignoring IP-address (" + mapping.text() + ") service will listen on '0.0.0.0'");
    }
    for (int published = mapping.published_first; published <= mapping.published_last; ++published) {
      result.push_back(long_form(mapping, published));
    }
  }
  return result;
}

}  // namespace skein::stack
