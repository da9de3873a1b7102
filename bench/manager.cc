// The manager's decisions alone, in one process: store, control passes, reports and assignments, with nodes that run
// whatever they are given at once, without containers, connections or a disk.
// manager_bench [NODES TASKS SERVICES CHANGES]: by default 1000 nodes, 100,000 tasks, 100 services on one network, 200
// changes. Prints the memory and the CPU per change of one task among all of them, then how fast tasks get their nodes
// at 100 nodes.
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

#include "base/log.h"
#include "io/loop/context.h"
#include "manager/addresses/network_addresses.h"
#include "manager/dispatcher/assignments.h"
#include "manager/dispatcher/session_news.h"
#include "manager/dispatcher/status_reports.h"
#include "manager/loops/control_loops.h"
#include "manager/services/service_desk.h"

namespace skein::manager {
namespace {

namespace asio = boost::asio;
namespace api = store::api;

class NullJournal final : public store::Journal {
 public:
  asio::awaitable<Result<store::Position>> load(Take) override { co_return store::Position(); }
  asio::awaitable<Result<void>> append(store::Batch batch, store::Position expected) override {
    co_return store::check_append(batch, expected, expected);
  }
  std::unique_ptr<store::BatchStream> follow(uint64_t) override { return nullptr; }
};

double cpu_ms() {
  timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e3 + static_cast<double>(spent.tv_nsec) / 1e6;
}

double memory_mb() {
  std::ifstream in("/proc/self/statm");
  long all = 0, resident = 0;
  in >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

class NullSwarm {
 public:
  explicit NullSwarm(int nodes) {
    open();
    change([&](store::Transaction& tx) {
      api::Cluster cluster;
      cluster.set_id("cluster");
      cluster.mutable_spec()->mutable_orchestration()->set_task_history_retention_limit(1);
      tx.create(cluster);
      api::Network network;
      network.set_id("net");
      network.mutable_spec()->mutable_annotations()->set_name("net");
      network.mutable_spec()->mutable_ipam()->add_configs()->set_subnet("10.0.0.0/12");
      tx.create(*with_subnets(network, tx.view()));
      for (int i = 0; i < nodes; ++i) {
        tx.create(node("node-" + std::to_string(100'000 + i)));
        tx.allow_cut();
      }
    });
    for (const auto& [id, node] : store_.view().all<api::Node>()) sequences_.emplace(id, id);
    watch_ = store_.watch([this](const store::Changes& changes) { take(changes); });
    loops_.start();
    settle();
  }
  ~NullSwarm() { loop_.drop_all(); }

  const store::Tables& view() const { return store_.view(); }
  size_t messages() const { return messages_; }

  void create(const std::string& name, uint64_t replicas) {
    api::ServiceSpec spec;
    spec.mutable_annotations()->set_name(name);
    for (const char* label : {"com.docker.stack.namespace", "com.docker.stack.image"})
      (*spec.mutable_annotations()->mutable_labels())[label] = "stack";
    spec.mutable_task()->mutable_container()->set_image("registry.example.com/team/web:1.2.3");
    spec.mutable_task()->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    spec.mutable_task()->mutable_restart()->mutable_delay();  // none
    spec.mutable_task()->add_networks()->set_target("net");
    spec.mutable_replicated()->set_replicas(replicas);
    auto run = [](ServiceDesk& desk, api::ServiceSpec wanted) -> asio::awaitable<void> {
      auto created = co_await desk.create(std::move(wanted));
      SKEIN_ASSERT(created.ok());
    };
    asio::co_spawn(loop_, run(desk_, std::move(spec)), asio::detached);
    settle();
  }
  // What nodes make of their assignments, until nothing is left to be told.
  void run_assigned() {
    while (!to_tell_.empty()) {
      auto nodes = std::exchange(to_tell_, {});
      for (const auto& id : nodes)
        if (auto message = sequences_.at(id).next(view())) follow(id, *message);
      settle();
    }
  }
  // A node's word on one of its tasks, stored at once.
  void report(const std::string& node_id, api::UpdateTaskStatusRequest request) {
    change([&](store::Transaction& tx) { SKEIN_ASSERT(take_report(tx, node_id, request).ok()); });
  }
  static void add(api::UpdateTaskStatusRequest& request, const std::string& task_id, api::TaskState state) {
    auto* update = request.add_updates();
    update->set_task_id(task_id);
    update->mutable_status()->set_state(state);
    *update->mutable_status()->mutable_timestamp() = model::to_timestamp(system_clock().wall());
  }

 private:
  static api::Node node(const std::string& id) {
    api::Node out;
    out.set_id(id);
    out.mutable_status()->set_state(api::NodeStatus::READY);
    out.mutable_description()->set_hostname("host-" + id);
    out.mutable_description()->mutable_platform()->set_os("linux");
    return out;
  }
  void take(const store::Changes& changes) {
    news_.take(changes);
    for (const auto& change : changes)
      for (const auto& id : nodes_assigned_by(change)) {
        sequences_.at(id).note(change.id);
        to_tell_.insert(id);
      }
    news_ = {};
  }
  void follow(const std::string& node_id, const api::AssignmentsMessage& message) {
    messages_ += message.SerializeAsString().size() > 0;
    api::UpdateTaskStatusRequest request;
    for (const auto& each : message.changes()) {
      const api::Task& task = each.assignment().task();
      const auto wanted = task.desired_state() > api::RUNNING ? api::SHUTDOWN : api::RUNNING;
      if (each.action() != api::AssignmentChange::UPDATE || task.status().state() > api::RUNNING ||
          task.desired_state() < api::RUNNING || task.status().state() == wanted)
        continue;
      add(request, task.id(), wanted);
    }
    if (!request.updates().empty()) report(node_id, std::move(request));
  }
  void change(const std::function<void(store::Transaction&)>& decide) {
    auto run = [](store::Store& store, const std::function<void(store::Transaction&)>& act) -> asio::awaitable<void> {
      auto done = co_await store.update([&](store::Transaction& tx) -> Result<void> {
        act(tx);
        return {};
      });
      SKEIN_ASSERT(done.ok());
    };
    asio::co_spawn(loop_, run(store_, decide), asio::detached);
    settle();
  }
  void open() {
    auto run = [](store::Store& store) -> asio::awaitable<void> {
      auto opened = co_await store.open();
      SKEIN_ASSERT(opened.ok());
    };
    asio::co_spawn(loop_, run(store_), asio::detached);
    settle();
  }
  void settle() {
    loop_.restart();
    loop_.poll();
  }

  io::Context loop_;
  io::TaskScope tasks_{loop_.get_executor()};
  SeededRandom random_{1};
  store::Store store_{loop_.get_executor(), std::make_unique<NullJournal>(), system_clock()};
  ServiceDesk desk_{tasks_, store_, random_};
  ControlLoops loops_{tasks_, store_, random_};
  std::map<std::string, AssignmentSequence> sequences_;
  std::set<std::string> to_tell_;
  SessionNews news_;
  store::Store::Watch watch_;
  size_t messages_ = 0;
};

void measure_scheduling() {
  constexpr int kTasks = 10'000;
  NullSwarm swarm(100);
  double begin = cpu_ms();
  swarm.create("web", kTasks);
  const double scheduled = cpu_ms() - begin;
  swarm.run_assigned();
  const double ran = cpu_ms() - begin;
  std::printf("100 nodes, %d tasks: scheduled at %.0f tasks/s of CPU, scheduled and running at %.0f\n", kTasks,
              kTasks / scheduled * 1e3, kTasks / ran * 1e3);
}

// One change after the other, each with all that it brings about.
template <class Act>
void measure(const char* what, int count, Act act) {
  double worst = 0;
  const double begin = cpu_ms();
  for (int i = 0; i < count; ++i) {
    const double before = cpu_ms();
    act();
    worst = std::max(worst, cpu_ms() - before);
  }
  std::printf("%s: %.3f ms of CPU each, at most %.3f\n", what, (cpu_ms() - begin) / count, worst);
}

void measure_changes(int nodes, int tasks, int services, int count) {
  const double empty = memory_mb();
  NullSwarm swarm(nodes);
  const double begin = cpu_ms();
  for (int i = 0; i < services; ++i) {
    swarm.create("service-" + std::to_string(i), static_cast<uint64_t>(tasks / services));
    swarm.run_assigned();
  }
  std::printf("%d nodes, %d tasks of %d services: created and running after %.1f s of CPU, memory %.0f MB\n", nodes,
              tasks, services, (cpu_ms() - begin) / 1e3, memory_mb() - empty);
  std::vector<std::pair<std::string, std::string>> running;  // node, task
  for (const auto& [id, task] : swarm.view().all<api::Task>()) {
    SKEIN_ASSERT(task->status().state() == api::RUNNING);
    running.emplace_back(task->node_id(), id);
  }
  SeededRandom dice(2);
  auto report = [&](api::TaskState state) {
    const auto at = dice.below(running.size());
    api::UpdateTaskStatusRequest request;
    NullSwarm::add(request, running[at].second, state);
    swarm.report(running[at].first, std::move(request));
    swarm.run_assigned();
    if (state == api::RUNNING) return;
    running[at] = running.back();
    running.pop_back();
  };
  measure("a task reports that it runs", count, [&] { report(api::RUNNING); });
  measure("a task fails, its replacement runs", count, [&] { report(api::FAILED_); });
}

int run(int argc, char** argv) {
  if (argc != 1 && argc != 5) return std::fprintf(stderr, "usage: manager_bench [NODES TASKS SERVICES CHANGES]\n"), 2;
  set_log_level(LogLevel::kWarning);
  auto argument = [&](int at, int otherwise) { return argc == 1 ? otherwise : std::atoi(argv[at]); };
  measure_changes(argument(1, 1000), argument(2, 100'000), argument(3, 100), argument(4, 200));
  measure_scheduling();
  return 0;
}

}  // namespace
}  // namespace skein::manager

int main(int argc, char** argv) { return skein::manager::run(argc, argv); }
