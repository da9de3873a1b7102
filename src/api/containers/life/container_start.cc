// A container's starts and ends, and its endpoints with them: start, stop, restart, exit.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "agent/container/task_labels.h"
#include "api/containers/life/container_busy.h"
#include "api/containers/life/revival.h"
#include "api/containers/show/container_json.h"
#include "api/replies/passing.h"
#include "api/requests/query_numbers.h"
#include "base/log.h"
#include "io/loop/timer.h"
#include "io/loop/to_its_end.h"

namespace skein::api {

using boost::asio::awaitable;
using engine::text_of;
using io::http::Response;
using nlohmann::json;

awaitable<Response> Containers::start(Request& request) {
  std::string name = request.param("id");
  auto container = co_await engine_.inspect(name);
  if (!container.ok()) {
    auto failed = failed_starts_.find(name);
    co_return failed ? *failed : Response::of_error(container.error());
  }
  std::string id = text_of(*container, "Id");
  if (auto refused = refusal(Verb::kStart, phase_of(*container), {id, name})) co_return *refused;
  Busy busy(*this, id);
  reviving_.erase(id);  // from here on it is the user's start
  auto turn = co_await turn_of(id);
  Response response;
  if (auto attached = co_await attach_networks(*container); !attached.ok()) {
    response = Response::of_error(attached.error());
  } else {
    Passing passing;
    passing.subject.container = name;
    passing.subject.command = text_of(*container, "Path");
    response = co_await pass_whole(engine_, to_engine(request), passing);
    if (response.status < 400) {
      notes_.put(id, {});
      checks_.begin(id, *container);
      co_return response;
    }
    networks_.detach(id);
    // Gone between the inspection and the start: its attachment had failed.
    if (auto failed = failed_starts_.find(id); response.status == 404 && failed) response = *failed;
  }
  if (is_auto_removed(*container)) tasks_.spawn("container-removal", delete_after_failed_start(id));
  co_return response;
}

awaitable<void> Containers::delete_after_failed_start(std::string id) {
  auto removed = co_await io::to_its_end(engine_.remove(id, true));
  if (!removed.ok()) log_warning("container_remove_failed", {{"id", id}, {"because", removed.error().text()}});
  waits_.on_removed(id);
  forget(id);
}

// It is noted before the engine acts: a daemon that dies in between must not start the container again.
awaitable<Response> Containers::stop(Request& request) {
  if (auto limited = translate_stop_limit(request.query); !limited.ok()) co_return Response::of_error(limited.error());
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  const std::string id = text_of(*container, "Id");
  if (!reviving_.contains(id))
    if (auto refused = refusal(Verb::kStop, phase_of(*container), {id, request.param("id")})) co_return *refused;
  const bool was_stopped = notes_.of(id).is_stopped_by_user;
  const bool was_coming = reviving_.erase(id) > 0;
  if (is_running(*container) || was_coming) notes_.set_stopped_by_user(id, true);
  if (auto thawed = co_await thaw(*container); !thawed.ok()) co_return Response::of_error(thawed.error());
  Passing passing;
  passing.subject.container = request.param("id");
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  if (response.status >= 400) notes_.set_stopped_by_user(id, was_stopped);
  auto found = known_.find(id);
  // With a restart policy only a stop tells that it will not come back.
  if (response.status == 204 && found != known_.end() && !found->second.is_task && !busy_.contains(id))
    networks_.detach(id);
  co_return response;
}

awaitable<Response> Containers::kill(Request& request) {
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  const std::string id = text_of(*container, "Id");
  const bool was_stopped = notes_.of(id).is_stopped_by_user;
  if (auto refused = refusal(Verb::kKill, phase_of(*container), {id, request.param("id")})) co_return *refused;
  if (request.query.get("signal").empty()) request.query.set("signal", "SIGKILL");
  if (auto thawed = co_await thaw(*container); !thawed.ok()) co_return Response::of_error(thawed.error());
  const std::string stop_signal = text_of(engine::at(*container, "Config"), "StopSignal");
  if (is_running(*container) && is_ending_signal(request.query.get("signal"), stop_signal))
    notes_.set_stopped_by_user(id, true);
  Passing passing;
  passing.subject.container = request.param("id");
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  if (response.status >= 400) notes_.set_stopped_by_user(id, was_stopped);
  co_return response;
}

awaitable<Response> Containers::restart(Request& request) {
  if (auto limited = translate_stop_limit(request.query); !limited.ok()) co_return Response::of_error(limited.error());
  auto container = co_await engine_.inspect(request.param("id"));
  if (!container.ok()) co_return Response::of_error(container.error());
  // The engine's default is to kill at once.
  const json& limit_s = engine::at(engine::at(*container, "Config"), "StopTimeout");
  if (!request.query.has("t"))
    request.query.set("t", limit_s.is_number_integer() ? limit_s.dump() : std::to_string(kStopTimeoutDefault_s));
  std::string id = text_of(*container, "Id");
  Busy busy(*this, id);
  reviving_.erase(id);
  auto turn = co_await turn_of(id);
  auto attached = co_await attach_networks(*container);
  if (!attached.ok()) co_return Response::of_error(attached.error());
  if (auto thawed = co_await thaw(*container); !thawed.ok()) co_return Response::of_error(thawed.error());
  Passing passing;
  passing.subject.container = request.param("id");
  auto response = co_await pass_whole(engine_, to_engine(request), passing);
  if (response.status < 400) {
    notes_.put(id, {});
    checks_.begin(id, *container);
  } else {
    exited_while_busy_.insert(id);  // it may be stopped already
  }
  co_return response;
}

// The engine would remove it, too, by a process of its own that is slower than all the rest of a short run.
awaitable<bool> Containers::remove_ended(std::string id) {
  auto removed = co_await engine_.remove(id, true);
  if (!removed.ok()) co_return false;
  waits_.on_removed(id);
  forget(id);
  co_return true;
}

// With a restart policy it is given some time to come back.
awaitable<void> Containers::after_exit(std::string id) {
  if (auto found = known_.find(id); found != known_.end() && found->second.is_task) co_return;
  if (auto_removed_.contains(id)) {
    const bool is_gone = co_await remove_ended(id);
    if (is_gone) co_return;
  }
  for (bool has_waited : {false, true}) {
    auto container = co_await engine_.inspect(id);
    if (!container.ok()) {
      if (container.error().code != Code::kNotFound)  // else forget() has seen to it
        tasks_.spawn("reconcile", reconcile());
      co_return;
    }
    if (labels_of(*container).contains(agent::kTaskIdLabel)) co_return;
    // It may have been started again while the news travelled.
    if (is_running(*container) || busy_.contains(id)) co_return;
    checks_.end(id);  // begun after the end, if that came before the start was answered
    if (has_waited || !identity_of(*container).restarts || notes_.of(id).is_stopped_by_user) break;
    io::Timer timer(loop_, options_.patience.for_come_back);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  networks_.detach(id);
}

}  // namespace skein::api
