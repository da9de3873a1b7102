// Where a service wants one task, and which tasks have been there.
//
// A place is a slot number of a replicated service or job, a node of a global one.
#pragma once

#include <compare>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/tables.h"

namespace skein::control {

namespace api = model::api;

struct Place {
  uint64_t slot = 0;
  std::string node_id;  // empty unless the service is global
  auto operator<=>(const Place&) const = default;
};

// The tasks of one place, oldest first.
using History = std::vector<store::Ref<api::Task>>;

bool is_job(const api::Service& service);
bool is_global(const api::Service& service);

Place place_of(const api::Service& service, const api::Task& task);
// What is older goes first.
bool is_older(const store::Ref<api::Task>& one, const store::Ref<api::Task>& other);
void sort_by_age(History& tasks);

// As it was when it was asked for: what a pass writes meanwhile does not change it.
using HistoryRef = std::shared_ptr<const History>;
using Histories = std::vector<std::pair<Place, HistoryRef>>;  // in the order of places

// The orchestrator has not given it up.
inline bool is_wanted(const api::Task& task) { return task.desired_state() <= api::COMPLETE_; }
inline bool has_ended(const api::Task& task) { return task.status().state() > api::RUNNING; }

// No node, down or to be emptied: tasks there must run elsewhere.
bool is_lost(const api::Node* node);

// It cannot run any more: it ended, never reached a node before it was given up, or its node is gone or down.
bool is_stopped(const store::Tables& view, const api::Task& task);

// When the manager heard of the task's present state; without its word, when the node says it began.
WallTime observed_at(const api::Task& task);

// The newest task that is not being removed; null when there is none.
store::Ref<api::Task> newest(const History& history);

// What is to be looked at again after a change elsewhere: services as a whole, and places of others.
struct Concerned {
  std::set<std::string> services;
  std::set<std::pair<std::string, Place>> places;  // of the service with this id
};

}  // namespace skein::control
