// Operations of users and faults, all drawn from a seed, on a simulated swarm. What was done, and with which outcome,
// is in the log, by which a run can be compared with its repetition. For tests only.
#pragma once

#include "node/sim/sim_judge_for_test.h"

namespace skein::node {

class SimChaos {
 public:
  static constexpr size_t kHosts = 5;
  static constexpr Duration kQuiet = 180s;  // for everything to be right again

  explicit SimChaos(uint64_t seed) : random_(seed ^ 0x5eed), swarm_(seed, kHosts), judge_(swarm_) { note("begin"); }

  void run(int operations) {
    for (int i = 0; i < operations && is_right(); ++i) {
      pass(std::chrono::milliseconds(random_.below(3000)));
      one();
    }
  }
  // Everybody is back; then hosts and store must come to agree.
  void settle() {
    calm_down();
    const TimePoint end = swarm_.loop().now() + kQuiet;
    while (is_right() && swarm_.loop().now() < end) {
      if (reasons().empty()) return note("quiet" + state());
      pass(500ms);
    }
    if (!is_right()) return;
    for (const auto& text : reasons()) note(text);
    log_tasks();
    is_wrong_ = true;
  }
  bool is_right() const { return !is_wrong_ && judge_.complaints().empty(); }
  const std::vector<std::string>& log() const { return log_; }
  std::string said() const {
    std::string out;
    for (const auto& line : log_) out += "\n  " + line;
    for (const auto& line : judge_.complaints()) out += "\n  " + line;
    return out;
  }

 private:
  void note(const std::string& what) {
    log_.push_back(std::to_string((swarm_.loop().now() - io::VirtualLoop::kBegin).count() / 1000) + " us: " + what);
  }
  // Which tasks run where: two runs of a seed must agree on it.
  std::string state() {
    std::string out;
    for (const auto& [id, task] : swarm_.view().all<swarm::Task>())
      if (task->status().state() == swarm::RUNNING) out += ' ' + id.substr(0, 4) + '@' + task->node_id().substr(0, 4);
    return out;
  }
  void log_tasks() {
    if (!swarm_.manager()) return;
    for (const auto& [id, task] : swarm_.view().all<swarm::Task>())
      log_.push_back("  " + task->service_annotations().name() + ' ' + id.substr(0, 6) + " on " +
                     task->node_id().substr(0, 6) + ": " + swarm::TaskState_Name(task->status().state()) + ", wanted " +
                     swarm::TaskState_Name(task->desired_state()) + ' ' + task->status().err());
    for (size_t i = 0; i < kHosts; ++i)
      log_.push_back("  host " + std::to_string(i) + " is " + swarm_.node_of(i).substr(0, 6));
  }
  void pass(Duration time) {
    for (const TimePoint end = swarm_.loop().now() + time; swarm_.loop().now() < end && is_right();) {
      swarm_.loop().run_until(std::min(end, swarm_.loop().now() + 100ms));
      swarm_.keep_daemons();
      swarm_.keep_probes();
      judge_.look();
    }
  }
  // Some handlers on: what comes then, comes in the middle of something.
  void run_handlers(uint64_t count) {
    swarm_.loop().run_until_true(1s, [&] { return count-- == 0; });
  }

  // ---- what must be at quiet moments
  std::vector<std::string> reasons() {
    if (!swarm_.manager()) return {"there is no manager"};
    std::vector<std::string> out;
    for (const auto& [name, id] : acknowledged_)
      if (!swarm_.view().get<swarm::Service>(id)) out.push_back("service " + name + " is lost");
    for (const auto& [id, service] : swarm_.view().all<swarm::Service>()) {
      uint64_t running = 0;
      for (const auto& task : swarm_.view().tasks_of_service(id))
        running += task->status().state() == swarm::RUNNING && task->desired_state() == swarm::RUNNING;
      // As the store has it: an update that rolled back by itself brought the earlier number back.
      if (running != service->spec().replicated().replicas())
        out.push_back(model::name_of(*service) + " has " + std::to_string(running) + " of " +
                      std::to_string(service->spec().replicated().replicas()));
    }
    if (out.empty()) out = judge_.disagreements(ever_);
    return out;
  }
  void calm_down() {
    for (size_t i = 0; i < kHosts; ++i) {
      swarm_.host(i).disk.is_full = false;
      swarm_.host(i).disk.slowness = 5ms;
      swarm_.host(i).engine_slowness = 300ms;
      swarm_.host(i).engine_failures = 0;
      swarm_.host(i).set_wall_ahead(0s);
      swarm_.host(i).fail_files(0);
      if (!swarm_.host(i).is_up()) swarm_.start(i);
    }
    swarm_.mend();
    swarm_.world().gossip.set_weather({});
    for (size_t i = 1; i < kHosts; ++i)
      for (int tries = 0; swarm_.node_of(i).empty() && tries < 10; ++tries) {
        pass(5s);
        if (swarm_.manager()) note("join " + std::to_string(i) + ": " + outcome(swarm_.join(i)));
      }
    note("calm");
  }

