#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

const json& at(const json& object, const char* name) {
  static const json kNothing = json::object();
  if (!object.is_object()) return kNothing;
  auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string text_of(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::vector<std::string> texts_of(const json& object, const char* name) {
  std::vector<std::string> texts;
  const json& values = at(object, name);
  if (values.is_array())
    for (const json& value : values)
      if (value.is_string()) texts.push_back(value);
  return texts;
}

json object_of(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_object() ? value : json::object();
}

}  // namespace skein::engine
