#include "api/containers.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>

#include "api/container_files.h"
#include "api/container_life.h"
#include "base/log.h"
#include "engine/image_names.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::NetworkingRecord;
using io::http::Response;
using nlohmann::json;

namespace {

// After an exit, a container with a restart policy is given this long to come back before its endpoints go.
constexpr std::chrono::seconds kComeBack{15};

std::string text_of(const json& object, const char* name) {
  return object.is_object() && object.contains(name) && object[name].is_string() ? object[name].get<std::string>()
                                                                                 : std::string();
}

const json& at(const json& object, const char* name) {
  static const json kNothing = json::object();
  return object.is_object() && object.contains(name) ? object[name] : kNothing;
}

bool is_running(const json& container) { return at(at(container, "State"), "Running") == true; }
bool is_auto_removed(const json& container) { return at(at(container, "HostConfig"), "AutoRemove") == true; }

ContainerIdentity identity_of(const json& container) {
  ContainerIdentity identity;
  identity.id = text_of(container, "Id");
  identity.name = text_of(container, "Name");
  if (identity.name.starts_with('/')) identity.name.erase(0, 1);
  std::string policy = text_of(at(at(container, "HostConfig"), "RestartPolicy"), "Name");
  identity.restarts = !policy.empty() && policy != "no";
  return identity;
}

// How long an exit code may be on its way: 10 s in all.
constexpr int kEndingLooksMax = 200;
constexpr std::chrono::milliseconds kEndingPause{50};

// Names as Docker allows them.
bool is_valid_name(const std::string& name) {
  if (name.size() < 2 || !std::isalnum(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '-'; });
}

}  // namespace

