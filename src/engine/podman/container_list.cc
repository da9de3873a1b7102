#include "engine/podman/container_list.h"

#include <algorithm>

#include "base/time/duration.h"
#include "base/time/moment.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

int64_t number_of(const json& object, const char* name) {
  const json& value = at(object, name);
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

// None of what is no list.
const json::array_t& entries_of(const json& list) {
  static const json::array_t kNone;
  return list.is_array() ? list.get_ref<const json::array_t&>() : kNone;
}

int64_t created_of(const json& moment) {
  auto created = parse_time(text_of(moment, "Created"));
  return created.ok() ? created->ns : 0;
}

// Seconds since 1970 until now.
std::string ago(int64_t then, WallTime now) {
  return show_duration(std::chrono::seconds(std::max<int64_t>(now.seconds() - then, 0)));
}

// Docker has no word for what Podman prepares before a start, and calls a container running until it has stopped.
std::string dockers_state(const std::string& podmans) {
  if (podmans == "configured" || podmans == "initialized") return "created";
  if (podmans == "stopped") return "exited";
  return podmans == "stopping" ? "running" : podmans;
}

std::string status_of(const std::string& state, const json& moment, WallTime now) {
  if (state == "created") return "Created";
  if (state == "removing") return "Removal In Progress";
  if (state == "running" || state == "paused")
    return "Up " + ago(number_of(moment, "StartedAt"), now) + (state == "paused" ? " (Paused)" : "");
  if (state == "exited")
    return "Exited (" + std::to_string(number_of(moment, "ExitCode")) + ") " + ago(number_of(moment, "ExitedAt"), now) +
           " ago";
  return state;
}

bool has_label(const json& entry, const std::string& label) {
  const json& labels = at(entry, "Labels");
  const size_t equals = label.find('=');
  const auto found = labels.is_object() ? labels.find(label.substr(0, equals)) : labels.end();
  return found != labels.end() && (equals == std::string::npos || *found == label.substr(equals + 1));
}

}  // namespace

void ContainerList::update(const json& list) {
  std::map<std::string, Container> now;
  for (const json& entry : entries_of(list)) {
    const std::string id = text_of(entry, "Id");
    if (id.empty()) continue;
    auto known = containers_.find(id);
    now[id] = {entry, known == containers_.end() ? json() : std::move(known->second.shown)};
  }
  containers_ = std::move(now);
}

void ContainerList::update_some(const std::set<std::string>& ids, const json& list) {
  std::set<std::string> gone = ids;
  for (const json& entry : entries_of(list)) {
    const std::string id = text_of(entry, "Id");
    if (!ids.contains(id)) continue;
    gone.erase(id);
    containers_[id].moment = entry;
  }
  for (const std::string& id : gone) containers_.erase(id);
}

std::string ContainerList::id_of(const std::string& name) const {
  const auto found = std::find_if(containers_.begin(), containers_.end(), [&](const auto& known) {
    const auto names = texts_of(known.second.moment, "Names");
    return std::find(names.begin(), names.end(), name) != names.end();
  });
  return found == containers_.end() ? "" : found->first;
}

std::vector<std::string> ContainerList::unknown() const {
  std::vector<std::string> out;
  for (const auto& [id, container] : containers_)
    if (container.shown.is_null()) out.push_back(id);
  return out;
}

void ContainerList::learn(const json& list) {
  for (const json& entry : entries_of(list)) {
    auto known = containers_.find(text_of(entry, "Id"));
    if (known != containers_.end()) known->second.shown = entry;
  }
}

json ContainerList::show(const std::vector<std::string>& labels, WallTime now) const {
  std::vector<std::pair<int64_t, const Container*>> meant;  // with the time of creation
  for (const auto& [id, container] : containers_) {
    const bool has_all = std::all_of(labels.begin(), labels.end(),
                                     [&](const std::string& label) { return has_label(container.shown, label); });
    if (!container.shown.is_null() && has_all) meant.emplace_back(created_of(container.moment), &container);
  }
  std::stable_sort(meant.begin(), meant.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  json out = json::array();
  for (const auto& [created, container] : meant) {
    json entry = container->shown;
    const std::string state = dockers_state(text_of(container->moment, "State"));
    entry["State"] = state;
    entry["Status"] = status_of(state, container->moment, now);
    json names = json::array();
    for (const auto& name : texts_of(container->moment, "Names")) names.push_back("/" + name);
    entry["Names"] = std::move(names);
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace skein::engine
