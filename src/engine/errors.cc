#include "engine/errors.h"

#include <array>
#include <optional>
#include <regex>

#include "engine/values/image_names.h"

namespace skein::engine {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string first_id(const std::string& text) {
  static const std::regex kId("[0-9a-f]{64}");
  std::smatch match;
  return std::regex_search(text, match, kId) ? match.str() : std::string();
}

std::string all_ids(const std::string& text) {
  static const std::regex kId("[0-9a-f]{64}");
  std::string out;
  for (std::sregex_iterator id(text.begin(), text.end(), kId), end; id != end; ++id)
    out += (out.empty() ? "" : ", ") + id->str();
  return out;
}

}  // namespace

std::optional<std::string> command_error(const std::string& message, const std::string& command) {
  static const std::regex kNotFound("executable file [`\"']?([^`\"']+)[`\"']? not found in \\$?PATH");
  std::smatch match;
  std::string name = command;
  std::string reason;
  if (std::regex_search(message, match, kNotFound)) {
    name = match[1].str();
    reason = has(name, "/") ? "stat " + name + ": no such file or directory" : "executable file not found in $PATH";
  } else if (has(message, "command that was not found")) {
    reason = "no such file or directory";
  } else if (has(message, "open executable: Permission denied") || has(message, "open executable: Is a directory") ||
             has(message, "open executable: Operation not permitted")) {
    reason = "permission denied";
  } else {
    return std::nullopt;
  }
  return "unable to start container process: exec: " + (name.empty() ? "" : "\"" + name + "\": ") + reason +
         ": unknown";
}

int exit_code_of_start_error(const std::string& message) {
  bool is_missing = has(message, "executable file not found") || has(message, "no such file or directory");
  return is_missing ? 127 : 126;
}

