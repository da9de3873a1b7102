// The files of a container that show secrets and configs: where, whose, and what they say. Pure.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/objects.h"

namespace skein::agent {

// What the manager has told of what this node's tasks depend on. Memory only: it is on no disk of this host.
struct Content {
  std::string data;
  std::string templating;  // driver; empty for data as it is
};
using Contents = std::map<std::string, std::shared_ptr<const Content>>;  // by id
struct Dependencies {
  Contents secrets;
  Contents configs;
};

struct DependencyFile {
  std::string target;  // absolute, in the container
  std::string content;
  uint32_t uid = 0, gid = 0;
  uint32_t mode = 0444;
};

// Secrets are below /run/secrets and configs below / unless their targets are absolute. Of a secret and a config with
// one target the config is there, as in Docker.
std::vector<std::string> dependency_targets(const model::api::Task& task);

// Whether the manager has not told, or will never tell, all that the task needs.
bool lacks_dependencies(const model::api::Task& task, const Dependencies& given);

// One for each of dependency_targets, in their order, templates expanded. Errors in Docker's words.
Result<std::vector<DependencyFile>> dependency_files(const model::api::Task& task, const model::api::Node& self,
                                                     const Dependencies& given);

}  // namespace skein::agent
