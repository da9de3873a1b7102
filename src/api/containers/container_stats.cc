// GET /containers/{id}/stats: the engine's, with what it cannot know: the counters of interfaces that we made.
#include "api/containers/containers.h"
#include "api/containers/network_counters.h"
#include "api/replies/passing.h"
#include "containers/facts/container_json.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

pid_t process_of(const json& container) {
  const json& pid = at(at(container, "State"), "Pid");
  return pid.is_number_integer() ? pid.get<pid_t>() : 0;
}

void put_name(json& stats) {
  // The engine's word for it; Docker's members have no capitals.
  if (stats.contains("Id")) {
    stats["id"] = stats["Id"];
    stats.erase("Id");
  }
  std::string name = text_of(stats, "name");
  if (!name.empty() && !name.starts_with('/')) stats["name"] = "/" + name;
}

}  // namespace

// As Docker does, leaves the member out where the network is the host's, or where there is none.
awaitable<void> Containers::put_networks(json& stats, std::string id, std::shared_ptr<pid_t> process) {
  stats.erase("networks");
  const containers::House* house = keeper_.house(id, nullptr);  // known since the inspection
  const std::string netns_path = house ? house->state.netns_path : "";
  json counters = read_network_counters(*process, netns_path);
  if (counters.is_null()) {
    // Not started yet when the stream began, or started anew since.
    auto container = co_await engine_.inspect(id);
    if (!container.ok()) co_return;
    *process = process_of(*container);
    counters = read_network_counters(*process, netns_path);
  }
  if (counters.is_object() && !counters.empty()) stats["networks"] = std::move(counters);
}

awaitable<Response> Containers::stats(Request& request) {
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  const std::string id = text_of(*container, "Id");
  keeper_.house(id, containers::labels_of(*container));
  const bool is_on_host = text_of(at(*container, "HostConfig"), "NetworkMode") == "host";
  auto figures = co_await engine_.stats(request.param("id"), engine::parse_stats_query(request.query));
  if (!figures.ok()) co_return Response::of_error(figures.error());
  auto change = [this, id, is_on_host, version = request.version,
                 process = std::make_shared<pid_t>(process_of(*container))](json& stats) -> awaitable<void> {
    if (!stats.is_object()) co_return;
    put_name(stats);
    if (version >= io::http::ApiVersion{1, 52}) stats["os_type"] = "linux";
    if (!is_on_host) co_await put_networks(stats, id, process);
  };
  co_return lines_answer(std::move(*figures), std::move(change));
}

}  // namespace skein::api
