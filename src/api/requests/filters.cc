#include "api/requests/filters.h"

#include <regex.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/time/moment.h"

namespace skein::api {

using nlohmann::json;

namespace {

// Longer expressions, and repetitions of repetitions, would cost more than any list is worth.
constexpr size_t kExpressionBytesMax = 256;

Error invalid_filter(const std::string& name = {}) {
  return make_error(Code::kInvalidArgument, name.empty() ? "invalid filter" : "invalid filter '" + name + "'");
}

Error invalid_value(const std::string& name, const std::set<std::string>& values) {
  std::string all;
  for (const auto& value : values) all += (all.empty() ? "" : " ") + value.substr(0, 100);
  return invalid_filter(name + "=[" + all + "]");
}

// {"x":true} or ["x"]
Result<std::set<std::string>> parse_values(const json& values) {
  std::set<std::string> out;
  if (values.is_null()) return out;
  if (!values.is_structured()) return invalid_filter();
  for (const auto& [key, value] : values.items()) {
    if (values.is_object() ? !value.is_boolean() : !value.is_string()) return invalid_filter();
    out.insert(values.is_object() ? key : value.get<std::string>());
  }
  return out;
}

bool is_found(const std::string& expression, const std::string& text) {
  if (expression.size() > kExpressionBytesMax || std::ranges::count(expression, '{') > 1) return false;
  regex_t compiled{};
  if (::regcomp(&compiled, expression.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
  const bool is_match = ::regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  ::regfree(&compiled);
  return is_match;
}

}  // namespace

Result<ListFilters> ListFilters::parse(const io::http::Query& query, const std::set<std::string>& known) {
  ListFilters out;
  std::string text = query.get("filters");
  if (text.empty()) return out;
  auto all = json::parse(text, nullptr, false);
  if (all.is_null()) return out;
  if (!all.is_object()) return invalid_filter();
  for (const auto& [name, values] : all.items()) {
    if (!known.contains(name)) return invalid_filter(name.substr(0, 100));
    SKEIN_TRY_ASSIGN(out.values_[name], parse_values(values));
  }
  return out;
}

bool ListFilters::matches(const std::string& name, const std::string& text) const {
  return any(name, [&](const std::string& value) { return value == text || is_found(value, text); });
}

Result<std::optional<bool>> ListFilters::flag(const std::string& name) const {
  const auto& given = values(name);
  if (given.empty()) return std::optional<bool>();
  const bool is_true = given.contains("true") || given.contains("1");
  const bool is_false = given.contains("false") || given.contains("0");
  if (is_true == is_false) return invalid_value(name, given);
  return std::optional<bool>(is_true);
}

Result<std::optional<WallTime>> ListFilters::until(WallTime now) const {
  const auto& given = values("until");
  if (given.empty()) return std::optional<WallTime>();
  if (given.size() > 1) return make_error(Code::kInvalidArgument, "more than one until filter specified");
  const auto moment = parse_moment(*given.begin(), now);
  if (!moment.ok())
    return make_error(Code::kInvalidArgument,
                      "failed to parse value as time or duration: \"" + given.begin()->substr(0, 100) + "\"");
  return std::optional<WallTime>(*moment);
}

}  // namespace skein::api