namespace {

// Containers that are not there, or whose name is taken.
std::optional<DockerError> about_containers(int status, const std::string& message, const ErrorSubject& subject) {
  if (has(message, "is already in use by") && has(message, "name")) {
    static const std::regex kName("name \\\\?\"?/?([^\"\\\\ ]+)\\\\?\"? is already in use");
    std::smatch match;
    std::string name = std::regex_search(message, match, kName) ? match[1].str() : subject.container;
    return DockerError{409, "Conflict. The container name \"/" + name + "\" is already in use by container \"" +
                                first_id(message) +
                                "\". You have to remove (or rename) that container to be able to reuse that name."};
  }
  // Podman's answer to stats and top has no text.
  if (status == 404 && message.empty() && !subject.container.empty())
    return DockerError{404, "No such container: " + subject.container};
  if (has(message, "no such container") || has(message, "no container with name or ID")) {
    // It may be another one that the request speaks of: --pid, --volumes-from.
    static const std::regex kNamed("no container with name or ID \"([^\"]+)\"");
    std::smatch match;
    return DockerError{
        404, "No such container: " + (std::regex_search(message, match, kNamed) ? match[1].str() : subject.container)};
  }
  if (!subject.path.empty() && has(message, "no such file or directory"))
    return DockerError{404, "Could not find the file " + subject.path + " in container " + subject.container};
  if (has(message, ": layer not known")) return DockerError{404, "No such container: " + subject.container};
  return std::nullopt;
}

// Volumes and images.
std::optional<DockerError> about_objects(int status, const std::string& message, const ErrorSubject& subject) {
  if (has(message, "no such volume")) {
    return DockerError{404, "get " + subject.container + ": no such volume"};
  }
  if (has(message, "volume is being used"))
    return DockerError{409, "remove " + subject.container + ": volume is in use - [" +
                                all_ids(message.substr(std::min(message.find("container(s)"), message.size()))) + "]"};
  if (status == 404 &&
      (has(message, "no such image") || has(message, "No such image") || has(message, "image not known")))
    return DockerError{404, "No such image: " + with_tag(subject.image)};
  if (has(message, "image is in use by a container") || has(message, "image used by"))
    return DockerError{409, "conflict: unable to remove repository reference \"" + subject.image +
                                "\" (must force) - container " + first_id(message).substr(0, 12) +
                                " is using its referenced image"};
  return std::nullopt;
}

// What a container's state does not allow.
std::optional<DockerError> about_states(int, const std::string& message, const ErrorSubject& subject) {
  if (has(message, "can only kill running containers"))
    return DockerError{
        409, "Cannot kill container: " + subject.container + ": Container " + first_id(message) + " is not running"};
  if (has(message, "is not running, can't pause"))
    return DockerError{409, "Container " + subject.container + " is not running"};
  if (has(message, "is not paused, can't unpause"))
    return DockerError{500, "Container " + subject.container + " is not paused"};
  if (has(message, "running or paused containers cannot be removed"))
    return DockerError{409, "cannot remove container \"/" + subject.container +
                                "\": container is running: stop the container before removing or force remove"};
  return std::nullopt;
}

// What is wrong about what was asked for.
std::optional<DockerError> about_request(int status, const std::string& message, const ErrorSubject& subject) {
  static const std::regex kCapability("\"(CAP_[A-Z_]+)\": unknown capability");
  if (std::smatch match; std::regex_search(message, match, kCapability))
    return DockerError{400, "invalid CapAdd: unknown capability: \"" + match[1].str() + "\""};
  if (size_t begin = message.find("requested CPUs are not available"); begin != message.npos)
    return DockerError{400, "R" + message.substr(begin + 1)};
  if (size_t begin = message.find("unable to find user "); begin != message.npos)
    return DockerError{400, message.substr(begin)};
  if (size_t begin = message.find("Unable to find group "); begin != message.npos)
    return DockerError{400, message.substr(begin)};
  if (auto error = command_error(message, subject.command))
    return DockerError{
        400,
        "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create "
        "failed: " +
            *error};
  if (status == 500 && (has(message, "json: cannot unmarshal") || has(message, "unexpected end of JSON")))
    return DockerError{
        400, "invalid JSON: " + message.substr(message.find("json: ") == message.npos ? 0 : message.find("json: "))};
  if (has(message, "no command or entrypoint provided")) return DockerError{400, "No command specified"};
  return std::nullopt;
}

// Reasons that are true as Podman words them, under another status or without its introduction.
std::optional<DockerError> about_words(int status, const std::string& message, const ErrorSubject&) {
  if (has(message, "container state improper") && status == 500) return DockerError{409, message};
  if (has(message, "invalid argument") && status == 500) return DockerError{400, message};
  // What Podman finds in the request before it begins to make the container.
  bool is_request_wrong = message.starts_with("fill out specgen: ") || message.starts_with("make cli opts(): ") ||
                          (message.starts_with("container create: ") && has(message, "invalid"));
  if (status == 500 && message.starts_with("normalizing image: "))
    return DockerError{400, "invalid reference format: " + message.substr(message.rfind(": ") + 2)};
  if (status == 500 && message.starts_with("invalid signal: ")) return DockerError{400, "I" + message.substr(1)};
  if (status == 500 && (message.starts_with("invalid ") || message.starts_with("failed to parse")))
    return DockerError{400, message};
  if (status == 500 && is_request_wrong) return DockerError{400, message.substr(message.find(": ") + 2)};
  return std::nullopt;
}

}  // namespace

DockerError docker_error(int status, const std::string& message, const ErrorSubject& subject) {
  for (auto* about : {about_containers, about_request, about_objects, about_states, about_words})
    if (auto error = about(status, message, subject)) return *error;
  if (message.empty()) return {status, "the container engine answered " + std::to_string(status) + " without a reason"};
  return {status, message};
}

bool is_of_ending_container(int status, const std::string& message) {
  return status == 500 && has(message, "/proc/") && has(message, "/cgroup: no such ");
}

Code code_of_status(int status) {
  switch (status) {
    case 400: return Code::kInvalidArgument;
    case 401: return Code::kUnauthenticated;
    case 403: return Code::kPermissionDenied;
    case 404: return Code::kNotFound;
    case 409: return Code::kAlreadyExists;
    case 501: return Code::kUnimplemented;
    case 503: return Code::kUnavailable;
    default: return Code::kUnknown;
  }
}

}  // namespace skein::engine
