// How a text is written in YAML: plain, in quotes or as a block; the rules of libyaml's emitter.
#include <array>
#include <cstdio>

#include "base/bytes.h"
#include "stack/emit/emit.h"
#include "stack/values/scalar.h"
#include "stack/values/utf8.h"

namespace skein::stack {

namespace {

bool is_break(uint32_t c) { return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029; }

bool is_printable(uint32_t c) {
  return c == '\n' || (c >= 0x20 && c <= 0x7e) || (c >= 0xa0 && c <= 0xd7ff) ||
         (c >= 0xe000 && c <= 0xfffd && c != 0xfeff);
}

bool is_one_of(uint32_t c, std::string_view characters) {
  return c < 0x80 && characters.find(static_cast<char>(c)) != std::string_view::npos;
}

struct Styles {
  bool may_be_plain = true;
  bool may_be_single = true;
  bool may_be_block = true;
};

bool is_indicator(const std::u32string& text, size_t i) {
  const uint32_t c = text[i];
  const bool ends_word = i + 1 == text.size() || is_one_of(text[i + 1], " \t") || is_break(text[i + 1]);
  if (i == 0 && is_one_of(c, "#,[]{}&*!|>'\"%@`")) return true;
  if (i == 0 && is_one_of(c, "?-")) return ends_word;
  if (c == ':') return ends_word;
  return c == '#' && (is_one_of(text[i - 1], " \t") || is_break(text[i - 1]));
}

Styles styles_of(const std::u32string& text) {
  bool has_indicator = text.starts_with(U"---") || text.starts_with(U"...");
  bool has_break = false, has_tab = false, has_special = false, break_space = false, space_break = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const uint32_t c = text[i];
    has_indicator = has_indicator || is_indicator(text, i);
    has_tab = has_tab || c == '\t';
    has_special = has_special || (c != '\t' && !is_printable(c));
    has_break = has_break || is_break(c);
    const bool after_break = i > 0 && is_break(text[i - 1]);
    const bool after_space = i > 0 && text[i - 1] == ' ';
    break_space = break_space || (c == ' ' && after_break);
    space_break = space_break || (is_break(c) && after_space);
  }
  const bool has_edge = text.front() == ' ' || is_break(text.front()) || text.back() == ' ' || is_break(text.back());
  Styles styles;
  styles.may_be_single = !break_space && !space_break && !has_tab && !has_special;
  styles.may_be_plain = styles.may_be_single && !has_edge && !has_break && !has_indicator;
  styles.may_be_block = text.back() != ' ' && !space_break && !has_special;
  return styles;
}

std::string escaped(uint32_t c) {
  constexpr std::array<std::pair<uint32_t, const char*>, 15> kShort = {{{0, "\\0"},
                                                                        {7, "\\a"},
                                                                        {8, "\\b"},
                                                                        {9, "\\t"},
                                                                        {10, "\\n"},
                                                                        {11, "\\v"},
                                                                        {12, "\\f"},
                                                                        {13, "\\r"},
                                                                        {0x1b, "\\e"},
                                                                        {'"', "\\\""},
                                                                        {'\\', "\\\\"},
                                                                        {0x85, "\\N"},
                                                                        {0xa0, "\\_"},
                                                                        {0x2028, "\\L"},
                                                                        {0x2029, "\\P"}}};
  for (const auto& [code, text] : kShort) {
    if (code == c) return text;
  }
  std::array<char, 16> buffer{};
  std::snprintf(buffer.data(), buffer.size(), c <= 0xff ? "\\x%02X" : c <= 0xffff ? "\\u%04X" : "\\U%08X", c);
  return buffer.data();
}

std::string double_quoted(const std::u32string& text) {
  std::string result = "\"";
  for (const uint32_t c : text) {
    if (is_printable(c) && !is_break(c) && c != '"' && c != '\\') {
      result += to_utf8(c);
    } else {
      result += escaped(c);
    }
  }
  return result + "\"";
}

std::string single_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("''") : std::string(1, c);
  return result + "'";
}

// Every break of YAML's begins a line, not only a line feed.
std::string block(const std::u32string& text, size_t indent) {
  std::string result = "|";
  if (text.front() == ' ' || is_break(text.front())) result += "2";
  if (!is_break(text.back())) {
    result += "-";
  } else if (text.size() == 1 || is_break(text[text.size() - 2])) {
    result += "+";
  }
  result += "\n";
  bool begins_line = true;
  for (const uint32_t c : text) {
    if (begins_line && !is_break(c)) result += std::string(indent, ' ');
    result += to_utf8(c);
    begins_line = is_break(c);
  }
  return result;
}

}  // namespace

std::string emit_text(const std::string& text, size_t indent, bool is_key) {
  if (text.empty()) return "\"\"";
  const auto characters = from_utf8(text);
  if (!characters) return "!!binary " + emit_text(to_base64(text), indent, is_key);
  const Styles styles = styles_of(*characters);
  const bool has_lines = text.find('\n') != std::string::npos;
  if (has_lines) return styles.may_be_block && !is_key ? block(*characters, indent) : double_quoted(*characters);
  const auto resolved = resolve("", text);
  const bool reads_as_text = resolved.ok() && resolved->tag == "!!str" && !is_old_number_or_truth(text);
  if (!reads_as_text) return double_quoted(*characters);
  if (styles.may_be_plain) return text;
  return styles.may_be_single ? single_quoted(text) : double_quoted(*characters);
}

}  // namespace skein::stack
