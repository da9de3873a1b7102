// What we read of a container's inspection, or of its entry in a list. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "engine/values/json_fields.h"

namespace skein::containers {

struct ContainerIdentity {
  std::string id;
  std::string name;       // without slash
  bool restarts = false;  // has a restart policy
};

bool is_running(const nlohmann::json& container);
bool is_auto_removed(const nlohmann::json& container);
bool has_terminal(const nlohmann::json& container);
std::string first_name_of(const nlohmann::json& entry);  // without slash
ContainerIdentity identity_of(const nlohmann::json& container);
const nlohmann::json& labels_of(const nlohmann::json& container);

}  // namespace skein::containers