class Containers::Busy {
 public:
  Busy(Containers& containers, std::string id) : containers_(containers), id_(std::move(id)) {
    ++containers_.busy_[id_];
  }
  ~Busy() {
    if (--containers_.busy_[id_] == 0) containers_.busy_.erase(id_);
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  Containers& containers_;
  std::string id_;
};

Containers::Containers(boost::asio::io_context& loop, engine::Engine& engine, agent::ContainerNetworks& networks,
                       Random& random, ContainersOptions options)
    : loop_(loop), engine_(engine), networks_(networks), random_(random), options_(std::move(options)), waits_(loop) {}

engine::Observer Containers::observer() {
  engine::Observer observer;
  observer.on_container_exit = [this](const engine::ContainerExit& exit) {
    waits_.on_exit(exit.id, exit.exit_code);
    boost::asio::co_spawn(loop_, after_exit(exit.id), boost::asio::detached);
  };
  observer.on_container_removed = [this](const std::string& id) {
    waits_.on_removed(id);
    forget(id);
  };
  return observer;
}

awaitable<Result<void>> Containers::start_up() {
  std::vector<std::string> labels{engine::kNetworkingLabel};
  auto listed = co_await engine_.list(labels);
  if (!listed.ok()) co_return listed.error();
  std::set<std::string> keys;
  for (const auto& entry : *listed)
    if (Known* known = learn(text_of(entry, "Id"), at(entry, "Labels"))) keys.insert(known->record.key);
  std::error_code ec;
  for (const auto& folder : std::filesystem::directory_iterator(options_.files_folder, ec)) {
    if (keys.contains(folder.path().filename())) continue;
    auto state = read_container_state(folder.path());
    if (state.ok()) networks_.forget(state->id, state->netns_path);
    std::error_code ignored;
    std::filesystem::remove_all(folder.path(), ignored);
  }
  co_return Result<void>();
}

Containers::Known* Containers::learn(const std::string& id, const json& labels) {
  auto found = known_.find(id);
  if (found != known_.end()) return &found->second;
  auto record = NetworkingRecord::from_labels(labels);
  if (!record || id.empty()) return nullptr;
  Known known{.record = *record};
  known.is_task = labels.contains("com.docker.swarm.task.id");
  if (auto state = read_container_state(folder_of(record->key)); state.ok()) {
    known.netns_path = state->netns_path;
    known.assigned = state->assigned;
  }
  return &known_.emplace(id, std::move(known)).first->second;
}

void Containers::forget(const std::string& id) {
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

Result<void> Containers::write_files(Known& known, const std::string& id, const std::vector<engine::HostEntry>& own) {
  std::string folder = folder_of(known.record.key);
  SKEIN_TRY(write_container_state(folder, {id, known.netns_path, known.assigned}));
  SKEIN_TRY(write_in_place(folder + "/hosts", engine::format_hosts(known.record, own)));
  return write_in_place(folder + "/resolv.conf",
                        engine::format_resolv_conf(known.record, read_text_file(options_.resolv_conf)));
}

awaitable<Response> Containers::create(Request& request) {
  auto body = request.json();
  if (!body.ok()) co_return Response::of_error(body.error());
  if (!body->is_object()) co_return Response::of_message(400, "invalid JSON: an object is wanted");
  std::string name = request.query.get("name");
  if (name.starts_with('/')) name.erase(0, 1);
  if (!name.empty() && !is_valid_name(name))
    co_return Response::of_message(400,
                                   "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  std::string image = text_of(*body, "Image");
  if (image.empty()) co_return Response::of_message(400, "no image specified");
  if ((*body)["Labels"].is_object()) (*body)["Labels"].erase(engine::kNetworkingLabel);

  std::string mode = text_of(at(*body, "HostConfig"), "NetworkMode");
  Known known;
  json spec = *body;
  if (engine::is_managed_mode(mode)) {
    known.record = engine::take_networking(*body, random_.hex(16));
    auto checked = network_request(known.record, {}, {});
    if (!checked.ok()) co_return Response::of_error(checked.error());
    auto netns = networks_.prepare_namespace(known.record.key);
    if (!netns.ok()) co_return Response::of_error(netns.error());
    known.netns_path = *netns;
    auto written = write_files(known, "", {});
    if (!written.ok()) co_return Response::of_error(written.error());
    spec = engine::engine_spec(std::move(spec), known.record, known.netns_path, folder_of(known.record.key));
  }
  auto created = co_await engine_.create(name, std::move(spec));
  if (!created.ok()) {
    if (!known.netns_path.empty()) {
      networks_.forget("", known.netns_path);
      std::error_code ignored;
      std::filesystem::remove_all(folder_of(known.record.key), ignored);
    }
    co_return Response::of_error(created.error());
  }
  if (!known.netns_path.empty()) {
    auto written = write_files(known, created->id, {});
    if (!written.ok()) co_return Response::of_error(written.error());
    known_[created->id] = std::move(known);
  }
  co_return Response::of_json(201, {{"Id", created->id}, {"Warnings", created->warnings}});
}

// The endpoints of a container that is about to start.
awaitable<Result<void>> Containers::attach_networks(const json& container) {
  ContainerIdentity identity = identity_of(container);
  Known* known = learn(identity.id, at(at(container, "Config"), "Labels"));
  if (known == nullptr || known->is_task) co_return Result<void>();
  // After a reboot the namespace is gone, the container is not; its path depends on the key only.
  auto netns = networks_.prepare_namespace(known->record.key);
  if (!netns.ok()) co_return netns.error();
  known->netns_path = *netns;
  for (const auto& spec : ports_to_assign(known->record))
    if (!known->assigned.contains(spec)) known->assigned[spec] = free_host_port(spec);
  auto request = network_request(known->record, identity, known->assigned);
  if (!request.ok()) co_return request.error();
  std::string hostname = request->hostname;
  std::string domainname = known->record.domainname;
  auto attached = co_await networks_.attach(std::move(*request), *netns);
  if (!attached.ok()) co_return attached;
  known = learn(identity.id, at(at(container, "Config"), "Labels"));
  if (known == nullptr) co_return make_error(Code::kNotFound, "No such container: " + identity.id);
  std::vector<engine::HostEntry> own;
  std::string names = domainname.empty() ? hostname : hostname + "." + domainname + " " + hostname;
  for (const auto& endpoint : networks_.status(identity.id)) own.push_back({endpoint.address.text(), names});
  co_return write_files(*known, identity.id, own);
}

awaitable<Response> Containers::start(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  if (is_running(*container)) co_return Response::of_status(304);
  std::string id = text_of(*container, "Id");
  Busy busy(*this, id);
  auto attached = co_await attach_networks(*container);
  Error error;
  if (attached.ok()) {
    auto started = co_await engine_.start(id);
    if (started.ok()) co_return Response::of_status(204);
    error = started.error();
    networks_.detach(id);
  } else {
    error = attached.error();
  }
  if (is_auto_removed(*container)) boost::asio::co_spawn(loop_, delete_after_failed_start(id), boost::asio::detached);
  co_return Response::of_error(error);
}

awaitable<void> Containers::delete_after_failed_start(std::string id) {
  auto removed = co_await engine_.remove(id, true);
  if (!removed.ok()) log_warning("container_remove_failed", {{"id", id}, {"because", removed.error().text()}});
  waits_.on_removed(id);
  forget(id);
}

awaitable<Response> Containers::stop(Request& request) {
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  Passing passing;
  passing.subject.container = request.param("id");
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  std::string id = text_of(*container, "Id");
  auto found = known_.find(id);
  // With a restart policy only a stop tells that it will not come back.
  if (response.status == 204 && found != known_.end() && !found->second.is_task && !busy_.contains(id))
    networks_.detach(id);
  co_return response;
}

awaitable<Response> Containers::restart(Request& request) {
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  std::string id = text_of(*container, "Id");
  Busy busy(*this, id);
  auto attached = co_await attach_networks(*container);
  if (!attached.ok()) co_return Response::of_error(attached.error());
  Passing passing;
  passing.subject.container = request.param("id");
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

awaitable<void> Containers::after_exit(std::string id) {
  auto found = known_.find(id);
  if (found == known_.end() || found->second.is_task || busy_.contains(id)) co_return;
  auto container = co_await engine_.inspect(id);
  if (!container.ok()) co_return;  // removed: forget() has seen to it
  if (identity_of(*container).restarts && !is_running(*container)) {
    boost::asio::steady_timer timer(loop_, kComeBack);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    container = co_await engine_.inspect(id);
    if (!container.ok()) co_return;
  }
  // It may have been started again while the news travelled.
  if (is_running(*container) || busy_.contains(id)) co_return;
  networks_.detach(id);
}

awaitable<Response> Containers::remove(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  std::string id = text_of(*container, "Id");
  io::http::ClientRequest out;
  out.method = "DELETE";
  // The engine's Docker-like endpoint waits 10 s before it kills; this one can be told not to.
  out.target = "/libpod/containers/" + id + "?timeout=0&v=" + (request.query.flag("v") ? "true" : "false") +
               "&force=" + (request.query.flag("force") ? "true" : "false");
  Passing passing;
  passing.subject.container = name;
  auto response = co_await pass_whole(engine_, std::move(out), passing);
  if (response.status >= 400) co_return response;
  waits_.on_removed(id);
  forget(id);
  co_return Response::of_status(204);
}

awaitable<Response> Containers::inspect(Request& request) {
  Passing passing;
  passing.subject.container = request.param("id");
  passing.change = [this, version = request.version](json& value) {
    std::string id = text_of(value, "Id");
    const json labels = at(at(value, "Config"), "Labels");
    learn(id, labels);
    present_container(value, NetworkingRecord::from_labels(labels), state_of(id), version);
  };
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

awaitable<Response> Containers::list(Request& request) {
  Passing passing;
  passing.change = [this, version = request.version](json& value) {
    if (!value.is_array()) value = json::array();
    for (auto& entry : value) {
      std::string id = text_of(entry, "Id");
      const json labels = at(entry, "Labels");
      learn(id, labels);
      present_container_entry(entry, NetworkingRecord::from_labels(labels), state_of(id), version);
    }
  };
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

awaitable<Response> Containers::wait(Request& request) {
  std::string condition = request.query.get("condition");
  if (condition.empty()) condition = "not-running";
  if (condition != "not-running" && condition != "next-exit" && condition != "removed")
    co_return Response::of_message(400, "invalid condition: \"" + condition + "\"");
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  std::string id = text_of(*container, "Id");
  auto ticket = waits_.join(id, condition == "removed" ? ExitWaits::Until::kRemoval : ExitWaits::Until::kExit);
  // Looked at only now that no exit can be missed any more.
  if (condition != "next-exit") co_await settle(id, ticket, condition == "not-running");
  Response response;
  response.headers.set("Content-Type", "application/json");
  // The head goes out at once: clients wait for it before they start the container.
  response.stream = [ticket](io::http::BodySink& sink) -> awaitable<void> {
    int code = co_await ticket->wait();
    std::string text = json{{"StatusCode", code}, {"Error", nullptr}}.dump() + "\n";
    auto written = co_await sink.write(text);
    if (!written.ok()) co_return;
  };
  co_return response;
}

// Tells the ticket of an exit or a removal that lies before it.
awaitable<void> Containers::settle(std::string id, std::shared_ptr<ExitWaits::Ticket> ticket, bool ends_with_exit) {
  for (int looks = 0; looks < kEndingLooksMax; ++looks) {
    auto container = co_await engine_.inspect(id);
    if (!container.ok()) {
      if (container.error().code == Code::kNotFound) ticket->finish();
      co_return;
    }
    Life life = life_of(*container);
    if (life == Life::kRunning) co_return;
    if (life != Life::kEnding) {
      ticket->set_past_code(exit_code_of(*container));
      if (ends_with_exit) ticket->finish();
      co_return;
    }
    boost::asio::steady_timer pause(loop_, kEndingPause);
    co_await pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  // Ended without anybody noticing how, as by a crash of the host.
  if (ends_with_exit) ticket->finish();
}

awaitable<Response> Containers::attach(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return Response::of_error(container.error());
  bool has_terminal = at(at(*container, "Config"), "Tty") == true;
  Passing passing;
  passing.subject.container = name;
  if (!has_terminal && request.version >= io::http::ApiVersion{1, 42})
    passing.content_type = "application/vnd.docker.multiplexed-stream";
  auto response = co_await pass_hijack(engine_, to_engine(request), passing);
  bool is_new = text_of(at(*container, "State"), "Status") == "created" ||
                text_of(at(*container, "State"), "Status") == "configured";
  if (response.hijack || !is_new) co_return response;
  // Podman prepares a container when it is attached to, so a command that does not exist fails here. Docker's clients
  // want to hear of it from `start`: the attachment succeeds, and stays silent.
  Response silent;
  silent.headers.set("Content-Type",
                     passing.content_type.empty() ? "application/vnd.docker.raw-stream" : passing.content_type);
  silent.hijack = [](io::http::ByteStream& front) -> awaitable<void> {
    std::array<char, 1024> ignored;
    while (true) {
      auto size = co_await front.read_some(ignored);
      if (!size.ok() || *size == 0) co_return;
    }
  };
  co_return silent;
}

awaitable<Response> Containers::prune(Request& request) {
  Passing passing;
  passing.change = [this](json& value) {
    if (!value.is_object() || !value["ContainersDeleted"].is_array()) return;
    for (const auto& id : value["ContainersDeleted"])
      if (id.is_string()) forget(id);
  };
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  co_return response;
}

awaitable<Result<void>> Containers::connect(std::string name, std::string network, json settings) {
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) co_return container.error();
  ContainerIdentity identity = identity_of(*container);
  Known* known = learn(identity.id, at(at(*container, "Config"), "Labels"));
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
