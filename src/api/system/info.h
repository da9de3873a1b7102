// The bodies of GET /info and GET /version. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "api/system/host_facts.h"
#include "base/time/clock.h"
#include "engine/engine_facts.h"
#include "io/http/message.h"
#include "model/engine_settings.h"

namespace skein::api {

// What this daemon is called.
struct DaemonFacts {
  std::string id;  // stays over restarts
  std::string version;
  std::string root_folder;
  std::string encryption;  // of encrypted networks: by whom
};

struct ContainerCounts {
  size_t running = 0;
  size_t paused = 0;
  size_t stopped = 0;
};
// Of a body of GET /containers/json?all=1.
ContainerCounts count_containers(const nlohmann::json& list);

struct InfoMoment {
  WallTime now;
  std::string host_name;
  bool forwards_ipv4 = false;
  int64_t open_descriptors = 0;
  ContainerCounts containers;
  size_t images = 0;
  nlohmann::json swarm;  // null: in no swarm
  bool has_engine = true;
  model::EngineSettings engine_settings = {};
};

nlohmann::json show_info(const DaemonFacts& daemon, const HostFacts& host, const engine::EngineFacts& engine,
                         const InfoMoment& moment);

nlohmann::json show_version(const DaemonFacts& daemon, const HostFacts& host, const engine::EngineFacts& engine,
                            io::http::ApiVersion min, io::http::ApiVersion max);

}  // namespace skein::api
