#include "api/swarm/swarm_events.h"

#include "api/events/event_bus.h"
#include "api/replies/service_words.h"

namespace skein::api {

using nlohmann::json;

namespace {

// "image.old" and "image.new", if there is a difference.
template <class T>
void put_change(json& attributes, const std::string& name, const T& before, const T& after) {
  if (before == after) return;
  attributes[name + ".old"] = before;
  attributes[name + ".new"] = after;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

const char* availability(const swarm::Node& node) {
  switch (node.spec().availability()) {
    case swarm::DRAIN: return "drain";
    case swarm::AVAILABILITY_PAUSE: return "pause";
    default: return "active";
  }
}

std::string name_of(const swarm::Node& node) {
  return model::name_of(node).empty() ? node.description().hostname() : model::name_of(node);
}
template <class T>
std::string name_of(const T& object) {
  return model::name_of(object);
}

template <class T>
void put_changes(json&, const T&, const T&) {}

void put_changes(json& attributes, const swarm::Node& before, const swarm::Node& after) {
  put_change(attributes, "availability", std::string(availability(before)), std::string(availability(after)));
  put_change(attributes, "role", lower(swarm::NodeRole_Name(before.role())), lower(swarm::NodeRole_Name(after.role())));
  put_change(attributes, "state", lower(swarm::NodeStatus::State_Name(before.status().state())),
             lower(swarm::NodeStatus::State_Name(after.status().state())));
  if (!before.has_manager_status() || !after.has_manager_status()) return;
  auto leads = [](const swarm::Node& node) { return std::string(node.manager_status().leader() ? "true" : "false"); };
  put_change(attributes, "leader", leads(before), leads(after));
}

void put_changes(json& attributes, const swarm::Service& before, const swarm::Service& after) {
  put_change(attributes, "image", before.spec().task().container().image(), after.spec().task().container().image());
  if (before.spec().has_replicated() && after.spec().has_replicated())
    put_change(attributes, "replicas", std::to_string(before.spec().replicated().replicas()),
               std::to_string(after.spec().replicated().replicas()));
  if (!after.has_update_status()) return;
  const std::string state(kUpdateStates.text(after.update_status().state()));
  if (before.has_update_status())
    put_change(attributes, "updatestate", std::string(kUpdateStates.text(before.update_status().state())), state);
  else
    attributes["updatestate.new"] = state;
}

template <class T>
void put_events(std::vector<json>& out, const store::Change& change, WallTime now) {
  auto before = change.old<T>(), after = change.now<T>();
  if (!before && !after) return;
  const T& object = after ? *after : *before;
  json attributes{{"name", name_of(object)}};
  std::string action = "remove";
  WallTime time = now;
  if (after && before) {
    action = "update";
    time = model::to_wall(after->meta().updated_at());
    put_changes(attributes, *before, *after);
  } else if (after) {
    action = "create";
    time = model::to_wall(after->meta().created_at());
  }
  out.push_back(make_event(model::KindOf<T>::name, action, change.id, attributes, "swarm", time));
}

}  // namespace

std::vector<json> swarm_events(const store::Changes& changes, WallTime now) {
  std::vector<json> out;
  for (const auto& change : changes) switch (change.kind) {
      case model::Kind::kNode: put_events<swarm::Node>(out, change, now); break;
      case model::Kind::kNetwork: put_events<swarm::Network>(out, change, now); break;
      case model::Kind::kService: put_events<swarm::Service>(out, change, now); break;
      case model::Kind::kSecret: put_events<swarm::Secret>(out, change, now); break;
      case model::Kind::kConfig: put_events<swarm::Config>(out, change, now); break;
      default: break;
    }
  return out;
}

}  // namespace skein::api
