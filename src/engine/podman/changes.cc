#include "engine/podman/changes.h"

#include <algorithm>
#include <array>

#include "engine/values/json_fields.h"
#include "io/http/message.h"

namespace skein::engine {

namespace {

constexpr std::string_view kContainersPath = "/containers/";

}  // namespace

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

ContainersChange containers_changed_by_request(std::string_view method, std::string_view target) {
  using Reach = ContainersChange::Reach;
  std::string_view path = target.substr(0, target.find('?'));
  if (method == "GET" || method == "HEAD" || path.ends_with("/resize") || path.ends_with("/wait"))
    return {Reach::kNone, {}, {}};
  if (path.starts_with("/libpod/")) path.remove_prefix(7);
  if (!path.starts_with(kContainersPath)) return {};
  path.remove_prefix(kContainersPath.size());
  const std::string_view called = path.substr(0, path.find('/'));
  const auto query = io::http::Query::parse(target.substr(std::min(target.find('?'), target.size() - 1) + 1));
  if (path == "create") return {Reach::kNew, {}, query.get("name")};
  if (path == "prune" || called.empty()) return {};
  return {Reach::kOne, io::http::percent_decode(called), path.ends_with("/rename") ? query.get("name") : ""};
}

ContainersChange containers_changed_by_event(std::string_view line) {
  const auto event = nlohmann::json::parse(line, nullptr, false);
  const nlohmann::json& actor = at(event, "Actor");
  const std::string id = text_of(actor, "ID");
  if (text_of(event, "Type") != "container" || id.empty()) return {};
  return {.reach = ContainersChange::Reach::kOne,
          .container = id,
          .name = text_of(at(actor, "Attributes"), "name"),
          .is_gone = text_of(event, "Action") == "remove"};
}

ContainersChange container_made(std::string_view body) {
  const std::string id = text_of(nlohmann::json::parse(body, nullptr, false), "Id");
  if (id.empty()) return {};
  return {.reach = ContainersChange::Reach::kOne, .container = id};
}

InspectionSubject inspection_subject(std::string_view target, std::string_view body) {
  const auto shown = nlohmann::json::parse(body, nullptr, false);
  InspectionSubject subject;
  subject.called = io::http::percent_decode(
      target.substr(kContainersPath.size(), target.find('/', kContainersPath.size()) - kContainersPath.size()));
  subject.id = text_of(shown, "Id");
  subject.name = text_of(shown, "Name");
  if (subject.name.starts_with('/')) subject.name.erase(0, 1);
  subject.state = text_of(at(shown, "State"), "Status");
  return subject;
}

bool is_changed(const InspectionSubject& subject, const ContainersChange& change) {
  // By the beginning of an id, which may not mean it any more.
  const bool is_called_by_part = subject.called != subject.id && subject.called != subject.name;
  switch (change.reach) {
    case ContainersChange::Reach::kNone: return false;
    case ContainersChange::Reach::kAll: return true;
    case ContainersChange::Reach::kNew: return subject.called == change.name || is_called_by_part;
    case ContainersChange::Reach::kOne: break;
  }
  const bool is_meant = subject.id.starts_with(change.container) || subject.name == change.container;
  const bool is_taken = subject.called == change.container || (!change.name.empty() && subject.called == change.name);
  return is_meant || is_taken || (is_called_by_part && change.container.starts_with(subject.called));
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
  constexpr std::string_view kImages = "/images/", kEnd = "/json";
  if (method != "GET" || !target.ends_with(kEnd)) return KeptKind::kNone;
  if (target.starts_with(kImages)) return KeptKind::kImage;
  const bool is_of_one = target.starts_with(kContainersPath) && target.size() > kContainersPath.size() + kEnd.size() &&
                         target.find('/', kContainersPath.size()) == target.size() - kEnd.size();
  return is_of_one ? KeptKind::kContainer : KeptKind::kNone;
}

// Between them, and while it ends, the engine tells of no change.
bool is_lasting(const std::string& state) {
  return state == "created" || state == "running" || state == "paused" || state == "exited";
}

}  // namespace skein::engine
