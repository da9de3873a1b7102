// Random operations and faults on a whole swarm in virtual time: whenever it is quiet, what every host answers,
// balances and forwards is what the manager's store says. SKEIN_SIM_SEED repeats one run; SKEIN_SIM_SEEDS: how many are
// tried.
#include <gtest/gtest.h>

#include "node/sim_swarm_for_test.h"

namespace skein::node {
namespace {

constexpr size_t kHosts = 5;
constexpr Duration kQuiet = 60s;  // for everything to be right again

class Chaos {
 public:
  explicit Chaos(uint64_t seed) : random_(seed ^ 0x5eed), swarm_(seed, kHosts) {}

  // Everything is drawn from the seed; what was done is in the log.
  void run(int operations) {
    for (int i = 0; i < operations; ++i) {
      swarm_.run(std::chrono::milliseconds(random_.below(3000)));
      one();
    }
  }
  // False, with the reasons in the log, if hosts and store still disagree when everybody is back.
  bool settles() {
    for (size_t host : dead_) swarm_.start_daemon(host);
    dead_.clear();
    swarm_.heal();
    const bool is_right =
        swarm_.run_until_true(kQuiet, [&] { return all_run() && swarm_.disagreements(ever_).empty(); });
    if (is_right) return true;
    if (!all_run()) log_tasks();
    for (const auto& text : swarm_.disagreements(ever_)) log.push_back(text);
    return false;
  }
  std::string said() const {
    std::string out;
    for (const auto& line : log) out += "\n  " + line;
    return out;
  }
  std::vector<std::string> log;

 private:
  void note(const std::string& what) { log.push_back(std::to_string(swarm_.now().ns / 1000000) + " ms: " + what); }
  void log_tasks() {
    for (const auto& [name, service] : services_) {
      log.push_back(name + " should have " + std::to_string(wanted(service.id)) + ":");
      for (const auto& task : swarm_.manager().view().tasks_of_service(service.id))
        log.push_back("  " + task->id().substr(0, 6) + " on " + task->node_id() + ": " +
                      api::TaskState_Name(task->status().state()) + ", wanted " +
                      api::TaskState_Name(task->desired_state()) + ' ' + task->status().err());
    }
  }
  // As the store has it: an update that rolled back by itself brought the earlier number back.
  uint64_t wanted(const std::string& service) {
    return swarm_.manager().view().get<api::Service>(service)->spec().replicated().replicas();
  }
  bool all_run() {
    for (const auto& [name, service] : services_) {
      uint64_t running = 0;
      for (const auto& task : swarm_.manager().view().tasks_of_service(service.id))
        running += task->status().state() == api::RUNNING && task->desired_state() == api::RUNNING;
      if (running != wanted(service.id)) return false;
    }
    return true;
  }
  size_t a_host(size_t first = 0) { return first + random_.below(kHosts - first); }
  std::string a_service() { return std::next(services_.begin(), long(random_.below(services_.size())))->first; }

  api::ServiceSpec spec(const std::string& name, uint64_t replicas) {
    api::ServiceSpec out;
    out.mutable_annotations()->set_name(name);
    auto* task = out.mutable_task();
    task->mutable_container()->set_image("web");
    task->mutable_container()->add_env("MARK=" + std::to_string(random_.below(3)));
    task->mutable_restart()->set_condition(api::RestartPolicy::ANY);
    task->mutable_restart()->mutable_delay()->set_nanos(100'000'000);
    task->add_networks()->set_target("appnet");
    out.mutable_replicated()->set_replicas(replicas);
    auto* update = out.mutable_update();
    update->set_parallelism(1 + random_.below(3));
    update->mutable_monitor()->set_nanos(100'000'000);
    update->set_order(random_.below(2) ? api::UpdateConfig::START_FIRST : api::UpdateConfig::STOP_FIRST);
    update->set_failure_action(random_.below(2) ? api::UpdateConfig::CONTINUE : api::UpdateConfig::ROLLBACK);
    return out;
  }

