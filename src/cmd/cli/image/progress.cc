#include "cmd/cli/image/progress.h"

namespace skein::cli {

namespace {
constexpr size_t kLineBytesMax = 1u << 20;
}

bool ProgressReader::read(std::string_view bytes) {
  rest_ += bytes;
  size_t start = 0;
  for (size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', start)) {
    if (!read_line(rest_.substr(start, end - start))) return false;
    start = end + 1;
  }
  rest_.erase(0, start);
  if (rest_.size() > kLineBytesMax) error_ = "a line of progress is too long";
  return error_.empty();
}

bool ProgressReader::read_line(const std::string& line) {
  const Json event = Json::parse(line, nullptr, false);
  if (!event.is_object()) return true;
  if (event.contains("error")) {
    error_ = text_at(event, "error");
    return false;
  }
  if (output_ == nullptr) return true;
  if (event.contains("stream")) {
    std::fputs(text_at(event, "stream").c_str(), output_);
    std::fflush(output_);
    return true;
  }
  const Json& detail = at(event, "progressDetail");
  if (detail.is_object() && detail.contains("current")) return true;  // a bar's step; its end has a line of its own
  const std::string id = text_at(event, "id");
  const std::string status = text_at(event, "status");
  if (status.empty()) return true;
  std::fputs((id.empty() || id == status ? status + "\n" : id + ": " + status + "\n").c_str(), output_);
  std::fflush(output_);
  return true;
}

Result<void> ProgressReader::finish() {
  if (error_.empty() && !rest_.empty()) read_line(rest_);
  rest_.clear();
  if (!error_.empty()) return make_error(Code::kUnknown, error_);
  return {};
}

std::string full_name(const std::string& reference) {
  const size_t slash = reference.find('/');
  if (slash == std::string::npos) return "docker.io/library/" + reference;
  const std::string domain = reference.substr(0, slash);
  const bool is_domain = domain.find_first_of(".:") != std::string::npos || domain == "localhost";
  return is_domain ? reference : "docker.io/" + reference;
}

}  // namespace skein::cli
