// Members of a JSON object, read strictly: each is asked for once, by name, and none may be left over. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/result.h"

namespace skein::esp {

// A text of any size into a value; not nested deeper than messages are.
Result<nlohmann::json> parse_json(std::string_view text);

// Wipes every text in the value: some are keys.
void wipe_texts(nlohmann::json& value);

// Errors name the member by its path from the root: "peers[3].icv: …". Looks at the value as long as it lives.
class JsonObject {
 public:
  // Not ok when the value is no object.
  static Result<JsonObject> open(const nlohmann::json& value, std::string path);

  // Nothing when absent.
  const nlohmann::json* find(const char* name);

  Result<uint64_t> number(const char* name, uint64_t least, uint64_t most);
  Result<uint64_t> number_or(const char* name, uint64_t absent, uint64_t least, uint64_t most);
  Result<bool> boolean(const char* name);
  Result<std::string> text(const char* name, size_t bytes_max);
  Result<const nlohmann::json*> array(const char* name, size_t entries_max);
  Result<JsonObject> object(const char* name);

  // Not ok when there are members that nobody asked for.
  Result<void> end() const;

  Error error(const char* name, const std::string& what) const;
  std::string path_of(const char* name) const;

 private:
  JsonObject(const nlohmann::json& value, std::string path) : value_(&value), path_(std::move(path)) {}
  Result<const nlohmann::json*> need(const char* name);

  const nlohmann::json* value_;
  std::string path_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace skein::esp
