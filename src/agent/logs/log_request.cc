#include "agent/logs/log_request.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "containers/facts/task_labels.h"
#include "engine/json_fields.h"
#include "io/http/message.h"

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

// As `docker logs --since` sends it. The engine leaves out what is as old as that, so it is asked for a little more.
std::string since_text(const google::protobuf::Timestamp& since) {
  int64_t seconds = std::clamp<int64_t>(since.seconds(), 0, kSecondsMax);
  int64_t ms = seconds * 1000 + std::clamp(since.nanos(), 0, 999'999'999) / 1'000'000;
  ms = std::max<int64_t>(ms - 1, 0);
  std::string fraction = std::to_string(ms % 1000);
  return std::to_string(ms / 1000) + "." + std::string(3 - fraction.size(), '0') + fraction;
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

Result<std::string> log_target(const std::string& container_id, const api::LogSubscriptionOptions& options) {
  if (options.tail() > 0)
    return make_error(Code::kInvalidArgument, "tail relative to start of logs not supported via docker API");
  std::string out = "/containers/" + io::http::percent_encode(container_id) + "/logs?timestamps=1";
  if (options.follow()) out += "&follow=1";
  if (wants(options, api::STDOUT)) out += "&stdout=1";
  if (wants(options, api::STDERR)) out += "&stderr=1";
  // −1 asks for none, −11 for ten lines, so that 0 can ask for all.
  out += "&tail=" + (options.tail() == 0 ? "all" : std::to_string(-(options.tail() + 1)));
  if (options.has_since()) out += "&since=" + since_text(options.since());
  return out;
}

}  // namespace skein::agent
