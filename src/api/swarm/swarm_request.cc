#include "api/swarm/swarm_request.h"

#include "api/requests/request_json.h"
#include "api/swarm/swarm_json.h"
#include "cluster/cluster_spec.h"

namespace skein::api {

using nlohmann::json;

namespace {

Result<swarm::ClusterSpec> first_spec_from_json(const json& from) {
  auto defaults = cluster::default_cluster_spec();
  SKEIN_TRY_ASSIGN(swarm::ClusterSpec out, cluster_spec_from_json(from, defaults));
  // The CLI sends zeros for what the user did not set.
  if (model::from_wire(out.dispatcher().heartbeat_period()) == Duration(0))
    *out.mutable_dispatcher() = defaults.dispatcher();
  if (model::from_wire(out.ca_config().node_cert_expiry()) == Duration(0))
    *out.mutable_ca_config() = defaults.ca_config();
  return out;
}

}  // namespace

Result<InitRequest> init_request_from_json(const json& body) {
  SKEIN_TRY(check_is_object(body, "the request"));
  InitRequest out;
  SKEIN_TRY_ASSIGN(out.listen_address, text_member(body, "ListenAddr"));
  SKEIN_TRY_ASSIGN(out.advertise_address, text_member(body, "AdvertiseAddr"));
  SKEIN_TRY_ASSIGN(out.data_path_address, text_member(body, "DataPathAddr"));
  SKEIN_TRY_ASSIGN(out.default_address_pools, texts_member(body, "DefaultAddrPool"));
  SKEIN_TRY_ASSIGN(out.data_path_port, number_member(body, "DataPathPort"));
  SKEIN_TRY_ASSIGN(out.subnet_size, number_member(body, "SubnetSize"));
  SKEIN_TRY_ASSIGN(out.force_new_cluster, flag_member(body, "ForceNewCluster"));
  SKEIN_TRY_ASSIGN(std::string availability, text_member(body, "Availability"));
  SKEIN_TRY_ASSIGN(out.availability, availability_from_text(availability));
  SKEIN_TRY_ASSIGN(const bool is_locked, flag_member(body, "AutoLockManagers"));
  auto spec = body.find("Spec");
  if (spec != body.end() && !spec->is_null()) {
    SKEIN_TRY_ASSIGN(out.spec, first_spec_from_json(*spec));
  }
  // It stands in two places; who asks for it in one wants it.
  if (is_locked) {
    if (!out.spec) out.spec = cluster::default_cluster_spec();
    out.spec->mutable_encryption_config()->set_auto_lock_managers(true);
  }
  return out;
}

Result<JoinRequest> join_request_from_json(const json& body) {
  SKEIN_TRY(check_is_object(body, "the request"));
  JoinRequest out;
  SKEIN_TRY_ASSIGN(out.listen_address, text_member(body, "ListenAddr"));
  SKEIN_TRY_ASSIGN(out.advertise_address, text_member(body, "AdvertiseAddr"));
  SKEIN_TRY_ASSIGN(out.data_path_address, text_member(body, "DataPathAddr"));
  SKEIN_TRY_ASSIGN(out.remote_addresses, texts_member(body, "RemoteAddrs"));
  SKEIN_TRY_ASSIGN(out.token, text_member(body, "JoinToken"));
  SKEIN_TRY_ASSIGN(std::string availability, text_member(body, "Availability"));
  SKEIN_TRY_ASSIGN(out.availability, availability_from_text(availability));
  return out;
}

}  // namespace skein::api
