// The routes of /containers and /exec. Most are handed to the engine as they are.
#include <algorithm>

#include "api/containers/container_archive.h"
#include "api/containers/containers.h"
#include "api/replies/passing.h"
#include "containers/facts/container_json.h"
#include "engine/values/json_fields.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::Handler;
using io::http::Request;
using io::http::Response;

namespace {

// By path, as Docker does.
void sort_changes(nlohmann::json& changes) {
  if (!changes.is_array()) return;
  auto& all = changes.get_ref<nlohmann::json::array_t&>();
  std::ranges::sort(all, {}, [](const nlohmann::json& change) { return engine::text_of(change, "Path"); });
  // What is mounted there changes the folder, and nothing in it.
  const auto is_below_etc = [](const nlohmann::json& change) {
    return engine::text_of(change, "Path").starts_with("/etc/");
  };
  if (std::ranges::none_of(all, is_below_etc))
    std::erase_if(all, [](const nlohmann::json& change) { return engine::text_of(change, "Path") == "/etc"; });
}

Passing about_container(Request& request) {
  Passing passing;
  passing.subject.container = request.param("id");
  return passing;
}

}  // namespace

void Containers::add_routes(io::http::Router& router) {
  auto bound = [this](awaitable<Response> (Containers::*method)(Request&)) -> Handler {
    return [this, method](Request& request) { return (this->*method)(request); };
  };
  router.add("POST", "/containers/create", bound(&Containers::create));
  router.add("GET", "/containers/json", bound(&Containers::list));
  router.add("POST", "/containers/prune", bound(&Containers::prune));
  router.add("GET", "/containers/{id}/json", bound(&Containers::inspect));
  router.add("POST", "/containers/{id}/start", bound(&Containers::start));
  router.add("POST", "/containers/{id}/stop", bound(&Containers::stop));
  router.add("POST", "/containers/{id}/kill", bound(&Containers::kill));
  router.add("POST", "/containers/{id}/restart", bound(&Containers::restart));
  router.add("POST", "/containers/{id}/rename", bound(&Containers::rename));
  router.add("POST", "/containers/{id}/resize", bound(&Containers::resize));
  router.add("POST", "/containers/{id}/exec", bound(&Containers::create_exec));
  router.add("GET", "/containers/{id}/top", bound(&Containers::top));
  router.add("GET", "/containers/{id}/logs", bound(&Containers::logs));
  router.add("POST", "/containers/{id}/wait", bound(&Containers::wait));
  router.add("POST", "/containers/{id}/attach", bound(&Containers::attach));
  router.add("GET", "/containers/{id}/attach/ws", bound(&Containers::attach_web_socket));
  router.add("GET", "/containers/{id}/stats", bound(&Containers::stats));
  router.add("DELETE", "/containers/{id*}", bound(&Containers::remove));
  router.add("POST", "/exec/{id}/start", bound(&Containers::start_exec));
  router.add("POST", "/exec/{id}/resize", bound(&Containers::resize_exec));
  router.add("GET", "/exec/{id}/json", bound(&Containers::inspect_exec));
  add_passing_routes(router);
}

void Containers::add_passing_routes(io::http::Router& router) {
  for (auto [action, verb] : {std::pair("pause", Verb::kPause), {"unpause", Verb::kUnpause}})
    router.add("POST", std::string("/containers/{id}/") + action,
               [this, verb = verb](Request& request) { return pass_verb(request, verb); });
  router.add("POST", "/containers/{id}/update", [this](Request& request) -> awaitable<Response> {
    auto response = co_await update(request);
    co_return response;
  });
  router.add("GET", "/containers/{id}/changes", [this](Request& request) -> awaitable<Response> {
    Passing passing = about_container(request);
    passing.change = sort_changes;
    auto response = co_await pass_whole(engine_, to_engine(request), passing);
    co_return response;
  });
  router.add("GET", "/containers/{id}/export", [this](Request& request) -> awaitable<Response> {
    auto response = co_await pass_stream(engine_, to_engine(request), about_container(request));
    if (response.status < 400) co_await tell_of(request.param("id"), "export");
    co_return response;
  });
  add_archive_routes(router, engine_,
                     [this](std::string id, std::string action) { return tell_of(std::move(id), std::move(action)); });
}

}  // namespace skein::api
