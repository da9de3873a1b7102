#include "cmd/cli/service/progress_display.h"

#include <algorithm>

namespace skein::cli {

namespace {
constexpr int64_t kBarCells = 50;
constexpr int kColumnsForBar = 110;
}  // namespace

std::string progress_bar(int64_t done, int64_t total, int columns) {
  if (total <= 0 || columns <= kColumnsForBar) return "";
  const int64_t cells = std::clamp<int64_t>(done * 100 / total / 2, 0, kBarCells);
  return "[" + std::string(size_t(cells), '=') + ">" + std::string(size_t(kBarCells - cells), ' ') + "] ";
}

void ProgressDisplay::show(const ProgressLine& line) {
  if (output_ == nullptr) return;
  std::string text = line.id.empty() ? line.text : line.id + ": " + line.text;
  if (line.is_message) {
    ids_.clear();
    text += "\n";
  } else if (columns_ == 0) {
    if (line.total > 0) return;  // a bar's step
    text += "\n";
  } else {
    auto found = std::find(ids_.begin(), ids_.end(), line.id);
    std::string begin;
    if (found == ids_.end()) {
      begin = "\n";
      found = ids_.insert(ids_.end(), line.id);
    }
    const std::string rows = std::to_string(ids_.end() - found);
    text = begin + "\x1b[" + rows + "A\x1b[2K\r" + text + " " + progress_bar(line.current, line.total, columns_) +
           "\r\x1b[" + rows + "B";
  }
  std::fputs(text.c_str(), output_);
  std::fflush(output_);
}

}  // namespace skein::cli
