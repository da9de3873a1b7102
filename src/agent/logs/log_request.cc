#include "agent/logs/log_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/time/clock.h"
#include "containers/facts/task_labels.h"
#include "engine/values/json_fields.h"

namespace skein::agent {

namespace api = docker::swarmkit::v1;
using engine::at;
using engine::text_of;

namespace {

constexpr int64_t kSecondsMax = 9'000'000'000;  // what fits into nanoseconds

template <class Ids, class Id>
bool holds(const Ids& ids, const Id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool wants(const api::LogSubscriptionOptions& options, api::LogStream stream) {
  return options.streams().empty() || holds(options.streams(), stream);
}

// The engine leaves out what is as old as that, so it is asked for a little more.
std::string since_text(const google::protobuf::Timestamp& since) {
  const int64_t seconds = std::clamp<int64_t>(since.seconds(), 0, kSecondsMax);
  const int64_t ms = seconds * 1000 + std::clamp(since.nanos(), 0, 999'999'999) / 1'000'000;
  return WallTime{std::max<int64_t>(ms - 1, 0) * 1'000'000}.rfc3339();
}

}  // namespace

std::vector<LoggedContainer> select_containers(const nlohmann::json& list, const api::LogSelector& selector,
                                               const std::string& node_id, bool is_following) {
  std::vector<LoggedContainer> out;
  if (!list.is_array()) return out;
  bool is_node_meant = holds(selector.node_ids(), node_id);
  for (const auto& entry : list) {
    const auto& labels = at(entry, "Labels");
    LoggedContainer container{text_of(entry, "Id"), text_of(labels, containers::kTaskIdLabel),
                              text_of(labels, containers::kServiceIdLabel)};
    if (container.id.empty() || container.task_id.empty()) continue;
    if (is_following && text_of(entry, "State") == "created") continue;
    if (is_node_meant || holds(selector.task_ids(), container.task_id) ||
        (!container.service_id.empty() && holds(selector.service_ids(), container.service_id)))
      out.push_back(std::move(container));
  }
  return out;
}

Result<engine::LogQuery> log_query(const api::LogSubscriptionOptions& options) {
  if (options.tail() > 0)
    return make_error(Code::kInvalidArgument, "tail relative to start of logs not supported via docker API");
  engine::LogQuery out;
  out.has_times = true;
  out.is_following = options.follow();
  out.has_output = wants(options, api::STDOUT);
  out.has_errors = wants(options, api::STDERR);
  // −1 asks for none, −11 for ten lines, so that 0 can ask for all.
  if (options.tail() < 0) out.tail = static_cast<size_t>(-(options.tail() + 1));
  if (options.has_since()) out.since = since_text(options.since());
  return out;
}

}  // namespace skein::agent
