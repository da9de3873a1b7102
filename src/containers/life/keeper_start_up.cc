// What runs and what is attached are brought in agreement: when the daemon starts, and after the engine was away.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "containers/facts/container_json.h"
#include "containers/life/keeper.h"
#include "containers/life/revival.h"
#include "io/loop/timer.h"

namespace skein::containers {

namespace asio = boost::asio;
using asio::awaitable;
using engine::at;
using engine::text_of;
using nlohmann::json;

awaitable<Result<void>> Keeper::start_up() {
  if (auto loaded = notes_.load(); !loaded.ok()) log_error("life-notes-lost", {{"why", loaded.error().text()}});
  auto listed = co_await engine_.list({});
  if (!listed.ok()) co_return listed.error();
  std::set<std::string> keys, ids;
  for (const auto& entry : *listed) {
    const std::string id = text_of(entry, "Id");
    ids.insert(id);
    const Known* known = learn(id, at(entry, "Labels"));
    if (known) keys.insert(known->house.record.key);
    // Renamed by the daemon before, which had no time left to tell.
    if (std::string name = first_name_of(entry); known && !known->is_task && !name.empty()) networks_.rename(id, name);
    if (at(entry, "State") == "running") checks_.begin(id);
  }
  notes_.keep_only(ids);
  housing_.keep_only(keys);
  for (const auto& id : ended_containers(networks_.attached_containers(), *listed)) networks_.detach(id);
  tasks_.spawn("revival", revive_all(std::move(*listed)));
  co_return Result<void>();
}

// The end of a container was told, but the engine could not be asked about it: it is asked again until it answers.
awaitable<void> Keeper::reconcile() {
  if (std::exchange(is_reconciling_, true)) co_return;
  for (Duration pause = patience_.between_tries_min;; pause = std::min(pause * 2, patience_.between_tries_max)) {
    io::Timer timer(loop_, pause);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    is_reconciling_ = false;  // what ends from here on may be missing in the list
    auto listed = co_await engine_.list({});
    if (listed.ok()) {
      for (const auto& id : ended_containers(networks_.attached_containers(), *listed))
        if (auto found = known_.find(id); found != known_.end() && !found->second.is_task && !busy_.contains(id))
          end_networks(id);
      co_return;
    }
    if (std::exchange(is_reconciling_, true)) co_return;
  }
}

}  // namespace skein::containers