  void create() {
    const std::string name = "s" + std::to_string(ever_.size());
    const uint64_t replicas = random_.below(6);
    auto created = swarm_.manager().ask(swarm_.manager().desk().create(spec(name, replicas)));
    ASSERT_TRUE(created.ok()) << created.error().text();
    services_[name] = {created->id, replicas};
    ever_.insert(name);
    note("create " + name + " with " + std::to_string(replicas));
  }
  void update() {
    const std::string name = a_service();
    Service& service = services_[name];
    if (random_.below(2)) service.replicas = random_.below(6);
    auto stored = swarm_.manager().view().get<api::Service>(service.id);
    auto done = swarm_.manager().ask(swarm_.manager().desk().update(service.id, stored->meta().version().index(),
                                                                    spec(name, service.replicas), false));
    ASSERT_TRUE(done.ok()) << done.error().text();
    note("update " + name + " to " + std::to_string(service.replicas));
  }
  void remove() {
    const std::string name = a_service();
    ASSERT_TRUE(swarm_.manager().ask(swarm_.manager().desk().remove(services_[name].id)).ok());
    services_.erase(name);
    note("remove " + name);
  }
  void set_availability(size_t host, api::Availability availability) {
    swarm_.manager().change([&](store::Transaction& tx) {
      api::Node node = *tx.view().get<api::Node>(SimSwarm::node_of(host));
      node.mutable_spec()->set_availability(availability);
      tx.update(std::move(node));
    });
  }
  void change_availability() {
    const size_t host = a_host(1);
    const bool is_drained = drained_.erase(host) > 0;
    if (!is_drained) drained_.insert(host);
    set_availability(host, is_drained ? api::ACTIVE : api::DRAIN);
    note((is_drained ? "activate " : "drain ") + std::to_string(host));
    if (drained_.size() <= kHosts - 3) return;
    const size_t other = *drained_.begin();  // somebody must be left to work
    drained_.erase(other);
    set_availability(other, api::ACTIVE);
    note("activate " + std::to_string(other));
  }
  void kill_daemon() {
    const size_t host = a_host();
    const bool with_containers = random_.below(2);
    if (!dead_.insert(host).second) return;
    swarm_.kill_daemon(host, with_containers);
    note((with_containers ? "crash " : "kill daemon of ") + std::to_string(host));
  }
  void start_daemon() {
    if (dead_.empty()) return;
    const size_t host = *dead_.begin();
    dead_.erase(host);
    swarm_.start_daemon(host);
    note("start " + std::to_string(host));
  }
  void one() {
    const bool is_managed = swarm_.has_manager();
    const uint64_t choice = random_.below(20);
    if (choice < 3 && is_managed && services_.size() < 6) return create();
    if (choice < 9 && is_managed && !services_.empty()) return update();
    if (choice < 10 && is_managed && services_.size() > 1) return remove();
    if (choice < 12 && is_managed) return change_availability();
    if (choice < 14) {
      const size_t host = a_host();
      if (swarm_.worker(host).kill_container()) note("kill a task on " + std::to_string(host));
      return;
    }
    if (choice < 15) return kill_daemon();
    if (choice < 17) return start_daemon();
    if (choice < 18) {
      const size_t host = a_host();
      swarm_.cut(host);
      return note("cut " + std::to_string(host));
    }
    swarm_.heal();
    note("heal");
  }

  struct Service {
    std::string id;
    uint64_t replicas;
  };
  SeededRandom random_;
  SimSwarm swarm_;
  std::map<std::string, Service> services_;
  std::set<std::string> ever_;
  std::set<size_t> dead_, drained_;
};

TEST(SwarmSim, hosts_agree_with_the_store_whenever_it_is_quiet) {
  const char* count = std::getenv("SKEIN_SIM_SEEDS");
  for (uint64_t seed : gossip::seeds(1, count ? std::strtoul(count, nullptr, 10) : 5)) {
    Chaos chaos(seed);
    for (int round = 0; round < 4; ++round) {
      chaos.run(15);
      if (testing::Test::HasFatalFailure()) return;
      ASSERT_TRUE(chaos.settles()) << "SKEIN_SIM_SEED=" << seed << " repeats it. What happened:" << chaos.said();
    }
  }
}

}  // namespace
}  // namespace skein::node
