// Which containers a log subscription means, and what to ask the engine about each. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/values/log_query.h"
#include "wire/proto/logbroker.pb.h"

namespace skein::agent {

struct LoggedContainer {
  std::string id;
  std::string task_id;
  std::string service_id;
  bool operator==(const LoggedContainer&) const = default;
};

// Of the engine's list (GET /containers/json), those that `selector` means on node `node_id`. While following, a
// container that has not started yet is left for later.
std::vector<LoggedContainer> select_containers(const nlohmann::json& list,
                                               const docker::swarmkit::v1::LogSelector& selector,
                                               const std::string& node_id, bool is_following);

// What the engine is asked about each log. kInvalidArgument for lines counted from the beginning, which engines do not
// know.
Result<engine::LogQuery> log_query(const docker::swarmkit::v1::LogSubscriptionOptions& options);

}  // namespace skein::agent
