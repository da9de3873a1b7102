#include "api/manager_routes.h"

#include <charconv>

#include "api/swarm_routes.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;

void ManagerRoutes::add(std::string method, std::string_view pattern, Handler handler) {
  router_.add(std::move(method), pattern,
              [&control = control_, handler = std::move(handler)](Request& request) -> Awaitable<Response> {
                auto manager = require_manager(control);
                if (!manager.ok()) co_return Response::of_error(manager.error());
                co_return co_await handler(**manager, request);
              });
}

Response done_or_rpc_error(const Result<void>& done) {
  return done.ok() ? Response::of_status(200) : Response::of_error(as_rpc_error(done.error()));
}

Result<uint64_t> version_of(const Request& request) {
  std::string text = request.query.get("version");
  uint64_t out = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size())
    return make_error(Code::kInvalidArgument, "invalid version '" + text + "'", "it is not a number",
                      "send the Version.Index that was read");
  return out;
}

}  // namespace skein::api
