#include "base/text/shell_words.h"

namespace skein {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

Error ended(const char* what) { return make_error(Code::kInvalidArgument, std::string("EOF found ") + what); }

// The word that begins at `at`, which is advanced past it.
Result<std::string> take_word(std::string_view text, size_t& at) {
  std::string word;
  char quote = 0;
  for (; at < text.size() && (quote != 0 || !is_blank(text[at])); ++at) {
    const char c = text[at];
    if (c == '\\' && quote != '\'') {
      if (++at == text.size()) return ended("after escape character");
      word += text[at];
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else {
      word += c;
    }
  }
  if (quote != 0) return ended("when expecting closing quote");
  return word;
}

}  // namespace

Result<std::vector<std::string>> split_shell_words(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
    } else if (text[at] == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else {
      SKEIN_TRY_ASSIGN(words.emplace_back(), take_word(text, at));
    }
  }
  return words;
}

}  // namespace skein
