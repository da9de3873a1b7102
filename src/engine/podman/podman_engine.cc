#include "engine/podman/podman_engine.h"

#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/text/json_text.h"
#include "engine/podman/events/events.h"
#include "engine/podman/facts.h"
#include "engine/podman/podman_change.h"
#include "engine/podman/podman_errors.h"
#include "engine/podman/podman_volumes.h"
#include "engine/values/json_fields.h"
#include "io/loop/timer.h"

namespace skein::engine {

namespace asio = boost::asio;
using asio::awaitable;
using io::http::ClientRequest;
using io::http::percent_encode;
using io::http::Reply;

namespace {

// For the moment between a process's end and the engine's noticing it.
constexpr int kAsksMax = 50;
constexpr auto kAskPause = std::chrono::milliseconds(20);
// For what Podman's event log may lose when it begins anew.
constexpr Duration kListAgeMax = std::chrono::seconds(60);
constexpr size_t kInspectionsMax = 256;

OciExecsOptions execs_options(const PodmanOptions& options) {
  OciExecsOptions out;
  out.runtime = options.runtime;
  out.sockets_folder = options.run_folder + "/terminals";
  out.configuration_path = [options](const std::string& id) { return podman_container_configuration(options, id); };
  return out;
}

}  // namespace

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
  auto reply = co_await call(podman_request("GET", "/libpod/info"));
  if (!reply.ok() || !reply->is_success()) co_return;
  auto info = reply->json();
  if (info.ok()) facts_ = facts_of(*info, options_);
}

awaitable<Result<Reply>> PodmanEngine::call(ClientRequest request) {
  const bool is_of_volumes = is_of_podman_volumes(request);
  SKEIN_CO_TRY(translate_volume(request));
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
  const LifeEvents::Ending ending = co_await begin_life_call(parse_life_call(request.method, request.target));
  Change change(*this, request);
  add_podman_prefix(request);
  if (request.method == "GET") {
    auto asked = co_await ask(std::move(request));
    co_return asked;
  }
  auto reply = co_await client_.call(std::move(request));
  change.note_reply(reply);
  life_events_.end(ending, reply.ok() && reply->is_success(), system_clock().wall());
  co_return reply;
}

awaitable<LifeEvents::Ending> PodmanEngine::begin_life_call(LifeCall call) {
  if (call.verb == LifeVerb::kNone) co_return LifeEvents::Ending{};
  if (auto known = life_events_.begin_known(call)) co_return *known;
  ClientRequest question = podman_request("GET", "/containers/" + call.called + "/json");
  Result<Reply> reply = make_error(Code::kUnknown, "not asked");
  if (call.verb == LifeVerb::kStart) {
    reply = co_await inspection(std::move(question));  // by which it was found startable, as a rule
  } else {
    add_podman_prefix(question);
    reply = co_await ask(std::move(question));
  }
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
  add_podman_prefix(request);
  auto reply = co_await client_.open(std::move(request));
  co_return reply;
}

awaitable<Result<Reply>> PodmanEngine::post(std::string target, nlohmann::json body) {
  ClientRequest request = podman_request("POST", std::move(target));
  if (!body.is_null()) {
    request.body = json_text(body);
    request.headers.set("Content-Type", "application/json");
  }
  auto reply = co_await call(std::move(request));
  co_return reply;
}

awaitable<Result<nlohmann::json>> PodmanEngine::get_list(std::string target) {
  auto reply = co_await call(podman_request("GET", std::move(target)));
  if (!reply.ok()) co_return reply.error();
  if (!reply->is_success()) co_return podman_error(*reply, {});
  co_return reply->json();
}

}  // namespace skein::engine
