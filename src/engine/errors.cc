#include "engine/errors.h"

#include <array>
#include <optional>
#include <regex>

#include "engine/image_names.h"

namespace skein::engine {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string first_id(const std::string& text) {
  static const std::regex kId("[0-9a-f]{64}");
  std::smatch match;
  return std::regex_search(text, match, kId) ? match.str() : std::string();
}

// crun: executable file `x` not found in $PATH … → what runc says, which the docker client looks for to exit with 127.
std::optional<DockerError> start_error(const std::string& message) {
  static constexpr std::string_view kPrefix =
      "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
      "unable to start container process: ";
  static const std::regex kNotFound("executable file [`\"']?([^`\"']+)[`\"']? not found in \\$?PATH");
  std::smatch match;
  std::string prefix(kPrefix);
  if (std::regex_search(message, match, kNotFound))
    return DockerError{400, prefix + "exec: \"" + match[1].str() + "\": executable file not found in $PATH: unknown"};
  if (has(message, "command that was not found"))
    return DockerError{400, prefix + "exec: no such file or directory: unknown"};
  if (has(message, "open executable: Permission denied") || has(message, "open executable: Is a directory"))
    return DockerError{400, prefix + "exec: permission denied: unknown"};
  return std::nullopt;
}

}  // namespace

DockerError docker_error(int status, const std::string& message, const ErrorSubject& subject) {
  if (has(message, "is already in use by") && has(message, "name")) {
    static const std::regex kName("name \\\\?\"?/?([^\"\\\\ ]+)\\\\?\"? is already in use");
    std::smatch match;
    std::string name = std::regex_search(message, match, kName) ? match[1].str() : subject.container;
    return {409, "Conflict. The container name \"/" + name + "\" is already in use by container \"" +
                     first_id(message) +
                     "\". You have to remove (or rename) that container to be able to reuse that name."};
  }
  if (has(message, "no such container") || has(message, "no container with name or ID"))
    return {404, "No such container: " + subject.container};
  if (has(message, "no such exec session") || has(message, "no exec session with ID"))
    return {404, "No such exec instance: " + subject.container};
  if (has(message, "no such volume")) {
    return {404, "get " + subject.container + ": no such volume"};
  }
  if (auto error = start_error(message)) return *error;
  if (status == 404 &&
      (has(message, "no such image") || has(message, "No such image") || has(message, "image not known")))
    return {404, "No such image: " + with_tag(subject.image)};
  if (has(message, "image is in use by a container") || has(message, "image used by"))
    return {409, "conflict: unable to remove repository reference \"" + subject.image + "\" (must force) - container " +
                     first_id(message).substr(0, 12) + " is using its referenced image"};
  if (has(message, "can only kill running containers"))
    return {409,
            "Cannot kill container: " + subject.container + ": Container " + first_id(message) + " is not running"};
  if (has(message, "can only create exec sessions on running") || has(message, "can only start exec sessions"))
    return {409, "Container " + subject.container + " is not running"};
  if (has(message, "is not running, can't pause")) return {409, "Container " + subject.container + " is not running"};
  if (has(message, "is not paused, can't unpause")) return {500, "Container " + subject.container + " is not paused"};
  if (has(message, "running or paused containers cannot be removed"))
    return {409, "cannot remove container \"/" + subject.container +
                     "\": container is running: stop the container before removing or force remove"};
  if (has(message, "container state improper") && status == 500) return {409, message};
  return {status, message};
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
