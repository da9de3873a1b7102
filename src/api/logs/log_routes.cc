// Routes /services/{id}/logs and /tasks/{id}/logs.
#include "api/logs/log_stream.h"
#include "api/swarm/manager_routes.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;

namespace {

using Find = Result<LogSource> (*)(const store::Tables&, const std::string&);

ManagerRoutes::Handler show_logs(Find find) {
  return [find](cluster::Control& manager, Request& request) -> ManagerRoutes::Awaitable<Response> {
    auto query = parse_log_query(request.query);
    if (!query.ok()) co_return Response::of_error(query.error());
    auto source = find(manager.view(), request.param("id"));
    if (!source.ok()) co_return Response::of_error(source.error());
    co_return stream_logs(manager.logs(), *source, *query, request.version);
  };
}

}  // namespace

void add_log_routes(ManagerRoutes& routes) {
  routes.add("GET", "/services/{id}/logs", show_logs(logs_of_service));
  routes.add("GET", "/tasks/{id}/logs", show_logs(logs_of_task));
}

}  // namespace skein::api
