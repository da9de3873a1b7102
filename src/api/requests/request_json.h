// Members of request bodies, checked: what is absent or null is empty, another type than the wanted one is
// kInvalidArgument and named. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace skein::api {

Result<std::string> text_member(const nlohmann::json& body, const char* key);
Result<bool> flag_member(const nlohmann::json& body, const char* key);
Result<std::vector<std::string>> texts_member(const nlohmann::json& body, const char* key);
Result<uint32_t> number_member(const nlohmann::json& body, const char* key);

// Adds the texts of an object such as Labels to `out`, a map from text to text.
template <class Map>
Result<void> labels_member(const nlohmann::json& body, const char* key, Map& out) {
  auto found = body.find(key);
  if (found == body.end() || found->is_null()) return {};
  if (!found->is_object()) return make_error(Code::kInvalidArgument, std::string(key) + " must be an object");
  for (const auto& [name, value] : found->items()) {
    if (!value.is_string())
      return make_error(Code::kInvalidArgument, std::string(key) + "." + name + " must be a string");
    out[name] = value.template get<std::string>();
  }
  return {};
}

// The body, if it is an object; `what` names it in the error.
Result<void> check_is_object(const nlohmann::json& body, const std::string& what);

}  // namespace skein::api
