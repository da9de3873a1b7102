#include "engine/podman/changes.h"

#include <algorithm>
#include <array>

#include "engine/json_fields.h"

namespace skein::engine {

bool request_changes_list(std::string_view method, std::string_view target) {
  if (method == "GET" || method == "HEAD") return false;
  std::string_view path = target.substr(0, target.find('?'));
  if (path.starts_with("/libpod/")) path.remove_prefix(7);
  if (path.starts_with("/volumes/") || path == "/auth") return false;
  if (!path.starts_with("/containers/")) return true;  // the removal of an image may remove its containers
  static constexpr std::array<std::string_view, 3> kSpares{"/resize", "/wait", "/archive"};
  return std::none_of(kSpares.begin(), kSpares.end(), [&](std::string_view end) { return path.ends_with(end); });
}

bool event_changes_list(std::string_view line) {
  const auto event = nlohmann::json::parse(line, nullptr, false);
  const std::string type = text_of(event, "Type");
  return type != "volume" && type != "network" && type != "secret";
}

bool request_changes_views(std::string_view method, std::string_view target) {
  if (method == "GET" || method == "HEAD") return false;
  const std::string_view path = target.substr(0, target.find('?'));
  return !path.ends_with("/resize") && !path.ends_with("/wait");
}

bool request_changes_images(std::string_view method, std::string_view target) {
  if (method == "GET" || method == "HEAD") return false;
  std::string_view path = target.substr(0, target.find('?'));
  if (path.starts_with("/libpod/")) path.remove_prefix(7);
  for (std::string_view other : {"/containers/", "/volumes/", "/auth"})
    if (path.starts_with(other)) return false;
  return true;
}

bool event_changes_images(std::string_view line) {
  const std::string type = text_of(nlohmann::json::parse(line, nullptr, false), "Type");
  return type != "container" && type != "volume" && type != "network" && type != "secret";
}

KeptKind kept_kind(std::string_view method, std::string_view target) {
  constexpr std::string_view kContainers = "/containers/", kImages = "/images/", kEnd = "/json";
  if (method != "GET" || !target.ends_with(kEnd)) return KeptKind::kNone;
  if (target.starts_with(kImages)) return KeptKind::kImage;
  const bool is_of_one = target.starts_with(kContainers) && target.size() > kContainers.size() + kEnd.size() &&
                         target.find('/', kContainers.size()) == target.size() - kEnd.size();
  return is_of_one ? KeptKind::kContainer : KeptKind::kNone;
}

// Between them, and while it ends, the engine tells of no change.
bool has_lasting_state(std::string_view container) {
  const auto shown = nlohmann::json::parse(container, nullptr, false);
  const std::string state = text_of(at(shown, "State"), "Status");
  return state == "created" || state == "running" || state == "paused" || state == "exited";
}

}  // namespace skein::engine
