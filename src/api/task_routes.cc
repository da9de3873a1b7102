// Routes /tasks.
#include <nlohmann/json.hpp>

#include "api/manager_routes.h"
#include "api/service_out.h"
#include "api/task_list.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

Awaitable<Response> show_tasks(manager::Manager& manager, Request& request) {
  auto tasks = select_tasks(manager.view(), request.query);
  co_return tasks.ok() ? list_response(std::move(*tasks)) : Response::of_error(tasks.error());
}

Awaitable<Response> show_task(manager::Manager& manager, Request& request) {
  auto task = manager.view().find<swarm::Task>(request.param("id"));
  co_return task.ok() ? Response::of_json(200, task_to_json(**task)) : Response::of_error(task.error());
}

}  // namespace

void add_task_routes(ManagerRoutes& routes) {
  routes.add("GET", "/tasks", show_tasks);
  routes.add("GET", "/tasks/{id}", show_task);
}

}  // namespace skein::api
