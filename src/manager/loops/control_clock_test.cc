// Delays are told by stamps in the store; somebody may set the manager's wall clock in between.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "io/loop/loop.h"
#include "io/loop/virtual_loop.h"
#include "manager/loops/control_loops.h"
#include "store/memory_journal.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;
namespace api = store::api;
using namespace std::chrono_literals;

class ControlClock : public testing::Test {
 protected:
  ControlClock() {
    change([](store::Transaction& tx) {
      api::Node node;
      node.set_id("node");
      node.mutable_status()->set_state(api::NodeStatus::READY);
      tx.create(node);
      api::Service service;
      service.set_id("web");
      service.mutable_spec()->mutable_replicated()->set_replicas(1);
      service.mutable_spec()->mutable_task()->mutable_container()->set_image("web");
      tx.create(service);
    });
    start();
  }
  ~ControlClock() override { stop(); }

  void start() {
    tasks_.emplace(loop_.context().get_executor());
    loops_.emplace(*tasks_, *store_, random_);
    loops_->start();
    loop_.run_ready();
  }
  void stop() {
    run(tasks_->close());
    loops_.reset();
    tasks_.reset();
  }
  // With what is on disk.
  void restart() {
    stop();
    store_ = open();
    run([&]() -> asio::awaitable<void> { EXPECT_TRUE((co_await store_->open()).ok()); }());
    start();
  }
  void run(asio::awaitable<void> work) {
    asio::co_spawn(loop_.context(), std::move(work), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    loop_.run_ready();
  }
  void change(const std::function<void(store::Transaction&)>& decide) {
    run([](store::Store& store, const auto& decide) -> asio::awaitable<void> {
      auto done = co_await store.update([&](store::Transaction& tx) { return decide(tx), Result<void>(); });
      EXPECT_TRUE(done.ok());
    }(*store_, decide));
  }
  void fail(const std::string& task_id) {
    change([&](store::Transaction& tx) {
      api::Task task = *tx.view().get<api::Task>(task_id);
      task.mutable_status()->set_state(api::FAILED_);
      tx.update(task);
    });
  }
  void set_wall_ahead(Duration by) { loop_.set_wall_ahead(loop_.context(), by); }
  // The task that is to run now; empty while a delay is waited for.
  std::string started() const {
    for (const auto& task : store_->view().tasks_of_service("web"))
      if (task->desired_state() == api::RUNNING) return task->id();
    return "";
  }
  std::unique_ptr<store::Store> open() {
    return std::make_unique<store::Store>(loop_.context().get_executor(),
                                          std::make_unique<store::MemoryJournal>(contents_),
                                          io::loop_of(loop_.context()));
  }

  io::VirtualLoop loop_;
  SeededRandom random_{7};
  std::shared_ptr<store::MemoryJournal::Contents> contents_ = std::make_shared<store::MemoryJournal::Contents>();
  std::unique_ptr<store::Store> store_ = open();
  std::optional<io::TaskScope> tasks_;
  std::optional<ControlLoops> loops_;
};

// Docker's delay of 5 s, since the spec says none.
TEST_F(ControlClock, a_clock_that_is_set_back_does_not_hold_back_a_restart) {
  fail(started());
  loop_.run_for(1s);
  set_wall_ahead(-24h);
  EXPECT_EQ(started(), "");
  loop_.run_for(5s);
  EXPECT_NE(started(), "");
}

TEST_F(ControlClock, a_manager_that_finds_its_clock_behind_the_store_restarts_all_the_same) {
  fail(started());
  set_wall_ahead(-24h);
  restart();
  EXPECT_EQ(started(), "");
  loop_.run_for(6s);
  const std::string second = started();
  ASSERT_NE(second, "");
  fail(second);
  loop_.run_for(6s);
  EXPECT_NE(started(), "");
  EXPECT_NE(started(), second);
}

}  // namespace
}  // namespace skein::manager