  // ---- users
  size_t a_host(size_t first = 0) { return first + random_.below(kHosts - first); }
  static std::string outcome(const Result<void>& done) { return done.ok() ? "done" : done.error().text(); }
  store::Ref<swarm::Service> a_service() {
    auto all = swarm_.view().all<swarm::Service>();
    if (all.empty()) return nullptr;
    return std::next(all.begin(), long(random_.below(all.size())))->second;
  }
  store::Ref<swarm::Secret> a_secret() {
    auto all = swarm_.view().all<swarm::Secret>();
    if (all.empty()) return nullptr;
    return std::next(all.begin(), long(random_.below(all.size())))->second;
  }
  swarm::ServiceSpec spec(const std::string& name, uint64_t replicas) {
    swarm::ServiceSpec out;
    out.mutable_annotations()->set_name(name);
    auto* task = out.mutable_task();
    task->mutable_container()->set_image("web");
    task->mutable_container()->add_env("MARK=" + std::to_string(random_.below(3)));
    if (auto secret = random_.below(2) ? a_secret() : nullptr) {
      auto* reference = task->mutable_container()->add_secrets();
      reference->set_secret_id(secret->id());
      reference->set_secret_name(model::name_of(*secret));
      reference->mutable_file()->set_name("s");
      reference->mutable_file()->set_mode(0444);
    }
    task->mutable_restart()->set_condition(swarm::RestartPolicy::ANY);
    task->mutable_restart()->mutable_delay()->set_nanos(100'000'000);
    task->add_networks()->set_target("appnet");
    out.mutable_replicated()->set_replicas(replicas);
    auto* update = out.mutable_update();
    update->set_parallelism(1 + random_.below(3));
    update->mutable_monitor()->set_nanos(100'000'000);
    update->set_order(random_.below(2) ? swarm::UpdateConfig::START_FIRST : swarm::UpdateConfig::STOP_FIRST);
    update->set_failure_action(random_.below(2) ? swarm::UpdateConfig::CONTINUE : swarm::UpdateConfig::ROLLBACK);
    return out;
  }
  // Not waited for: faults come in between.
  template <class T>
  void begin(const std::string& what, boost::asio::awaitable<Result<T>> work, std::function<void(const T&)> on_done) {
    note(what);
    swarm_.begin<T>(0, std::move(work), [this, what, on_done = std::move(on_done)](Result<T> done) {
      if (done.ok()) on_done(*done);
      if (!done.ok()) note(what + ": " + done.error().text());
    });
  }
  void create() {
    const std::string name = "s" + std::to_string(ever_.size());
    ever_.insert(name);
    const uint64_t replicas = random_.below(6);
    begin<manager::ServiceDesk::Created>("create " + name + " with " + std::to_string(replicas),
                                         swarm_.manager()->services().create(spec(name, replicas)),
                                         [this, name](const auto& created) { acknowledged_[name] = created.id; });
  }
  void update() {
    auto service = a_service();
    if (!service) return;
    const std::string name = model::name_of(*service);
    const uint64_t replicas = random_.below(2) ? random_.below(6) : service->spec().replicated().replicas();
    begin<manager::ServiceDesk::Warnings>(
        "update " + name + " to " + std::to_string(replicas),
        swarm_.manager()->services().update(service->id(), service->meta().version().index(), spec(name, replicas),
                                            false),
        [](const auto&) {});
  }
  void remove() {
    auto service = a_service();
    if (!service) return;
    const std::string name = model::name_of(*service);
    acknowledged_.erase(name);
    note("remove " + name);
    swarm_.begin<void>(0, swarm_.manager()->services().remove(service->id()), [](const Result<void>&) {});
  }
  // All of them together are more than a message to a node carries.
  void change_secrets() {
    auto secret = a_secret();
    if (secret && random_.below(2)) return remove(*secret);
    swarm::Secret::Spec spec;
    const std::string name = "k" + std::to_string(secrets_made_++);
    spec.mutable_annotations()->set_name(name);
    spec.set_data(name + std::string(random_.below(3) ? 1000 : 500'000, 'x'));
    begin<std::string>("create secret " + name, swarm_.manager()->secrets().create(spec), [](const auto&) {});
  }
  // Not one that an update may roll back to, which as in Docker nothing protects.
  void remove(const swarm::Secret& secret) {
    for (const auto& [id, service] : swarm_.view().all<swarm::Service>())
      for (const auto& reference : service->previous_spec().task().container().secrets())
        if (reference.secret_id() == secret.id()) return;
    note("remove secret " + model::name_of(secret));
    swarm_.begin<void>(0, swarm_.manager()->secrets().remove(secret.id()), [](const Result<void>&) {});
  }
  void set_availability(size_t host, swarm::Availability availability) {
    auto node = swarm_.view().get<swarm::Node>(swarm_.node_of(host));
    if (!node) return;
    swarm::NodeSpec spec = node->spec();
    spec.set_availability(availability);
    note((availability == swarm::DRAIN ? "drain " : "activate ") + std::to_string(host));
    swarm_.begin<void>(0, swarm_.manager()->update_node(node->id(), node->meta().version().index(), spec),
                       [](const Result<void>&) {});
  }
  void change_availability() {
    const size_t host = a_host(1);
    const bool was_drained = drained_.erase(host) > 0;
    if (!was_drained) drained_.insert(host);
    set_availability(host, was_drained ? swarm::ACTIVE : swarm::DRAIN);
    if (drained_.size() <= kHosts - 3) return;
    const size_t other = *drained_.begin();  // somebody must be left to work
    drained_.erase(other);
    set_availability(other, swarm::ACTIVE);
  }
  void leave_and_join() {
    const size_t host = a_host(1);
    if (!swarm_.is_whole(host) || !swarm_.host(host).node() || !swarm_.host(host).node()->agent()) return;
    note("leave " + std::to_string(host) + ": " + outcome(swarm_.leave(host)));
    drained_.erase(host);
    if (swarm_.manager()) note("join " + std::to_string(host) + ": " + outcome(swarm_.join(host)));
  }

  // ---- faults
  void kill() {
    run_handlers(random_.below(2000));
    const size_t host = a_host();
    const bool with_containers = random_.below(2);
    if (!swarm_.host(host).is_up()) return;
    note((with_containers ? "crash " : "kill daemon of ") + std::to_string(host));
    with_containers ? swarm_.crash(host) : swarm_.kill_daemon(host);
  }
  void start() {
    for (size_t i = 0; i < kHosts; ++i) {
      if (swarm_.host(i).is_up()) continue;
      note("start " + std::to_string(i));
      return swarm_.start(i);
    }
  }
  void end_container() {
    const size_t host = a_host();
    const uint64_t which = random_.below(1000);
    if (!swarm_.host(host).is_up()) return;
    const std::string task = swarm_.end_container(host, which);
    if (!task.empty()) note("end task " + task.substr(0, 6) + " on " + std::to_string(host));
  }
  void cut() {
    const size_t host = a_host();
    const uint64_t directions = 1 + random_.below(3);
    for (size_t other = 0; other < kHosts; ++other) {
      if (other == host) continue;
      if (directions & 1) swarm_.cut(host, other);
      if (directions & 2) swarm_.cut(other, host);
    }
    note("cut " + std::to_string(host) + (directions == 1 ? " out" : directions == 2 ? " in" : ""));
  }
  void set_clock(size_t host) {
    const Duration longest = random_.below(2) ? Duration(1min) : Duration(24h);
    const Duration ahead{static_cast<int64_t>((2 * random_.unit() - 1) * double(longest.count()))};
    note("clock of " + std::to_string(host) + " ahead by " + std::to_string(ahead / 1ms) + " ms");
    swarm_.host(host).set_wall_ahead(ahead);
  }
  void fail_files(size_t host) {
    const uint64_t which = random_.u64();
    note("files of " + std::to_string(host) + " cannot be written: " + std::to_string(which % 1024));
    swarm_.host(host).fail_files(which);
  }
  void stall(size_t host) {
    const auto time = std::chrono::milliseconds(random_.below(8000));
    if (!swarm_.host(host).is_up()) return;
    note("stall " + std::to_string(host) + " for " + std::to_string(time.count()) + " ms");
    swarm_.host(host).stall(time);
  }
  void trouble() {
    const size_t host = a_host();
    switch (random_.below(7)) {
      case 0: swarm_.host(0).disk.is_full ^= true; return note("full disk of the manager, or no more");
      case 1: swarm_.host(0).disk.slowness = std::chrono::milliseconds(random_.below(500)); return note("slow disk");
      case 2: swarm_.host(host).engine_slowness = 5s; return note("slow engine of " + std::to_string(host));
      case 3:
        swarm_.host(host).engine_failures = random_.unit();
        return note("failing engine of " + std::to_string(host));
      case 4: return set_clock(host);
      case 5: return stall(host);
      case 6: return fail_files(host);
      default:
        swarm_.world().gossip.set_weather({.loss = random_.unit() * 0.3, .duplicates = 0.1, .delay_max = 100ms});
        return note("bad weather");
    }
  }

  void one() {
    const bool is_managed = swarm_.manager() != nullptr;
    const uint64_t choice = random_.below(28);
    if (choice < 3 && is_managed && swarm_.view().all<swarm::Service>().size() < 6) return create();
    if (choice < 9 && is_managed) return update();
    if (choice < 10 && is_managed) return remove();
    if (choice < 12 && is_managed) return change_availability();
    if (choice < 13 && is_managed) return leave_and_join();
    if (choice < 15) return end_container();
    if (choice < 17) return kill();
    if (choice < 19) return start();
    if (choice < 20) return cut();
    if (choice < 24) return trouble();
    if (choice < 26 && is_managed) return change_secrets();
    swarm_.mend();
    note("mend");
  }

  SeededRandom random_;
  SimSwarm swarm_;
  SimJudge judge_;
  std::map<std::string, std::string> acknowledged_;  // services that were created, by name, and nobody asked to remove
  std::set<std::string> ever_;
  std::set<size_t> drained_;
  size_t secrets_made_ = 0;
  std::vector<std::string> log_;
  bool is_wrong_ = false;
};

}  // namespace skein::node
