#include "manager/loops/control_pass.h"

#include <google/protobuf/util/message_differencer.h>

#include "base/log.h"
#include "control/orchestrator/prerequisite/prerequisite.h"
#include "control/orchestrator/reconcile.h"
#include "control/reaper/reaper.h"
#include "manager/addresses/network_addresses.h"
#include "manager/loops/new_tasks.h"

namespace skein::manager {

namespace api = store::api;

namespace {

// The task's interfaces, still without addresses.
Result<void> plug_in(const store::Tables& view, api::Task& task) {
  task.clear_networks();
  for (const auto& id : networks_of(task)) {
    auto network = view.get<api::Network>(id);
    if (!network) return make_error(Code::kNotFound, "network " + id + " not found");
    *task.add_networks()->mutable_network() = *network;
  }
  auto attachment = task.mutable_networks()->end() - task.spec().networks_size();
  for (const auto& wanted : task.spec().networks()) {
    *attachment->mutable_aliases() = wanted.aliases();
    *attachment++->mutable_addresses() = wanted.addresses();
  }
  return {};
}

void set_status(api::Task& task, api::TaskState state, const std::string& message, const std::string& error,
                WallTime now) {
  auto* status = task.mutable_status();
  status->set_state(state);
  status->set_message(message);
  status->set_err(error);
  *status->mutable_timestamp() = model::to_timestamp(now);
}

// NEW → PENDING.
Result<void> give_addresses(store::Transaction& tx, const api::Task& task) {
  api::Task changed = task;
  SKEIN_TRY(plug_in(tx.view(), changed));
  set_status(changed, api::PENDING, "pending task scheduling", "", tx.now());
  return attach_task(tx, std::move(changed), false);
}

void explain_wait(store::Transaction& tx, const api::Task& task, const std::string& why) {
  if (task.status().err() == why) return;
  api::Task changed = task;
  set_status(changed, api::NEW, task.status().message(), why, tx.now());
  tx.update(std::move(changed));
}

// An update that rolls back by itself changes the networks and ports that the spec asks for: the service gets the
// addresses of this spec, and tasks that were made with the others' the new ones.
Result<void> match_endpoint(store::Transaction& tx, const std::string& id) {
  auto service = tx.view().get<api::Service>(id);
  if (!service) return {};
  api::Service matching = *service;
  SKEIN_TRY(attach_service(tx.view(), matching));
  if (google::protobuf::util::MessageDifferencer::Equals(matching.endpoint(), service->endpoint())) return {};
  for (const auto& task : tx.view().tasks_of_service(id)) {
    if (task->status().state() != api::NEW) continue;
    api::Task changed = *task;
    *changed.mutable_endpoint() = matching.endpoint();
    tx.update(std::move(changed));
    tx.allow_cut();  // the service differs until all are done
  }
  tx.update(std::move(matching));
  tx.allow_cut();
  return {};
}

class ControlPass {
 public:
  ControlPass(store::Transaction& tx, Random& random, const ControlWork& work)
      : tx_(tx), random_(random), work_(work), services_(work.services), places_(work.places) {}

  ControlOutcome run() {
    for (const auto& node : work_.nodes) look_at_node(node);
    release_dependents();
    for (const auto& place : places_) {
      look_at_place(place);
      tx_.allow_cut();
    }
    for (const auto& service : services_) {
      if (auto again = control::reconcile_service(tx_, service, random_)) outcome_.again[service] = *again;
      tx_.allow_cut();
      match(service);
    }
    for (const auto& service : work_.starved)
      if (!services_.contains(service)) match(service);
    give_addresses();
    tx_.allow_cut();
    schedule();
    for (const auto& service : services_) control::reap(tx_, service);
    for (const auto& [service, place] : places_)
      if (!services_.contains(service)) control::reap_place(tx_, service, place);
    outcome_.looked_at = std::move(services_);
    return std::move(outcome_);
  }

 private:
  void look_at_node(const std::string& node) {
    attach_to_ingress(node);
    control::enforce_constraints(tx_, node);
    auto concerned = control::concerned_by_node(tx_.view(), node);
    services_.merge(concerned.services);
    places_.merge(concerned.places);
  }

  void release_dependents() {
    std::set<std::string> touched = services_;
    for (const auto& place : places_) touched.insert(place.first);
    auto released = control::released_by(tx_.view(), touched, tx_.now());
    services_.merge(released.services);
    places_.merge(released.places);
  }

  // Managers of before have given no address there to nodes of ours.
  void attach_to_ingress(const std::string& node) {
    if (!tx_.view().get<api::Node>(node)) return;
    if (auto attached = attach_node_to_ingress(tx_, node); !attached.ok())
      log_warning("node-without-ingress-address", {{"node", node}, {"why", attached.error().text()}});
    tx_.allow_cut();
  }

  void look_at_place(const ServicePlace& place) {
    if (services_.contains(place.first)) return;
    std::optional<WallTime> again;
    if (!control::reconcile_place(tx_, place.first, place.second, random_, again))
      services_.insert(place.first);
    else if (again)
      outcome_.again_place[place] = *again;
  }

