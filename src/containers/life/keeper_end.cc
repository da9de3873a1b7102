// How containers end: what follows from it, and who waits for it.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "containers/facts/task_labels.h"
#include "containers/life/keeper.h"
#include "io/loop/timer.h"

namespace skein::containers {

using boost::asio::awaitable;
using engine::text_of;
using nlohmann::json;

namespace {

// How long an exit code may be on its way: 10 s in all.
constexpr int kEndingLooksMax = 200;
constexpr std::chrono::milliseconds kEndingPause{50};

// Is in the set as long as this lives.
struct Member {
  Member(std::set<std::string>& of, const std::string& who) : set(of), id(who) { set.insert(id); }
  ~Member() { set.erase(id); }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
  std::set<std::string>& set;
  std::string id;
};

}  // namespace

// The engine would remove it, too, by a process of its own that is slower than all the rest of a short run.
awaitable<bool> Keeper::remove_ended(std::string id) {
  auto removed = co_await engine_.remove(id, true);
  if (!removed.ok()) co_return false;
  waits_.on_removed(id);
  forget(id);
  co_return true;
}

// None when it is gone: then forget() has seen to it.
awaitable<std::optional<json>> Keeper::look_until_answered(std::string id) {
  for (Duration pause = patience_.between_tries_min;; pause = std::min(pause * 2, patience_.between_tries_max)) {
    auto container = co_await engine_.inspect(id);
    if (container.ok()) co_return std::move(*container);
    if (container.error().code == Code::kNotFound) co_return std::nullopt;
    io::Timer timer(loop_, pause);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

awaitable<void> Keeper::after_exit(SeenExit exit) {
  const std::string id = exit.id;
  if (auto found = known_.find(id); found != known_.end() && found->second.is_task) co_return;
  if (auto_removed_.contains(id)) {
    const bool is_gone = co_await remove_ended(id);
    if (is_gone) co_return;
  }
  std::optional<Member> deciding(std::in_place, deciding_, id);
  for (bool has_waited : {false, true}) {
    const auto container = co_await look_until_answered(id);
    if (!container || labels_of(*container).contains(kTaskIdLabel)) co_return;
    // It may have been started again while the news travelled.
    if (is_running(*container) || busy_.contains(id)) co_return;
    if (auto coming = coming_.find(id); coming != coming_.end() && coming->second->is_to_start) co_return;
    call_off(id);
    checks_.end(id);  // begun after the end, if that came before the start was answered
    if (exit.end && restart_by_policy(*container, *exit.end)) co_return;
    if (has_waited || !is_restarted_by_engine(*container) || notes_.of(id).is_stopped_by_user) break;
    deciding.reset();
    io::Timer timer(loop_, patience_.for_come_back);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  end_networks(id);
}

// After a pause. Its endpoints wait for it, unless that is long.
bool Keeper::restart_by_policy(const json& container, const RunEnd& end) {
  const std::string id = text_of(container, "Id");
  LifeNote note = notes_.of(id);
  Remains remains = remains_of(container, note);
  remains.exit_code = end.exit_code;
  if (is_restarted_by_engine(container) || !is_restarted(remains)) return false;
  Duration& pause = pauses_[id];
  pause = patience_.between_runs.next(pause, run_time(container, end.at));
  ++note.restarts;
  notes_.put(id, note);
  if (pause > patience_.for_come_back) end_networks(id);
  Coming coming = new_comeback();
  coming->after = end;
  coming->pause.expires_after(pause);
  bring_back(id, coming);
  return true;
}

// Of one that does not run: nothing has to wait for its endpoints to go.
void Keeper::end_networks(const std::string& id) {
  auto found = known_.find(id);
  if (found == known_.end() || found->second.is_task) return;
  const LifeSight sight{.wanted = Wanted::kThere,
                        .body = engine::Life::kEnded,
                        .needs_house = true,
                        .is_housed = true,
                        .is_attached = networks_.is_attached(id)};
  if (next_step(sight) == LifeStep::kDetach) networks_.detach(id);
}

awaitable<std::shared_ptr<ExitWaits::Ticket>> Keeper::join(std::string id, WaitFor condition) {
  auto ticket = waits_.join(id, condition == WaitFor::kRemoval ? ExitWaits::Until::kRemoval : ExitWaits::Until::kExit);
  // Looked at only now that no exit can be missed any more.
  if (condition != WaitFor::kNextExit) co_await settle(id, ticket, condition == WaitFor::kNotRunning);
  co_return ticket;
}

// Tells the ticket of an exit or a removal that lies before it.
awaitable<void> Keeper::settle(std::string id, std::shared_ptr<ExitWaits::Ticket> ticket, bool ends_with_exit) {
  for (int looks = 0; looks < kEndingLooksMax; ++looks) {
    auto container = co_await engine_.inspect(id);
    if (!container.ok()) {
      if (container.error().code == Code::kNotFound) ticket->finish();
      co_return;
    }
    auto life = engine::life_of(*container);
    if (life == engine::Life::kRunning || restarting_after(id)) co_return;
    const bool is_lost = notes_.of(id).lost_at.has_value();
    if (is_lost || life != engine::Life::kEnding) {
      ticket->set_past_code(is_lost ? engine::kExitCodeUnknown : engine::exit_code_of(*container));
      if (ends_with_exit) ticket->finish();
      co_return;
    }
    io::Timer pause(loop_, kEndingPause);
    co_await pause.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  // Nobody has noticed yet how it ended.
  if (ends_with_exit) ticket->finish();
}

}  // namespace skein::containers
