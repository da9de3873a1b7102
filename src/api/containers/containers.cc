// What is known of the containers. The routes stand in container_*.cc.
#include "api/containers/containers.h"

#include <filesystem>

#include "agent/container/task_labels.h"
#include "api/containers/show/container_json.h"
#include "overlay/host/container_files.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::at;
using engine::NetworkingRecord;
using engine::text_of;
using nlohmann::json;

namespace {

constexpr int kStartsMax = 4;  // more gain nothing with Podman

// Tasks are many, and start at the same time; they are not looked at here.
bool starts_no_task(const json& event) {
  return at(event, "Type") == "container" && at(event, "Action") == "start" &&
         !at(at(event, "Actor"), "Attributes").contains(agent::kTaskIdLabel);
}

}  // namespace

Containers::Containers(boost::asio::io_context& loop, io::TaskScope& tasks, engine::Engine& engine,
                       overlay::ContainerNetworks& networks, agent::HealthBoard& health, Clock& clock, Random& random,
                       ContainersOptions options)
    : loop_(loop),
      tasks_(tasks),
      engine_(engine),
      networks_(networks),
      health_(health),
      checks_(tasks, engine, clock, health),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      notes_(tasks_, options_.notes_path),
      starts_(loop.get_executor(), kStartsMax),
      waits_(loop) {}

engine::Observer Containers::observer() {
  engine::Observer observer;
  observer.on_event = [this](const json& event) {
    if (!starts_no_task(event)) return;
    checks_.begin(text_of(at(event, "Actor"), "ID"));
    after_start(text_of(at(event, "Actor"), "ID"));
  };
  observer.on_container_exit = [this](const engine::ContainerExit& exit) {
    if (!exit.is_repeated) {
      checks_.end(exit.id);
      waits_.on_exit(exit.id, exit.exit_code);
    }
    if (busy_.contains(exit.id))
      exited_while_busy_.insert(exit.id);
    else
      tasks_.spawn("container-exit", after_exit(exit.id));
  };
  observer.on_container_removed = [this](const std::string& id) {
    checks_.removed(id);
    waits_.on_removed(id);
    forget(id);
  };
  return observer;
}

void Containers::complete(json& event) {
  if (at(event, "Type") != "container" || at(event, "Action") != "rename") return;
  auto found = old_names_.find(text_of(at(event, "Actor"), "ID"));
  if (found == old_names_.end()) return;
  event["Actor"]["Attributes"]["oldName"] = "/" + found->second;
  old_names_.erase(found);
}

Containers::Known* Containers::learn(const std::string& id, const json& labels) {
  auto found = known_.find(id);
  if (found != known_.end() && !found->second.is_task) return &found->second;
  auto record = NetworkingRecord::from_labels(labels);
  if (!record || id.empty()) return nullptr;
  Known known{.record = *record};
  known.is_task = labels.contains(agent::kTaskIdLabel);  // whose state is written by the agent: read each time
  if (auto state = overlay::read_container_state(folder_of(record->key)); state.ok()) {
    known.state = std::move(*state);
  }
  known.state.id = id;
  return &known_.insert_or_assign(id, std::move(known)).first->second;
}

void Containers::forget(const std::string& id) {
  notes_.put(id, {});
  reviving_.erase(id);
  exited_while_busy_.erase(id);
  auto_removed_.erase(id);
  auto found = known_.find(id);
  if (found == known_.end()) return;
  if (!found->second.is_task) networks_.forget(id, found->second.state.netns_path);
  std::error_code ignored;
  std::filesystem::remove_all(folder_of(found->second.record.key), ignored);
  known_.erase(found);
  turns_.erase(id);
  old_names_.erase(id);
}

NetworkingState Containers::state_of(const std::string& id) const {
  NetworkingState state;
  state.own_roots = {options_.files_folder, options_.secrets_folder};
  auto found = known_.find(id);
  if (found == known_.end()) return state;
  state.endpoints = networks_.status(id);
  state.container = found->second.state;
  state.files_folder = folder_of(found->second.record.key);
  return state;
}

std::set<std::string> Containers::wanted_networks() const {
  std::set<std::string> out;
  for (const auto& [id, known] : known_)
    for (auto& network : networks_of(known.record, known.state)) {
      out.insert(std::move(network.name));
      out.insert(std::move(network.id));
    }
  out.erase("");
  return out;
}

}  // namespace skein::api
