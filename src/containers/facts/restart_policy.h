// Restart policies, as Docker has them. They are kept by us: the engine is asked for none, since it can neither change
// one nor wait between two runs. What was asked for at the creation is a label of the container's; what an update made
// of it is noted (life/life_notes.h). Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace skein::containers {

inline constexpr const char* kNoPolicy = "no";

struct RestartPolicy {
  std::string name;     // "no", "always", "unless-stopped", "on-failure"
  int retries_max = 0;  // of on-failure; 0: no limit
  bool operator==(const RestartPolicy&) const = default;
};

// Of HostConfig.RestartPolicy; none where it names none.
std::optional<RestartPolicy> policy_in(const nlohmann::json& host_config);
nlohmann::json policy_json(const RestartPolicy& policy);

// "on-failure:3", as users write it on the command line.
std::string policy_text(const RestartPolicy& policy);
std::optional<RestartPolicy> parse_policy(const std::string& text);

// Moves the policy of a body of POST /containers/create to the container's label.
void take_policy(nlohmann::json& body);
// That of an inspected container. None for one that was made by a version that left it to the engine.
std::optional<RestartPolicy> policy_of(const nlohmann::json& container);
// The engine brings it back by itself.
bool is_restarted_by_engine(const nlohmann::json& container);

}  // namespace skein::containers
