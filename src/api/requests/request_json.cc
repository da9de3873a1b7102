#include "api/requests/request_json.h"

#include <limits>

namespace skein::api {

using nlohmann::json;

namespace {

// Null when the member is absent or null.
const json* present(const json& body, const char* key) {
  auto found = body.find(key);
  return found == body.end() || found->is_null() ? nullptr : &*found;
}

Error wrong(const char* key, const char* wanted) {
  return make_error(Code::kInvalidArgument, std::string(key) + " must be " + wanted);
}

}  // namespace

Result<std::string> text_member(const json& body, const char* key) {
  const json* value = present(body, key);
  if (!value) return std::string();
  if (!value->is_string()) return wrong(key, "a string");
  return value->get<std::string>();
}

Result<bool> flag_member(const json& body, const char* key) {
  const json* value = present(body, key);
  if (!value) return false;
  if (!value->is_boolean()) return wrong(key, "true or false");
  return value->get<bool>();
}

Result<std::vector<std::string>> texts_member(const json& body, const char* key) {
  std::vector<std::string> texts;
  const json* values = present(body, key);
  if (!values) return texts;
  if (!values->is_array()) return wrong(key, "a list of strings");
  for (const json& value : *values) {
    if (!value.is_string()) return wrong(key, "a list of strings");
    texts.push_back(value);
  }
  return texts;
}

Result<uint32_t> number_member(const json& body, const char* key) {
  const json* value = present(body, key);
  if (!value) return uint32_t{0};
  // Negative numbers are no unsigned ones, and what is larger than 64 bits is a floating point number to the parser.
  if (!value->is_number_unsigned() || value->get<uint64_t>() > std::numeric_limits<uint32_t>::max())
    return wrong(key, "a number between 0 and 4294967295");
  return static_cast<uint32_t>(value->get<uint64_t>());
}

Result<void> check_is_object(const json& body, const std::string& what) {
  if (body.is_object()) return {};
  return make_error(Code::kInvalidArgument, "invalid JSON: " + what + " must be an object");
}

}  // namespace skein::api
