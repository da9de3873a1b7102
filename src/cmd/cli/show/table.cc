#include "cmd/cli/show/table.h"

#include <algorithm>

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {
constexpr size_t kColumnWidthMin = 10;
constexpr size_t kGap = 3;
}  // namespace

std::string layout_table(const std::vector<TableRow>& rows) {
  std::vector<size_t> widths;
  for (const TableRow& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(kColumnWidthMin);
      widths[i] = std::max(widths[i], character_count(row[i]) + kGap);
    }
  }
  std::string text;
  for (const TableRow& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - character_count(row[i]), ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace skein::cli
