#include "manager/control_pass.h"

#include "base/log.h"
#include "control/orchestrator/reconcile.h"
#include "control/reaper/reaper.h"
#include "control/scheduler/scheduler.h"

namespace skein::manager {

namespace api = store::api;

namespace {

// The task's interfaces, still without addresses.
Result<void> plug_in(const store::Tables& view, api::Task& task) {
  task.clear_networks();
  for (const auto& wanted : task.spec().networks()) {
    auto network = view.get<api::Network>(wanted.target());
    if (!network) return make_error(Code::kNotFound, "network " + wanted.target() + " not found");
    auto* attachment = task.add_networks();
    *attachment->mutable_network() = *network;
    for (const auto& alias : wanted.aliases()) attachment->add_aliases(alias);
    for (const auto& address : wanted.addresses()) attachment->add_addresses(address);
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

// NEW → PENDING. False if the task has to wait for an address.
bool give_addresses(store::Transaction& tx, NetworkBook& book, const api::Task& task) {
  api::Task changed = task;
  Result<void> done = plug_in(tx.view(), changed);
  if (done.ok()) {
    set_status(changed, api::PENDING, "pending task scheduling", "", tx.now());
    done = book.attach_task(tx, std::move(changed), false);
  }
  if (done.ok()) return true;
  if (task.status().err() == done.error().what) return false;
  changed = task;
  set_status(changed, api::NEW, task.status().message(), done.error().what, tx.now());
  tx.update(std::move(changed));
  return false;
}

// An update that rolls back by itself changes the networks and ports that the spec asks for: the service gets the
// addresses of this spec, and tasks that were made with the others' the new ones.
void match_endpoint(store::Transaction& tx, NetworkBook& book, const std::string& id) {
  auto service = tx.view().get<api::Service>(id);
  if (!service) return;
  api::Service matching = *service;
  auto change = book.attach_service(matching);
  if (!change.ok()) return log_warning("service-without-address", {{"service", id}, {"why", change.error().text()}});
  book.settle(*change, true);  // a pass that is not stored has the book opened anew
  if (matching.endpoint().SerializeAsString() == service->endpoint().SerializeAsString()) return;
  for (const auto& task : tx.view().tasks_of_service(id)) {
    if (task->status().state() != api::NEW) continue;
    api::Task changed = *task;
    *changed.mutable_endpoint() = matching.endpoint();
    tx.update(std::move(changed));
  }
  tx.update(std::move(matching));
}

}  // namespace

ControlOutcome run_control_pass(store::Transaction& tx, NetworkBook& book, Random& random, const ControlWork& work) {
  ControlOutcome outcome;
  std::set<std::string> services = work.services;
  for (const auto& task : work.ended) book.detach_task(tx, *task);
  for (const auto& node : work.nodes) {
    control::enforce_constraints(tx, node);
    for (auto& service : control::services_concerned_by_node(tx.view(), node)) services.insert(std::move(service));
  }
  for (const auto& service : services) {
    if (auto again = control::reconcile_service(tx, service, random)) outcome.again[service] = *again;
    match_endpoint(tx, book, service);
    for (const auto& task : tx.view().tasks_of_service(service))
      if (task->status().state() == api::NEW && task->desired_state() <= api::COMPLETE_ &&
          !give_addresses(tx, book, *task))
        outcome.starved.insert(service);
  }
  control::ScheduleWork placing = work.placing;
  placing.take(tx.changes());
  outcome.placing = control::schedule(tx, placing, {.are_set = true});
  for (const auto& id : outcome.placing.placed) book.attach_node_of(tx, *tx.view().get<api::Task>(id));
  for (const auto& service : services) control::reap(tx, service);
  return outcome;
}

}  // namespace skein::manager
