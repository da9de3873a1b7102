// Variables as the Compose Specification has them: $NAME, ${NAME}, and ${NAME<mark>text} with one of the marks
// ":-", "-", ":?", "?", ":+", "+", where the text may hold expressions again.
#include "stack/values/interpolate.h"

namespace skein::stack {

namespace {

constexpr size_t kDepthMax = 32;

class Substitution {
 public:
  Substitution(std::string_view whole, const Environment& environment, std::set<std::string>& unset)
      : whole_(whole), environment_(environment), unset_(unset) {}

  Result<std::string> of(std::string_view text, size_t depth) {
    if (depth > kDepthMax) return invalid_argument(std::string(whole_));
    std::string result;
    for (size_t at = 0; at < text.size();) {
      const size_t mark = text.find('$', at);
      result += text.substr(at, mark - at);
      if (mark == std::string_view::npos) break;
      const std::string_view rest = text.substr(mark + 1);
      const size_t length = variable_length(rest);
      if (rest.starts_with('$')) {
        result += '$';
        at = mark + 2;
      } else if (length > 0) {
        result += value(rest.substr(0, length));
        at = mark + 1 + length;
      } else {
        const size_t end = rest.starts_with('{') ? closing_brace(rest) : std::string_view::npos;
        if (end == std::string_view::npos) return invalid_argument(std::string(text));
        SKEIN_TRY_ASSIGN(const std::string replaced, expression(rest.substr(1, end - 1), text, depth));
        result += replaced;
        at = mark + 1 + end + 1;
      }
    }
    return result;
  }

 private:
  // Of the brace that `text` begins with.
  static size_t closing_brace(std::string_view text) {
    size_t open = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '{' && (i == 0 || text[i - 1] == '$')) ++open;
      if (text[i] == '}' && --open == 0) return i;
    }
    return std::string_view::npos;
  }

  std::string value(std::string_view name) {
    const auto found = environment_.find(name);
    if (found != environment_.end()) return found->second;
    unset_.emplace(name);
    return "";
  }

  Result<std::string> expression(std::string_view text, std::string_view whole, size_t depth) {
    const size_t length = variable_length(text);
    if (length == 0) return invalid_argument(std::string(whole));
    const std::string_view name = text.substr(0, length);
    std::string_view rest = text.substr(length);
    if (rest.empty()) return value(name);
    const bool counts_empty = rest.starts_with(':');
    if (counts_empty) rest.remove_prefix(1);
    if (rest.empty()) return invalid_argument(std::string(whole));
    const char mark = rest[0];
    rest.remove_prefix(1);
    const auto found = environment_.find(name);
    const bool is_there = found != environment_.end() && !(counts_empty && found->second.empty());
    if (mark == '-') return is_there ? Result<std::string>(found->second) : of(rest, depth + 1);
    if (mark == '+') return is_there ? of(rest, depth + 1) : Result<std::string>(std::string());
    if (mark != '?') return invalid_argument(std::string(whole));
    if (is_there) return found->second;
    SKEIN_TRY_ASSIGN(const std::string message, of(rest, depth + 1));
    return invalid_argument("required variable " + std::string(name) + " is missing a value: " + message);
  }

  const std::string_view whole_;
  const Environment& environment_;
  std::set<std::string>& unset_;
};

}  // namespace

Result<std::string> substitute_compose(std::string_view text, const Environment& environment,
                                       std::set<std::string>& unset) {
  return Substitution(text, environment, unset).of(text, 0);
}

}  // namespace skein::stack
