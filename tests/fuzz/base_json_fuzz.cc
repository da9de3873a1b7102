// The scanner of JSON beside another parser: what one takes, the other takes, but for bytes that are no UTF-8, of which
// only the other complains.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/text/json_syntax.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace skein;
  const std::string text(as_text({bytes, size}));
  constexpr size_t kDepthMax = 200;
  const JsonScan scan = scan_json(text, kDepthMax);
  SKEIN_ASSERT(scan.end <= text.size());
  if (scan.error == "exceeded max depth") return 0;
  const std::string first = text.substr(0, scan.end);
  const bool is_taken = nlohmann::json::accept(first);
  if (text.starts_with("\xef\xbb\xbf")) return 0;  // a mark that the other parser leaves out
  if (!scan.error.empty()) {
    SKEIN_ASSERT(!nlohmann::json::accept(text) && scan.error.find('\n') == std::string::npos);
  } else if (!is_taken) {
    const bool is_plain = std::all_of(first.begin(), first.end(), [](char c) { return c > 0; });
    const bool has_long_number = first.size() > 300;
    SKEIN_ASSERT(!is_plain || has_long_number || first.find("\\u") != std::string::npos ||
                 first.find_first_of("eE") != std::string::npos);
  }
  return 0;
}
