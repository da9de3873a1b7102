// `docker service logs` from the containers' engines over the nodes' sessions to the client, through what breaks.
#include <nlohmann/json.hpp>

#include "agent/logs/log_engine_for_test.h"
#include "agent/logs/log_publisher.h"
#include "api/logs/log_stream.h"
#include "io/rpc/loopback_for_test.h"
#include "manager/logs/log_broker.h"
#include "store/memory_journal.h"

namespace skein::api {
namespace {

namespace wire = manager::api;
using rpc::awaitable;

class Terminal final : public io::http::BodySink {
 public:
  awaitable<Result<void>> write(std::string_view bytes) override {
    text += bytes;
    co_return Result<void>();
  }
  std::string text;
};

class ServiceLogsTest : public rpc::Loopback {
 protected:
  // One that runs tasks: with a certificate, a session's connection, and an engine.
  struct Host {
    Host(ServiceLogsTest& test_in, const std::string& id)
        : test(test_in),
          engine(test.io),
          tasks(test.io.get_executor()),
          publisher(tasks, engine, id),
          tls(rpc::tls_of(test.ca.issue({.common_name = id, .organizational_unit = "swarm-worker"}))) {}
    ~Host() {
      publisher.use(nullptr);
      bool is_closed = false;
      boost::asio::co_spawn(test.io, tasks.close(), [&](const std::exception_ptr&) { is_closed = true; });
      EXPECT_TRUE(test.run_until([&] { return is_closed; }));
    }
    ServiceLogsTest& test;
    agent::LogEngineForTest engine;
    io::TaskScope tasks;
    agent::LogPublisher publisher;
    std::shared_ptr<rpc::TlsConfig> tls;
    std::shared_ptr<rpc::Channel> channel;
  };

  void register_methods() override { broker->register_with(*server); }
  void SetUp() override {
    broker = std::make_unique<manager::LogBroker>(io.get_executor(), store, random);
    change([](store::Transaction& tx) {
      store::api::Cluster cluster;
      cluster.set_id("cluster1");
      tx.create(cluster);
    });
    serve();
  }
  void TearDown() override {
    hosts.clear();
    server.reset();
    broker.reset();
    io.restart();
    io.poll();
  }

  void change(std::function<void(store::Transaction&)> decide) {
    auto done = run(store.update([&](store::Transaction& tx) -> Result<void> {
      decide(tx);
      return {};
    }));
    ASSERT_TRUE(done.ok());
  }
  void add_task(const std::string& id, const std::string& node) {
    change([&](store::Transaction& tx) {
      store::api::Task task;
      task.set_id(id);
      task.set_service_id("web");
      task.set_node_id(node);
      task.mutable_status()->set_state(store::api::RUNNING);
      tx.create(task);
    });
  }
  Host& host(const std::string& id) {
    auto& found = hosts[id];
    if (!found) found = std::make_unique<Host>(*this, id);
    return *found;
  }
  void connect(const std::string& id) {
    Host& it = host(id);
    it.channel = *try_connect(rpc::ClientTls::verified(it.tls, "swarm-manager"));
    it.publisher.use(it.channel);
  }
  bool all_listen() {
    return run_until([&] { return server->running_calls() == hosts.size(); });
  }
  void logs(const std::string& query) {
    LogSource source;
    source.selector.add_service_ids("web");
    source.has_terminal = true;  // no frames: easier to read
    auto response = stream_logs(*broker, source, *parse_log_query(io::http::Query::parse(query)), {1, 41});
    ASSERT_TRUE(response.stream);
    boost::asio::co_spawn(
        io,
        [](io::http::Response answer, ServiceLogsTest& self) -> awaitable<void> {
          co_await answer.stream(self.terminal);
          self.is_over = true;
        }(std::move(response), *this),
        [](std::exception_ptr failed) { EXPECT_FALSE(failed); });
  }

