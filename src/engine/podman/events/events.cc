#include "engine/podman/events/events.h"

#include <array>

#include "engine/podman/events/event_attributes.h"
#include "engine/values/image_names.h"
#include "engine/values/networking_record.h"

namespace skein::engine {
namespace {

constexpr size_t kLineBytesMax = 1u << 20;

bool is_dockers(const std::string& type, const std::string& action) {
  if (type == "container") {
    static constexpr std::array kOurs{"init",        "cleanup", "sync",      "mount",      "unmount", "refresh",
                                      "auto-update", "exec",    "exec_died", "checkpoint", "restore"};
    return std::find(kOurs.begin(), kOurs.end(), action) == kOurs.end();
  }
  return type == "image" || type == "volume";
}

}  // namespace

std::optional<std::string> LineSplitter::next() {
  size_t end = rest_.find('\n');
  if (end == std::string::npos) {
    if (rest_.size() > kLineBytesMax) rest_.clear();
    return std::nullopt;
  }
  std::string line = rest_.substr(0, end);
  rest_.erase(0, end + 1);
  return line;
}

std::optional<nlohmann::json> docker_event(std::string_view line) {
  auto event = nlohmann::json::parse(line, nullptr, false);
  if (!event.is_object() || !event.contains("Actor") || !event["Actor"].is_object()) return std::nullopt;
  if (!event.value("Type", nlohmann::json()).is_string() || !event.value("Action", nlohmann::json()).is_string())
    return std::nullopt;
  std::string type = event["Type"], action = event["Action"];
  if (!is_dockers(type, action)) return std::nullopt;
  if (type == "container" && action == "remove") action = "destroy";
  if (type == "image" && action == "loadfromarchive") action = "load";
  if (type == "image" && action == "remove") action = "delete";
  if (type == "volume" && action == "remove") action = "destroy";
  event["Action"] = action;
  auto& attributes = event["Actor"]["Attributes"];
  if (!attributes.is_object()) attributes = nlohmann::json::object();
  attributes.erase("containerExitCode");
  attributes.erase("podId");
  const auto record = NetworkingRecord::from_labels(attributes);
  hide_own_labels(attributes);
  for (const char* name : {"image", "name"}) {
    if (!attributes.contains(name) || !attributes[name].is_string()) continue;
    std::string value = attributes[name];
    if (value.empty())
      attributes.erase(name);
    else if (std::string_view(name) == "image")
      attributes[name] = familiar_image(value);
  }
  // As its user wrote it, where that was kept.
  if (type == "container" && record && !record->image.empty()) attributes["image"] = record->image;
  if (type == "image") complete_image_event(event);
  if (type == "volume") complete_volume_event(event);
  for (const char* old : {"status", "id", "from"}) event.erase(old);  // Docker's API puts them back for old clients
  return event;
}

}  // namespace skein::engine
