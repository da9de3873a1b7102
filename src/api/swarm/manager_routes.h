// Routes that need a manager: on a worker and outside a swarm they answer Docker's words for that.
#pragma once

#include "api/swarm/swarm_control.h"
#include "io/http/router.h"

namespace skein::api {

class ManagerRoutes {
 public:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;
  using Handler = std::function<Awaitable<io::http::Response>(cluster::Control&, io::http::Request&)>;

  // Both must outlive the routes.
  ManagerRoutes(io::http::Router& router, SwarmControl& control) : router_(router), control_(control) {}

  void add(std::string method, std::string_view pattern, Handler handler);

 private:
  io::http::Router& router_;
  SwarmControl& control_;
};

// 200 without a body, or the manager's error as Docker's daemon shows it: "rpc error: code = NotFound desc = …".
io::http::Response done_or_rpc_error(const Result<void>& done);

// The ?version= of an update: the index at which the object was read.
Result<uint64_t> version_of(const io::http::Request& request);

// By id, prefix, name, or host name, as users name nodes.
Result<store::Ref<swarm::Node>> find_node(const store::Tables& view, const std::string& text);

void add_node_routes(ManagerRoutes& routes);
void add_task_routes(ManagerRoutes& routes);
void add_service_routes(ManagerRoutes& routes, SwarmControl& control);
// Those of secrets and configs.
void add_secret_routes(ManagerRoutes& routes);
// Those of the logs of services and tasks.
void add_log_routes(ManagerRoutes& routes);

}  // namespace skein::api
