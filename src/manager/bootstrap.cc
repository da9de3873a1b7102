#include "manager/bootstrap.h"

#include "ca/network_keys.h"
#include "ca/node_certificate.h"
#include "cluster/cluster_spec.h"
#include "cluster/unlock_keys.h"
#include "manager/ca/root_choice.h"
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

}  // namespace

Result<FirstObjects> make_first_objects(const InitOptions& options, WallTime now, Random& random) {
  FirstObjects out;
  if (options.spec) SKEIN_TRY(cluster::check_cluster_spec(*options.spec));
  if (options.spec && !options.spec->ca_config().external_cas().empty())
    return make_error(Code::kUnimplemented, "external CAs are not supported", "", "leave --external-ca out");
  if (options.spec && !options.spec->ca_config().signing_ca_cert().empty())
    return make_error(Code::kUnimplemented, "a swarm begins with a root CA of its own", "",
                      "bring yours afterwards: swarm ca --rotate --ca-cert FILE --ca-key FILE");
  SKEIN_TRY_ASSIGN(ca::RootCa root, ca::RootCa::create(now, random));

  api::Cluster& cluster = out.cluster;
  cluster.set_id(random.object_id());
  *cluster.mutable_spec() = cluster::default_cluster_spec();
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
  cluster::update_unlock_keys(cluster, false, random);
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
