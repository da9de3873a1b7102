#include "cmd/cli/service/spec/service_ports.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <map>

#include "cmd/cli/container/port_flags.h"
#include "cmd/cli/words/csv.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

Json port_config(const std::string& protocol, int target, int published, const std::string& mode) {
  Json port = {{"Protocol", protocol}, {"TargetPort", target}};
  if (published != 0) port["PublishedPort"] = published;
  port["PublishMode"] = mode;
  return port;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The long form has a word on both sides of a '='.
bool is_long_form(std::string_view text) {
  for (size_t i = 1; i + 1 < text.size(); ++i)
    if (text[i] == '=' && is_word(text[i - 1]) && is_word(text[i + 1])) return true;
  return false;
}

Result<int> port_number(const std::string& text, const std::string& what) {
  uint16_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (ec == std::errc() && end == text.data() + text.size() && !text.empty()) return int{number};
  const bool is_large = ec == std::errc::result_out_of_range;
  return invalid_argument("invalid " + what + " port (" + text +
                          "): value must be an integer: " + (is_large ? "value out of range" : "invalid syntax"));
}

Result<Json> parse_long_form(const std::string& text) {
  SKEIN_TRY_ASSIGN(const auto fields, split_csv(text));
  std::string protocol = "tcp";
  std::string mode = "ingress";
  int target = 0;
  int published = 0;
  for (const std::string& whole : fields) {
    const CsvField field = csv_field(lower_case(whole));
    if (!field.has_value || field.key.empty()) return invalid_argument("invalid field: " + whole);
    if (field.key == "protocol") {
      protocol = field.value;
      if (protocol != "tcp" && protocol != "udp" && protocol != "sctp")
        return invalid_argument("invalid protocol value '" + protocol + "'");
    } else if (field.key == "mode") {
      mode = field.value;
      if (mode != "ingress" && mode != "host")
        return invalid_argument("invalid publish mode value (" + mode + "): must be either 'ingress' or 'host'");
    } else if (field.key == "target") {
      SKEIN_TRY_ASSIGN(target, port_number(field.value, "target"));
    } else if (field.key == "published") {
      SKEIN_TRY_ASSIGN(published, port_number(field.value, "published"));
    } else {
      return invalid_argument("invalid field key: " + field.key);
    }
  }
  if (target == 0) return invalid_argument("missing mandatory field 'target'");
  return port_config(protocol, target, published, mode);
}

// "8000" or "8000-8002": the first and the last.
std::pair<int, int> ends_of(const std::string& range) {
  const size_t dash = range.find('-');
  const int first = std::atoi(range.c_str());
  return {first, dash == std::string::npos ? first : std::atoi(range.c_str() + dash + 1)};
}

Result<std::vector<Json>> parse_short_form(const std::string& text) {
  SKEIN_TRY_ASSIGN(const PortBindings ports, parse_ports({text}, {}));
  std::vector<Json> configs;
  for (const auto& [key, bindings] : ports.bindings.items()) {
    const std::string protocol = key.substr(key.find('/') + 1);
    for (const Json& binding : bindings) {
      if (!text_at(binding, "HostIp").empty()) return invalid_argument("hostip is not supported");
      const auto [first, last] = ends_of(text_at(binding, "HostPort"));
      for (int published = first; published <= last; ++published)
        configs.push_back(port_config(protocol, std::atoi(key.c_str()), published, "ingress"));
    }
  }
  return configs;
}

std::string text_or(const Json& object, const char* key, const char* otherwise) {
  const std::string text = text_at(object, key);
  return text.empty() ? otherwise : text;
}

std::string protocol_of(const Json& port) { return text_or(port, "Protocol", "tcp"); }
std::string publish_mode_of(const Json& port) { return text_or(port, "PublishMode", "ingress"); }

// As ports are sorted and told apart.
std::string identity_of(const Json& port) {
  return std::to_string(number_at(port, "PublishedPort")) + ":" + std::to_string(number_at(port, "TargetPort")) + "/" +
         protocol_of(port) + "/" + publish_mode_of(port);
}

bool is_same_target(const Json& a, const Json& b) {
  return number_at(a, "TargetPort") == number_at(b, "TargetPort") && protocol_of(a) == protocol_of(b) &&
         publish_mode_of(a) == publish_mode_of(b);
}

}  // namespace

Result<std::vector<Json>> parse_service_port(const std::string& text) {
  if (!is_long_form(text)) return parse_short_form(text);
  SKEIN_TRY_ASSIGN(const Json port, parse_long_form(text));
  return std::vector<Json>{port};
}

Json changed_ports(const Json& ports, const std::vector<Json>& removed, const std::vector<Json>& added) {
  std::map<std::string, Json> by_identity;
  for (const Json& port : ports) {
    const auto matches = [&](const Json& removal) { return is_same_target(port, removal); };
    if (std::none_of(removed.begin(), removed.end(), matches)) by_identity.emplace(identity_of(port), port);
  }
  for (const Json& port : added) by_identity.emplace(identity_of(port), port);
  Json changed = Json::array();
  for (const auto& [identity, port] : by_identity) changed.push_back(port);
  return changed;
}

}  // namespace skein::cli
