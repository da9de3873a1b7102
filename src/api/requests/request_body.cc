#include "api/requests/request_body.h"

#include <algorithm>

#include "base/text/json_syntax.h"

namespace skein::api {

using nlohmann::json;

namespace {

Error bad_body(std::string what) { return make_error(Code::kInvalidArgument, std::move(what)); }

// "Application/JSON; charset=utf-8" → "application/json".
std::string media_type(std::string_view header) {
  std::string out(header.substr(0, header.find(';')));
  std::erase_if(out, [](unsigned char c) { return std::isspace(c); });
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

Result<void> check_media_type(const io::http::Request& request) {
  const std::string header(request.headers.get("Content-Type"));
  if (header.empty() && request.body.empty()) return {};
  const std::string type = media_type(header);
  if (type == "application/json") return {};
  const std::string shown = "(" + header.substr(0, 100) + ")";
  if (type.empty()) return bad_body("malformed Content-Type header " + shown + ": mime: no media type");
  return bad_body("unsupported Content-Type header " + shown + ": must be 'application/json'");
}

// Docker's decoder looks for one more value, and takes a stray closing bracket for none.
bool has_more(std::string_view rest) {
  const size_t next = rest.find_first_not_of(" \t\r\n");
  return next != rest.npos && rest[next] != ']' && rest[next] != '}';
}

}  // namespace

Result<json> body_of(const io::http::Request& request, const schema::Schema& schema) {
  SKEIN_TRY(check_media_type(request));
  const std::string_view body = request.body.empty() ? std::string_view("{}") : request.body;
  const JsonScan scan = scan_json(body, kJsonDepthMax);
  if (scan.error == "EOF") return bad_body("invalid JSON: got EOF while reading request body");
  if (!scan.error.empty()) return bad_body("invalid JSON: " + scan.error);
  auto decoded = decode(body.substr(0, scan.end), schema);
  if (!decoded.ok()) return bad_body("invalid JSON: " + decoded.error().text());
  if (has_more(body.substr(scan.end))) return bad_body("unexpected content after JSON");
  return decoded;
}

}  // namespace skein::api
