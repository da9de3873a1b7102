#include "esp/control/json_object.h"

#include <openssl/crypto.h>

#include "base/text/json_syntax.h"

namespace skein::esp {

constexpr size_t kDepthMax = 8;

Result<nlohmann::json> parse_json(std::string_view text) {
  JsonScan scan = scan_json(text, kDepthMax);
  if (!scan.error.empty()) return invalid_argument("not JSON: " + scan.error);
  if (text.find_first_not_of(" \t\r\n", scan.end) != std::string_view::npos)
    return invalid_argument("not JSON: something stands behind the value");
  // A repeated name: the parser keeps the last one, so it is looked for as names come by.
  std::vector<std::set<std::string>> names;
  std::string repeated;
  auto note = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) names.emplace_back();
    if (event == Event::object_end) names.pop_back();
    if (event == Event::key && !names.back().insert(value.get<std::string>()).second)
      repeated = value.get<std::string>();
    return true;
  };
  auto value = nlohmann::json::parse(text, note, false);
  if (value.is_discarded()) return invalid_argument("not JSON");
  if (!repeated.empty()) return invalid_argument("member \"" + repeated.substr(0, 32) + "\" is repeated");
  return value;
}

void wipe_texts(nlohmann::json& value) {
  if (auto* text = value.get_ptr<std::string*>()) OPENSSL_cleanse(text->data(), text->size());
  if (value.is_structured())
    for (auto& inner : value) wipe_texts(inner);
}

Result<JsonObject> JsonObject::open(const nlohmann::json& value, std::string path) {
  if (!value.is_object()) return invalid_argument((path.empty() ? "message" : path) + ": must be an object");
  return JsonObject(value, std::move(path));
}

std::string JsonObject::path_of(const char* name) const { return path_.empty() ? name : path_ + "." + name; }

Error JsonObject::error(const char* name, const std::string& what) const {
  return invalid_argument(path_of(name) + ": " + what);
}

const nlohmann::json* JsonObject::find(const char* name) {
  asked_.insert(name);
  auto found = value_->find(name);
  return found == value_->end() ? nullptr : &*found;
}

Result<const nlohmann::json*> JsonObject::need(const char* name) {
  const nlohmann::json* found = find(name);
  if (!found) return error(name, "is missing");
  return found;
}

Result<uint64_t> JsonObject::number(const char* name, uint64_t least, uint64_t most) {
  SKEIN_TRY_ASSIGN(const nlohmann::json* found, need(name));
  if (!found->is_number_unsigned() || found->get<uint64_t>() < least || found->get<uint64_t>() > most)
    return error(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return found->get<uint64_t>();
}

Result<uint64_t> JsonObject::number_or(const char* name, uint64_t absent, uint64_t least, uint64_t most) {
  if (!find(name)) return absent;
  return number(name, least, most);
}

Result<bool> JsonObject::boolean(const char* name) {
  SKEIN_TRY_ASSIGN(const nlohmann::json* found, need(name));
  if (!found->is_boolean()) return error(name, "must be true or false");
  return found->get<bool>();
}

Result<std::string> JsonObject::text(const char* name, size_t bytes_max) {
  SKEIN_TRY_ASSIGN(const nlohmann::json* found, need(name));
  const auto* text = found->get_ptr<const std::string*>();
  if (!text || text->size() > bytes_max)
    return error(name, "must be a text of at most " + std::to_string(bytes_max) + " bytes");
  return *text;
}

Result<const nlohmann::json*> JsonObject::array(const char* name, size_t entries_max) {
  SKEIN_TRY_ASSIGN(const nlohmann::json* found, need(name));
  if (!found->is_array() || found->size() > entries_max)
    return error(name, "must be an array of at most " + std::to_string(entries_max) + " entries");
  return found;
}

Result<JsonObject> JsonObject::object(const char* name) {
  SKEIN_TRY_ASSIGN(const nlohmann::json* found, need(name));
  return open(*found, path_of(name));
}

Result<void> JsonObject::end() const {
  for (const auto& item : value_->items())
    if (!asked_.contains(item.key())) return error(item.key().substr(0, 32).c_str(), "is no member that is known here");
  return {};
}

}  // namespace skein::esp
