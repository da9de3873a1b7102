// The request headers of a gRPC call, as pure code: what the server takes from them, and how it refuses.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "io/rpc/call.h"
#include "io/rpc/http2/http2_session.h"

namespace skein::rpc {

struct RequestHead {
  std::string path;
  Metadata metadata;  // all but the pseudo headers
  std::optional<std::chrono::nanoseconds> timeout;
};

struct Refusal {
  int http_status = 200;
  Error error;
};

// Takes what gRPC clients send (vectors: POST, te, content-type, any authority) and refuses the rest with the HTTP
// status and grpc-status that grpc-go answers.
std::variant<RequestHead, Refusal> parse_request_head(HeaderList headers);

// The error for a path that nobody registered.
Error unknown_method(const std::string& path);

HeaderList response_headers();
// grpc-status and grpc-message; both always, as grpc-go sends them.
HeaderList trailers(const Result<void>& outcome);
// An answer that consists of an error only ("Trailers-Only").
HeaderList refusal_headers(const Refusal& refusal);

}  // namespace skein::rpc
