// POST /containers/{id}/update.
#include "api/containers/containers.h"
#include "api/containers/create/container_check.h"
#include "api/requests/request_body.h"
#include "api/requests/schemas.h"
#include "engine/podman/spec/update_spec.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::ApiVersion;
using io::http::Response;
using nlohmann::json;

awaitable<Response> Containers::update(Request& request) {
  auto body = body_of(request, schema::kContainerUpdateBody);
  if (!body.ok()) co_return Response::of_error(body.error());
  if (request.version < ApiVersion{1, 40}) body->erase("PidsLimit");
  if (auto known = check_restart_policy(engine::at(*body, "RestartPolicy")); !known.ok())
    co_return Response::of_error(known.error());
  auto resources = engine::podman_update(*body);
  if (!resources.ok()) co_return Response::of_error(resources.error());
  io::http::ClientRequest ask;
  ask.method = "POST";
  ask.target = "/libpod/containers/" + io::http::percent_encode(request.param("id")) + "/update";
  ask.headers.set("Content-Type", "application/json");
  ask.body = resources->dump();
  Passing passing;
  passing.subject.container = request.param("id");
  auto response = co_await pass_whole(engine_, std::move(ask), std::move(passing));
  if (response.status >= 400) co_return response;
  json answer{{"Warnings", {"The limits hold until the container stops: this engine does not keep them."}}};
  co_return Response::of_json(200, answer);
}

}  // namespace skein::api
