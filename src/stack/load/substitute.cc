// \$($|name|{name}), where a name may carry a default or a message, without braces too: "$A-b" is A, or "b" up to the
// next "}". Docker's rule.
#include <optional>

#include "stack/values/interpolate.h"

namespace skein::stack {

namespace {

// How long the expression is that stands in front: a name, and maybe ":-", "-", ":?" or "?" with all up to a "}".
size_t expression_length(std::string_view text) {
  const size_t end = variable_length(text);
  if (end == 0) return 0;
  const size_t mark = end < text.size() && text[end] == ':' ? end + 1 : end;
  if (mark >= text.size() || (text[mark] != '-' && text[mark] != '?')) return end;
  return std::min(text.find('}', mark), text.size());
}

struct Split {
  std::string_view name;
  std::string_view rest;
};

std::optional<Split> split(std::string_view expression, std::string_view mark) {
  const size_t at = expression.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return Split{expression.substr(0, at), expression.substr(at + mark.size())};
}

Result<std::string> evaluate(std::string_view expression, const Environment& environment) {
  const auto missing = [](const Split& parts) {
    return invalid_argument("required variable " + std::string(parts.name) +
                            " is missing a value: " + std::string(parts.rest));
  };
  // In this order, wherever the mark stands: "${V-a:-b}" is the variable "V-a", or "b".
  if (const auto parts = split(expression, ":-")) {
    const auto found = environment.find(parts->name);
    return found != environment.end() && !found->second.empty() ? found->second : std::string(parts->rest);
  }
  if (const auto parts = split(expression, "-")) {
    const auto found = environment.find(parts->name);
    return found != environment.end() ? found->second : std::string(parts->rest);
  }
  if (const auto parts = split(expression, ":?")) {
    const auto found = environment.find(parts->name);
    if (found == environment.end() || found->second.empty()) return missing(*parts);
    return found->second;
  }
  if (const auto parts = split(expression, "?")) {
    const auto found = environment.find(parts->name);
    if (found == environment.end()) return missing(*parts);
    return found->second;
  }
  const auto found = environment.find(expression);
  return found != environment.end() ? found->second : std::string();
}

}  // namespace

size_t variable_length(std::string_view text) {
  const auto is_start = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !is_start(text[0])) return 0;
  size_t end = 0;
  while (end < text.size() && (is_start(text[end]) || (text[end] >= '0' && text[end] <= '9'))) ++end;
  return end;
}

Result<std::string> substitute(std::string_view text, const Environment& environment) {
  std::string result;
  // A wrong expression is forgotten when a later one is right, as Docker's client does it.
  std::optional<Error> wrong;
  for (size_t at = 0; at < text.size();) {
    const size_t mark = text.find('$', at);
    result += text.substr(at, mark - at);
    if (mark == std::string_view::npos) break;
    std::string_view rest = text.substr(mark + 1);
    if (rest.starts_with('$')) {
      result += '$';
      at = mark + 2;
      continue;
    }
    const bool has_brace = rest.starts_with('{');
    if (has_brace) rest.remove_prefix(1);
    const size_t length = expression_length(rest);
    const bool is_closed = !has_brace || (length < rest.size() && rest[length] == '}');
    if (length == 0 || !is_closed) {
      wrong = invalid_argument(std::string(text));
      at = mark + 1;
      continue;
    }
    auto value = evaluate(rest.substr(0, length), environment);
    wrong.reset();
    if (value.ok()) {
      result += *value;
    } else {
      wrong = value.error();
    }
    at = mark + 1 + length + (has_brace ? 2 : 0);
  }
  if (wrong) return *wrong;
  return result;
}

}  // namespace skein::stack
