#include "engine/exec/request/exec_failure.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "engine/errors.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

namespace {

constexpr const char* kExecFailed = "OCI runtime exec failed: exec failed: ";

// The last complaint; others only led to it.
std::string complaint_in(std::string_view log) {
  std::string complaint;
  while (!log.empty()) {
    const size_t end = std::min(log.find('\n'), log.size());
    const auto line = nlohmann::json::parse(log.substr(0, end), nullptr, false);
    if (text_of(line, "level") == "error") complaint = text_of(line, "msg");
    log.remove_prefix(std::min(end + 1, log.size()));
  }
  return complaint;
}

// "chdir `/nosuch`: No such file or directory"
std::string folder_error(std::string_view complaint) {
  constexpr std::string_view kBegin = "chdir `";
  const size_t end = complaint.rfind("`: ");
  if (!complaint.starts_with(kBegin) || end == complaint.npos || end < kBegin.size()) return "";
  std::string reason(complaint.substr(end + 3));
  if (!reason.empty()) reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return "unable to start container process: chdir to cwd (\"" +
         std::string(complaint.substr(kBegin.size(), end - kBegin.size())) +
         "\") set in config.json failed: " + reason + ": unknown";
}

}  // namespace

ExecFailure exec_failure(std::string_view log, const std::string& command, const std::string& container) {
  const std::string complaint = complaint_in(log);
  auto names = [&](std::string_view end) {
    return complaint == "the container `" + container + "` " + std::string(end);
  };
  if (names("is not running") || complaint.find("/status`: No such file") != std::string::npos)
    return {126, 409, "Container " + container + " is not running"};
  if (names("is paused")) return {126, 409, "Container " + container + " is paused, unpause the container before exec"};
  ExecFailure failure;
  if (const auto error = command_error(complaint, command)) {
    failure.message = kExecFailed + *error;
  } else if (const std::string folder = folder_error(complaint); !folder.empty()) {
    failure.message = kExecFailed + folder;
  } else {
    failure.status = 500;
    failure.message =
        kExecFailed + (complaint.empty() ? "the container runtime gave no reason" : complaint) + ": unknown";
  }
  failure.exit_code = exit_code_of_start_error(failure.message);
  return failure;
}

}  // namespace skein::engine