  void give_addresses() {
    std::set<std::string> touched = services_;
    for (const auto& place : places_) touched.insert(place.first);
    touched.insert(work_.starved.begin(), work_.starved.end());
    for (const auto& service : touched) give_addresses(service);
  }

  // Those who wait go first; for them nothing has changed unless somebody said so.
  void give_addresses(const std::string& service) {
    if (!is_matched(service) && !unmatched_.contains(service)) match(service);
    const auto& all = tx_.view().index<NewTasks>();
    const auto* tasks = all.find(service);
    if (!tasks) return;
    std::vector<NewTasks::Networks> waiting;
    if (work_.starved.contains(service))
      for (const auto& [networks, starved] : tasks->starved) waiting.push_back(networks);
    const NewTasks::Tasks untried = tasks->untried;
    for (const auto& networks : waiting)
      for (auto task = all.starved_after(service, networks, ""); task && !full_.contains(networks);
           task = all.starved_after(service, networks, task->id()))
        give(service, *task);
    for (const auto& [id, task] : untried) give(service, *task);
    if (const auto* left = all.find(service))
      for (const auto& [networks, starved] : left->starved)
        outcome_.starved[service].insert(networks.begin(), networks.end());
  }

  void give(const std::string& service, const api::Task& task) {
    const auto networks = networks_of(task);
    tx_.allow_cut();
    if (auto full = full_.find(networks); full != full_.end()) return explain_wait(tx_, task, full->second);
    if (auto found = unmatched_.find(service); found != unmatched_.end()) return explain_wait(tx_, task, found->second);
    if (given_ == kAddressedMax) return outcome_.left.insert(service), void();
    auto done = skein::manager::give_addresses(tx_, task);
    if (done.ok()) return ++given_, void();
    explain_wait(tx_, task, done.error().what);
    if (done.error().code == Code::kResourceExhausted) full_.emplace(networks, done.error().what);
  }

  bool is_matched(const std::string& id) const {
    auto service = tx_.view().get<api::Service>(id);
    using google::protobuf::util::MessageDifferencer;
    return !service || MessageDifferencer::Equals(service->spec().endpoint(), service->endpoint().spec());
  }

  // A service without its address waits for one; it says so once.
  void match(const std::string& id) {
    auto matched = match_endpoint(tx_, id);
    if (matched.ok()) return;
    if (!work_.starved.contains(id))
      log_warning("service-without-address", {{"service", id}, {"why", matched.error().text()}});
    unmatched_.emplace(id, matched.error().what);
    auto& waits_for = outcome_.starved[id];
    const auto service = tx_.view().get<api::Service>(id);
    for (const auto& wanted : service->spec().task().networks()) waits_for.insert(wanted.target());
    if (!needs_ingress(service->spec().endpoint())) return;
    waits_for.insert(kIngress);
    if (auto ingress = find_ingress(tx_.view())) waits_for.insert(ingress->id());
  }

  void schedule() {
    control::ScheduleWork placing = work_.placing;
    placing.take(tx_.changes());
    // Once for all tasks with the same networks that a node gets: it may have to say that it has no address of its own.
    std::set<std::pair<std::string, NewTasks::Networks>> seen;
    std::vector<std::string> unattached;
    auto placed = [&](const api::Task& task) {
      if (seen.emplace(task.node_id(), networks_of(task)).second && !attach_node_of(tx_, task).ok())
        unattached.push_back(task.id());
    };
    outcome_.placing = control::schedule(tx_, placing, {.are_set = true}, placed);
    // Now that it is known who comes: a node that gets the next task keeps its own address.
    for (const auto& [node, network] : work_.left) {
      leave_if_unused(tx_, node, network);
      tx_.allow_cut();
    }
    for (const auto& id : unattached) attach_late(*tx_.view().get<api::Task>(id));
  }

  // With what others have left. The node can run the task without: only Docker's balancing needs its own address.
  void attach_late(const api::Task& task) {
    if (auto own = attach_node_of(tx_, task); !own.ok())
      log_warning("node-without-address", {{"node", task.node_id()}, {"why", own.error().text()}});
    tx_.allow_cut();
  }

  static constexpr size_t kAddressedMax = 1'000;  // tasks in one pass

  store::Transaction& tx_;
  Random& random_;
  const ControlWork& work_;
  std::set<std::string> services_;
  std::set<ServicePlace> places_;
  size_t given_ = 0;
  std::map<NewTasks::Networks, std::string> full_;  // one of them has no address left; in whose words
  std::map<std::string, std::string> unmatched_;    // services whose endpoint is another spec's, and why
  ControlOutcome outcome_;
};

}  // namespace

ControlOutcome run_control_pass(store::Transaction& tx, Random& random, const ControlWork& work) {
  return ControlPass(tx, random, work).run();
}

}  // namespace skein::manager
