// Flags that are a line of comma-separated fields, such as --mount and --publish. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::cli {

// The fields of one line. A field may stand in quotes, "volume-opt=o=a,b"; "" is a quote inside of them.
Result<std::vector<std::string>> split_csv(std::string_view line);

// "key=value" at the first '='; a field without one has no value.
struct CsvField {
  std::string key;
  std::string value;
  bool has_value = false;
};
CsvField csv_field(std::string_view field);

}  // namespace skein::cli
