// Columns of text as Docker lays them out: each as wide as its widest cell and three blanks, at least ten. Pure.
#pragma once

#include <string>
#include <vector>

namespace skein::cli {

using TableRow = std::vector<std::string>;

// One line per row. The last cell of a row is not padded.
std::string layout_table(const std::vector<TableRow>& rows);

}  // namespace skein::cli
