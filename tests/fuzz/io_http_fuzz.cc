// What a client of the API sends, through all pure parsers of HTTP: query, path, version, body. What is shown in a head
// must not end a line, and what was decoded must come out the same when it is sent on to the engine.
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "io/http/head.h"
#include "io/http/message.h"

namespace http = skein::io::http;

namespace {

void check_query(std::string_view text) {
  http::Query query = http::Query::parse(text);
  http::Query again = http::Query::parse(query.text());
  SKEIN_ASSERT(again.text() == query.text());
  query.flag("force");
  query.all("filters");
}

void check_head(std::string_view text) {
  http::Headers headers;
  headers.set("X-Of-Client", text);
  std::string head = http::format_request_head("GET", text, headers);
  // The request line, one field, and the empty line: nothing that the client wrote adds another.
  size_t lines = 0;
  for (size_t at = 0; (at = head.find('\n', at)) != std::string::npos; ++at) ++lines;
  SKEIN_ASSERT(lines == 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input = skein::as_text({bytes, size});
  check_query(input);
  check_head(input);
  SKEIN_ASSERT(http::percent_decode(http::percent_encode(input)) == input);
  if (auto version = http::ApiVersion::parse(input)) SKEIN_ASSERT(http::ApiVersion::parse(version->text()) == version);
  return 0;
}
