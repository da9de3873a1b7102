// What is known of the containers, and their networks while they run. The routes stand in container_*.cc.
#include "api/containers.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>

#include "agent/container_files.h"
#include "agent/task_labels.h"
#include "api/container_json.h"

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

Containers::Containers(boost::asio::io_context& loop, engine::Engine& engine, agent::ContainerNetworks& networks,
                       agent::HealthBoard& health, Clock& clock, Random& random, ContainersOptions options)
    : loop_(loop),
      engine_(engine),
      networks_(networks),
      health_(health),
      checks_(loop, engine, clock, health),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      notes_(options_.notes_path),
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
    checks_.end(exit.id);
    waits_.on_exit(exit.id, exit.exit_code);
    if (busy_.contains(exit.id))
      exited_while_busy_.insert(exit.id);
    else
      boost::asio::co_spawn(loop_, after_exit(exit.id), boost::asio::detached);
  };
  observer.on_container_removed = [this](const std::string& id) {
    checks_.removed(id);
    waits_.on_removed(id);
    forget(id);
  };
  return observer;
}

Containers::Known* Containers::learn(const std::string& id, const json& labels) {
  auto found = known_.find(id);
  if (found != known_.end() && !found->second.is_task) return &found->second;
  auto record = NetworkingRecord::from_labels(labels);
  if (!record || id.empty()) return nullptr;
  Known known{.record = *record};
  known.is_task = labels.contains(agent::kTaskIdLabel);  // whose state is written by the agent: read each time
  if (auto state = agent::read_container_state(folder_of(record->key)); state.ok()) {
    known.netns_path = state->netns_path;
    known.assigned = state->assigned;
  }
  return &known_.insert_or_assign(id, std::move(known)).first->second;
}

void Containers::forget(const std::string& id) {
  notes_.put(id, {});
  reviving_.erase(id);
  exited_while_busy_.erase(id);
  auto found = known_.find(id);
  if (found == known_.end()) return;
  if (!found->second.is_task) networks_.forget(id, found->second.netns_path);
  std::error_code ignored;
  std::filesystem::remove_all(folder_of(found->second.record.key), ignored);
  known_.erase(found);
}

NetworkingState Containers::state_of(const std::string& id) const {
  NetworkingState state;
  auto found = known_.find(id);
  if (found == known_.end()) return state;
  state.endpoints = networks_.status(id);
  state.assigned = found->second.assigned;
  state.netns_path = found->second.netns_path;
  state.files_folder = folder_of(found->second.record.key);
  return state;
}

std::set<std::string> Containers::wanted_networks() const {
  std::set<std::string> out;
  for (const auto& [id, known] : known_)
    for (auto& name : known.record.networks()) out.insert(std::move(name));
  return out;
}

Result<void> Containers::write_files(Known& known, const std::string& id, const std::vector<engine::HostEntry>& own) {
  return agent::write_container_files(folder_of(known.record.key), {id, known.netns_path, known.assigned}, known.record,
                                      own, options_.resolv_conf);
}

awaitable<Result<void>> Containers::connect(std::string name, std::string network, json settings) {
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return container.error();
  ContainerIdentity identity = identity_of(*container);
  Known* known = learn(identity.id, labels_of(*container));
  if (known == nullptr)
    co_return make_error(
        Code::kPermissionDenied,
        "container sharing network namespace with another container or host cannot be connected to any other network");
  if (!is_running(*container))
    co_return make_error(Code::kFailedPrecondition, "Container " + identity.id + " is not running");
  auto endpoint = endpoint_request(network, settings);
  if (!endpoint.ok()) co_return endpoint.error();
  auto request = network_request(known->record, identity, known->assigned);
  if (!request.ok()) co_return request.error();
  auto connected = co_await networks_.connect(std::move(*request), known->netns_path, std::move(*endpoint));
  co_return connected;
}

awaitable<Result<void>> Containers::disconnect(std::string name, std::string network, bool is_forced) {
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return container.error();
  std::string id = text_of(*container, "Id");
  auto endpoints = networks_.status(id);
  bool is_connected = std::any_of(endpoints.begin(), endpoints.end(),
                                  [&](auto& e) { return e.network_name == network || e.network_id == network; });
  if (!is_connected) {
    if (is_forced) co_return Result<void>();
    co_return make_error(Code::kNotFound, "container " + id + " is not connected to network " + network);
  }
  auto disconnected = co_await networks_.disconnect(id, network);
  co_return disconnected;
}

}  // namespace skein::api
