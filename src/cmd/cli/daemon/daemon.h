// The daemon behind the socket, called one request at a time. Blocking; one thread.
//
// Errors carry the whole text that a user sees: "Error response from daemon: …" with the Code of the HTTP status
// (404: kNotFound, 409: kAlreadyExists, …), or "Cannot connect to the Skein daemon …" (kUnavailable).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cmd/cli/daemon/container_streams.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// "filters" of repeated --filter key=value.
Parameters filter_parameters(const std::vector<std::string>& filters);

inline constexpr size_t kPieceBytes = 64u << 10;  // of a file, read at once

// Where a request's body comes from when it is a file: the next bytes, empty at the end.
using ByteReader = std::function<Result<std::string>()>;
// Takes a piece of an answer; false ends the request.
using ByteWriter = std::function<bool(std::string_view)>;

struct Transfer {
  std::string method = "GET";
  std::string path;
  Parameters parameters;
  ByteReader source;                                // sent as "application/x-tar" when set
  std::pair<std::string, std::string> header = {};  // one more
};

// "/containers/" + an id that may hold anything.
std::string path_of(std::string_view before, std::string_view id, std::string_view after = "");

class Daemon {
 public:
  // `host`: "unix:///path" or a path.
  explicit Daemon(std::string host);
  ~Daemon();

  // With a value of X-Registry-Auth, where the daemon is to use a user's credentials of a registry.
  Result<Json> get(const std::string& path, const Parameters& parameters = {}, const std::string& registry_auth = "");
  Result<Json> post(const std::string& path, const Parameters& parameters = {}, const Json& body = nullptr,
                    const std::string& registry_auth = "");
  Result<Json> remove(const std::string& path, const Parameters& parameters = {});
  // The answer's header field, for HEAD and the like.
  Result<std::string> head(const std::string& path, const Parameters& parameters, const std::string& field);
  // Streams both ways. Returns the answer's content type.
  Result<std::string> transfer(const Transfer& transfer, const ByteWriter& write);
  // Joins a container's streams with this terminal's; see container_streams.h.
  Result<StreamsEnd> run_streams(const StreamsPlan& plan);

  const std::string& host() const { return host_; }

 private:
  Result<Json> call(const std::string& method, const std::string& path, const Parameters& parameters, const Json& body,
                    const std::string& registry_auth = "");
  struct Impl;
  std::string host_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skein::cli
