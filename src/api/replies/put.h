// Members of Docker's JSON that are left out when they are empty.
#pragma once

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "model/objects.h"

namespace skein::api {

inline void put_text(nlohmann::json& out, const char* key, std::string_view text) {
  if (!text.empty()) out[key] = text;
}
inline void put_flag(nlohmann::json& out, const char* key, bool value) {
  if (value) out[key] = true;
}
template <class N>
void put_number(nlohmann::json& out, const char* key, N number) {
  if (number != 0) out[key] = number;
}
inline void put_duration(nlohmann::json& out, const char* key, const google::protobuf::Duration& duration) {
  put_number(out, key, model::from_wire(duration).count());
}
template <class Texts>
void put_texts(nlohmann::json& out, const char* key, const Texts& texts) {
  for (const auto& text : texts) out[key].push_back(text);
}
template <class Map>
nlohmann::json map_to_json(const Map& map) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}
template <class Map>
void put_map(nlohmann::json& out, const char* key, const Map& map) {
  if (!map.empty()) out[key] = map_to_json(map);
}

// As short as it can be told from other floats: 0.1, not 0.10000000149.
inline nlohmann::json float_to_json(float value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return nlohmann::json::parse(text, end);
}

}  // namespace skein::api
