// Routes /tasks.
#include <nlohmann/json.hpp>

#include "api/services/task_list.h"
#include "api/swarm/manager_routes.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

Awaitable<Response> show_tasks(cluster::Control& manager, Request& request) {
  auto tasks = select_tasks(manager.view(), request.query);
  co_return tasks.ok() ? list_response(std::move(*tasks)) : Response::of_error(tasks.error());
}

Awaitable<Response> show_task(cluster::Control& manager, Request& request) {
  auto task = manager.view().find<swarm::Task>(request.param("id"));
  if (!task.ok()) co_return Response::of_error(task.error());
  co_return Response::of_json(200, task_as_shown(**task, troubles_of({*task}, manager.view())));
}

}  // namespace

void add_task_routes(ManagerRoutes& routes) {
  routes.add("GET", "/tasks", show_tasks);
  routes.add("GET", "/tasks/{id}", show_task);
}

}  // namespace skein::api
