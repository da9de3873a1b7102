// The routes of a swarm's objects, against a manager in memory. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/replies/typed_forms_for_test.h"
#include "api/swarm/swarm_routes.h"
#include "manager/manager.h"
#include "store/memory_journal.h"

namespace skein::api {

namespace asio = boost::asio;
using io::http::Request;
using io::http::Response;
using nlohmann::json;

// A host that is the manager of a swarm, or a worker when there is no manager.
class Host final : public SwarmControl {
 public:
  asio::awaitable<Result<std::string>> init(InitRequest) override { co_return make_error(Code::kInternal, ""); }
  asio::awaitable<Result<void>> join(JoinRequest) override { co_return make_error(Code::kInternal, ""); }
  asio::awaitable<Result<void>> leave(bool) override { co_return make_error(Code::kInternal, ""); }
  bool is_locked() override { return unlock_key.has_value(); }
  asio::awaitable<Result<void>> unlock(std::string key) override {
    if (key != unlock_key) co_return make_error(Code::kUnauthenticated, "wrong");
    unlock_key.reset();
    co_return Result<void>();
  }
  void unlock_key_shown(const std::string& key) override { shown_key = key; }
  std::optional<Error> trouble() override { return std::nullopt; }
  manager::Manager* manager() override { return manager_of_swarm.get(); }
  agent::Agent* agent() override { return nullptr; }
  overlay::LocalNetworks& local_networks() override { return *local; }
  overlay::NetworkManager& networks() override { SKEIN_ASSERT(false); }

  std::optional<std::string> unlock_key;  // while it is locked
  std::string shown_key;
  std::unique_ptr<overlay::LocalNetworks> local;
  std::unique_ptr<manager::Manager> manager_of_swarm;
};

class SwarmRoutes : public testing::Test {
 protected:
  SwarmRoutes() {
    local_store_ = make_store();
    store_ = make_store();
    host_.local = *wait(overlay::LocalNetworks::open(*local_store_, random_, {}));
    manager::InitOptions options;
    options.advertise = {"127.0.0.1", 0};
    auto first = *manager::make_first_objects(options, system_clock().wall(), random_);
    rpc::TlsIdentity identity{first.cluster.root_ca().ca_cert(), first.certificate_pem, first.key_pem};
    EXPECT_TRUE(wait(manager::Manager::initialise(*store_, first)).ok());
    auto tls = *rpc::TlsConfig::create(identity);
    host_.manager_of_swarm = *manager::Manager::start(io_.get_executor(), rpc::tcp_transport(), *store_, tls,
                                                      *IpAddress::parse("127.0.0.1"), 0, system_clock(), random_);
    add_swarm_routes(router_, host_);
  }

  ~SwarmRoutes() override { stop_manager(); }

  void stop_manager() {
    auto close = [](manager::Manager& manager) -> asio::awaitable<bool> {
      co_await manager.close();
      co_return true;
    };
    if (host_.manager_of_swarm) wait(close(*host_.manager_of_swarm));
    host_.manager_of_swarm.reset();
  }

  std::unique_ptr<store::Store> make_store() {
    auto journal = std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>());
    auto out = std::make_unique<store::Store>(io_.get_executor(), std::move(journal), system_clock());
    return out;
  }

  // The manager's timers never end, so only until the work is done.
  template <class T>
  T wait(asio::awaitable<T> work) {
    std::optional<T> out;
    auto run = [&]() -> asio::awaitable<void> { out = co_await std::move(work); };
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    while (!out) io_.run_one();
    return std::move(*out);
  }

  struct Answer {
    int status;
    json body;
  };
  Answer ask(const std::string& method, const std::string& target, const json& body = nullptr,
             const std::string& auth = "") {
    Request request;
    request.method = method;
    request.version = {1, 55};
    size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = io::http::Query::parse(target.substr(question + 1));
    if (!body.is_null()) {
      request.body = body.dump();
      request.headers.set("Content-Type", "application/json");
    }
    if (!auth.empty()) request.headers.set("X-Registry-Auth", auth);
    Response response = wait(router_.answer(request));
    json shown = json::parse(response.body, nullptr, false);
    EXPECT_EQ(TypedForms::malformed(shown), std::vector<std::string>()) << method << " " << target;
    return {response.status, std::move(shown)};
  }
  std::string message(const Answer& answer) { return answer.body.is_object() ? answer.body.value("message", "") : ""; }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> stays_ =
      asio::make_work_guard(io_);  // without a manager, too
  SeededRandom random_{3};
  std::unique_ptr<store::Store> local_store_, store_;
  Host host_;
  io::http::Router router_;
};

}  // namespace skein::api
