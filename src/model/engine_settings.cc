#include "model/engine_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

namespace skein::model {

namespace {

Error refused_setting(const std::string& why) { return make_error(Code::kInvalidArgument, why); }

std::string trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const size_t end = text.find_last_not_of(" \t") + 1;
  return std::string(text.substr(begin, end > begin ? end - begin : 0));
}

std::optional<int64_t> whole_number(const std::string& text) {
  int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "[a b]"
std::string go_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += (out.empty() ? "" : " ") + text;
  return "[" + out + "]";
}

Error generic_error(const std::string& why) { return refused_setting("could not parse GenericResource: " + why); }

}  // namespace

Result<std::vector<std::string>> parse_engine_labels(const std::vector<std::string>& texts) {
  static constexpr std::array kReserved{"com.docker.", "io.docker.", "org.dockerproject."};
  std::map<std::string, std::string> values;  // the whole text, by its name
  for (const auto& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos) return refused_setting("bad attribute format: " + text);
    std::string lower = text;
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char* reserved : kReserved)
      if (lower.starts_with(reserved))
        return refused_setting("label " + text +
                               " is not allowed: the namespaces com.docker.*, io.docker.*, and org.dockerproject.* are "
                               "reserved for internal use");
    const auto [known, is_new] = values.emplace(text.substr(0, equals), text);
    if (!is_new && known->second != text)
      return refused_setting("conflict labels for " + text + " and " + known->second);
  }
  std::vector<std::string> out;
  out.reserve(values.size());
  for (auto& [name, text] : values) out.push_back(std::move(text));
  return out;
}

Result<google::protobuf::RepeatedPtrField<api::GenericResource>> parse_generic_resources(
    const std::vector<std::string>& texts) {
  std::map<std::string, std::vector<std::string>> kinds;
  for (const auto& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || text.find('=', equals + 1) != std::string::npos)
      return generic_error("incorrect term " + text + ", missing '=' or malformed expression");
    kinds[trimmed(std::string_view(text).substr(0, equals))].push_back(
        trimmed(std::string_view(text).substr(equals + 1)));
  }
  google::protobuf::RepeatedPtrField<api::GenericResource> out;
  for (const auto& [kind, values] : kinds) {
    const auto count = values.size() == 1 ? whole_number(values[0]) : std::nullopt;
    if (count && *count < 0) return generic_error("cannot ask for negative resource " + kind);
    if (count) {
      auto* discrete = out.Add()->mutable_discrete_resource_spec();
      discrete->set_kind(kind);
      discrete->set_value(*count);
      continue;
    }
    for (const auto& value : values) {
      if (whole_number(value))
        return generic_error("mixed discrete and named resources in expression '" + kind + "=" + go_list(values) + "'");
      auto* named = out.Add()->mutable_named_resource_spec();
      named->set_kind(kind);
      named->set_value(value);
    }
  }
  return out;
}

}  // namespace skein::model
