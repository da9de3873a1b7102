#include "cmd/cli/stack/stack_progress.h"

#include <cstdio>

namespace skein::cli {

void StackProgress::take(const ProgressLine& line) {
  const bool is_blank = line.text.find_first_not_of(' ') == std::string::npos;
  if (line.id == "overall progress" || line.id == "job progress") {
    long long current = 0, total = 0;
    const size_t begin = line.text.find_first_of("0123456789");
    if (begin != std::string::npos &&
        std::sscanf(line.text.c_str() + begin, "%lld out of %lld", &current, &total) == 2) {
      current_ = current;
      total_ = total;
    }
    count_ = line.text.substr(std::min(line.text.find_first_not_of(' '), line.text.size()));
    phase_.clear();
  } else if (line.id == "verify" || line.id == "rollback") {
    phase_ = line.text;
  } else if (line.id == "active tasks" || line.id.empty()) {
    return;
  } else if (line.total > 0 || is_blank) {
    troubles_.erase(line.id);
  } else {
    troubles_[line.id] = line.text;
  }
}

std::optional<ProgressLine> StackProgress::see(const std::vector<ProgressLine>& lines) {
  for (const ProgressLine& line : lines) take(line);
  std::string text = count_;
  for (const std::string& more : {phase_, troubles_.empty() ? std::string() : troubles_.begin()->second})
    if (!more.empty()) text += (text.empty() ? "" : ", ") + more;
  if (text == shown_) return std::nullopt;
  shown_ = text;
  // With more to say there is no room for a bar.
  return ProgressLine{name_, text, current_, text == count_ ? total_ : 0};
}

}  // namespace skein::cli
