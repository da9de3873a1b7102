#include "stack/load/dotenv.h"

#include <algorithm>

#include "stack/load/env_file.h"

namespace skein::stack {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) + 1 - first);
}

class DotenvReader {
 public:
  DotenvReader(std::string_view text, const Environment& environment) : rest_(text), known_(environment) {}

  Result<Map> read() {
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    while (!rest_.empty()) {
      ++line_;
      const size_t end = std::min(rest_.find('\n'), rest_.size());
      std::string_view line = trimmed(rest_.substr(0, end));
      if (line.empty() || line[0] == '#') {
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        continue;
      }
      SKEIN_TRY(take(line, end));
    }
    return std::move(variables_);
  }

 private:
  Error wrong(const std::string& what) const { return invalid_argument("line " + std::to_string(line_) + ": " + what); }

  // `end`: of the first line in the rest.
  Result<void> take(std::string_view line, size_t end) {
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const size_t mark = line.find_first_of("=:");
    const std::string name(trimmed(line.substr(0, mark)));
    if (name.empty()) return wrong("no name in front of " + go_quoted(line));
    if (name.find_first_of(" \t\"'") != std::string::npos)
      return wrong("unexpected character in name " + go_quoted(name));
    if (mark == std::string_view::npos) {
      if (const auto found = known_.find(name); found != known_.end()) variables_.set(name, found->second);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      return {};
    }
    const std::string_view value = trimmed(line.substr(mark + 1));
    const size_t at = value.empty() ? 0 : static_cast<size_t>(value.data() - rest_.data());
    if (value.starts_with('"') || value.starts_with('\'')) return take_quoted(name, at);
    const size_t comment = value.starts_with('#') ? 0 : value.find(" #");
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return put(name, std::string(trimmed(value.substr(0, comment))));
  }

  // A value in quotes may have several lines.
  Result<void> take_quoted(const std::string& name, size_t at) {
    const char quote = rest_[at];
    std::string text;
    for (size_t i = at + 1; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == quote) {
        const size_t end = std::min(rest_.find('\n', i), rest_.size());
        const std::string_view behind = trimmed(rest_.substr(i + 1, end - i - 1));
        if (!behind.empty() && behind[0] != '#') return wrong("unexpected " + go_quoted(behind) + " behind the value");
        line_ += static_cast<size_t>(std::count(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(i), '\n'));
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (quote == '"') return put(name, text);
        return variables_.set(name, text), set_known(name, text), Result<void>();
      }
      if (quote == '"' && c == '\\' && i + 1 < rest_.size()) {
        text += unescaped(rest_[++i]);
      } else {
        text += c;
      }
    }
    return wrong("unterminated quoted value of " + name);
  }

  static std::string unescaped(char c) {
    switch (c) {
      case 'n': return "\n";
      case 'r': return "\r";
      case 't': return "\t";
      case '"':
      case '\\': return {c};
      case '$': return "$$";
      default: return {'\\', c};
    }
  }

  Result<void> put(const std::string& name, const std::string& text) {
    std::set<std::string> unset;
    auto value = substitute_compose(text, known_, unset);
    if (!value.ok()) return wrong("invalid template: " + go_quoted(value.error().what));
    variables_.set(name, *value);
    set_known(name, *value);
    return {};
  }

  // The environment's value wins in later lines.
  void set_known(const std::string& name, const std::string& value) { known_.emplace(name, value); }

  std::string_view rest_;
  Environment known_;
  Map variables_;
  size_t line_ = 0;
};

}  // namespace

Result<Map> parse_dotenv(std::string_view text, const Environment& environment) {
  return DotenvReader(text, environment).read();
}

}  // namespace skein::stack
