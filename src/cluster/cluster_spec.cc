#include "cluster/cluster_spec.h"

#include "ca/node_certificate.h"

namespace skein::cluster {

namespace api = model::api;

namespace {

// Nodes that beat faster than this do nothing else; those that beat slower are missed too late for anything.
constexpr Duration kHeartbeatMin = std::chrono::milliseconds(100);
constexpr Duration kHeartbeatMax = std::chrono::hours(1);

}  // namespace

api::ClusterSpec default_cluster_spec() {
  api::ClusterSpec out;
  out.mutable_annotations()->set_name("default");
  out.mutable_orchestration()->set_task_history_retention_limit(5);
  out.mutable_raft()->set_snapshot_interval(10000);
  out.mutable_raft()->set_log_entries_for_slow_followers(500);
  out.mutable_raft()->set_heartbeat_tick(1);
  out.mutable_raft()->set_election_tick(10);
  *out.mutable_dispatcher()->mutable_heartbeat_period() = model::to_wire(std::chrono::seconds(5));
  *out.mutable_ca_config()->mutable_node_cert_expiry() = model::to_wire(ca::kNodeCertificateLifeDefault);
  out.mutable_task_defaults();
  out.mutable_encryption_config();
  return out;
}

Result<void> check_cluster_spec(const api::ClusterSpec& spec) {
  Duration life = model::from_wire(spec.ca_config().node_cert_expiry());
  if (life != Duration(0) && life < ca::kNodeCertificateLifeMin)
    return make_error(Code::kInvalidArgument, "minimum certificate expiry time is: 1h0m0s");
  Duration heartbeat = model::from_wire(spec.dispatcher().heartbeat_period());
  if (heartbeat < Duration(0))
    return make_error(Code::kInvalidArgument, "heartbeat time period cannot be a negative duration");
  if (heartbeat != Duration(0) && (heartbeat < kHeartbeatMin || heartbeat > kHeartbeatMax))
    return make_error(Code::kInvalidArgument, "heartbeat time period must be between 100ms and 1h0m0s");
  return {};
}

}  // namespace skein::cluster
