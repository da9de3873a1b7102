// Nodes without containers: joins COUNT of them to a manager and keeps their sessions, so that a control plane can be
// measured without the cost of running what it schedules. Each reports a task as running, or as shut down, as soon as
// it is asked for it. nodes_bench MANAGER TOKEN COUNT; prints "ready" when all have a session, and ends with its input.
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "agent/session/join.h"
#include "agent/session/session.h"

namespace skein::agent {
namespace {

namespace asio = boost::asio;

api::NodeDescription description_of(int number) {
  api::NodeDescription out;
  out.set_hostname("null-" + std::to_string(number));
  out.mutable_platform()->set_architecture("x86_64");
  out.mutable_platform()->set_os("linux");
  out.mutable_engine()->set_engine_version("20.10.24");
  return out;
}

class NullNode {
 public:
  NullNode(asio::io_context& loop, const HostPort& manager, const Identity& identity, Random& random, int number,
           const std::function<void()>& on_session)
      : session_(loop.get_executor(), rpc::tcp_transport(),
                 rpc::TlsConfig::create({identity.root_pem, identity.certificate_pem, identity.key_pem}).value(),
                 {manager},
                 {.on_message = {},
                  .on_tasks = [this](const TaskSet::Difference& change) { follow(change); },
                  .on_open = [on_session](const std::shared_ptr<rpc::Channel>&) { on_session(); },
                  .on_broken = {},
                  .describe = [number] { return description_of(number); }},
                 random) {
    session_.start();
  }

 private:
  void follow(const TaskSet::Difference& change) {
    for (const auto& id : change.updated) {
      const api::Task* task = session_.tasks().find(id);
      if (task == nullptr || task->status().state() > api::RUNNING) continue;
      const auto wanted = task->desired_state() > api::RUNNING ? api::SHUTDOWN : api::RUNNING;
      if (task->desired_state() < api::RUNNING || task->status().state() == wanted) continue;
      api::TaskStatus status;
      status.set_state(wanted);
      status.set_message(wanted == api::RUNNING ? "started" : "shutdown");
      *status.mutable_timestamp() = model::to_timestamp(system_clock().wall());
      session_.report(id, std::move(status));
    }
  }

  Session session_;
};

asio::awaitable<void> join_all(asio::io_context& loop, HostPort manager, wire::JoinToken token, int count, Clock& clock,
                               Random& random, std::vector<std::unique_ptr<NullNode>>& nodes) {
  auto ready = std::make_shared<int>(0);
  for (int i = 0; i < count; ++i) {
    JoinRequest request{{manager}, token};
    auto identity = co_await obtain_identity(rpc::tcp_transport(), std::move(request), clock, random);
    if (!identity.ok()) {
      std::fprintf(stderr, "node %d: %s\n", i, identity.error().text().c_str());
      std::exit(1);
    }
    nodes.push_back(std::make_unique<NullNode>(loop, manager, *identity, random, i, [ready, count] {
      if (++*ready == count) std::puts("ready"), std::fflush(stdout);
    }));
  }
}

int run(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: nodes_bench MANAGER TOKEN COUNT\n"), 2;
  auto manager = HostPort::parse(argv[1], 2377);
  auto token = wire::JoinToken::parse(argv[2]);
  if (!manager.ok() || !token.ok()) return std::fprintf(stderr, "nodes_bench: bad address or token\n"), 2;
  asio::io_context loop;
  std::vector<std::unique_ptr<NullNode>> nodes;
  asio::co_spawn(loop, join_all(loop, *manager, *token, std::atoi(argv[3]), system_clock(), system_random(), nodes),
                 asio::detached);
  asio::posix::stream_descriptor input(loop, dup(STDIN_FILENO));
  char byte = 0;
  input.async_read_some(asio::buffer(&byte, 1), [&](boost::system::error_code, size_t) { loop.stop(); });
  loop.run();
  return 0;
}

}  // namespace
}  // namespace skein::agent

int main(int argc, char** argv) { return skein::agent::run(argc, argv); }
