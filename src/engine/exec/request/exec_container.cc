#include "engine/exec/request/exec_container.h"

#include "engine/values/image_names.h"
#include "engine/values/json_fields.h"
#include "engine/values/own_labels.h"

namespace skein::engine {

using nlohmann::json;

ExecContainer exec_container(const json& inspected) {
  const json& config = at(inspected, "Config");
  const json& state = at(inspected, "State");
  ExecContainer out;
  out.id = text_of(inspected, "Id");
  out.name = text_of(inspected, "Name");
  if (out.name.starts_with('/')) out.name.erase(0, 1);
  out.image = familiar_image(text_of(config, "Image"));
  out.hostname = text_of(config, "Hostname");
  out.user = text_of(config, "User");
  out.environment = texts_of(config, "Env");
  out.groups = texts_of(at(inspected, "HostConfig"), "GroupAdd");
  out.labels = object_of(config, "Labels");
  hide_own_labels(out.labels);
  out.state = text_of(state, "Status");
  if (const json& pid = at(state, "Pid"); pid.is_number_integer()) out.process = pid.get<pid_t>();
  return out;
}

std::optional<DockerError> exec_refusal(const ExecContainer& container, const std::string& called) {
  // A container that is being stopped still runs.
  if (container.state == "running" || container.state == "stopping") return std::nullopt;
  if (container.state == "paused")
    return DockerError{409, "Container " + called + " is paused, unpause the container before exec"};
  if (container.state == "restarting")
    return DockerError{409, "Container " + container.id + " is restarting, wait until the container is running"};
  return DockerError{409, "Container " + container.id + " is not running"};
}

}  // namespace skein::engine
