// Every container as Docker's GET /containers/json?all=1 shows it, from two lists of Podman's: libpod's is cheap and
// has the times, the Docker-like one costs a millisecond for each container and has what never changes. Pure.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/time/clock.h"

namespace skein::engine {

class ContainerList {
 public:
  // The answer to GET /libpod/containers/json?all=true: these exist now, and no others.
  void update(const nlohmann::json& libpod_list);
  // The same, of these containers only.
  void update_some(const std::set<std::string>& ids, const nlohmann::json& libpod_list);
  void remove(const std::string& id) { containers_.erase(id); }
  // Those of which only libpod's list has told so far; they are not shown.
  std::vector<std::string> unknown() const;
  // Of that name; empty if there is none.
  std::string id_of(const std::string& name) const;
  // Entries of the Docker-like list.
  void learn(const nlohmann::json& docker_list);

  // Newest first. Only those that carry all `labels` ("key" or "key=value").
  nlohmann::json show(const std::vector<std::string>& labels, WallTime now) const;

 private:
  struct Container {
    nlohmann::json moment;  // libpod's entry
    nlohmann::json shown;   // Docker's; null while unknown
  };
  std::map<std::string, Container> containers_;
};

}  // namespace skein::engine
