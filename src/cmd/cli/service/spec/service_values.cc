#include "cmd/cli/service/spec/service_values.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "cmd/cli/words/csv.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Letters, digits and inner hyphens.
bool is_domain_label(std::string_view label) {
  return !label.empty() && is_alphanumeric(label.front()) && is_alphanumeric(label.back()) &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c) != 0; })) return false;
  while (true) {
    const size_t dot = std::min(text.find('.'), text.size());
    if (!is_domain_label(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

Result<int64_t> limit_of(const std::string& text) {
  int64_t limit = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (ec == std::errc() && end == text.data() + text.size()) return limit;
  return invalid_argument("strconv.ParseInt: parsing \"" + text + "\": invalid syntax");
}

constexpr const char* kUlimits[] = {"as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
                                    "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};

}  // namespace

Result<Json> parse_attachment(const std::string& text) {
  if (text.find('=') == std::string::npos) return Json{{"Target", text}};
  SKEIN_TRY_ASSIGN(const auto fields, split_csv(text));
  Json attachment = {{"Target", ""}};
  for (const std::string& whole : fields) {
    const CsvField field = csv_field(whole);
    const std::string key = lower_case(field.key);
    if (!field.has_value) return invalid_argument("invalid field " + whole);
    if (key == "name") {
      attachment["Target"] = field.value;
    } else if (key == "alias") {
      attachment["Aliases"].push_back(field.value);
    } else if (key == "driver-opt") {
      const CsvField option = csv_field(field.value);
      if (!option.has_value) return invalid_argument("invalid key value pair format in driver options");
      attachment["DriverOpts"][option.key] = option.value;
    } else {
      return invalid_argument("invalid field key " + key);
    }
  }
  if (text_at(attachment, "Target").empty()) return invalid_argument("network name/id is not specified");
  return attachment;
}

Result<Json> parse_preference(const std::string& text) {
  const CsvField field = csv_field(text);
  if (!field.has_value) return invalid_argument("placement preference must be of the format \"<strategy>=<arg>\"");
  if (field.key != "spread")
    return invalid_argument("unsupported placement preference " + field.key + " (only spread is supported)");
  return Json{{"Spread", {{"SpreadDescriptor", field.value}}}};
}

Result<Json> parse_ulimit(const std::string& text) {
  const CsvField field = csv_field(text);
  if (!field.has_value) return invalid_argument("invalid ulimit argument: " + text);
  if (std::find(std::begin(kUlimits), std::end(kUlimits), field.key) == std::end(kUlimits))
    return invalid_argument("invalid ulimit type: " + field.key);
  const size_t colon = field.value.find(':');
  SKEIN_TRY_ASSIGN(const int64_t soft, limit_of(field.value.substr(0, colon)));
  int64_t hard = soft;
  if (colon != std::string::npos) {
    SKEIN_TRY_ASSIGN(hard, limit_of(field.value.substr(colon + 1)));
  }
  if (hard != -1 && soft > hard)
    return invalid_argument("ulimit soft limit must be less than or equal to hard limit: " + std::to_string(soft) +
                            " > " + std::to_string(hard));
  return Json{{"Name", field.key}, {"Hard", hard}, {"Soft", soft}};
}

Result<std::string> hosts_line(const std::string& text) {
  const size_t separator = text.find_first_of(":=");
  if (separator == std::string::npos || separator == 0)
    return invalid_argument("bad format for add-host: \"" + text + "\"");
  std::string address = text.substr(separator + 1);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (address != "host-gateway" && !is_address(address))
    return invalid_argument("invalid IP address in add-host: \"" + address + "\"");
  return address + " " + text.substr(0, separator);
}

Result<std::pair<std::string, std::string>> resource_pair(const std::string& text) {
  const CsvField field = csv_field(text);
  if (!field.has_value) return invalid_argument("invalid generic-resource format `" + text + "` expected `name=value`");
  return std::pair(field.key, field.value);
}

Result<void> check_variable(const std::string& text) {
  if (text.empty() || text[0] == '=') return invalid_argument("invalid environment variable: " + text);
  return {};
}

Result<void> check_label(const std::string& text) {
  if (text.empty() || text[0] == '=') return invalid_argument("invalid label '" + text + "': empty name");
  return {};
}

Result<void> check_address(const std::string& text) {
  if (!is_address(text)) return invalid_argument("IP address is not correctly formatted: " + text);
  return {};
}

Result<void> check_domain(const std::string& text) {
  if (text != "." && !is_domain(text)) return invalid_argument(text + " is not a valid domain");
  return {};
}

Result<void> check_credential_spec(const std::string& text) {
  for (const char* prefix : {"config://", "file://", "registry://"})
    if (text.starts_with(prefix))
      return invalid_argument("credential specs are for Windows containers, and all hosts run Linux");
  return invalid_argument(
      "invalid credential spec: value must be prefixed with \"config://\", \"file://\", or \"registry://\"");
}

}  // namespace skein::cli
