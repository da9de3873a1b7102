#include "cmd/cli/show/listing.h"

#include <sstream>

#include "base/text/json_text.h"
#include "cmd/cli/show/table.h"
#include "cmd/cli/words/templates.h"

namespace skein::cli {

namespace {

TableRow split_cells(const std::string& line) {
  TableRow cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, '\t');) cells.push_back(cell);
  if (line.empty() || line.back() == '\t') cells.emplace_back();
  return cells;
}

std::string default_table(const Listing& listing, const std::vector<Json>& rows) {
  std::vector<TableRow> table(1);
  for (size_t i = 0; i < listing.shown; ++i) table[0].push_back(listing.fields[i].second);
  for (const Json& row : rows) {
    TableRow& cells = table.emplace_back();
    for (size_t i = 0; i < listing.shown; ++i) cells.push_back(row.value(listing.fields[i].first, ""));
  }
  return layout_table(table);
}

Result<std::string> template_table(const Listing& listing, const std::vector<Json>& rows, const std::string& text) {
  SKEIN_TRY_ASSIGN(const Template format, parse_template(text));
  Json headers = Json::object();
  for (const auto& [name, header] : listing.fields) headers[name] = header;
  std::vector<TableRow> table;
  SKEIN_TRY_ASSIGN(const std::string head, format.render_header(headers));
  table.push_back(split_cells(head));
  for (const Json& row : rows) {
    SKEIN_TRY_ASSIGN(const std::string line, format.render(row));
    table.push_back(split_cells(line));
  }
  return layout_table(table);
}

// As Go writes JSON unless told otherwise: what means something to a browser is escaped.
std::string safe_for_pages(const std::string& json) {
  std::string text;
  for (const char c : json) {
    if (c == '<') {
      text += "\\u003c";
    } else if (c == '>') {
      text += "\\u003e";
    } else if (c == '&') {
      text += "\\u0026";
    } else {
      text += c;
    }
  }
  return text;
}

Result<std::string> lines_of(const std::vector<Json>& rows, const Template& parsed) {
  std::string text;
  for (const Json& row : rows) {
    SKEIN_TRY_ASSIGN(const std::string line, parsed.render(row));
    text += line + "\n";
  }
  return text;
}

}  // namespace

Result<std::string> show_list(const Listing& listing, const std::vector<Json>& rows, const std::string& format) {
  if (format.empty() || format == "table") return default_table(listing, rows);
  if (format == "json" || format == "{{json .}}") {
    std::string text;
    for (const Json& row : rows) text += safe_for_pages(json_text(nlohmann::json(row))) + "\n";  // members by name
    return text;
  }
  if (format.starts_with("table")) {
    const size_t start = format.find_first_not_of(" \t", 5);
    return template_table(listing, rows, start == std::string::npos ? "" : format.substr(start));
  }
  SKEIN_TRY_ASSIGN(const Template parsed, parse_template(format));
  return lines_of(rows, parsed);
}

Result<std::string> show_objects(const std::vector<Json>& objects, const std::string& format) {
  if (format.empty()) return indented(Json(objects)) + "\n";
  if (format == "json" || format == "{{json .}}") {
    std::string text;
    for (const Json& object : objects) text += json_text(object) + "\n";
    return text;
  }
  SKEIN_TRY_ASSIGN(const Template parsed, parse_object_template(format));
  return lines_of(objects, parsed);
}

std::string indented(const Json& value) { return json_text(value, 4); }

}  // namespace skein::cli
