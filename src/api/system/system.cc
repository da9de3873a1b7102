#include "api/system/system.h"

#include <nlohmann/json.hpp>

#include "api/replies/passing.h"
#include "api/replies/reply_versions.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::Request;
using io::http::Response;
using nlohmann::json;

namespace {

awaitable<size_t> count_images(engine::Engine& engine) {
  io::http::ClientRequest ask;
  ask.target = "/images/json";
  auto reply = co_await engine.call(std::move(ask));
  if (!reply.ok() || !reply->is_success()) co_return 0;
  auto images = reply->json();
  co_return images.ok() && images->is_array() ? images->size() : 0;
}

awaitable<Response> answer_info(engine::Engine& engine, const SystemHooks& hooks, const HostFacts& host,
                                io::http::ApiVersion version) {
  InfoMoment moment{.now = system_clock().wall(),
                    .host_name = host_name(),
                    .forwards_ipv4 = forwards_ipv4(),
                    .open_descriptors = open_descriptors()};
  // Without the engine the swarm's state is still known, and `docker info` is how one looks for what is wrong.
  auto containers = co_await engine.list({});
  moment.has_engine = containers.ok();
  if (containers.ok()) {
    moment.containers = count_containers(*containers);
    moment.images = co_await count_images(engine);
  }
  if (hooks.swarm_info) moment.swarm = hooks.swarm_info();
  if (hooks.engine_settings) moment.engine_settings = *hooks.engine_settings;
  json info = show_info(hooks.daemon, host, engine.facts(), moment);
  shape_info(info, version);
  co_return Response::of_json(200, info);
}

void add_ping(io::http::Router& router, const SystemHooks& hooks) {
  auto ping = [hooks](Request&) -> awaitable<Response> {
    Response response = Response::of_text(200, "OK");
    response.headers.set("Cache-Control", "no-cache, no-store, must-revalidate");
    response.headers.set("Pragma", "no-cache");
    response.headers.set("Builder-Version", "1");
    response.headers.set("Swarm", swarm_header(hooks.swarm_info ? hooks.swarm_info() : json()));
    co_return response;
  };
  router.add("GET", "/_ping", ping);
  router.add("HEAD", "/_ping", ping);
}

// What there is none of here, as tools ask for it among other things.
void add_empty(io::http::Router& router) {
  // Docker's managed plugins; drivers are told by /info.
  router.add("GET", "/plugins",
             [](Request&) -> awaitable<Response> { co_return Response::of_json(200, json::array()); });
  router.add("GET", "/plugins/{name*}/json", [](Request& request) -> awaitable<Response> {
    co_return Response::of_message(404, "plugin \"" + request.param("name") + "\" not found");
  });
}

}  // namespace

std::string swarm_header(const json& swarm) {
  std::string state = swarm.is_object() ? swarm.value("LocalNodeState", "inactive") : "inactive";
  if (state != "active") return state;
  return swarm.value("ControlAvailable", false) ? "active/manager" : "active/worker";
}

void add_system_routes(io::http::Router& router, engine::Engine& engine, const SystemHooks& hooks) {
  const HostFacts host = read_host_facts();
  add_ping(router, hooks);
  router.add("GET", "/version", [hooks, host, &engine, options = router.options()](Request&) -> awaitable<Response> {
    co_return Response::of_json(
        200, show_version(hooks.daemon, host, engine.facts(), options.version_min, options.version_max));
  });
  router.add("GET", "/info", [hooks, host, &engine](Request& request) -> awaitable<Response> {
    auto response = co_await answer_info(engine, hooks, host, request.version);
    co_return response;
  });
  add_empty(router);
}

}  // namespace skein::api
