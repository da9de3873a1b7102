// The tasks that GET /tasks lists, and how they are shown. Pure.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "api/json_list.h"
#include "io/http/message.h"
#include "store/tables.h"

namespace skein::api {

// Those that pass the query's filters: containers' tasks only, unless another runtime is asked for. Services and nodes
// are named as users name them; kNotFound for one that does not exist. Who asks for those of some services or nodes has
// no other ones looked at.
Result<Selection<model::api::Task>> select_tasks(const store::Tables& view, const io::http::Query& query);

// A task that runs, and has no error of its own, bears that of its service's ports (held_ports.h).
nlohmann::json task_as_shown(const model::api::Task& task, const std::map<std::string, std::string>& port_troubles);

}  // namespace skein::api
