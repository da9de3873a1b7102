// Members of the engine's JSON, read without trust: what is absent or of another type is empty. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace skein::engine {

std::string text_of(const nlohmann::json& object, const char* name);
std::vector<std::string> texts_of(const nlohmann::json& object, const char* name);  // those entries that are texts
// An empty object where there is no such member; lives as long as `object`.
const nlohmann::json& at(const nlohmann::json& object, const char* name);
nlohmann::json object_of(const nlohmann::json& object, const char* name);

}  // namespace skein::engine
