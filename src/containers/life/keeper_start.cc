// What users do to a container's life: create, start, stop, kill, restart, rename, remove.
#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "containers/facts/phase.h"
#include "containers/housing/network_request.h"
#include "containers/life/keeper_busy.h"
#include "containers/life/revival.h"
#include "io/loop/timer.h"
#include "io/loop/to_its_end.h"

namespace skein::containers {

using boost::asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;

awaitable<Result<engine::CreatedContainer>> Keeper::create(std::string name, json body) {
  const std::string mode = text_of(at(body, "HostConfig"), "NetworkMode");
  Resident resident;
  resident.needs_house = engine::is_managed_mode(mode);
  if (resident.needs_house) {
    auto record = engine::take_networking(body, "");
    auto checked = network_request(record, {}, {});
    if (!checked.ok()) co_return checked.error();
  }
  if (mode.starts_with("container:")) SKEIN_CO_TRY(co_await share_files(body, mode.substr(mode.find(':') + 1)));
  take_policy(body);
  const bool is_removed_at_end = at(at(body, "HostConfig"), "AutoRemove") == true;
  LifePlan plan;
  plan.name = std::move(name);
  plan.body = std::move(body);
  ContainerLife life(engine_, networks_, housing_, std::move(resident), std::move(plan));
  auto made = co_await life.lead(Wanted::kThere);
  const std::string id = life.resident().id;
  if (!id.empty() && is_removed_at_end) auto_removed_.insert(id);
  if (!made.ok()) co_return made.error();
  engine::CreatedContainer out{id, life.warnings()};
  if (life.resident().house) known_[id] = {*life.resident().house, false};
  co_return out;
}

// What Docker's containers share with the one whose network they join.
awaitable<Result<void>> Keeper::share_files(json& body, std::string other) {
  SKEIN_CO_TRY_ASSIGN(json container, co_await engine_.inspect(other));
  const Known* known = learn(text_of(container, "Id"), labels_of(container));
  if (known) engine::bind_files(body["HostConfig"], housing_.folder_of(known->house.record.key));
  body["Hostname"] = text_of(at(container, "Config"), "Hostname");
  co_return Result<void>();
}

awaitable<Result<void>> Keeper::start(json container, Act act) {
  const std::string id = text_of(container, "Id");
  Busy busy(*this, id);
  call_off(id);  // from here on it is the user's start
  auto turn = co_await turn_of(id);
  auto started = co_await lead(id, container, Wanted::kRunning, std::move(act));
  if (started.ok()) {
    pauses_.erase(id);
    notes_.set_running(id, 0);
    checks_.begin(id, container);
  } else if (is_temporary(started.error())) {
    tasks_.spawn("reconcile", reconcile());
  } else if (is_auto_removed(container)) {
    tasks_.spawn("container-removal", delete_after_failed_start(id));
  }
  co_return started;
}

awaitable<void> Keeper::delete_after_failed_start(std::string id) {
  auto removed = co_await io::to_its_end(engine_.remove(id, true));
  if (!removed.ok()) log_warning("container-not-removed", {{"id", id}, {"why", removed.error().text()}});
  waits_.on_removed(id);
  forget(id);
}

awaitable<Result<void>> Keeper::thaw(json container) {
  if (phase_of(container) != Phase::kPaused) co_return Result<void>();
  const std::string id = text_of(container, "Id");
  auto thawed = co_await engine_.unpause(id);
  // Gone or thawed meanwhile: whoever asked will see.
  constexpr std::array kNotPaused{Code::kNotFound, Code::kAlreadyExists, Code::kUnknown};
  if (thawed.ok() || std::ranges::find(kNotPaused, thawed.error().code) != kNotPaused.end()) co_return Result<void>();
  co_return make_error(thawed.error().code, "cannot thaw container " + id, thawed.error().text());
}

// It is noted before the engine acts: a daemon that dies in between must not start the container again.
// Of the end that the engine's answer implies: others are told of it before they are told of what follows. Not for
// long.
awaitable<void> Keeper::wait_for_news(std::shared_ptr<ExitWaits::Ticket> ended) {
  io::Timer limit(loop_);
  limit.expires_after(patience_.for_news);
  limit.async_wait([ended](const boost::system::error_code& error) {
    if (!error) ended->finish();
  });
  co_await ended->wait();
}

awaitable<Result<void>> Keeper::stop(json container, Act act) {
  const std::string id = text_of(container, "Id");
  const bool was_stopped = notes_.of(id).is_stopped_by_user;
  if (is_running(container) || may_come_back(id)) notes_.set_stopped_by_user(id, true);
  const Coming coming = co_await call_off_for_good(id);
  SKEIN_CO_TRY(co_await thaw(container));
  const auto ended = is_running(container) ? waits_.join(id, ExitWaits::Until::kExit) : nullptr;
  auto stopped = co_await act();
  if (!stopped.ok()) {
    notes_.set_stopped_by_user(id, was_stopped);
    co_return stopped;
  }
  if (ended) co_await wait_for_news(ended);
  if (coming && coming->after) waits_.on_exit(id, coming->after->exit_code);
  // With a restart policy only a stop tells that it will not come back.
  if (!busy_.contains(id)) end_networks(id);
  co_return stopped;
}

awaitable<Result<void>> Keeper::kill(json container, std::string signal, Act act) {
  const std::string id = text_of(container, "Id");
  const bool was_stopped = notes_.of(id).is_stopped_by_user;
  SKEIN_CO_TRY(co_await thaw(container));
  const bool is_ending = is_ending_signal(signal, text_of(at(container, "Config"), "StopSignal"));
  if (is_running(container) && is_ending) notes_.set_stopped_by_user(id, true);
  if (restarting_after(id)) {
    if (!is_ending) co_return Result<void>();  // there is nobody to hear it
    const Coming coming = co_await call_off_for_good(id);
    if (!coming->was_started) {
      waits_.on_exit(id, coming->after->exit_code);
      end_networks(id);
      co_return Result<void>();
    }
  }
  auto killed = co_await act();
  if (!killed.ok()) notes_.set_stopped_by_user(id, was_stopped);
  co_return killed;
}

awaitable<Result<void>> Keeper::restart(json container, Act act) {
  const std::string id = text_of(container, "Id");
  Busy busy(*this, id);
  call_off(id);
  auto turn = co_await turn_of(id);
  SKEIN_CO_TRY(co_await thaw(container));
  Act begin = [this, id, act = std::move(act)]() -> awaitable<Result<void>> {
    auto restarted = co_await act();
    if (!restarted.ok()) exited_while_busy_[id] = {id, std::nullopt};  // it may be stopped already
    co_return restarted;
  };
  // What runs is led as if it had ended: its endpoints are there, and the engine ends it and starts it again.
  if (is_running(container)) {
    SKEIN_CO_TRY(co_await lead(id, container, Wanted::kThere, nullptr));
    SKEIN_CO_TRY(co_await begin());
  } else {
    SKEIN_CO_TRY(co_await lead(id, container, Wanted::kRunning, std::move(begin)));
  }
  pauses_.erase(id);
  notes_.set_running(id, 0);
  checks_.begin(id, container);
  co_return Result<void>();
}

Result<void> Keeper::set_policy(const json& container, RestartPolicy policy) {
  if (is_restarted_by_engine(container))
    return make_error(Code::kUnimplemented, "the restart policy of a container of an earlier version cannot be changed",
                      "", "make the container anew");
  const std::string id = text_of(container, "Id");
  LifeNote note = notes_.of(id);
  note.policy = std::move(policy);
  notes_.put(id, note);
  return {};
}

awaitable<Result<void>> Keeper::rename(ContainerIdentity identity, std::string name, Act act) {
  old_names_[identity.id] = identity.name;
  auto renamed = co_await act();
  if (renamed.ok())
    networks_.rename(identity.id, name);
  else
    old_names_.erase(identity.id);
  co_return renamed;
}

awaitable<Result<void>> Keeper::remove(std::string id, Act act) {
  auto removed = co_await act();
  if (!removed.ok()) co_return removed;
  waits_.on_removed(id);
  forget(id);
  co_return removed;
}

}  // namespace skein::containers
