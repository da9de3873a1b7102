// The parts of daemon.h that need no connection.
#include <cctype>

#include "base/text/json_text.h"
#include "cmd/cli/daemon/daemon.h"

namespace skein::cli {

const Json& at(const Json& object, std::string_view key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(std::string(key));
  return found == object.end() ? kNothing : *found;
}

std::string text_at(const Json& object, std::string_view key) {
  const Json& value = at(object, key);
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() || value.is_structured() ? "" : json_text(value);
}

int64_t number_at(const Json& object, std::string_view key) {
  const Json& value = at(object, key);
  return value.is_number() ? value.get<int64_t>() : 0;
}

Parameters filter_parameters(const std::vector<std::string>& filters) {
  if (filters.empty()) return Parameters{};
  Json sets = Json::object();
  for (const std::string& filter : filters) {
    const size_t equals = filter.find('=');
    sets[filter.substr(0, equals)][filter.substr(equals + 1)] = true;
  }
  return Parameters{{"filters", json_text(nlohmann::json(sets))}};  // members by name
}

std::string path_of(std::string_view before, std::string_view id, std::string_view after) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string path(before);
  for (const char c : id) {
    // '/' and ':' stay: names of images hold them.
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~/:@").find(c) != std::string::npos) {
      path += c;
    } else {
      path += '%';
      path += kHex[static_cast<unsigned char>(c) >> 4];
      path += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  return path.append(after);
}

}  // namespace skein::cli
