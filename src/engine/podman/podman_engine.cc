#include "engine/podman/podman_engine.h"

#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/random.h"
#include "engine/image_names.h"
#include "engine/json_fields.h"
#include "engine/podman/events/events.h"
#include "engine/podman/facts.h"
#include "engine/podman/podman_errors.h"
#include "engine/podman/spec/create_spec.h"
#include "engine/podman/spec/log_driver.h"
#include "engine/podman/spec/mount_spec.h"
#include "engine/registry/registry_words.h"
#include "io/loop/timer.h"

namespace skein::engine {

namespace asio = boost::asio;
using asio::awaitable;
using io::http::ClientRequest;
using io::http::percent_encode;
using io::http::Reply;

namespace {

constexpr const char* kCompatPrefix = "/v1.41";
constexpr const char* kLibpodPrefix = "/v4.3.1";
// For the moment between a process's end and the engine's noticing it.
constexpr int kAsksMax = 50;
constexpr auto kAskPause = std::chrono::milliseconds(20);
// For what Podman's event log may lose when it begins anew.
constexpr Duration kListAgeMax = std::chrono::seconds(60);
constexpr size_t kInspectionsMax = 256;

void add_prefix(ClientRequest& request) {
  request.target.insert(0, request.target.starts_with("/libpod/") ? kLibpodPrefix : kCompatPrefix);
}

ClientRequest make_request(std::string method, std::string target) {
  ClientRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

Result<std::string> translate_volume_body(const std::string& body) {
  auto parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object()) return body;  // the engine says what is wrong with it
  SKEIN_TRY_ASSIGN(nlohmann::json volume, podman_volume(std::move(parsed)));
  return volume.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// One volume, or a list of them.
void present_volumes(Reply& reply) {
  auto shown = nlohmann::json::parse(reply.body, nullptr, false);
  if (!shown.is_object()) return;
  present_volume_options(shown);
  if (auto all = shown.find("Volumes"); all != shown.end() && all->is_array())
    for (auto& volume : *all) present_volume_options(volume);
  reply.body = shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

OciExecsOptions execs_options(const PodmanOptions& options) {
  OciExecsOptions out;
  out.runtime = options.runtime;
  out.sockets_folder = options.run_folder + "/terminals";
  out.configuration_path = [options](const std::string& id) { return podman_container_configuration(options, id); };
  return out;
}

}  // namespace

class PodmanEngine::Change {
 public:
  Change(PodmanEngine& engine, const ClientRequest& request) : engine_(engine) {
    is_of_list_ = request_changes_list(request.method, request.target);
    of_containers_ = containers_changed_by_request(request.method, request.target);
    removes_ = request.method == "DELETE" && of_containers_.reach == ContainersChange::Reach::kOne;
    is_of_images_ = request_changes_images(request.method, request.target);
    spoil();
  }
  ~Change() { spoil(); }
  Change(const Change&) = delete;
  Change& operator=(const Change&) = delete;
  void note_reply(const Result<Reply>& reply) {
    if (of_containers_.reach == ContainersChange::Reach::kNew && (!reply.ok() || reply->is_success()))
      made_ = container_made(reply.ok() ? reply->body : "");
    of_containers_.is_gone = removes_ && reply.ok() && reply->is_success();
  }

 private:
  void spoil() {
    if (is_of_list_) engine_.list_.note(of_containers_);
    engine_.list_.note(made_);
    engine_.spoil_kept(of_containers_);
    if (is_of_images_) engine_.images_.spoil();
  }
  PodmanEngine& engine_;
  bool is_of_list_ = false;
  bool removes_ = false;
  ContainersChange of_containers_;
  ContainersChange made_{.reach = ContainersChange::Reach::kNone};
  bool is_of_images_ = false;
};

PodmanEngine::PodmanEngine(asio::io_context& loop, const PodmanOptions& options)
    : loop_(loop),
      options_(options),
      tasks_(loop.get_executor()),
      service_(tasks_, options),
      client_(loop.get_executor(), options.socket_path),
      pause_(loop),
      facts_(configured_facts(options)),
      list_(kListAgeMax),
      inspections_(kListAgeMax, kInspectionsMax),
      images_(kListAgeMax, kInspectionsMax),
      life_events_([this](const nlohmann::json& event) { tell_event(event); }),
      logs_(tasks_, [this](const std::string& id) { return podman_monitor_folder(options_, id); }),
      exits_(tasks_, podman_exits_folder(options),
             [this](const ContainerExit& exit) {
               ended_.insert(exit.id);
               logs_.on_container_exit(exit.id);
               const ContainersChange change{.reach = ContainersChange::Reach::kOne, .container = exit.id};
               list_.note(change);
               spoil_kept(change);
               execs_.on_container_exit(exit.id);
               life_events_.on_exit(exit, system_clock().wall());
               tell_exit(exit);
             }),
      oci_execs_(execs_options(options)),
      execs_(
          tasks_,
          [this](const Exec& exec, const ExecContainer& container, bool is_detached) {
            return oci_execs_.spawn(exec, container, is_detached);
          },
          [this](std::string name) { return find_for_exec(std::move(name)); },
          [this](const nlohmann::json& event) { tell_event(event); }) {
  service_.on_up([this] {
    tasks_.spawn("engine-facts", learn_facts());
    tasks_.spawn("engine-logs", learn_logs());
  });
}

awaitable<Result<void>> PodmanEngine::start_up() {
  last_event_ns_ = system_clock().wall().ns;
  if (auto watched = logs_.start_up(); !watched.ok())
    log_warning("logs-not-watched", {{"why", watched.error().text()}});
  auto started = co_await service_.start();
  if (!started.ok()) co_return started;
  // Podman's events tell of all ends as well, if later.
  if (auto watched = exits_.start(); !watched.ok()) log_warning("exits-not-watched", {{"why", watched.error().text()}});
  SKEIN_CO_TRY(oci_execs_.start_up());
  SKEIN_CO_TRY(execs_.start_up());
  tasks_.spawn("engine-events", follow_events());
  co_return Result<void>();
}

// Takes it a second or so, since it asks the host's package manager: in the background, and once.
awaitable<void> PodmanEngine::learn_facts() {
  auto reply = co_await call(make_request("GET", "/libpod/info"));
  if (!reply.ok() || !reply->is_success()) co_return;
  auto info = reply->json();
  if (info.ok()) facts_ = facts_of(*info, options_);
}

awaitable<Result<Reply>> PodmanEngine::call(ClientRequest request) {
  const bool is_of_volumes = request.target.starts_with("/volumes");
  if (request.method == "POST" && request.target == "/volumes/create") {
    auto translated = translate_volume_body(request.body);
    if (!translated.ok()) co_return translated.error();
    request.body = std::move(*translated);
  }
  const KeptKind kind = kept_kind(request.method, request.target);
  if (kind == KeptKind::kContainer) {
    auto shown = co_await inspection(std::move(request));
    co_return shown;
  }
  if (kind == KeptKind::kImage) {
    auto shown = co_await image(std::move(request));
    co_return shown;
  }
  auto reply = co_await call_as_is(std::move(request));
  if (is_of_volumes && reply.ok() && reply->is_success()) present_volumes(*reply);
  co_return reply;
}

awaitable<Result<Reply>> PodmanEngine::call_as_is(ClientRequest request) {
  Change change(*this, request);
  LifeCall life_call = parse_life_call(request.method, request.target);
  add_prefix(request);
  if (request.method == "GET") {
    auto asked = co_await ask(std::move(request));
    co_return asked;
  }
  const LifeEvents::Ending ending = co_await begin_ending(std::move(life_call));
  auto reply = co_await client_.call(std::move(request));
  change.note_reply(reply);
  life_events_.end(ending, reply.ok() && reply->is_success(), system_clock().wall());
  co_return reply;
}

awaitable<LifeEvents::Ending> PodmanEngine::begin_ending(LifeCall call) {
  if (call.verb == LifeVerb::kNone) co_return LifeEvents::Ending{};
  ClientRequest question = make_request("GET", kCompatPrefix + ("/containers/" + call.called) + "/json");
  auto reply = co_await ask(std::move(question));
  if (!reply.ok() || !reply->is_success()) co_return LifeEvents::Ending{};
  const auto container = reply->json();
  if (!container.ok()) co_return LifeEvents::Ending{};
  co_return life_events_.begin(call, *container, system_clock().wall());
}

awaitable<Result<Reply>> PodmanEngine::ask(ClientRequest request) {
  io::Timer pause(loop_);
  for (int tries_left = kAsksMax;;) {
    ClientRequest again = request;
    auto reply = co_await client_.call(std::move(again));
    const bool is_ending =
        reply.ok() && !reply->is_success() && is_of_ending_container(reply->status, reply->message());
    if (!is_ending || --tries_left == 0) co_return reply;
    pause.expires_after(kAskPause);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

awaitable<Result<std::unique_ptr<io::http::ReplyStream>>> PodmanEngine::open(ClientRequest request) {
  const Change change(*this, request);
  add_prefix(request);
  auto reply = co_await client_.open(std::move(request));
  co_return reply;
}

awaitable<Result<io::http::Hijacked>> PodmanEngine::hijack(ClientRequest request) {
  const Change change(*this, request);
  add_prefix(request);
  auto reply = co_await client_.hijack(std::move(request));
  co_return reply;
}

awaitable<Result<Reply>> PodmanEngine::post(std::string target, nlohmann::json body) {
  ClientRequest request = make_request("POST", std::move(target));
  if (!body.is_null()) {
    request.body = body.dump();
    request.headers.set("Content-Type", "application/json");
  }
  auto reply = co_await call(std::move(request));
  co_return reply;
}

awaitable<Result<void>> PodmanEngine::pull(std::string image, std::string registry_auth) {
  ClientRequest request = make_request("POST", "/images/create?fromImage=" + percent_encode(image));
  if (!registry_auth.empty()) request.headers.set("X-Registry-Auth", registry_auth);
  auto reply = co_await call(std::move(request));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.image = image});
  // Failures after the first byte come as a line of the progress.
  LineSplitter lines;
  lines.add(reply->body);
  lines.add("\n");
  while (auto line = lines.next()) {
    auto progress = nlohmann::json::parse(*line, nullptr, false);
    if (progress.is_object() && progress.contains("error") && progress["error"].is_string())
      co_return make_error(Code::kNotFound, registry_failure(progress["error"].get<std::string>(), image));
  }
  co_return Result<void>();
}

awaitable<Result<CreatedContainer>> PodmanEngine::create(std::string name, nlohmann::json spec) {
  if (!spec.is_object()) co_return make_error(Code::kInvalidArgument, "container spec is no JSON object");
  ErrorSubject subject{.container = name};
  if (spec.contains("Image") && spec["Image"].is_string()) subject.image = spec["Image"];
  PodmanCreateContext context{.cgroup_parent = options_.cgroup_parent};
  if (options_.open_files_max) context.ulimits["nofile"] = options_.open_files_max;
  if (options_.tasks_max) context.ulimits["nproc"] = options_.tasks_max;
  context.new_name = [] { return system_random().hex(64); };
  const LogLimit limit = log_limit(at(at(spec, "HostConfig"), "LogConfig"));
  nlohmann::json labels = nlohmann::json::object();
  if (!subject.image.empty()) {
    SKEIN_CO_TRY_ASSIGN(const nlohmann::json image, co_await look_at_image(subject.image));
    labels = object_of(at(image, "Config"), "Labels");
    context.image_environment = texts_of(at(image, "Config"), "Env");
    if (at(at(spec, "HostConfig"), "ReadonlyRootfs") == true)
      context.image_volumes = object_of(at(image, "Config"), "Volumes");
  }
  auto wanted = podman_create(std::move(spec), context);
  if (!wanted.ok()) co_return wanted.error();
  for (const auto& volume : wanted->volumes) {
    auto made = co_await make_volume(volume);
    if (!made.ok()) co_return made.error();
  }
  labels.update(object_of(wanted->body, "Labels"));
  std::string target = "/containers/create";
  if (!name.empty()) target += "?name=" + percent_encode(name);
  auto reply = co_await post(target, std::move(wanted->body));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, subject);
  auto answer = reply->json();
  if (!answer.ok()) co_return answer.error();
  CreatedContainer created;
  created.id = answer->value("Id", "");
  if (!created.id.empty()) logs_.on_container(created.id, limit);
  nlohmann::json config{{"Image", subject.image}, {"Labels", std::move(labels)}};
  co_await tell_created(created.id, name, std::move(config));
  if (answer->contains("Warnings") && (*answer)["Warnings"].is_array())
    for (const auto& warning : (*answer)["Warnings"])
      if (warning.is_string()) created.warnings.push_back(warning);
  co_return created;
}

// Who is given no name gets one of the engine's.
awaitable<void> PodmanEngine::tell_created(std::string id, std::string name, nlohmann::json config) {
  nlohmann::json container{{"Id", id}, {"Name", "/" + name}, {"Config", std::move(config)}};
  if (name.empty()) {
    auto shown = co_await inspect(id);
    if (!shown.ok()) co_return;
    container = std::move(*shown);
  }
  life_events_.on_created(container, system_clock().wall());
}

// The engine finds more than the name means.
awaitable<Result<nlohmann::json>> PodmanEngine::look_at_image(std::string name) {
  auto reply = co_await call(make_request("GET", "/images/" + percent_encode(name) + "/json"));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.image = name});
  auto image = reply->json();
  if (image.ok() && !is_image_named(*image, name))
    co_return make_error(Code::kNotFound, "No such image: " + with_tag(name));
  co_return image;
}

