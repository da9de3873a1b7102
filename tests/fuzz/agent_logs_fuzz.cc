// Logs of an engine gone mad: however the stream is cut into pieces, the same lines come out, none larger than allowed,
// and no byte is told twice.
#include <string>
#include <vector>

#include "agent/logs/log_lines.h"

namespace {

using namespace skein;
using agent::LogLine;
using agent::LogLines;

struct Outcome {
  std::vector<LogLine> lines;
  bool is_good = true;
  bool operator==(const Outcome&) const = default;
};

Outcome read(LogLines::Form form, std::string_view bytes, size_t piece) {
  LogLines lines(form);
  Outcome out;
  auto take = [&] {
    while (auto line = lines.next()) out.lines.push_back(*line);
  };
  for (size_t at = 0; at < bytes.size() && out.is_good; at += piece) {
    out.is_good = lines.add(bytes.substr(at, piece)).ok();
    take();
  }
  lines.end();
  take();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const auto form = bytes[0] & 1 ? LogLines::Form::kPlain : LogLines::Form::kFrames;
  const size_t piece = 1 + (bytes[0] >> 1);
  std::string_view rest(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const Outcome whole = read(form, rest, rest.size() + 1);
  SKEIN_ASSERT(whole == read(form, rest, piece));
  size_t told = 0;
  for (const LogLine& line : whole.lines) {
    SKEIN_ASSERT(!line.data.empty() && line.data.size() <= 16u << 10 && line.time.ns >= 0);
    told += line.data.size();
  }
  SKEIN_ASSERT(told <= rest.size());
  // Plain lines lose nothing but their times.
  if (form == LogLines::Form::kPlain && rest.find(' ') == rest.npos) SKEIN_ASSERT(told == rest.size());
  (void)agent::parse_rfc3339(rest);
  return 0;
}
