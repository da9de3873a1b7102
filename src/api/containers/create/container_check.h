// What Docker refuses of a body of POST /containers/create before any engine sees it, in its words. The engine would
// find some of it only at the start, and some never. Pure, but for `exists`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "engine/values/mount_check.h"

namespace skein::api {

struct HostLimits {
  unsigned cpus = 1;
  engine::PathExists exists;
};

// kInvalidArgument. Members of another type than Docker's are left to the engine.
Result<void> check_container(const nlohmann::json& body, const HostLimits& host);

// HostConfig.RestartPolicy, in Docker's words.
Result<void> check_restart_policy(const nlohmann::json& policy);

}  // namespace skein::api
