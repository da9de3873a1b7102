// Execs in containers of the OCI runtime: what is run is made of the container's own configuration.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/exec/exec_table.h"
#include "engine/exec/runtime.h"

namespace skein::engine {

struct OciExecsOptions {
  std::string runtime = "crun";
  std::string sockets_folder;  // for terminals
  // Where a container's OCI configuration is, by its id.
  std::function<std::string(const std::string& id)> configuration_path;
};

class OciExecs {
 public:
  explicit OciExecs(OciExecsOptions options);

  Result<void> start_up() const;
  Result<SpawnedExec> spawn(const Exec& exec, const ExecContainer& container, bool is_detached) const;

 private:
  OciExecsOptions options_;
  std::vector<std::string> all_capabilities_;  // that this process has and so can give
};

}  // namespace skein::engine
