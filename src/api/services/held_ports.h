// Published ports that programs of hosts hold, as the hosts' nodes tell (model/held_port.h): kept along with the
// tables.
#pragma once

#include <map>
#include <string>

#include "model/held_port.h"
#include "store/tables.h"

namespace skein::api {

class HeldPorts final : public store::Index {
 public:
  using Holders = std::map<std::string, std::string>;  // by node id: "nginx (pid 812)"

  void apply(const store::Change& change) override;

  bool empty() const { return ports_.empty(); }
  const Holders& of(const model::HeldPort& port) const;

 private:
  std::map<model::HeldPort, Holders> ports_;
};

// What is wrong with the service's published ports, or empty: "port 8080 is held by nginx (pid 812) on host-3, which
// gets no new connections while it is published". The tasks that run have no part in it, and show it since nothing else
// of a service is looked at.
std::string port_trouble(const model::api::Service& service, const store::Tables& view);

// The same of the service of each task, by service id.
std::map<std::string, std::string> port_troubles(const std::vector<store::Ref<model::api::Task>>& tasks,
                                                 const store::Tables& view);

}  // namespace skein::api
