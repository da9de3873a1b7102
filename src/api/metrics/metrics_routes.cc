#include "api/metrics/metrics_routes.h"

#include "api/metrics/host_metrics.h"
#include "api/metrics/swarm_metrics.h"

namespace skein::api {

using io::http::Request;
using io::http::Response;
template <class T>
using Awaitable = boost::asio::awaitable<T>;

namespace {

void add_engine(const std::string& version, const nlohmann::json& containers, Families& out) {
  out.gauge("engine_daemon_engine_info", "The information related to the engine and the OS it is running on", 1,
            {{"version", version}});
  const ContainerCounts counts = count_containers(containers);
  constexpr std::string_view kName = "engine_daemon_container_states_containers";
  constexpr std::string_view kHelp = "The count of containers in various states";
  out.gauge(kName, kHelp, static_cast<double>(counts.paused), {{"state", "paused"}});
  out.gauge(kName, kHelp, static_cast<double>(counts.running), {{"state", "running"}});
  out.gauge(kName, kHelp, static_cast<double>(counts.stopped), {{"state", "stopped"}});
}

void add_node(SwarmControl& control, Families& out) {
  const bool is_manager = control.manager() != nullptr;
  out.gauge("swarm_node_manager", "Whether this node is a manager or not", is_manager);
  out.gauge("swarm_manager_leader", "Indicates if this manager node is a leader", is_manager);
  agent::Agent* agent = control.agent();
  if (agent)
    out.gauge("swarm_node_info", "Information related to the swarm", 1,
              {{"node_id", agent->identity().node.node_id}, {"swarm_id", agent->identity().node.cluster_id}});
  if (agent && agent->gossip() && agent->gossip_driver())
    add_gossip_metrics(agent->gossip()->counts(), agent->gossip_driver()->counts(), out);
  if (is_manager) add_swarm_metrics(control.manager()->view(), out);
}

Awaitable<Response> show_metrics(const MetricsParts& parts) {
  Families out;
  const auto containers = co_await parts.engine.list({});
  add_engine(parts.version, containers.ok() ? *containers : nlohmann::json::array(), out);
  add_node(parts.control, out);
  auto& networks = parts.control.networks();
  add_pass_metrics(*networks.report(), out);
  if (const auto packets = networks.data_path_counters(); packets.ok()) add_data_path_metrics(*packets, out);
  if (const auto encryption = co_await networks.encryption_status(); encryption.ok())
    add_encryption_metrics(*encryption, out);
  Response response;
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = out.text();
  co_return response;
}

}  // namespace

void add_metrics_routes(io::http::Router& router, const MetricsParts& parts) {
  router.add("GET", "/metrics", [parts](Request&) { return show_metrics(parts); });
}

}  // namespace skein::api
