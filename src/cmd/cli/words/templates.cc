#include "cmd/cli/words/templates.h"

#include "base/text/json_text.h"
#include "cmd/cli/words/json.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

using Arguments = std::vector<Json>;
constexpr size_t kPaddingMax = 4096;

Result<Json> join_texts(const Arguments& arguments) {
  const std::string separator = go_text(arguments[1]);
  std::string text;
  for (size_t i = 0; i < arguments[0].size(); ++i) text += (i > 0 ? separator : "") + go_text(arguments[0][i]);
  return Json(text);
}

Result<Json> split_text(const Arguments& arguments) {
  const std::string text = go_text(arguments[0]);
  const std::string separator = go_text(arguments[1]);
  Json parts = Json::array();
  size_t start = 0;
  while (!separator.empty()) {
    const size_t found = text.find(separator, start);
    if (found == std::string::npos) break;
    parts.push_back(text.substr(start, found - start));
    start = found + separator.size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

Result<Json> upper_case(const Arguments& arguments) {
  std::string text = go_text(arguments[0]);
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c ^ 0x20);
  return Json(text);
}

Result<Json> pad_text(const Arguments& arguments) {
  const std::string text = go_text(arguments[0]);
  const auto width = [&](size_t i) {
    return std::min<size_t>(arguments[i].is_number_unsigned() ? arguments[i].get<size_t>() : 0, kPaddingMax);
  };
  return Json(text.empty() ? text : std::string(width(1), ' ') + text + std::string(width(2), ' '));
}

Result<Json> truncate_text(const Arguments& arguments) {
  const size_t length = arguments[1].is_number_unsigned() ? arguments[1].get<size_t>() : 0;
  return Json(go_text(arguments[0]).substr(0, length));
}

const templates::Dialect& client_dialect() {
  static const templates::Dialect kDialect{
      .name = "",
      .front = "template parsing error: ",
      .functions = {{"json", {1, [](const Arguments& a) -> Result<Json> { return Json(json_text(a[0])); }}},
                    {"join", {2, join_texts}},
                    {"split", {2, split_text}},
                    {"lower", {1, [](const Arguments& a) -> Result<Json> { return Json(lower_case(go_text(a[0]))); }}},
                    {"upper", {1, upper_case}},
                    {"title", {1, [](const Arguments& a) -> Result<Json> { return Json(capitalized(go_text(a[0]))); }}},
                    {"truncate", {2, truncate_text}},
                    {"pad", {3, pad_text}}},
      .types = {}};
  return kDialect;
}

// Between the actions; within them Go's strings have escapes of their own.
std::string with_escapes(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("{{")) {
      const size_t end = std::min(text.find("}}", i), text.size());
      result += text.substr(i, end - i);
      i = end - 1;
    } else if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 't' || text[i + 1] == 'n')) {
      result += text[++i] == 't' ? '\t' : '\n';
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

Result<Template> parse_template(std::string_view text) { return Template::parse(with_escapes(text), client_dialect()); }

Result<Template> parse_object_template(std::string_view text) { return Template::parse(text, client_dialect()); }

}  // namespace skein::cli
