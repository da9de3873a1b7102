// The manager of a simulated swarm, in virtual time: the real store, desk, control passes, heartbeats and assignments,
// without connections. One object is one life of the daemon; what it stored goes on to the next. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "manager/assignments.h"
#include "manager/control_agenda.h"
#include "manager/liveness.h"
#include "manager/network_book.h"
#include "manager/service_desk.h"
#include "store/memory_journal.h"

namespace skein::node {

namespace api = model::api;

struct SimClock final : Clock {
  TimePoint time{0};
  TimePoint now() const override { return time; }
  WallTime wall() const override { return WallTime{1'800'000'000'000'000'000 + time.ns}; }
};

class SimManager {
 public:
  SimManager(std::shared_ptr<store::MemoryJournal::Contents> disk, SimClock& clock, Random& random)
      : clock_(clock),
        random_(random),
        store_(loop_.get_executor(), std::make_unique<store::MemoryJournal>(std::move(disk)), clock),
        desk_(store_, random) {
    SKEIN_ASSERT(store_.open().ok());
    watch_ = store_.watch([this](const store::Changes& changes) {
      agenda_.take(changes);
      for (const auto& change : changes)
        for (const auto& node : manager::nodes_assigned_by(change))
          if (auto found = sessions_.find(node); found != sessions_.end()) found->second.sequence.note(change.id);
    });
    agenda_.begin(store_.view());
    for (const auto& [id, node] : store_.view().all<api::Node>()) liveness_.expect(id, clock.now());
  }

  const store::Tables& view() const { return store_.view(); }

  // ---- users
  template <class T>
  Result<T> ask(boost::asio::awaitable<Result<T>> work) {
    std::optional<Result<T>> out;
    auto run = [&]() -> boost::asio::awaitable<void> { out = co_await std::move(work); };
    boost::asio::co_spawn(loop_, run(), boost::asio::detached);
    loop_.restart();
    loop_.poll();
    SKEIN_ASSERT(out);
    return std::move(*out);
  }
  manager::ServiceDesk& desk() { return desk_; }
  void change(const std::function<void(store::Transaction&)>& decide) {
    auto done = ask(store_.update([&](store::Transaction& tx) -> Result<void> {
      decide(tx);
      return {};
    }));
    SKEIN_ASSERT(done.ok());
  }
  void create_network(api::Network network) {
    change([&](store::Transaction& tx) { tx.create(*manager::with_subnets(network, tx.view())); });
  }

  // ---- nodes
  // The node's connection is up; as often as it is looked at. True when it has just been opened.
  bool hear(const std::string& node) {
    auto found = sessions_.find(node);
    const bool is_new = found == sessions_.end() || !liveness_.check(node, found->second.id).ok();
    if (is_new) {
      auto id = liveness_.enter(node, "", random_, clock_.now());
      if (!id.ok()) return false;
      sessions_.insert_or_assign(node, Session{*id, clock_.now(), manager::AssignmentSequence(node)});
      set_state(node, api::NodeStatus::READY);
      return true;
    }
    Session& session = found->second;
    if (clock_.now() < session.next_beat) return false;
    auto period = liveness_.beat(node, session.id, random_, clock_.now());
    SKEIN_ASSERT(period.ok());
    session.next_beat = clock_.now() + *period;
    return false;
  }
  // The connection broke: what it was told begins anew.
  void lose(const std::string& node) { sessions_.erase(node); }
  std::optional<api::AssignmentsMessage> tell(const std::string& node) {
    auto found = sessions_.find(node);
    return found == sessions_.end() ? std::nullopt : found->second.sequence.next(view());
  }
  // As the dispatcher does: states only move forward.
  void report(const std::string& node, const std::string& id, const api::TaskStatus& status) {
    auto task = view().get<api::Task>(id);
    if (!task || task->node_id() != node || status.state() <= task->status().state()) return;
    change([&](store::Transaction& tx) {
      api::Task changed = *task;
      *changed.mutable_status() = status;
      tx.update(std::move(changed));
    });
  }

  void step() {
    for (const auto& node : liveness_.expire(clock_.now())) {
      sessions_.erase(node);
      set_state(node, api::NodeStatus::DOWN);
    }
    agenda_.wake(clock_.wall());
    while (!agenda_.is_empty()) {
      manager::ControlWork work = agenda_.next();
      manager::ControlOutcome outcome;
      change([&](store::Transaction& tx) { outcome = manager::run_control_pass(tx, random_, work); });
      agenda_.passed(work, std::move(outcome));
    }
  }

 private:
  struct Session {
    std::string id;
    TimePoint next_beat;
    manager::AssignmentSequence sequence;
  };
  void set_state(const std::string& id, api::NodeStatus::State state) {
    auto node = view().get<api::Node>(id);
    if (node->status().state() == state) return;
    change([&](store::Transaction& tx) {
      api::Node changed = *node;
      changed.mutable_status()->set_state(state);
      tx.update(std::move(changed));
    });
  }

  SimClock& clock_;
  Random& random_;
  boost::asio::io_context loop_;
  store::Store store_;
  manager::ServiceDesk desk_;
  manager::ControlAgenda agenda_;
  manager::Liveness liveness_{std::chrono::seconds(5)};
  std::map<std::string, Session> sessions_;
  store::Store::Watch watch_;
};

}  // namespace skein::node
