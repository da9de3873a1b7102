// Why tasks that are prepared are not started, and those of before an update not replaced: what their services depend
// on. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/tables.h"

namespace skein::api {

inline bool waits_to_start(const model::api::Task& task) {
  return task.desired_state() < model::api::RUNNING && task.status().state() < model::api::STARTING;
}

// By service: "waiting for db to be healthy". Of those that have such a task.
std::map<std::string, std::string> task_waits(const std::vector<store::Ref<model::api::Task>>& tasks,
                                              const store::Tables& view);

// By task, of those that run and are of before an update that waits: "update: waiting for db to be healthy".
std::map<std::string, std::string> update_waits(const std::vector<store::Ref<model::api::Task>>& tasks,
                                                const store::Tables& view);

}  // namespace skein::api
