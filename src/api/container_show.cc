// Containers as users see them: inspect and list.
#include "api/container_filters.h"
#include "api/container_json.h"
#include "api/containers.h"
#include "api/health_json.h"
#include "api/passing.h"
#include "api/revival.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::NetworkingRecord;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

awaitable<Response> Containers::inspect(Request& request) {
  Passing passing;
  passing.subject.container = request.param("id");
  passing.change = [this, version = request.version](json& value) {
    std::string id = text_of(value, "Id");
    const json labels = labels_of(value);
    learn(id, labels);
    present_container(value, NetworkingRecord::from_labels(labels), state_of(id), version);
    if (!value.is_object()) return;
    if (auto lost_at = notes_.of(id).lost_at; lost_at && !is_running(value)) present_lost_run(value, *lost_at);
    present_health(value, health_.find(id));
  };
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

awaitable<Response> Containers::list(Request& request) {
  auto filters = ContainerFilters::take(request.query);
  if (!filters.ok()) co_return Response::of_error(filters.error());
  Passing passing;
  passing.change = [this, version = request.version, filters = *filters](json& value) {
    json shown = json::array();
    if (!value.is_array()) value = json::array();
    for (auto& entry : value) {
      std::string id = text_of(entry, "Id");
      const json labels = at(entry, "Labels");
      learn(id, labels);
      present_container_entry(entry, NetworkingRecord::from_labels(labels), state_of(id), version);
      if (auto lost_at = notes_.of(id).lost_at; lost_at && !is_alive(entry))
        present_lost_entry(entry, *lost_at, clock_.wall());
      const auto shown_as = shown_health(is_alive(entry), health_.find(id));
      const agent::HealthRecord* health = shown_as ? &*shown_as : nullptr;
      if (!filters.passes(entry, health)) continue;
      present_entry_health(entry, health);
      shown.push_back(std::move(entry));
    }
    filters.limit(shown);
    value = std::move(shown);
  };
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

}  // namespace skein::api
