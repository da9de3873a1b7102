// Containers that come back by themselves: those that their restart policies start, after an end or with the daemon,
// and those that the engine has started without their networks.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "base/log.h"
#include "containers/facts/container_json.h"
#include "containers/facts/phase.h"
#include "containers/facts/task_labels.h"
#include "containers/life/keeper.h"
#include "containers/life/keeper_busy.h"
#include "containers/life/revival.h"
#include "engine/values/container_life.h"
#include "io/loop/timer.h"
#include "io/loop/to_its_end.h"

namespace skein::containers {

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
awaitable<void> Keeper::revive_all(json listed) {
  std::vector<std::string> ids, ending;
  for (const auto& entry : listed) {
    if (at(entry, "Labels").contains(kTaskIdLabel)) continue;  // the agent's
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
    co_await sleep_for(loop_, patience_.for_code);
  }
}

void Keeper::decide_revival(const std::string& id, const json& container) {
  const engine::Life life = engine::life_of(container);
  if (life == engine::Life::kNew || life == engine::Life::kRunning || busy_.contains(id)) return;
  LifeNote note = notes_.of(id);
  if (life == engine::Life::kEnded) note.lost_at.reset();
  if (life == engine::Life::kEnding && !note.lost_at) note.lost_at = clock_.wall();
  notes_.put(id, note);
  switch (revival_of(remains_of(container, note))) {
    case Revival::kLeave: return;
    case Revival::kStart: return bring_back(id, new_comeback());
    case Revival::kRemove: tasks_.spawn("container-removal", delete_after_failed_start(id));
  }
}

// The engine restarts containers by itself while the host is up; one whose endpoints had been given up meanwhile needs
// them again.
void Keeper::after_start(const std::string& id) {
  LifeNote note = notes_.of(id);
  note.lost_at.reset();
  notes_.put(id, note);
  auto found = known_.find(id);
  if (found == known_.end() || found->second.is_task || busy_.contains(id)) return;
  if (networks_.is_attached(id)) return;
  Coming coming = new_comeback();
  coming->is_to_start = false;
  bring_back(id, coming);
}

void Keeper::bring_back(const std::string& id, const Coming& coming) {
  if (coming_.insert({id, coming}).second) tasks_.spawn("revival", keep_reviving(id, coming));
}

Keeper::Coming Keeper::call_off(const std::string& id) {
  auto found = coming_.extract(id);
  if (found.empty()) return nullptr;
  found.mapped()->pause.cancel();
  return std::move(found.mapped());
}

awaitable<Keeper::Coming> Keeper::call_off_for_good(std::string id) {
  Coming coming = call_off(id);
  if (!coming) co_return nullptr;
  notes_.set_stopped_by_user(id, true);
  if (coming->is_starting) co_await turn_of(id);
  co_return coming;
}

bool Keeper::is_wanted(const std::string& id, const Coming& coming) const {
  auto found = coming_.find(id);
  return found != coming_.end() && found->second == coming;
}

const RunEnd* Keeper::restarting_after(const std::string& id) const {
  auto found = coming_.find(id);
  return found == coming_.end() || !found->second->after ? nullptr : &*found->second->after;
}

// Until it runs on its networks, or somebody decides otherwise, or it cannot be started at all.
awaitable<void> Keeper::keep_reviving(std::string id, Coming coming) {
  std::string told;
  log_info("container-comes-back", {{"id", id}});
  for (Duration pause = patience_.between_tries_min;; pause = std::min(pause * 2, patience_.between_tries_max)) {
    co_await coming->pause.async_wait(asio::as_tuple(asio::use_awaitable));
    co_await io::end_if_cancelled();
    if (!is_wanted(id, coming)) co_return;
    if (!busy_.contains(id)) {
      Busy busy(*this, id);
      auto revived = co_await revive(id, coming);
      if (revived.ok()) {
        if (is_wanted(id, coming)) call_off(id);  // before its next end is looked at
        co_return;
      }
      co_await io::end_if_cancelled();
      const std::string why = revived.error().text();
      if (why != told) log_warning("container-waits-for-its-start", {{"id", id}, {"why", why}});
      told = why;
    }
    coming->pause.expires_after(pause);
  }
}

// One attempt; an error is worth another one.
awaitable<Result<void>> Keeper::revive(std::string id, Coming coming) {
  auto turn = co_await turn_of(id);
  auto container = co_await engine_.inspect(id);
  if (!container.ok()) {
    if (container.error().code == Code::kNotFound) co_return Result<void>();
    co_return container.error();
  }
  const bool was_running = is_running(*container);
  const bool is_done = was_running ? networks_.is_attached(id) : !coming->is_to_start;
  if (is_done || !is_wanted(id, coming)) co_return Result<void>();
  const std::string other = network_host_of(*container);
  if (coming_.contains(other))
    co_return make_error(Code::kUnavailable, "container " + other + ", whose network it shares, does not run yet");
  if (was_running) {
    auto attached = co_await lead(id, std::move(*container), Wanted::kThere, nullptr);
    co_return attached;
  }
  bool was_tried = false;
  Act start = [&]() -> awaitable<Result<void>> {
    auto ticket = co_await starts_.take();
    was_tried = is_wanted(id, coming);  // else stopped or removed meanwhile, or the user starts it himself
    if (!was_tried) co_return Result<void>();
    coming->is_starting = true;
    auto started = co_await io::to_its_end(engine_.start(id));
    co_return started;
  };
  auto led = co_await lead(id, *container, Wanted::kRunning, start);
  coming->is_starting = false;
  coming->was_started = was_tried && led.ok();
  if (!is_wanted(id, coming)) {  // who has called it off says what follows of a start
    if (!was_tried && busy_.at(id) == 1) end_networks(id);
    co_return Result<void>();
  }
  if (led.ok()) {
    notes_.set_running(id, coming->after ? notes_.of(id).restarts : 0);
    checks_.begin(id, *container);
    log_info("container-revived", {{"id", id}});
    co_return led;
  }
  if (!was_tried || is_temporary(led.error())) co_return led;
  log_warning("container-not-revived", {{"id", id}, {"why", led.error().text()}});
  if (coming->after) waits_.on_exit(id, coming->after->exit_code);
  co_return Result<void>();
}

}  // namespace skein::containers
