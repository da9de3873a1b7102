#include "api/events/mount_events.h"

#include "engine/values/json_fields.h"

namespace skein::api {

using engine::at;
using engine::text_of;
using nlohmann::json;

std::vector<json> mount_events(const json& container, const std::string& action, WallTime time) {
  std::vector<json> out;
  for (const json& mount : at(container, "Mounts")) {
    if (text_of(mount, "Type") != "volume") continue;
    const std::string driver = text_of(mount, "Driver");
    json attributes{{"container", text_of(container, "Id")}, {"driver", driver.empty() ? "local" : driver}};
    if (action == "mount") {
      attributes["destination"] = text_of(mount, "Destination");
      attributes["propagation"] = text_of(mount, "Propagation");
      attributes["read/write"] = at(mount, "RW") == false ? "false" : "true";
    }
    out.push_back(make_event("volume", action, text_of(mount, "Name"), attributes, "local", time));
  }
  return out;
}

void MountEvents::take(json event) {
  const std::string id = text_of(event, "Type") == "container" ? text_of(at(event, "Actor"), "ID") : "";
  if (id.empty()) return events_.publish(std::move(event));
  if (const auto waiting = waiting_.find(id); waiting != waiting_.end()) {
    waiting->second.push_back(std::move(event));
    return;
  }
  if (text_of(event, "Action") != "start" || known_.contains(id)) return pass(std::move(event));
  waiting_[id].push_back(std::move(event));
  tasks_.spawn("mount-events", ask(id));
}

void MountEvents::learn(const json& container) {
  known_[text_of(container, "Id")] = {{"Id", text_of(container, "Id")}, {"Mounts", at(container, "Mounts")}};
}

boost::asio::awaitable<void> MountEvents::ask(std::string container) {
  auto inspected = co_await engine_.inspect(container);
  if (inspected.ok()) learn(*inspected);  // else it is gone already
  auto waiting = waiting_.extract(container);
  for (json& event : waiting.mapped()) pass(std::move(event));
}

void MountEvents::pass(json event) {
  const std::string action = text_of(event, "Action"), id = text_of(at(event, "Actor"), "ID");
  const json& time = at(event, "timeNano");
  const WallTime moment = time.is_number_integer() ? WallTime{time.get<int64_t>()} : clock_.wall();
  if (action == "start") {
    endpoints_.on_start(id, moment);
    publish(id, "mount", moment);
  }
  events_.publish(std::move(event));
  if (action == "die") {
    endpoints_.on_end(id);
    publish(id, "unmount", clock_.wall());
  }
  if (action != "destroy") return;
  known_.erase(id);
  endpoints_.on_removal(id);
}

void MountEvents::publish(const std::string& container, const std::string& action, WallTime time) {
  const auto known = known_.find(container);
  if (known == known_.end()) return;
  for (auto& event : mount_events(known->second, action, time)) events_.publish(std::move(event));
}

}  // namespace skein::api
