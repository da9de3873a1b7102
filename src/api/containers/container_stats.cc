// GET /containers/{id}/stats: the engine's figures, completed by what it does not know or tell: the counters of
// interfaces that we made, and those of control groups.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/containers/cgroup_counters.h"
#include "api/containers/containers.h"
#include "api/containers/network_counters.h"
#include "base/text/json_text.h"
#include "containers/facts/container_json.h"
#include "io/loop/timer.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

constexpr size_t kReadingBytesMax = 1u << 20;
constexpr std::chrono::seconds kBetweenReadings{1};

std::string line_of(const json& reading) { return json_text(reading) + "\n"; }

pid_t process_of(const json& container) {
  const json& pid = at(at(container, "State"), "Pid");
  return pid.is_number_integer() ? pid.get<pid_t>() : 0;
}

// Of a container that does not run, in Docker's form.
json nothing_measured(const std::string& id) {
  static const json kNothing = json::parse(R"({
    "read": "0001-01-01T00:00:00Z", "preread": "0001-01-01T00:00:00Z", "num_procs": 0,
    "pids_stats": {}, "memory_stats": {}, "storage_stats": {},
    "blkio_stats": {"io_service_bytes_recursive": null, "io_serviced_recursive": null, "io_queue_recursive": null,
      "io_service_time_recursive": null, "io_wait_time_recursive": null, "io_merged_recursive": null,
      "io_time_recursive": null, "sectors_recursive": null},
    "cpu_stats": {"cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
      "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0}}})");
  json out = kNothing;
  out["id"] = id;
  out["precpu_stats"] = out["cpu_stats"];
  return out;
}

void put_name(json& stats, const std::string& name) {
  // The engine's word for it; Docker's members have no capitals.
  if (stats.contains("Id")) {
    stats["id"] = stats["Id"];
    stats.erase("Id");
  }
  stats["name"] = name;
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

// One reading, as of now.
awaitable<Result<json>> Containers::read_stats(Measured measured) {
  SKEIN_CO_TRY_ASSIGN(auto source, co_await engine_.stats(measured.id, {.is_streaming = false, .is_one_shot = true}));
  SKEIN_CO_TRY_ASSIGN(const std::string text, co_await io::http::read_all(*source, kReadingBytesMax));
  json stats = text.empty() ? nothing_measured(measured.id) : json::parse(text, nullptr, false);
  if (!stats.is_object()) co_return make_error(Code::kDataLoss, "no figures of container " + measured.id);
  put_name(stats, measured.name);
  if (measured.version >= io::http::ApiVersion{1, 52}) stats["os_type"] = "linux";
  if (!measured.is_on_host) co_await put_networks(stats, measured.id, measured.process);
  put_cgroup_counters(stats, *measured.process, {});
  for (const char* cpu : {"cpu_stats", "precpu_stats"})
    if (stats.contains(cpu)) stats[cpu].erase("cpu");  // the engine's own
  co_return stats;
}

// Docker measures each second, and shows with each reading what the processors had done at the one before.
awaitable<Result<json>> Containers::read_stats_after(Measured measured, json before) {
  io::Timer pause(co_await boost::asio::this_coro::executor, kBetweenReadings);
  co_await pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  SKEIN_CO_TRY_ASSIGN(json stats, co_await read_stats(std::move(measured)));
  stats["precpu_stats"] = at(before, "cpu_stats");
  stats["preread"] = at(before, "read");
  co_return stats;
}

awaitable<Response> Containers::stats(Request& request) {
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  Measured measured{.id = text_of(*container, "Id"),
                    .name = text_of(*container, "Name"),
                    .version = request.version,
                    .is_on_host = text_of(at(*container, "HostConfig"), "NetworkMode") == "host",
                    .process = std::make_shared<pid_t>(process_of(*container))};
  keeper_.house(measured.id, containers::labels_of(*container));
  const engine::StatsQuery query = engine::parse_stats_query(request.query);
  auto first = co_await read_stats(measured);
  if (!first.ok()) co_return Response::of_error(first.error());
  if (!query.is_streaming && !query.is_one_shot && *measured.process > 0) {
    auto second = co_await read_stats_after(measured, *first);
    if (second.ok()) first = std::move(second);  // else it has ended meanwhile
  }
  if (!query.is_streaming) co_return Response::of_json(200, *first);
  Response response;
  response.headers.set("Content-Type", "application/json");
  response.stream = [this, measured, first = std::move(*first)](io::http::BodySink& sink) -> awaitable<void> {
    for (Result<json> reading = first; reading.ok();) {
      auto written = co_await sink.write(line_of(*reading));
      if (!written.ok()) co_return;
      reading = co_await read_stats_after(measured, std::move(*reading));
    }
  };
  co_return response;
}

}  // namespace skein::api
