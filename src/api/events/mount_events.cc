#include "api/events/mount_events.h"

#include "engine/json_fields.h"

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

void MountEvents::take(const json& event) {
  if (text_of(event, "Type") != "container") return;
  const std::string action = text_of(event, "Action"), id = text_of(at(event, "Actor"), "ID");
  if (action == "start") tasks_.spawn("mount-events", tell(id, "mount"));
  if (action == "die") tasks_.spawn("unmount-events", tell(id, "unmount"));
  if (action == "destroy") running_.erase(id);
}

boost::asio::awaitable<void> MountEvents::tell(std::string container, std::string action) {
  auto known = running_.find(container);
  json found = known == running_.end() ? json() : known->second;
  if (found.is_null()) {
    auto inspected = co_await engine_.inspect(container);
    if (!inspected.ok()) co_return;  // gone already
    found = {{"Id", text_of(*inspected, "Id")}, {"Mounts", at(*inspected, "Mounts")}};
  }
  if (action == "mount")
    running_[container] = found;
  else
    running_.erase(container);
  for (auto& event : mount_events(found, action, clock_.wall())) events_.publish(std::move(event));
}

}  // namespace skein::api
