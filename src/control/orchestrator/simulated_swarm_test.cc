#include <gtest/gtest.h>

#include <algorithm>

#include "control/orchestrator/simulated_swarm_for_test.h"
#include "control/reaper/reaper.h"
#include "control/scheduler/constraint.h"

namespace skein::control {

api::Service replicated_service(const std::string& id, uint64_t replicas, const std::string& image) {
  api::Service out;
  out.set_id(id);
  out.mutable_spec()->mutable_annotations()->set_name("web");
  out.mutable_spec()->mutable_task()->mutable_container()->set_image(image);
  out.mutable_spec()->mutable_replicated()->set_replicas(replicas);
  return out;
}

api::Service global_service(const std::string& id, const std::string& image) {
  api::Service out = replicated_service(id, 0, image);
  out.mutable_spec()->mutable_global();
  return out;
}

namespace {

// Objects are immutable, so what was written is what is another object now.
struct Snapshot {
  std::map<std::string, store::Ref<api::Task>> tasks;
  std::map<std::string, store::Ref<api::Service>> services;
};

Snapshot snapshot_of(const store::Tables& tables) { return {tables.all<api::Task>(), tables.all<api::Service>()}; }

template <class Objects>
std::string difference(const Objects& before, const Objects& after) {
  std::string out;
  for (const auto& [id, object] : after)
    if (auto found = before.find(id); found == before.end() || found->second != object)
      out += object->ShortDebugString() + "\n";
  for (const auto& [id, object] : before)
    if (!after.contains(id)) out += id + " is gone\n";
  return out;
}

void expect_only_forwards(const Snapshot& before, const Snapshot& after) {
  for (const auto& [id, task] : before.tasks) {
    auto now = after.tasks.find(id);
    ASSERT_TRUE(now != after.tasks.end()) << id << " is gone";
    EXPECT_GE(now->second->desired_state(), task->desired_state()) << task->ShortDebugString();
  }
}

}  // namespace

SimulatedSwarm::SimulatedSwarm(int nodes, uint64_t seed) : random(seed) {
  change([&](store::Transaction& tx) {
    api::Cluster cluster;
    cluster.set_id("cluster");
    cluster.mutable_spec()->mutable_orchestration()->set_task_history_retention_limit(5);
    tx.create(cluster);
    for (int i = 1; i <= nodes; ++i) {
      api::Node node;
      node.set_id("n" + std::to_string(i));
      node.mutable_status()->set_state(api::NodeStatus::READY);
      tx.create(node);
    }
  });
}

void SimulatedSwarm::change(const std::function<void(store::Transaction&)>& decide) {
  store::Transaction tx(tables, ++index_, now);
  decide(tx);
  note(tx.changes());
  dirty_ = true;
}

void SimulatedSwarm::note(const store::Changes& changes) {
  for (const auto& change : changes) {
    if (change.kind == store::Kind::kService) changed_services_.insert(change.id);
    for (const auto& task : {change.old<api::Task>(), change.now<api::Task>()})
      if (task) changed_places_.emplace(task->service_id(), place_of(*task));
    if (change.kind != store::Kind::kNode) continue;
    Concerned concerned = concerned_by_node(tables, change.id);
    changed_services_.merge(concerned.services);
    changed_places_.merge(concerned.places);
  }
}

void SimulatedSwarm::change_node(const std::string& id, const std::function<void(api::Node&)>& decide) {
  change([&](store::Transaction& tx) {
    api::Node node = *tx.view().get<api::Node>(id);
    decide(node);
    tx.update(node);
  });
}

void SimulatedSwarm::set_availability(const std::string& id, api::Availability availability) {
  change_node(id, [&](api::Node& node) { node.mutable_spec()->set_availability(availability); });
}

void SimulatedSwarm::set_node_state(const std::string& id, api::NodeStatus::State state) {
  change_node(id, [&](api::Node& node) { node.mutable_status()->set_state(state); });
}

void SimulatedSwarm::remove_node(const std::string& id) {
  change([&](store::Transaction& tx) { tx.remove<api::Node>(id); });
}

void SimulatedSwarm::create(api::Service service) {
  services_.insert(service.id());
  change([&](store::Transaction& tx) {
    service.mutable_spec_version()->set_index(index_);
    *service.mutable_endpoint()->mutable_spec() = service.spec().endpoint();
    if (is_job(service)) service.mutable_job_status()->mutable_job_iteration()->set_index(0);
    tx.create(service);
  });
}

void SimulatedSwarm::update(const std::string& id, const std::function<void(api::ServiceSpec&)>& decide) {
  change([&](store::Transaction& tx) {
    api::Service service = *tx.view().get<api::Service>(id);
    *service.mutable_previous_spec() = service.spec();
    *service.mutable_previous_spec_version() = service.spec_version();
    decide(*service.mutable_spec());
    service.mutable_spec_version()->set_index(index_);
    service.clear_update_status();
    if (is_job(service)) {
      auto* iteration = service.mutable_job_status()->mutable_job_iteration();
      iteration->set_index(iteration->index() + 1);
    }
    tx.update(service);
  });
}

void SimulatedSwarm::roll_back(const std::string& id) {
  change([&](store::Transaction& tx) {
    api::Service service = *tx.view().get<api::Service>(id);
    service.mutable_spec()->Swap(service.mutable_previous_spec());
    service.mutable_spec_version()->Swap(service.mutable_previous_spec_version());
    service.mutable_update_status()->set_state(api::UpdateStatus::ROLLBACK_STARTED);
    service.mutable_update_status()->set_message("manually requested rollback");
    *service.mutable_update_status()->mutable_started_at() = model::to_timestamp(now);
    tx.update(service);
  });
}

void SimulatedSwarm::remove(const std::string& id) {
  change([&](store::Transaction& tx) { tx.remove<api::Service>(id); });
}

bool SimulatedSwarm::reconcile_places(const std::string& service_id, std::optional<WallTime>& first) {
  auto places = changed_places_;
  std::erase_if(places, [&](const auto& entry) { return entry.first != service_id; });
  for (const auto& [service, place] : places) {
    std::optional<WallTime> again;
    bool is_done = false;
    change([&](store::Transaction& tx) { is_done = reconcile_place(tx, service_id, place, random, again); });
    if (!is_done) return false;
    if (again) first = std::min(first.value_or(*again), *again);
  }
  return true;
}

void SimulatedSwarm::reconcile(const std::string& service_id, bool is_due) {
  const Snapshot before = snapshot_of(tables);
  std::optional<WallTime> first;
  if (auto known = next_look_.find(service_id); known != next_look_.end()) {
    is_due = is_due || known->second <= now;
    first = known->second;
  }
  if (is_due || changed_services_.contains(service_id) || !reconcile_places(service_id, first))
    change([&](store::Transaction& tx) { first = reconcile_service(tx, service_id, random); });
  else
    ++place_looks;
  const Snapshot once = snapshot_of(tables);
  expect_only_forwards(before, once);
  std::optional<WallTime> second;
  change([&](store::Transaction& tx) { second = reconcile_service(tx, service_id, random); });
  const Snapshot twice = snapshot_of(tables);
  EXPECT_EQ(difference(once.tasks, twice.tasks) + difference(once.services, twice.services), "") << "by a second call";
  const WallTime never{INT64_MAX};
  EXPECT_LE(first.value_or(never), second.value_or(never)) << "it would have been called too late";
  next_look_.erase(service_id);
  if (first) {
    EXPECT_GT(*first, now) << "it asks to be called again at once";
    next_look_[service_id] = *first;
  }
  if (reaps) change([&](store::Transaction& tx) { reap(tx, service_id); });
}

void SimulatedSwarm::reconcile() {
  for (const auto& id : services_) reconcile(id);
  changed_services_.clear();
  changed_places_.clear();
  dirty_ = false;
}

void SimulatedSwarm::run(Duration duration) {
  const WallTime end = now + duration;
  while (true) {
    if (dirty_) reconcile();
    auto due = next_look_;
    std::erase_if(due, [&](const auto& entry) { return entry.second > now; });
    for (const auto& [id, at] : due) reconcile(id, true);
    dirty_ = false;
    schedule();
    after_tick();
    if (now >= end) break;
    now = now + kTick;
    step_nodes();
  }
}

void SimulatedSwarm::schedule() {
  std::map<std::string, int> load;
  for (const auto& [id, task] : tables.all<api::Task>())
    if (is_wanted(*task)) ++load[task->node_id()];
  const auto tasks = tables.all<api::Task>();
  for (const auto& [id, task] : tasks) {
    if (task->status().state() >= api::ASSIGNED || !is_wanted(*task)) continue;
    auto constraints = parse_constraints(task->spec().placement().constraints());
    std::string best;
    for (const auto& [node_id, node] : tables.all<api::Node>()) {
      if (node->status().state() != api::NodeStatus::READY || node->spec().availability() != api::ACTIVE) continue;
      if (!task->node_id().empty() && task->node_id() != node_id) continue;
      if (!satisfies(*constraints, *node)) continue;
      if (best.empty() || load[node_id] < load[best]) best = node_id;
    }
    if (best.empty()) continue;
    ++load[best];
    api::Task changed = *task;
    changed.set_node_id(best);
    changed.mutable_status()->set_state(api::ASSIGNED);
    *changed.mutable_status()->mutable_timestamp() = model::to_timestamp(now);
    change([&](store::Transaction& tx) { tx.update(changed); });
  }
}

void SimulatedSwarm::report(const std::string& task_id, api::TaskState state) {
  change([&](store::Transaction& tx) {
    api::Task task = *tx.view().get<api::Task>(task_id);
    task.mutable_status()->set_state(state);
    *task.mutable_status()->mutable_timestamp() = model::to_timestamp(now);
    *task.mutable_status()->mutable_applied_at() = model::to_timestamp(now);
    tx.update(task);
  });
}

Duration SimulatedSwarm::age_in_state(const api::Task& task) const { return now - observed_at(task); }

void SimulatedSwarm::step_nodes() {
  const auto tasks = tables.all<api::Task>();
  for (const auto& [id, task] : tasks) {
    auto node = tables.get<api::Node>(task->node_id());
    if (node && node->status().state() == api::NodeStatus::READY) step_task(*task);
  }
}

void SimulatedSwarm::step_task(const api::Task& task) {
  const api::TaskState state = task.status().state();
  if (state < api::ASSIGNED || state > api::RUNNING) return;
  const Fate how = fate(task);
  if (!is_wanted(task)) {
    const WallTime began = stop_began_.try_emplace(task.id(), now).first->second;
    if (now - began >= how.stops_after) report(task.id(), api::SHUTDOWN);
    return;
  }
  if (state < api::READY_) {
    if (how.is_rejected) return report(task.id(), api::REJECTED);
    if (task.desired_state() == api::READY_) return report(task.id(), api::READY_);
  }
  if (state < api::RUNNING && task.desired_state() >= api::RUNNING && age_in_state(task) >= how.starts_after)
    return report(task.id(), api::RUNNING);
  if (state == api::RUNNING && how.runs_for && age_in_state(task) >= *how.runs_for)
    report(task.id(), how.succeeds ? api::COMPLETE_ : api::FAILED_);
}

const api::Service& SimulatedSwarm::service(const std::string& id) const {
  auto found = tables.get<api::Service>(id);
  SKEIN_ASSERT(found);
  return *found;
}

std::vector<store::Ref<api::Task>> SimulatedSwarm::tasks(const std::string& service_id) const {
  auto out = tables.tasks_of_service(service_id);
  sort_by_age(out);
  return out;
}

std::vector<store::Ref<api::Task>> SimulatedSwarm::wanted(const std::string& service_id) const {
  auto out = tasks(service_id);
  std::erase_if(out, [](const auto& task) { return !is_wanted(*task); });
  return out;
}

std::vector<store::Ref<api::Task>> SimulatedSwarm::running(const std::string& service_id) const {
  auto out = tasks(service_id);
  std::erase_if(out, [](const auto& task) { return task->status().state() != api::RUNNING; });
  return out;
}

std::set<std::string> SimulatedSwarm::images_running(const std::string& service_id) const {
  std::set<std::string> out;
  for (const auto& task : running(service_id)) out.insert(task->spec().container().image());
  return out;
}

store::Ref<api::Task> SimulatedSwarm::task_at(const std::string& service_id, uint64_t slot) const {
  store::Ref<api::Task> out;
  for (const auto& task : wanted(service_id))
    if (task->slot() == slot) out = task;
  return out;
}

}  // namespace skein::control
