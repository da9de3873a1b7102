#include "stack/values/scalar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "stack/values/numbers.h"
#include "stack/values/timestamp.h"

namespace skein::stack {

namespace {

constexpr std::string_view kLongTag = "tag:yaml.org,2002:";

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The words that are no text.
std::optional<Scalar> word(std::string_view text) {
  if (is_one_of(text, {"true", "True", "TRUE"})) return Scalar{"!!bool", true};
  if (is_one_of(text, {"false", "False", "FALSE"})) return Scalar{"!!bool", false};
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return Scalar{"!!null", {}};
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return Scalar{"!!float", not_a_number()};
  if (is_one_of(text, {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return Scalar{"!!float", infinity()};
  if (is_one_of(text, {"-.inf", "-.Inf", "-.INF"})) return Scalar{"!!float", -infinity()};
  return std::nullopt;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looks_decimal(std::string_view text) {
  const auto skip_digits = [&] {
    const size_t before = text.size();
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return before != text.size();
  };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const bool has_whole = skip_digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!skip_digits() && !has_whole) return false;
  } else if (!has_whole) {
    return false;
  }
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return skip_digits() && text.empty();
}

std::optional<Scalar> number(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  if (const auto whole = parse_go_integer(plain)) return Scalar{"!!int", *whole};
  if (looks_decimal(plain)) {
    if (const auto value = parse_go_float(plain)) return Scalar{"!!float", *value};
  }
  return std::nullopt;
}

Scalar plain(std::string_view tag, std::string_view text) {
  if (tag == "!!str" || tag == "!!binary") return {"!!str", text};
  const char first = text.empty() ? '~' : text.front();
  const bool is_numeric = is_digit(first) || first == '+' || first == '-';
  if (!is_numeric && first != '.' && !is_one_of({&first, 1}, {"y", "Y", "n", "N", "t", "T", "f", "F", "o", "O", "~"})) {
    return {"!!str", text};
  }
  if (auto found = word(text)) return *found;
  if (first == '.') {
    if (const auto value = parse_go_float(text)) return {"!!float", *value};
  }
  if (is_numeric) {
    if (tag.empty() || tag == "!!timestamp") {
      if (auto moment = parse_timestamp(text)) return {"!!timestamp", *moment};
    }
    if (auto found = number(text)) return *found;
  }
  return {"!!str", text};
}

}  // namespace

std::string short_tag(std::string_view tag) {
  if (tag.starts_with(kLongTag)) return "!!" + std::string(tag.substr(kLongTag.size()));
  return std::string(tag);
}

Result<Scalar> resolve(std::string_view tag, std::string_view text) {
  const std::string wanted = short_tag(tag);
  // A tag that nobody knows says nothing.
  if (!is_one_of(wanted, {"", "!!str", "!!bool", "!!int", "!!float", "!!null", "!!timestamp", "!!merge", "!!binary"})) {
    return Scalar{wanted, text};
  }
  if (wanted == "!!merge") return Scalar{wanted, text};  // as a value it is text
  Scalar scalar = plain(wanted, text);
  if (is_one_of(wanted, {"", scalar.tag, "!!str", "!!binary"})) return scalar;
  if (wanted == "!!float" && scalar.tag == "!!int") {
    if (const auto* const whole = scalar.value.as<int64_t>()) return Scalar{"!!float", static_cast<double>(*whole)};
    if (const auto* const whole = scalar.value.as<uint64_t>()) return Scalar{"!!float", static_cast<double>(*whole)};
  }
  return invalid_argument("cannot decode " + scalar.tag + " `" + std::string(text) + "` as a " + wanted);
}

bool is_old_number_or_truth(std::string_view text) {
  if (is_one_of(text,
                {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"})) {
    return true;
  }
  // [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return false;
  while (!text.empty() && (is_digit(text.front()) || text.front() == '_')) text.remove_prefix(1);
  if (!text.starts_with(':')) return false;
  while (text.starts_with(':')) {
    text.remove_prefix(1);
    if (text.empty() || !is_digit(text.front())) return false;
    const bool may_be_two = text.front() <= '5';
    text.remove_prefix(1);
    if (may_be_two && !text.empty() && is_digit(text.front())) text.remove_prefix(1);
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    while (!text.empty() && (is_digit(text.front()) || text.front() == '_')) text.remove_prefix(1);
  }
  return text.empty();
}

}  // namespace skein::stack
