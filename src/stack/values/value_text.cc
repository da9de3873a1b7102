// Values as Go prints them, since users see its texts.
#include <array>
#include <charconv>
#include <cmath>

#include "stack/values/value.h"

namespace skein::stack {

namespace {

// Digits and decimal exponent of the shortest text that reads back as the number: 123.4 is "1234" and 2.
struct Digits {
  bool is_negative = false;
  std::string digits;
  int exponent = 0;
};

template <class Number>
Digits shortest(Number number) {
  std::array<char, 64> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::scientific).ptr;
  std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));
  Digits result;
  if (text.starts_with('-')) {
    result.is_negative = true;
    text.remove_prefix(1);
  }
  const size_t mark = text.find('e');
  for (const char c : text.substr(0, mark)) {
    if (c != '.') result.digits += c;
  }
  std::string_view exponent = text.substr(mark + 1);
  if (exponent.starts_with('+')) exponent.remove_prefix(1);
  std::from_chars(exponent.data(), exponent.data() + exponent.size(), result.exponent);
  return result;
}

template <class Number>
std::string general(Number number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  constexpr int kExponentMin = -4;  // from here to the other one, without an exponent
  constexpr int kExponentMax = 5;
  const Digits parts = shortest(number);
  std::string text = parts.is_negative ? "-" : "";
  const auto count = static_cast<int>(parts.digits.size());
  if (parts.exponent < kExponentMin || parts.exponent > kExponentMax) {
    text += parts.digits.substr(0, 1);
    if (count > 1) text += "." + parts.digits.substr(1);
    const std::string exponent = std::to_string(std::abs(parts.exponent));
    return text + (parts.exponent < 0 ? "e-" : "e+") + (exponent.size() < 2 ? "0" : "") + exponent;
  }
  if (parts.exponent < 0)
    return text + "0." + std::string(static_cast<size_t>(-parts.exponent - 1), '0') + parts.digits;
  const int whole = parts.exponent + 1;
  if (count <= whole) return text + parts.digits + std::string(static_cast<size_t>(whole - count), '0');
  return text + parts.digits.substr(0, static_cast<size_t>(whole)) + "." +
         parts.digits.substr(static_cast<size_t>(whole));
}

// "2001-01-01T00:00:00Z" as Go's Time.String() has it.
std::string shown_moment(std::string text) {
  constexpr size_t kMark = 10;
  if (text.size() > kMark) text[kMark] = ' ';
  if (text.ends_with('Z')) return text.substr(0, text.size() - 1) + " +0000 UTC";
  const size_t sign = text.find_last_of("+-");
  std::string zone = text.substr(sign);
  std::erase(zone, ':');
  return text.substr(0, sign) + " " + zone + " " + zone;
}

struct Shown {
  std::string operator()(Null) const { return "<nil>"; }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(int64_t number) const { return std::to_string(number); }
  std::string operator()(uint64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return general(number); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const Moment& moment) const { return shown_moment(moment.text); }
  std::string operator()(const List& list) const {
    std::string text = "[";
    for (const Value& item : list) text += (text.size() > 1 ? " " : "") + shown(item);
    return text + "]";
  }
  std::string operator()(const Map& map) const {
    std::string text = "map[";
    for (const auto& [key, value] : map) text += (text.size() > 4 ? " " : "") + key + ":" + shown(value);
    return text + "]";
  }
  std::string operator()(OddMap) const { return "map[]"; }
};

template <class Visitor>
std::string visited(const Value& value, const Visitor& visitor) {
  if (const auto* x = value.as<bool>()) return visitor(*x);
  if (const auto* x = value.as<int64_t>()) return visitor(*x);
  if (const auto* x = value.as<uint64_t>()) return visitor(*x);
  if (const auto* x = value.as<double>()) return visitor(*x);
  if (const auto* x = value.as<std::string>()) return visitor(*x);
  if (const auto* x = value.as<Moment>()) return visitor(*x);
  if (const auto* x = value.as<List>()) return visitor(*x);
  if (const auto* x = value.as<Map>()) return visitor(*x);
  if (const auto* x = value.as<OddMap>()) return visitor(*x);
  return visitor(Null{});
}

struct TypeName {
  std::string operator()(Null) const { return "<nil>"; }
  std::string operator()(bool) const { return "bool"; }
  std::string operator()(int64_t) const { return "int"; }
  std::string operator()(uint64_t) const { return "uint64"; }
  std::string operator()(double) const { return "float64"; }
  std::string operator()(const std::string&) const { return "string"; }
  std::string operator()(const Moment&) const { return "time.Time"; }
  std::string operator()(const List&) const { return "[]interface {}"; }
  std::string operator()(const Map&) const { return "map[string]interface {}"; }
  std::string operator()(OddMap) const { return "map[interface {}]interface {}"; }
};

struct GoSyntax {
  std::string operator()(Null) const { return "interface {}(nil)"; }
  std::string operator()(bool truth) const { return truth ? "true" : "false"; }
  std::string operator()(int64_t number) const { return std::to_string(number); }
  std::string operator()(uint64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return general(number); }
  std::string operator()(const std::string& text) const { return go_quoted(text); }
  std::string operator()(const Moment& moment) const { return moment.text; }
  std::string operator()(const List& list) const {
    std::string text;
    for (const Value& item : list) text += (text.empty() ? "" : ", ") + go_syntax(item);
    return "[]interface {}{" + text + "}";
  }
  std::string operator()(const Map& map) const {
    std::string text;
    for (const auto& [key, value] : map) text += (text.empty() ? "" : ", ") + go_quoted(key) + ":" + go_syntax(value);
    return "map[string]interface {}{" + text + "}";
  }
  std::string operator()(OddMap) const { return "map[interface {}]interface {}{}"; }
};

}  // namespace

std::string shown(const Value& value) { return visited(value, Shown{}); }
std::string shown_number(double number) { return general(number); }
std::string shown_number(float number) { return general(number); }
std::string type_name(const Value& value) { return visited(value, TypeName{}); }
std::string go_syntax(const Value& value) { return visited(value, GoSyntax{}); }

std::string go_quoted(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': result += "\\\""; break;
      case '\\': result += "\\\\"; break;
      case '\n': result += "\\n"; break;
      case '\t': result += "\\t"; break;
      case '\r': result += "\\r"; break;
      case '\a': result += "\\a"; break;
      case '\b': result += "\\b"; break;
      case '\f': result += "\\f"; break;
      case '\v': result += "\\v"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          result += std::string("\\x") + kHex[(c >> 4) & 15] + kHex[c & 15];
        } else {
          result += c;
        }
    }
  }
  return result + "\"";
}

}  // namespace skein::stack
