#include "engine/exec/oci_execs.h"

#include <cstdlib>

#include "base/text/json_text.h"
#include "engine/exec/request/container_file.h"
#include "engine/exec/request/exec_spec.h"
#include "engine/values/json_fields.h"
#include "io/file/file.h"

namespace skein::engine {

using nlohmann::json;

namespace {

AccountFiles read_accounts(pid_t process) {
  AccountFiles files;
  if (auto passwd = read_container_file(process, "/etc/passwd"); passwd.ok()) files.passwd = std::move(*passwd);
  if (auto group = read_container_file(process, "/etc/group"); group.ok()) files.group = std::move(*group);
  return files;
}

std::vector<std::string> own_capabilities() {
  const auto status = io::read_file("/proc/self/status");
  const size_t at = status.ok() ? status->find("CapPrm:") : std::string::npos;
  if (at == std::string::npos) return {};
  return capability_names(std::strtoull(status->c_str() + at + 7, nullptr, 16));
}

}  // namespace

OciExecs::OciExecs(OciExecsOptions options) : options_(std::move(options)), all_capabilities_(own_capabilities()) {}

Result<void> OciExecs::start_up() const { return io::make_directories(options_.sockets_folder, 0700); }

Result<SpawnedExec> OciExecs::spawn(const Exec& exec, const ExecContainer& container, bool is_detached) const {
  SKEIN_TRY_ASSIGN(const std::string text, io::read_file(options_.configuration_path(container.id)));
  json configuration = json::parse(text, nullptr, false);
  SKEIN_TRY_ASSIGN(const json spec, exec_spec(object_of(configuration, "process"), container, exec.request,
                                              read_accounts(container.process), all_capabilities_));
  ExecOrder order;
  order.container = container.id;
  order.process = json_text(spec);
  order.wants = wants_of(exec.request, is_detached);
  order.console_path = options_.sockets_folder + "/" + exec.id.substr(0, 16);
  return spawn_exec(options_.runtime, order);
}

}  // namespace skein::engine
