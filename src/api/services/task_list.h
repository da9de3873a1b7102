// The tasks that GET /tasks lists, and how they are shown. Pure.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/replies/json_list.h"
#include "io/http/message.h"
#include "store/tables.h"

namespace skein::api {

// Those that pass the query's filters: containers' tasks only, unless another runtime is asked for. Services and nodes
// are named as users name them; kNotFound for one that does not exist. Who asks for those of some services or nodes has
// no other ones looked at.
Result<Selection<model::api::Task>> select_tasks(const store::Tables& view, const io::http::Query& query);

// What is wrong with tasks that have no error of their own, by service or task.
struct TaskTroubles {
  std::map<std::string, std::string> ports;    // of those that run, see held_ports.h
  std::map<std::string, std::string> waits;    // of those that are to start later, see task_waits.h
  std::map<std::string, std::string> updates;  // of tasks that are to be replaced later
};
TaskTroubles troubles_of(const std::vector<store::Ref<model::api::Task>>& tasks, const store::Tables& view);

nlohmann::json task_as_shown(const model::api::Task& task, const TaskTroubles& troubles);

}  // namespace skein::api
