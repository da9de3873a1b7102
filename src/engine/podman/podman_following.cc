// PodmanEngine: what it learns from Podman's events, and whom it tells.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdlib>

#include "base/log.h"
#include "engine/podman/events/events.h"
#include "engine/podman/podman_engine.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

namespace asio = boost::asio;
using asio::awaitable;

awaitable<void> PodmanEngine::follow_events() {
  while (true) {
    bool is_quiet_end = co_await follow_once(WallTime{last_event_ns_});
    list_.set_is_told(false);
    inspections_.set_is_told(false);
    images_.set_is_told(false);
    if (!is_quiet_end) log_debug("engine-events-lost");
    pause_.expires_after(std::chrono::milliseconds(200));
    co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

awaitable<bool> PodmanEngine::follow_once(WallTime since) {
  io::http::ClientRequest question;
  question.target = "/events?since=" + io::http::percent_encode(since.rfc3339());
  auto stream = co_await open(std::move(question));
  if (!stream.ok() || (*stream)->head.status != 200) co_return false;
  list_.set_is_told(true);
  inspections_.set_is_told(true);
  images_.set_is_told(true);
  LineSplitter lines;
  while (true) {
    auto piece = co_await (*stream)->read_some();
    if (!piece.ok()) co_return false;
    if (piece->empty()) co_return true;
    lines.add(*piece);
    while (auto line = lines.next()) {
      const auto change = containers_changed_by_event(*line);  // before anybody is told of it
      if (event_changes_list(*line)) list_.note(change);
      spoil_kept(change);
      if (event_changes_images(*line)) images_.spoil();
      if (auto event = docker_event(*line)) tell(*event);
    }
  }
}

void PodmanEngine::tell_exit(const ContainerExit& exit) {
  for (const Observer& observer : observers_)
    if (observer.on_container_exit) observer.on_container_exit(exit);
}

void PodmanEngine::tell(const nlohmann::json& event) {
  if (event.contains("timeNano") && event["timeNano"].is_number_integer())
    last_event_ns_ = std::max(last_event_ns_, event["timeNano"].get<int64_t>());
  std::string id;
  const auto& actor = event["Actor"];
  if (event["Type"] == "container" && actor.contains("ID") && actor["ID"].is_string()) id = actor["ID"];
  if (!id.empty() && event["Action"] == "die") {
    ContainerExit exit{.id = id, .is_repeated = ended_.erase(id) > 0};
    if (!exit.is_repeated) logs_.on_container_exit(id);
    exit.exit_code = std::atoi(text_of(at(actor, "Attributes"), "exitCode").c_str());
    tell_exit(exit);
  }
  if (event["Action"] == "destroy") {
    ended_.erase(id);
    logs_.on_container_removed(id);
    execs_.on_container_removed(id);
  }
  for (const Observer& observer : observers_) {
    if (!id.empty() && event["Action"] == "start" && observer.on_container_start) observer.on_container_start(id);
    if (!id.empty() && event["Action"] == "destroy" && observer.on_container_removed) observer.on_container_removed(id);
  }
  life_events_.take(event);
}

void PodmanEngine::tell_event(const nlohmann::json& event) {
  for (const Observer& observer : observers_)
    if (observer.on_event) observer.on_event(event);
}

}  // namespace skein::engine
