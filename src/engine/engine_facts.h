// What an engine tells of itself and does not change while its service runs.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace skein::engine {

struct EngineFacts {
  struct Component {
    std::string name;  // "Podman Engine"
    std::string version;
    std::map<std::string, std::string> details;
  };
  std::vector<Component> components;  // the engine first, then what it uses; empty until it has been asked
  std::string storage_driver;
  std::vector<std::pair<std::string, std::string>> storage_status;  // "Backing Filesystem": "extfs"
  std::string cgroup_driver;
  std::string log_driver;
  std::vector<std::string> log_drivers;
  std::string runtime;  // "crun"
  std::string runtime_path;
  std::vector<std::string> security_options;  // "name=seccomp,profile=default"
  int starts_max = 4;                         // containers that are made or started at a time: more gain nothing
};

}  // namespace skein::engine
