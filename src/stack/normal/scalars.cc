#include "stack/normal/scalars.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/text/quantity.h"
#include "base/time/duration.h"

namespace skein::stack {

namespace {

Error cannot_decode(const std::string& name, const Error& why) {
  return invalid_argument("error decoding '" + name + "': " + why.text());
}

Result<Value> decode_text(const std::string& name, const Value& value) {
  if (value.is<std::string>() || value.is_null()) return value;
  return invalid_argument("'" + name + "' expected type 'string', got unconvertible type '" + type_name(value) +
                          "', value: '" + shown(value) + "'");
}

Result<Value> decode_whole(const std::string& name, const Value& value, bool is_signed) {
  const auto* const number = value.as<double>();
  const bool is_negative = number != nullptr ? *number < 0 : value.is<int64_t>() && value.integer() < 0;
  if (is_negative && !is_signed) {
    const std::string text = number != nullptr ? std::to_string(*number) : shown(value);
    return invalid_argument("cannot parse '" + name + "', " + text + " overflows uint");
  }
  constexpr double kWholeMax = 9.2e18;
  if (number != nullptr) return Value(static_cast<int64_t>(std::fmin(std::fmax(*number, -kWholeMax), kWholeMax)));
  return value;
}

// Of 32 bits: the shortest text that reads back as that.
Value decode_real(const Value& value) {
  const auto* const number = value.as<double>();
  if (number == nullptr) return value;
  return Value(std::strtod(shown_number(static_cast<float>(*number)).c_str(), nullptr));
}

Result<Value> decode_duration(const std::string& name, const Value& value) {
  const auto parsed = parse_duration(value.text());
  if (!parsed.ok()) return cannot_decode(name, parsed.error());
  return Value(format_duration(*parsed));
}

// An octal one begins with 0, as a file's mode does.
Result<Value> decode_loose_integer(const std::string& name, const Value& value) {
  if (!value.is<std::string>()) return decode_whole(name, value, false);
  const std::string& text = value.text();
  constexpr int kOctal = 8, kDecimal = 10;
  uint64_t number = 0;
  const auto [end, failed] =
      std::from_chars(text.data(), text.data() + text.size(), number, text.starts_with('0') ? kOctal : kDecimal);
  if (failed != std::errc() || end != text.data() + text.size() || number > INT64_MAX)
    return invalid_argument("error decoding '" + name + "': " + go_quoted(text) + " is no whole number");
  return Value(static_cast<int64_t>(number));
}

Result<Value> decode_bytes(const std::string& name, const Value& value) {
  const auto parsed = parse_size(value.text());
  if (!parsed.ok()) return cannot_decode(name, parsed.error());
  return *parsed == 0 ? Value() : Value(std::to_string(*parsed));
}

}  // namespace

Result<Value> decode_scalar(Form form, const std::string& name, const Value& value) {
  switch (form) {
    case Form::kText: return decode_text(name, value);
    case Form::kInteger: return decode_whole(name, value, true);
    case Form::kUnsigned: return decode_whole(name, value, false);
    case Form::kReal: return decode_real(value);
    case Form::kDuration: return decode_duration(name, value);
    case Form::kBytes: return decode_bytes(name, value);
    case Form::kLooseInteger: return decode_loose_integer(name, value);
    case Form::kLooseBytes: return decode_bytes(name, value.is<std::string>() ? value : Value(shown(value)));
    default: return value;
  }
}

}  // namespace skein::stack
