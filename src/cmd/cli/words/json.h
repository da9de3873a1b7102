// JSON that keeps the order in which the daemon wrote it, since `inspect` shows it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace skein::cli {

using Json = nlohmann::ordered_json;

// The JSON value at `key`; null when there is none, so that chains of it never fail.
const Json& at(const Json& object, std::string_view key);
// The text at `key`, empty when there is none. Numbers and booleans are written out.
std::string text_at(const Json& object, std::string_view key);
// The number at `key`; 0 when there is none.
int64_t number_at(const Json& object, std::string_view key);

}  // namespace skein::cli
