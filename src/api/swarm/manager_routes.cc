#include "api/swarm/manager_routes.h"

#include "api/requests/query_numbers.h"
#include "api/swarm/swarm_routes.h"

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
  const std::string text = request.query.get("version");
  auto version = parse_uint(text);
  if (!version.ok())
    return make_error(Code::kInvalidArgument, "invalid version '" + text.substr(0, 100) + "'", version.error().text(),
                      "send the Version.Index that was read");
  return version;
}

}  // namespace skein::api