  SeededRandom random{1};
  store::Store store{io.get_executor(),
                     std::make_unique<store::MemoryJournal>(std::make_shared<store::MemoryJournal::Contents>()),
                     system_clock()};
  std::unique_ptr<manager::LogBroker> broker;
  std::map<std::string, std::unique_ptr<Host>> hosts;
  Terminal terminal;
  bool is_over = false;
};

TEST_F(ServiceLogsTest, are_those_of_all_hosts_and_end) {
  for (const std::string id : {"n1", "n2"}) {
    add_task("t-" + id, id);
    host(id).engine.add("c", "t-" + id, "web", false);
    host(id).engine.write("c", 1, "hello from " + id);
    connect(id);
  }
  ASSERT_TRUE(all_listen());
  logs("stdout=1&stderr=1&details=1");
  ASSERT_TRUE(run_until([&] { return is_over; }));
  for (const std::string id : {"n1", "n2"})
    EXPECT_NE(terminal.text.find("com.docker.swarm.node.id=" + id +
                                 ",com.docker.swarm.service.id=web,com.docker.swarm.task.id=t-" + id + " hello from " +
                                 id + "\n"),
              std::string::npos)
        << terminal.text;
  EXPECT_EQ(terminal.text.find("Error"), std::string::npos);
}

TEST_F(ServiceLogsTest, name_the_host_whose_engine_is_down) {
  add_task("t1", "n1");
  host("n1").engine.is_down = true;
  connect("n1");
  ASSERT_TRUE(all_listen());
  logs("stdout=1");
  ASSERT_TRUE(run_until([&] { return is_over; }));
  EXPECT_NE(terminal.text.find("node n1 could not read all of its logs"), std::string::npos) << terminal.text;
}

TEST_F(ServiceLogsTest, that_are_followed_lose_and_repeat_nothing_over_broken_sessions_and_engines) {
  add_task("t1", "n1");
  auto& engine = host("n1").engine;
  engine.add("c", "t1", "web", true);
  engine.write("c", 1, "1");
  engine.write("c", 1, "2");  // at the same second
  connect("n1");
  ASSERT_TRUE(all_listen());
  logs("stdout=1&follow=1&tail=10");
  ASSERT_TRUE(run_until([&] { return terminal.text == "1\n2\n"; }));

  host("n1").channel->close();
  engine.write("c", 1, "3");
  connect("n1");
  ASSERT_TRUE(run_until([&] { return terminal.text == "1\n2\n3\n"; }));

  engine.break_off("c");
  ASSERT_TRUE(run_until([&] { return engine.containers["c"].log->readers == 0; }));
  engine.write("c", 1, "4", 2);
  engine.containers["c"].log->is_broken = false;
  ASSERT_TRUE(run_until([&] { return terminal.text == "1\n2\n3\n4\n"; }));

  // A task that comes later, on a host that comes later.
  connect("n2");
  host("n2").engine.add("c", "t2", "web", true);
  host("n2").engine.write("c", 1, "5");
  add_task("t2", "n2");
  ASSERT_TRUE(run_until([&] { return terminal.text == "1\n2\n3\n4\n5\n"; }));
  EXPECT_FALSE(is_over);
}

TEST_F(ServiceLogsTest, are_taken_only_from_nodes_of_the_swarm) {
  auto& stranger = host("n1");
  stranger.tls = rpc::tls_of(
      ca.issue({.common_name = "n1", .organizational_unit = "swarm-worker", .organization = "another cluster"}));
  add_task("t1", "n1");
  auto channel = *try_connect(rpc::ClientTls::verified(stranger.tls, "swarm-manager"));
  auto listening = channel->server_stream<wire::SubscriptionMessage>(
      "/docker.swarmkit.v1.LogBroker/ListenSubscriptions", wire::ListenSubscriptionsRequest());
  auto heard = run(listening->next());
  ASSERT_FALSE(heard.ok());
  EXPECT_EQ(heard.error().code, Code::kPermissionDenied);
  auto publishing = channel->client_stream<wire::PublishLogsMessage, wire::PublishLogsResponse>(
      "/docker.swarmkit.v1.LogBroker/PublishLogs");
  auto published = run(publishing->finish());
  ASSERT_FALSE(published.ok());
  EXPECT_EQ(published.error().code, Code::kPermissionDenied);
}

}  // namespace
}  // namespace skein::api
