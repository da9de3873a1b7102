// A task as the manager told it last: there once, however many on this node look at it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "model/objects.h"

namespace skein::agent {

using SharedTask = std::shared_ptr<const model::api::Task>;
using SharedTasks = std::map<std::string, SharedTask>;  // by id

}  // namespace skein::agent
