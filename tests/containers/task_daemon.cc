// The agent's runner of tasks on a real Podman, with networks that are only made up: what tasks_test.sh drives.
//
// Usage: task_daemon STATE_FOLDER. The assigned tasks stand in STATE_FOLDER/tasks.json (an AssignmentsMessage in
// protobuf's JSON), read at start and at every SIGHUP. What the manager would be told, and what networking is asked
// for, goes to the standard output, a line each.
#include <google/protobuf/util/json_util.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "agent/tasks/task_runner.h"
#include "agent/tasks/task_set.h"
#include "engine/podman/podman_engine.h"
#include "io/file/file.h"
#include "io/loop/context.h"
#include "namespaces.h"

namespace {

using namespace skein;
using boost::asio::awaitable;
namespace wire = model::api;

// Namespaces are real (made with ip-netns), endpoints nothing but lines.
class MadeUpNetworks final : public overlay::TaskNetworks {
 public:
  Result<std::string> prepare_namespace(const std::string& key) override { return make_namespace(key); }
  awaitable<Result<void>> attach(overlay::ContainerNetworkRequest request, std::string) override {
    std::printf("attach %s %s\n", request.container_name.c_str(), request.hostname.c_str());
    attached_.insert(request.container_id);
    co_return Result<void>();
  }
  awaitable<Result<void>> connect(overlay::ContainerNetworkRequest, std::string, overlay::EndpointRequest) override {
    co_return make_error(Code::kUnimplemented, "connect");
  }
  awaitable<Result<void>> disconnect(std::string, std::string) override {
    co_return make_error(Code::kUnimplemented, "disconnect");
  }
  void rename(const std::string&, const std::string&) override {}
  Result<Ipv4> host_gateway() const override { return make_error(Code::kUnavailable, "no address"); }
  void detach(const std::string& id) override {
    attached_.erase(id);
    std::puts("detach");
  }
  void forget(const std::string& id, const std::string& netns) override {
    attached_.erase(id);
    std::puts("forget");
    delete_namespace(netns);
  }
  std::set<std::string> attached_containers() const override { return attached_; }
  bool is_attached(const std::string& id) const override { return attached_.contains(id); }
  std::vector<overlay::EndpointStatus> status(const std::string&) const override { return {}; }
  void set_serving(const std::string&, overlay::Serving serving) override {
    std::puts(serving == overlay::Serving::kServing    ? "serving"
              : serving == overlay::Serving::kDraining ? "draining"
                                                       : "joining");
  }
  awaitable<void> wait_until_drained(std::string, Duration) override { co_return; }

 private:
  std::set<std::string> attached_;
};

void read_tasks(const std::string& path, agent::TaskRunner& runner) {
  auto text = io::read_file(path);
  wire::AssignmentsMessage message;
  if (!text.ok() || !google::protobuf::util::JsonStringToMessage(*text, &message).ok()) {
    std::fprintf(stderr, "%s cannot be read\n", path.c_str());
    std::exit(1);
  }
  agent::TaskSet tasks;
  if (auto applied = tasks.apply(message); !applied.ok()) std::exit(1);
  wire::Node self;
  self.set_id("node1");
  self.mutable_description()->set_hostname("host-1");
  runner.take(tasks.tasks(), self, tasks.dependencies());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::signal(SIGPIPE, SIG_IGN);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string folder = argv[1];
  io::Context loop(1);
  engine::PodmanOptions options;
  options.state_folder = folder + "/containers";
  engine::detect_limits(options);
  engine::PodmanEngine engine(loop, options);
  MadeUpNetworks networks;
  containers::HealthBoard health;
  agent::TaskRunnerHooks hooks;
  hooks.report = [](const std::string& id, const wire::TaskStatus& status) {
    std::printf("task %s %d %s [%s] code=%d\n", id.c_str(), status.state(), status.message().c_str(),
                status.err().c_str(), status.container().exit_code());
  };
  agent::TaskRunnerOptions tasks;
  tasks.housing.files_folder = folder + "/files";
  agent::TaskRunner runner(loop, engine, networks, health, system_clock(), system_random(), hooks, tasks);
  engine::Observer observer;
  observer.on_container_exit = [&](const auto& exit) { runner.container_exited(exit); };
  observer.on_container_removed = [&](const auto& id) { runner.container_removed(id); };
  engine.observe(observer);

  boost::asio::signal_set ends(loop, SIGTERM, SIGINT);
  ends.async_wait([&](auto, int) { loop.stop(); });
  int status = 0;
  boost::asio::co_spawn(
      loop,
      [&]() -> awaitable<void> {
        if (auto up = co_await engine.start_up(); !up.ok()) {
          std::fprintf(stderr, "%s\n", up.error().text().c_str());
          status = 1;
          loop.stop();
          co_return;
        }
        runner.start();
        std::puts("ready");
        boost::asio::signal_set changes(loop, SIGHUP);
        for (;;) {
          read_tasks(folder + "/tasks.json", runner);
          co_await changes.async_wait(boost::asio::use_awaitable);
        }
      },
      boost::asio::detached);
  loop.run();
  loop.drop_all();
  return status;
}
