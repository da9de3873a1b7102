// Finds the handler of a request by method and path, after checking the API version.
//
// Patterns: "/containers/{id}/json" ({id} = one segment), "/images/{name*}/json" ({name*} = one or more segments).
// Routes are tried in the order in which they were added, so literal ones go first. Every response gets Docker's
// common headers. Owned and used by the loop's thread; add all routes before serving.
#pragma once

#include "io/http/message.h"

namespace skein::io::http {

using Handler = std::function<boost::asio::awaitable<Response>(Request&)>;

// Whatever answers requests; the server knows nothing else.
class Service {
 public:
  virtual ~Service() = default;
  virtual boost::asio::awaitable<Response> answer(Request& request) = 0;
};

struct RouterOptions {
  ApiVersion version_min{1, 24};
  ApiVersion version_max{1, 55};
  std::string server_name = "Skein/0.1.0 (linux)";  // the Server header
  size_t body_bytes_max = 16u << 20;                // of routes that do not stream their body
};

enum class BodyMode { kWhole, kStreamed };

class Router final : public Service {
 public:
  explicit Router(RouterOptions options = {}) : options_(std::move(options)) {}

  void add(std::string method, std::string_view pattern, Handler handler, BodyMode body_mode = BodyMode::kWhole);

  // For unknown paths 404 {"message":"page not found"}; for a known path with another method 405.
  boost::asio::awaitable<Response> answer(Request& request) override;

  const RouterOptions& options() const { return options_; }

 private:
  struct Segment {
    enum class Kind { kLiteral, kOne, kMany } kind;
    std::string text;  // the literal, or the parameter's name
  };
  struct Route {
    std::string method;
    std::vector<Segment> segments;
    Handler handler;
    BodyMode body_mode;
  };
  static bool match(const Route& route, const std::vector<std::string>& path, Request& request);
  boost::asio::awaitable<Response> answer_unframed(Request& request);

  RouterOptions options_;
  std::vector<Route> routes_;
};

}  // namespace skein::io::http
