// The tasks that GET /tasks lists. Pure.
#pragma once

#include "api/json_list.h"
#include "io/http/message.h"
#include "store/tables.h"

namespace skein::api {

// Those that pass the query's filters: containers' tasks only, unless another runtime is asked for. Services and nodes
// are named as users name them; kNotFound for one that does not exist. Who asks for those of some services or nodes has
// no other ones looked at.
Result<Selection<model::api::Task>> select_tasks(const store::Tables& view, const io::http::Query& query);

}  // namespace skein::api
