#include "manager/bootstrap.h"

#include "ca/network_keys.h"
#include "ca/node_certificate.h"
#include "manager/ca/root_choice.h"
#include "manager/keys/unlock_keys.h"
#include "wire/join_token.h"

namespace skein::manager {
namespace {

namespace api = model::api;

api::Network predefined_network(const std::string& name, Random& random) {
  api::Network out;
  out.set_id(random.object_id());
  out.mutable_spec()->mutable_annotations()->set_name(name);
  (*out.mutable_spec()->mutable_annotations()->mutable_labels())[std::string(model::kPredefinedLabel)] = "true";
  out.mutable_spec()->mutable_driver_config()->set_name(name);
  out.mutable_driver_state()->set_name(name);
  return out;
}

api::Network ingress_network(Random& random) {
  api::Network out;
  out.set_id(random.object_id());
  auto* spec = out.mutable_spec();
  spec->mutable_annotations()->set_name("ingress");
  spec->mutable_driver_config();
  spec->mutable_ipam()->mutable_driver();
  spec->set_ingress(true);
  return out;
}

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

Result<FirstObjects> make_first_objects(const InitOptions& options, WallTime now, Random& random) {
  FirstObjects out;
  if (options.spec) SKEIN_TRY(check_cluster_spec(*options.spec));
  if (options.spec && !options.spec->ca_config().external_cas().empty())
    return make_error(Code::kUnimplemented, "external CAs are not supported", "", "leave --external-ca out");
  if (options.spec && !options.spec->ca_config().signing_ca_cert().empty())
    return make_error(Code::kUnimplemented, "a swarm begins with a root CA of its own", "",
                      "bring yours afterwards: swarm ca --rotate --ca-cert FILE --ca-key FILE");
  SKEIN_TRY_ASSIGN(ca::RootCa root, ca::RootCa::create(now, random));

  api::Cluster& cluster = out.cluster;
  cluster.set_id(random.object_id());
  *cluster.mutable_spec() = default_cluster_spec();
  if (options.spec) cluster.mutable_spec()->MergeFrom(*options.spec);
  auto* root_ca = cluster.mutable_root_ca();
  root_ca->set_last_forced_rotation(cluster.spec().ca_config().force_rotate());
  root_ca->set_ca_key(root.key_pem());
  root_ca->set_ca_cert(root.bundle_pem());
  root_ca->set_ca_cert_hash(root_digest(root.bundle_pem()));
  root_ca->mutable_join_tokens()->set_worker(wire::make_join_token(root.bundle_pem(), random).text());
  root_ca->mutable_join_tokens()->set_manager(wire::make_join_token(root.bundle_pem(), random).text());
  auto keys = ca::make_network_keys(random);
  for (auto& key : keys.keys) *cluster.add_network_bootstrap_keys() = key;
  cluster.set_encryption_key_lamport_clock(keys.lamport_clock);
  *cluster.mutable_network_keys_rotated_at() = model::to_timestamp(now);
  update_unlock_keys(cluster, false, random);
  for (const auto& pool : options.default_address_pools) cluster.add_default_address_pool(pool);
  cluster.set_subnet_size(options.subnet_size_bits);
  cluster.set_vxlan_udp_port(options.data_path_port);

  api::Node& node = out.node;
  node.set_id(random.object_id());
  node.set_role(api::MANAGER);
  node.mutable_spec()->mutable_annotations();
  node.mutable_spec()->set_desired_role(api::MANAGER);
  node.mutable_spec()->set_membership(api::ACCEPTED);
  node.mutable_spec()->set_availability(options.availability);
  node.set_vxlanudpport(options.data_path_port);
  auto* status = node.mutable_manager_status();
  status->set_raft_id(random.u64() | 1);
  status->set_addr(options.advertise.text());
  status->set_leader(true);
  status->set_reachability(api::ManagerStatus::REACHABLE);

  out.key_pem = ca::make_key(random);
  SKEIN_TRY_ASSIGN(std::string csr, ca::make_csr(out.key_pem));
  ca::IssueRequest request{
      csr, node.id(), api::MANAGER, cluster.id(), model::from_wire(cluster.spec().ca_config().node_cert_expiry()), {}};
  SKEIN_TRY_ASSIGN(out.certificate_pem, root.issue(request, now, random));
  auto* certificate = node.mutable_certificate();
  certificate->set_role(api::MANAGER);
  certificate->set_csr(csr);
  certificate->mutable_status()->set_state(api::IssuanceStatus::ISSUED);
  certificate->set_certificate(out.certificate_pem);
  certificate->set_cn(node.id());

  out.networks = {ingress_network(random), predefined_network("bridge", random), predefined_network("host", random)};
  return out;
}

}  // namespace skein::manager