awaitable<Result<void>> PodmanEngine::make_volume(nlohmann::json volume) {
  auto reply = co_await post("/volumes/create", std::move(volume));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {});
  co_return Result<void>();
}

awaitable<Result<void>> PodmanEngine::start(std::string id) {
  auto reply = co_await post("/containers/" + percent_encode(id) + "/start", nullptr);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success() && reply->status != 304) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<void>> PodmanEngine::stop(std::string id, int timeout_s) {
  auto reply = co_await post("/containers/" + percent_encode(id) + "/stop?t=" + std::to_string(timeout_s), nullptr);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success() && reply->status != 304) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<void>> PodmanEngine::kill(std::string id, std::string signal) {
  auto reply = co_await post("/containers/" + percent_encode(id) + "/kill?signal=" + percent_encode(signal), nullptr);
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<void>> PodmanEngine::remove(std::string id, bool is_forced) {
  // Compat's force waits 10 s for the container's reaction; libpod's can be told not to.
  std::string target =
      "/libpod/containers/" + percent_encode(id) + (is_forced ? "?force=true&timeout=0&volumes=true" : "?volumes=true");
  auto reply = co_await call(make_request("DELETE", target));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success() && reply->status != 404) co_return podman_error(*reply, {.container = id});
  co_return Result<void>();
}

awaitable<Result<nlohmann::json>> PodmanEngine::inspect(std::string id) {
  auto reply = co_await call_as_is(make_request("GET", "/containers/" + percent_encode(id) + "/json"));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {.container = id});
  co_return reply->json();
}

awaitable<Result<nlohmann::json>> PodmanEngine::get_list(std::string target) {
  auto reply = co_await call(make_request("GET", std::move(target)));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {});
  co_return reply->json();
}

awaitable<Result<bool>> PodmanEngine::has_image(std::string image) {
  auto found = co_await look_at_image(std::move(image));
  if (!found.ok() && found.error().code != Code::kNotFound) co_return found.error();
  co_return found.ok();
}

}  // namespace skein::engine
