#include "cmd/cli/words/csv.h"

namespace skein::cli {

namespace {

Error parse_error(size_t column, const char* what) {
  return make_error(Code::kInvalidArgument, "parse error on line 1, column " + std::to_string(column) + ": " + what);
}

constexpr const char* kBareQuote = "bare \" in non-quoted field";
constexpr const char* kQuote = "extraneous or missing \" in quoted-field";

// A quoted field from its opening quote on; `at` is advanced past the closing one.
Result<std::string> quoted_field(std::string_view line, size_t& at) {
  std::string field;
  for (++at; at < line.size(); ++at) {
    if (line[at] != '"') {
      field += line[at];
    } else if (at + 1 < line.size() && line[at + 1] == '"') {
      field += line[++at];
    } else {
      ++at;
      if (at < line.size() && line[at] != ',') return parse_error(at, kQuote);
      return field;
    }
  }
  return parse_error(line.size() + 1, kQuote);
}

}  // namespace

Result<std::vector<std::string>> split_csv(std::string_view line) {
  if (line.empty()) return make_error(Code::kInvalidArgument, "EOF");
  std::vector<std::string> fields;
  for (size_t at = 0;;) {
    if (at < line.size() && line[at] == '"') {
      SKEIN_TRY_ASSIGN(fields.emplace_back(), quoted_field(line, at));
    } else {
      const size_t comma = std::min(line.find(',', at), line.size());
      const std::string_view field = line.substr(at, comma - at);
      if (const size_t quote = field.find('"'); quote != std::string_view::npos)
        return parse_error(at + quote + 1, kBareQuote);
      fields.emplace_back(field);
      at = comma;
    }
    if (at >= line.size()) return fields;
    ++at;  // the comma
  }
}

CsvField csv_field(std::string_view field) {
  const size_t equals = field.find('=');
  if (equals == std::string_view::npos) return {std::string(field), "", false};
  return {std::string(field.substr(0, equals)), std::string(field.substr(equals + 1)), true};
}

}  // namespace skein::cli
