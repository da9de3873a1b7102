#include "io/rpc/http2/request_head.h"

#include "io/rpc/http2/framing.h"

namespace skein::rpc {

std::variant<RequestHead, Refusal> parse_request_head(HeaderList headers) {
  RequestHead head;
  std::string method, content_type;
  for (auto& [name, value] : headers) {
    if (name == ":method") method = value;
    if (name == ":path") head.path = value;
    if (name == "content-type") content_type = value;
    if (name == "grpc-timeout") {
      head.timeout = parse_timeout(value);
      if (!head.timeout) return Refusal{400, make_error(Code::kInternal, "malformed grpc-timeout: " + value)};
    }
    if (!name.starts_with(':')) head.metadata.emplace_back(std::move(name), std::move(value));
  }
  if (method != "POST")
    return Refusal{405, make_error(Code::kInternal, "http2: method \"" + method + "\" is not POST")};
  if (!is_grpc_content_type(content_type))
    return Refusal{415,
                   make_error(Code::kInvalidArgument, "invalid gRPC request content-type \"" + content_type + "\"")};
  return head;
}

Error unknown_method(const std::string& path) {
  size_t slash = path.rfind('/');
  if (path.empty() || path[0] != '/' || slash == 0)
    return make_error(Code::kUnimplemented, "malformed method name: \"" + path + "\"");
  return make_error(Code::kUnimplemented,
                    "unknown service or method " + path.substr(slash + 1) + " of " + path.substr(1, slash - 1));
}

HeaderList response_headers() { return {{":status", "200"}, {"content-type", "application/grpc"}}; }

HeaderList trailers(const Result<void>& outcome) {
  if (outcome.ok()) return {{"grpc-status", "0"}, {"grpc-message", ""}};
  return {{"grpc-status", std::to_string(static_cast<int>(outcome.error().code))},
          {"grpc-message", percent_encode(outcome.error().text())}};
}

HeaderList refusal_headers(const Refusal& refusal) {
  HeaderList headers = response_headers();
  headers[0].second = std::to_string(refusal.http_status);
  for (auto& header : trailers(refusal.error)) headers.push_back(std::move(header));
  return headers;
}

}  // namespace skein::rpc
