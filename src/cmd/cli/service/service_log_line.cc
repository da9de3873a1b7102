#include "cmd/cli/service/service_log_line.h"

#include <algorithm>

#include "cmd/cli/words/csv.h"
#include "io/http/message.h"

namespace skein::cli {

namespace {

Error bad_line(const std::string& what) { return make_error(Code::kDataLoss, what); }

std::string take_word(std::string_view& line) {
  const size_t blank = std::min(line.find(' '), line.size());
  std::string word(line.substr(0, blank));
  line.remove_prefix(std::min(blank + 1, line.size()));
  return word;
}

std::string shown(const std::map<std::string, std::string>& details) {
  std::string text;
  for (const auto& [key, value] : details) text.append(text.empty() ? "" : " ").append(key).append(":").append(value);
  return "map[" + text + "]";
}

Result<std::string> take_detail(std::map<std::string, std::string>& details, const std::string& what) {
  const auto found = details.find("com.docker.swarm." + what + ".id");
  if (found == details.end()) return bad_line("missing " + what + " id in details: " + shown(details));
  std::string id = std::move(found->second);
  details.erase(found);
  return id;
}

}  // namespace

Result<ServiceLogLine> parse_log_line(std::string_view line, bool has_time) {
  const std::string whole(line);
  ServiceLogLine parsed;
  if (has_time) parsed.time = take_word(line);
  std::string words = take_word(line);
  if (line.empty()) return bad_line("invalid context in log message: " + whole);
  for (size_t start = 0; start <= words.size();) {
    const size_t comma = std::min(words.find(',', start), words.size());
    const CsvField pair = csv_field(std::string_view(words).substr(start, comma - start));
    if (!pair.has_value) return bad_line("invalid details format");
    parsed.details[io::http::percent_decode(pair.key)] = io::http::percent_decode(pair.value);
    start = comma + 1;
  }
  SKEIN_TRY_ASSIGN(parsed.node, take_detail(parsed.details, "node"));
  SKEIN_TRY_ASSIGN(parsed.service, take_detail(parsed.details, "service"));
  SKEIN_TRY_ASSIGN(parsed.task, take_detail(parsed.details, "task"));
  parsed.text = line;
  return parsed;
}

}  // namespace skein::cli
