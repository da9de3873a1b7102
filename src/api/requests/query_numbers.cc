#include "api/requests/query_numbers.h"

#include <charconv>
#include <limits>

namespace skein::api {

namespace {

constexpr int64_t kForever_s = std::numeric_limits<int32_t>::max();

Error refused_number(const char* function, std::string_view text, const char* why) {
  return make_error(Code::kInvalidArgument,
                    std::string(function) + ": parsing \"" + std::string(text.substr(0, 100)) + "\": " + why);
}

template <class N>
Result<N> parse_number(const char* function, std::string_view text, bool has_sign) {
  std::string_view digits = text;
  if (has_sign && digits.starts_with('+')) digits.remove_prefix(1);
  N value = 0;
  auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_number = end == digits.data() + digits.size() && !digits.empty();
  if (is_number && ec == std::errc::result_out_of_range) return refused_number(function, text, "value out of range");
  if (!is_number || ec != std::errc() || (digits.size() < text.size() && digits.starts_with('-')))
    return refused_number(function, text, "invalid syntax");
  return value;
}

}  // namespace

Result<int64_t> parse_int(std::string_view text) { return parse_number<int64_t>("strconv.Atoi", text, true); }
Result<uint64_t> parse_uint(std::string_view text) { return parse_number<uint64_t>("strconv.ParseUint", text, false); }

Result<void> translate_stop_limit(io::http::Query& query) {
  const std::string text = query.get("t");
  if (text.empty()) {
    query.remove("t");
    return {};
  }
  SKEIN_TRY_ASSIGN(int64_t limit, parse_int(text));
  query.set("t", std::to_string(limit < 0 ? kForever_s : std::min(limit, kForever_s)));
  return {};
}

}  // namespace skein::api
