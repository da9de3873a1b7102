// Containers that come back by themselves: those that their restart policies start with the daemon, and those that the
// engine has started without their networks.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "agent/container/hosted_container.h"
#include "agent/container/task_labels.h"
#include "api/containers/containers.h"
#include "api/containers/life/container_busy.h"
#include "api/containers/life/revival.h"
#include "api/containers/show/container_json.h"
#include "base/log.h"
#include "engine/container_life.h"
#include "io/loop/timer.h"
#include "io/loop/to_its_end.h"

namespace skein::api {

namespace asio = boost::asio;
using asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;

namespace {

// The container whose network it shares; empty if none.
std::string network_host_of(const json& container) {
  const std::string mode = text_of(at(container, "HostConfig"), "NetworkMode");
  return mode.starts_with("container:") ? mode.substr(std::strlen("container:")) : "";
}

awaitable<void> sleep_for(asio::io_context& loop, Duration pause) {
  io::Timer timer(loop, pause);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace

// Those that have ended are looked at one after another; twice, if their exit codes may be on their way.
awaitable<void> Containers::revive_all(json listed) {
  std::vector<std::string> ids, ending;
  for (const auto& entry : listed) {
    if (at(entry, "Labels").contains(agent::kTaskIdLabel)) continue;  // the agent's
    if (is_alive(phase_of_entry(entry)))
      after_start(text_of(entry, "Id"));
    else
      ids.push_back(text_of(entry, "Id"));
  }
  for (bool is_last : {false, true}) {
    for (const auto& id : ids) {
      auto container = co_await engine_.inspect(id);
      if (!container.ok()) continue;
      const bool is_ending = engine::life_of(*container) == engine::Life::kEnding;
      if (is_ending && !is_last)
        ending.push_back(id);
      else
        decide_revival(id, *container);
    }
    ids = std::exchange(ending, {});
    if (ids.empty()) co_return;
    co_await sleep_for(loop_, options_.patience.for_code);
  }
}

void Containers::decide_revival(const std::string& id, const json& container) {
  const engine::Life life = engine::life_of(container);
  if (life == engine::Life::kNew || life == engine::Life::kRunning || busy_.contains(id)) return;
  LifeNote note = notes_.of(id);
  if (life == engine::Life::kEnded) note.lost_at.reset();
  if (life == engine::Life::kEnding && !note.lost_at) note.lost_at = clock_.wall();
  notes_.put(id, note);
  switch (revival_of(remains_of(container, note))) {
    case Revival::kLeave: return;
    case Revival::kStart: return bring_back(id, true);
    case Revival::kRemove: tasks_.spawn("container-removal", delete_after_failed_start(id));
  }
}

// The engine restarts containers by itself while the host is up; one whose endpoints had been given up meanwhile needs
// them again.
void Containers::after_start(const std::string& id) {
  LifeNote note = notes_.of(id);
  note.lost_at.reset();
  notes_.put(id, note);
  auto found = known_.find(id);
  if (found == known_.end() || found->second.is_task || busy_.contains(id)) return;
  if (!networks_.is_attached(id)) bring_back(id, false);
}

void Containers::bring_back(const std::string& id, bool is_to_start) {
  if (reviving_.insert({id, is_to_start}).second) tasks_.spawn("revival", keep_reviving(id));
}

// Until it runs on its networks, or somebody decides otherwise, or it cannot be started at all.
awaitable<void> Containers::keep_reviving(std::string id) {
  std::string told;
  log_info("container-comes-back", {{"id", id}});
  const ContainerPatience& patience = options_.patience;
  Duration pause = patience.between_tries_min;
  for (; reviving_.contains(id); pause = std::min(pause * 2, patience.between_tries_max)) {
    auto revived = co_await revive(id);
    if (revived.ok()) break;
    co_await io::end_if_cancelled();
    const std::string why = revived.error().text();
    if (why != told) log_warning("container-waits-for-its-start", {{"id", id}, {"why", why}});
    told = why;
    co_await sleep_for(loop_, pause);
  }
  reviving_.erase(id);
}

// One attempt; an error is worth another one.
awaitable<Result<void>> Containers::revive(std::string id) {
  if (busy_.contains(id)) co_return make_error(Code::kUnavailable, "it is being started already");
  Busy busy(*this, id);
  auto container = co_await engine_.inspect(id);
  if (!container.ok()) {
    if (container.error().code == Code::kNotFound) co_return Result<void>();
    co_return container.error();
  }
  const bool was_running = is_running(*container);
  auto wanted = reviving_.find(id);
  if (was_running ? networks_.is_attached(id) : wanted == reviving_.end() || !wanted->second) co_return Result<void>();
  const std::string other = network_host_of(*container);
  if (reviving_.contains(other))
    co_return make_error(Code::kUnavailable, "container " + other + ", whose network it shares, does not run yet");
  auto attached = co_await attach_networks(*container);
  if (!attached.ok()) co_return attached;
  if (was_running) co_return Result<void>();
  if (!reviving_.contains(id)) {  // stopped or removed meanwhile, or the user starts it himself
    if (busy_[id] == 1) networks_.detach(id);
    co_return Result<void>();
  }
  auto ticket = co_await starts_.take();
  auto started = co_await io::to_its_end(start_revived(id, std::move(*container)));
  co_return started;
}

awaitable<Result<void>> Containers::start_revived(std::string id, json container) {
  auto started = co_await engine_.start(id);
  if (started.ok()) {
    notes_.put(id, {});
    checks_.begin(id, container);
    log_info("container-revived", {{"id", id}});
    co_return started;
  }
  networks_.detach(id);
  if (agent::is_temporary(started.error())) co_return started;
  log_warning("container-not-revived", {{"id", id}, {"why", started.error().text()}});
  co_return Result<void>();
}

}  // namespace skein::api
