// Lists and objects as --format wants them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// A list's fields: name in templates, header in tables. The first `shown` of them make the default table.
struct Listing {
  std::vector<std::pair<std::string, std::string>> fields;
  size_t shown = 0;
};

// `rows`: objects with the listing's fields as strings. `format`: "" or "table", "table TEMPLATE", "json", or a
// template for each row. The text ends with a line break unless it is empty.
Result<std::string> show_list(const Listing& listing, const std::vector<Json>& rows, const std::string& format);

// What `inspect` prints for the objects found: an array, or one line per object by "json" or a template.
Result<std::string> show_objects(const std::vector<Json>& objects, const std::string& format);

// `{"a": 1}` with four blanks per level, as Docker's inspect prints it.
std::string indented(const Json& value);

}  // namespace skein::cli
