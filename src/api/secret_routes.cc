// Secrets and configs: there are none yet. Lists are empty, names unknown, and making one is refused.
#include <nlohmann/json.hpp>

#include "api/manager_routes.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
using nlohmann::json;

namespace {

ManagerRoutes::Handler none() {
  return [](manager::Manager&, Request&) -> ManagerRoutes::Awaitable<Response> {
    co_return Response::of_json(200, json::array());
  };
}

ManagerRoutes::Handler not_found(std::string kind) {
  return [kind](manager::Manager&, Request& request) -> ManagerRoutes::Awaitable<Response> {
    co_return Response::of_message(404, kind + " " + request.param("id") + " not found");
  };
}

ManagerRoutes::Handler unsupported(std::string kind) {
  return [kind](manager::Manager&, Request&) -> ManagerRoutes::Awaitable<Response> {
    co_return Response::of_error(make_error(Code::kUnimplemented, kind + "s are not supported by this version"));
  };
}

}  // namespace

void add_secret_routes(ManagerRoutes& routes) {
  for (const char* kind : {"secret", "config"}) {
    std::string all = std::string("/") + kind + "s";
    routes.add("GET", all, none());
    routes.add("POST", all + "/create", unsupported(kind));
    routes.add("GET", all + "/{id}", not_found(kind));
    routes.add("POST", all + "/{id}/update", not_found(kind));
    routes.add("DELETE", all + "/{id}", not_found(kind));
  }
}

}  // namespace skein::api
