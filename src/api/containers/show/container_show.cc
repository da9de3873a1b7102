// Containers as users see them: inspect and list.
#include <algorithm>

#include "api/containers/containers.h"
#include "api/containers/show/container_filters.h"
#include "api/containers/show/health_json.h"
#include "api/replies/passing.h"
#include "containers/facts/container_json.h"
#include "containers/life/revival.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

namespace {

bool is_newer(const json& a, const json& b) {
  auto created_s = [](const json& entry) {
    const json& created = at(entry, "Created");
    return created.is_number_integer() ? created.get<int64_t>() : 0;
  };
  return created_s(a) > created_s(b);
}

// Measuring takes the engine long; it is asked only when somebody wants to know.
awaitable<void> put_sizes(engine::Engine& engine, json& entries) {
  const Asked asked = co_await ask_engine(engine, "GET", "/containers/json?all=1&size=1");
  std::map<std::string, const json*> by_id;
  for (const json& entry : asked.value) by_id[text_of(entry, "Id")] = &entry;
  for (json& entry : entries) {
    const auto found = by_id.find(text_of(entry, "Id"));
    if (found == by_id.end()) continue;
    for (const char* size : {"SizeRw", "SizeRootFs"})
      if (found->second->contains(size) && (*found->second)[size] != 0) entry[size] = (*found->second)[size];
  }
}

}  // namespace

awaitable<Response> Containers::inspect(Request& request) {
  Passing passing;
  passing.subject.container = request.param("id");
  const bool has_sizes = request.query.flag("size");
  passing.change = [this, has_sizes, version = request.version](json& value) {
    std::string id = text_of(value, "Id");
    const containers::House* house = keeper_.house(id, containers::labels_of(value));
    const containers::RestartPolicy policy = keeper_.policy(value);
    present_container(value, house ? std::optional(house->record) : std::nullopt, state_of(id, house), version);
    if (!value.is_object()) return;
    if (json& host = value["HostConfig"]; host.is_object()) host["RestartPolicy"] = containers::policy_json(policy);
    if (const int restarts = keeper_.restarts(id)) value["RestartCount"] = restarts;
    if (const auto* end = keeper_.restarting_after(id)) containers::present_restarting(value, *end);
    if (!has_sizes)
      for (const char* size : {"SizeRw", "SizeRootFs"}) value.erase(size);
    if (auto lost_at = keeper_.lost_at(id); lost_at && !containers::is_running(value))
      containers::present_lost_run(value, *lost_at);
    present_health(value, health_.find(id));
  };
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

awaitable<Response> Containers::all_with_sizes(io::http::ApiVersion version) {
  Request request;
  request.version = version;
  request.query.set("all", "1");
  request.query.set("size", "1");
  auto response = co_await list(request);
  co_return response;
}

awaitable<Response> Containers::list(Request& request) {
  auto filters = ContainerFilters::of_list(request.query);
  if (!filters.ok()) co_return Response::of_error(filters.error());
  for (const std::string& image : filters->ancestors()) {
    Asked found = co_await ask_engine(engine_, "GET", encode_path("/images/" + image + "/json"));
    if (!found.refusal) filters->know_image(text_of(found.value, "Id"));
  }
  auto listed = co_await engine_.list({});
  if (!listed.ok()) co_return Response::of_error(listed.error());
  std::stable_sort(listed->begin(), listed->end(), is_newer);
  std::map<std::string, containers::HealthRecord> healths;
  for (auto& entry : *listed) {
    std::string id = text_of(entry, "Id");
    const containers::House* house = keeper_.house(id, at(entry, "Labels"));
    const auto record = house ? std::optional(house->record) : std::nullopt;
    present_container_entry(entry, record, state_of(id, house), request.version);
    if (auto lost_at = keeper_.lost_at(id); lost_at && !containers::is_alive(containers::phase_of_entry(entry)))
      containers::present_lost_entry(entry, *lost_at, clock_.wall());
    if (const auto* end = keeper_.restarting_after(id))
      containers::present_restarting_entry(entry, *end, clock_.wall());
    if (auto health = shown_health(containers::is_alive(containers::phase_of_entry(entry)), health_.find(id)))
      healths.emplace(id, *health);
  }
  auto health_of = [&healths](const std::string& id) {
    const auto found = healths.find(id);
    return found == healths.end() ? nullptr : &found->second;
  };
  auto shown = filters->pick(std::move(*listed), health_of);
  if (!shown.ok()) co_return Response::of_error(shown.error());
  for (auto& entry : *shown) present_entry_health(entry, health_of(text_of(entry, "Id")), request.version);
  if (request.query.flag("size")) co_await put_sizes(engine_, *shown);
  co_return Response::of_json(200, *shown);
}

}  // namespace skein::api
