#include "api/system.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "api/passing.h"

namespace skein::api {

using boost::asio::awaitable;
using io::http::Request;
using io::http::Response;
using nlohmann::json;

namespace {

std::string hostname() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string architecture(const std::string& machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

json version_of(const SystemHooks& hooks, const io::http::RouterOptions& router, const json& engine_version) {
  utsname host{};
  ::uname(&host);
  std::string api = router.version_max.text(), api_min = router.version_min.text();
  json components = json::array({{{"Name", "Engine"},
                                  {"Version", hooks.version},
                                  {"Details",
                                   {{"ApiVersion", api},
                                    {"MinAPIVersion", api_min},
                                    {"Arch", architecture(host.machine)},
                                    {"Os", "linux"},
                                    {"KernelVersion", host.release},
                                    {"BuildTime", ""},
                                    {"Experimental", "false"},
                                    {"GitCommit", ""},
                                    {"GoVersion", ""}}}}});
  if (engine_version.is_object() && engine_version.contains("Components") && engine_version["Components"].is_array())
    for (const auto& component : engine_version["Components"])
      components.push_back({{"Name", component.value("Name", "")},
                            {"Version", component.value("Version", "")},
                            {"Details", component.value("Details", json::object())}});
  return {{"Platform", {{"Name", "Skein"}}},
          {"Components", components},
          {"Version", hooks.version},
          {"ApiVersion", api},
          {"MinAPIVersion", api_min},
          {"GitCommit", ""},
          {"GoVersion", ""},
          {"Os", "linux"},
          {"Arch", architecture(host.machine)},
          {"KernelVersion", host.release},
          {"BuildTime", ""}};
}

void present_info(json& info, const SystemHooks& hooks) {
  if (!info.is_object()) return;
  info["Name"] = hostname();
  info["ServerVersion"] = hooks.version;
  info["DockerRootDir"] = hooks.root_folder;
  info["ExperimentalBuild"] = false;
  info["Swarm"] = hooks.swarm_info ? hooks.swarm_info() : json{{"LocalNodeState", "inactive"},
                                                               {"ControlAvailable", false},
                                                               {"NodeID", ""},
                                                               {"NodeAddr", ""},
                                                               {"Error", ""},
                                                               {"RemoteManagers", nullptr}};
  if (info["Plugins"].is_object()) info["Plugins"]["Network"] = {"bridge", "host", "null", "overlay"};
  for (const char* name :
       {"BuildahVersion", "CPURealtimePeriod", "CPURealtimeRuntime", "Rootless", "SwapFree", "SwapTotal", "Uptime"})
    info.erase(name);
}

}  // namespace

std::string swarm_header(const json& swarm) {
  std::string state = swarm.is_object() ? swarm.value("LocalNodeState", "inactive") : "inactive";
  if (state != "active") return state;
  return swarm.value("ControlAvailable", false) ? "active/manager" : "active/worker";
}

void add_system_routes(io::http::Router& router, engine::Engine& engine, SystemHooks hooks) {
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

  router.add("GET", "/version", [hooks, &engine, options = router.options()](Request&) -> awaitable<Response> {
    io::http::ClientRequest ask;
    ask.target = "/version";
    auto reply = co_await engine.call(std::move(ask));
    json engine_version;
    if (reply.ok() && reply->is_success()) engine_version = json::parse(reply->body, nullptr, false);
    co_return Response::of_json(200, version_of(hooks, options, engine_version));
  });

  router.add("GET", "/info", [hooks, &engine](Request& request) -> awaitable<Response> {
    Passing passing;
    passing.change = [&hooks](json& info) { present_info(info, hooks); };
    auto response = co_await pass_whole(engine, to_engine(request), passing);
    if (response.status != 503) co_return response;
    // Without the engine the swarm's state is still known, and `docker info` is how one looks for what is wrong.
    json info = json::object();
    present_info(info, hooks);
    info["Warnings"] = {"the container engine is not available"};
    co_return Response::of_json(200, info);
  });
}

}  // namespace skein::api
