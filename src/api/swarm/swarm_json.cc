#include "api/swarm/swarm_json.h"

#include "api/replies/generic_resources.h"
#include "api/requests/request_json.h"
#include "base/bytes.h"
#include "ca/root_ca.h"

namespace skein::api {

using nlohmann::json;

namespace {

template <class Map>
json labels_to_json(const Map& map) {
  json out = json::object();
  for (const auto& [key, value] : map) out[key] = value;
  return out;
}

template <class Set>
Result<void> number_from_json(const json& from, const char* group, const char* key, Set set) {
  if (!from.contains(group) || !from[group].is_object() || !from[group].contains(key) || from[group][key].is_null())
    return {};
  if (!from[group][key].is_number_integer())
    return make_error(Code::kInvalidArgument, std::string(group) + "." + key + " must be a number");
  set(from[group][key].get<int64_t>());
  return {};
}

const char* role_name(swarm::NodeRole role) { return role == swarm::MANAGER ? "manager" : "worker"; }

const char* availability_name(swarm::Availability availability) {
  switch (availability) {
    case swarm::AVAILABILITY_PAUSE: return "pause";
    case swarm::DRAIN: return "drain";
    default: return "active";
  }
}

const char* node_state_name(swarm::NodeStatus::State state) {
  switch (state) {
    case swarm::NodeStatus::DOWN: return "down";
    case swarm::NodeStatus::READY: return "ready";
    case swarm::NodeStatus::DISCONNECTED: return "disconnected";
    default: return "unknown";
  }
}

json ipam_to_json(const swarm::IPAMOptions& allocated) {
  json configs = json::array();
  for (const auto& config : allocated.configs()) {
    json entry{{"Subnet", config.subnet()}};
    if (!config.range().empty()) entry["IPRange"] = config.range();
    if (!config.gateway().empty()) entry["Gateway"] = config.gateway();
    if (!config.reserved().empty()) entry["AuxiliaryAddresses"] = labels_to_json(config.reserved());
    configs.push_back(entry);
  }
  return {{"Driver", allocated.driver().name().empty() ? "default" : allocated.driver().name()},
          {"Options", nullptr},
          {"Config", configs}};
}

// Without the signing certificate and key, which are only ever given.
json ca_config_to_json(const swarm::CAConfig& config) {
  json out{{"NodeCertExpiry", model::from_wire(config.node_cert_expiry()).count()}};
  if (config.force_rotate() != 0) out["ForceRotate"] = config.force_rotate();
  return out;
}

Result<void> ca_config_from_json(const json& from, swarm::CAConfig& out) {
  if (!from.is_object()) return {};
  SKEIN_TRY_ASSIGN(*out.mutable_signing_ca_cert(), text_member(from, "SigningCACert"));
  SKEIN_TRY_ASSIGN(*out.mutable_signing_ca_key(), text_member(from, "SigningCAKey"));
  if (from.contains("ForceRotate") && !from["ForceRotate"].is_null()) {
    if (!from["ForceRotate"].is_number_unsigned())
      return make_error(Code::kInvalidArgument, "CAConfig.ForceRotate must be a number");
    out.set_force_rotate(from["ForceRotate"].get<uint64_t>());
  }
  if (from.contains("ExternalCAs") && !from["ExternalCAs"].empty()) out.add_external_cas();  // refused by the manager
  return {};
}

}  // namespace

std::string to_rfc3339(const google::protobuf::Timestamp& timestamp) {
  std::string text = model::to_wall(timestamp).rfc3339();
  text.pop_back();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text + "Z";
}

void add_meta(json& out, const swarm::Meta& meta) {
  out["Version"] = {{"Index", meta.version().index()}};
  out["CreatedAt"] = to_rfc3339(meta.created_at());
  out["UpdatedAt"] = to_rfc3339(meta.updated_at());
}

json tls_info_to_json(const swarm::NodeTLSInfo& info) {
  return {{"TrustRoot", info.trust_root()},
          {"CertIssuerSubject", to_base64(info.cert_issuer_subject())},
          {"CertIssuerPublicKey", to_base64(info.cert_issuer_public_key())}};
}

json cluster_spec_to_json(const swarm::ClusterSpec& spec) {
  return {{"Name", spec.annotations().name()},
          {"Labels", labels_to_json(spec.annotations().labels())},
          {"Orchestration", {{"TaskHistoryRetentionLimit", spec.orchestration().task_history_retention_limit()}}},
          {"Raft",
           {{"SnapshotInterval", spec.raft().snapshot_interval()},
            {"KeepOldSnapshots", spec.raft().keep_old_snapshots()},
            {"LogEntriesForSlowFollowers", spec.raft().log_entries_for_slow_followers()},
            {"ElectionTick", spec.raft().election_tick()},
            {"HeartbeatTick", spec.raft().heartbeat_tick()}}},
          {"Dispatcher", {{"HeartbeatPeriod", model::from_wire(spec.dispatcher().heartbeat_period()).count()}}},
          {"CAConfig", ca_config_to_json(spec.ca_config())},
          {"TaskDefaults", json::object()},
          {"EncryptionConfig", {{"AutoLockManagers", spec.encryption_config().auto_lock_managers()}}}};
}

Result<swarm::ClusterSpec> cluster_spec_from_json(const json& from, swarm::ClusterSpec out) {
  SKEIN_TRY(check_is_object(from, "the swarm's spec"));
  SKEIN_TRY(labels_member(from, "Labels", *out.mutable_annotations()->mutable_labels()));
  SKEIN_TRY(number_from_json(from, "Orchestration", "TaskHistoryRetentionLimit",
                             [&](int64_t v) { out.mutable_orchestration()->set_task_history_retention_limit(v); }));
  SKEIN_TRY(number_from_json(from, "Raft", "SnapshotInterval",
                             [&](int64_t v) { out.mutable_raft()->set_snapshot_interval(uint64_t(v)); }));
  SKEIN_TRY(number_from_json(from, "Dispatcher", "HeartbeatPeriod", [&](int64_t v) {
    *out.mutable_dispatcher()->mutable_heartbeat_period() = model::to_wire(Duration(v));
  }));
  SKEIN_TRY(number_from_json(from, "CAConfig", "NodeCertExpiry", [&](int64_t v) {
    *out.mutable_ca_config()->mutable_node_cert_expiry() = model::to_wire(Duration(v));
  }));
  if (from.contains("CAConfig")) SKEIN_TRY(ca_config_from_json(from["CAConfig"], *out.mutable_ca_config()));
  if (from.contains("EncryptionConfig") && from["EncryptionConfig"].is_object()) {
    SKEIN_TRY_ASSIGN(bool is_locked, flag_member(from["EncryptionConfig"], "AutoLockManagers"));
    out.mutable_encryption_config()->set_auto_lock_managers(is_locked);
  }
  return out;
}

json cluster_to_json(const swarm::Cluster& cluster) {
  json out{{"ID", cluster.id()},
           {"Spec", cluster_spec_to_json(cluster.spec())},
           {"RootRotationInProgress", cluster.root_ca().has_root_rotation()}};
  add_meta(out, cluster.meta());
  swarm::NodeTLSInfo info;
  info.set_trust_root(cluster.root_ca().ca_cert());
  if (auto root = ca::RootCa::load(model::issuing_root(cluster.root_ca()), "", system_clock().wall()); root.ok()) {
    info.set_cert_issuer_subject(root->subject_der());
    info.set_cert_issuer_public_key(root->public_key_der());
  }
  out["TLSInfo"] = tls_info_to_json(info);
  json pools = json::array();
  for (const auto& pool : cluster.default_address_pool()) pools.push_back(pool);
  if (pools.empty()) pools.push_back("10.0.0.0/8");
  out["DefaultAddrPool"] = pools;
  out["SubnetSize"] = cluster.subnet_size() ? cluster.subnet_size() : 24;
  out["DataPathPort"] = cluster.vxlan_udp_port() ? cluster.vxlan_udp_port() : 4789;
  return out;
}

json node_to_json(const swarm::Node& node) {
  json out{{"ID", node.id()}};
  add_meta(out, node.meta());
  out["Spec"] = {{"Labels", labels_to_json(node.spec().annotations().labels())},
                 {"Role", role_name(node.spec().desired_role())},
                 {"Availability", availability_name(node.spec().availability())}};
  if (!model::name_of(node).empty()) out["Spec"]["Name"] = model::name_of(node);
  const auto& description = node.description();
  json plugins = json::array();
  for (const auto& plugin : description.engine().plugins())
    plugins.push_back({{"Type", plugin.type()}, {"Name", plugin.name()}});
  json engine{{"EngineVersion", description.engine().engine_version()}, {"Plugins", plugins}};
  if (!description.engine().labels().empty()) engine["Labels"] = labels_to_json(description.engine().labels());
  out["Description"] = {
      {"Hostname", description.hostname()},
      {"Platform", {{"Architecture", description.platform().architecture()}, {"OS", description.platform().os()}}},
      {"Resources",
       {{"NanoCPUs", description.resources().nano_cpus()}, {"MemoryBytes", description.resources().memory_bytes()}}},
      {"Engine", engine},
      {"TLSInfo", tls_info_to_json(description.tls_info())}};
  if (const auto& generic = description.resources().generic(); !generic.empty())
    out["Description"]["Resources"]["GenericResources"] = generics_to_json(generic);
  out["Status"] = {{"State", node_state_name(node.status().state())}, {"Addr", node.status().addr()}};
  if (!node.status().message().empty()) out["Status"]["Message"] = node.status().message();
  if (node.has_manager_status()) {
    out["ManagerStatus"] = {{"Reachability", "reachable"}, {"Addr", node.manager_status().addr()}};
    if (node.manager_status().leader()) out["ManagerStatus"]["Leader"] = true;
  }
  return out;
}

Result<swarm::Availability> availability_from_text(const std::string& text) {
  if (text.empty() || text == "active") return swarm::ACTIVE;
  if (text == "pause") return swarm::AVAILABILITY_PAUSE;
  if (text == "drain") return swarm::DRAIN;
  return make_error(Code::kInvalidArgument, "invalid availability: \"" + text + "\"", "", "use active, pause or drain");
}

Result<swarm::NodeSpec> node_spec_from_json(const json& from) {
  SKEIN_TRY(check_is_object(from, "the node's spec"));
  swarm::NodeSpec out;
  SKEIN_TRY_ASSIGN(*out.mutable_annotations()->mutable_name(), text_member(from, "Name"));
  SKEIN_TRY(labels_member(from, "Labels", *out.mutable_annotations()->mutable_labels()));
  SKEIN_TRY_ASSIGN(std::string role, text_member(from, "Role"));
  if (role != "worker" && role != "manager")
    return make_error(Code::kInvalidArgument, "invalid Role: \"" + role + "\"", "", "use worker or manager");
  out.set_desired_role(role == "manager" ? swarm::MANAGER : swarm::WORKER);
  SKEIN_TRY_ASSIGN(std::string availability, text_member(from, "Availability"));
  if (availability.empty())
    return make_error(Code::kInvalidArgument, "invalid Availability: \"\"", "", "use active, pause or drain");
  SKEIN_TRY_ASSIGN(auto parsed, availability_from_text(availability));
  out.set_availability(parsed);
  return out;
}

json network_to_json(const swarm::Network& network, const std::string& scope) {
  const auto& spec = network.spec();
  std::string driver = spec.driver_config().name();
  if (driver.empty()) driver = network.driver_state().name().empty() ? "overlay" : network.driver_state().name();
  json options = labels_to_json(scope == "swarm" ? network.driver_state().options() : spec.driver_config().options());
  if (scope == "swarm")
    for (const auto& [key, value] : spec.driver_config().options()) options[key] = value;
  return {{"Name", model::name_of(network)},
          {"Id", network.id()},
          {"Created", to_rfc3339(network.meta().created_at())},
          {"Scope", spec.annotations().labels().contains(std::string(model::kPredefinedLabel)) ? "local" : scope},
          {"Driver", driver},
          {"EnableIPv4", true},
          {"EnableIPv6", false},
          {"IPAM", ipam_to_json(network.ipam())},
          {"Internal", spec.internal()},
          {"Attachable", scope == "local" ? false : spec.attachable()},
          {"Ingress", spec.ingress()},
          {"ConfigFrom", {{"Network", ""}}},
          {"ConfigOnly", false},
          {"Containers", json::object()},
          {"Options", options},
          {"Labels", labels_to_json(spec.annotations().labels())}};
}

Result<swarm::NetworkSpec> network_spec_from_json(const json& from) {
  SKEIN_TRY(check_is_object(from, "the request"));
  swarm::NetworkSpec out;
  SKEIN_TRY_ASSIGN(std::string name, text_member(from, "Name"));
  if (name.empty() ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") !=
          std::string::npos ||
      !isalnum(static_cast<unsigned char>(name[0])) || name.size() > 253)
    return make_error(Code::kInvalidArgument, "invalid network name: \"" + name + "\"", "",
                      "use letters, digits, '_', '.' and '-', beginning with a letter or digit");
  out.mutable_annotations()->set_name(name);
  SKEIN_TRY(labels_member(from, "Labels", *out.mutable_annotations()->mutable_labels()));
  SKEIN_TRY_ASSIGN(std::string driver, text_member(from, "Driver"));
  out.mutable_driver_config()->set_name(driver.empty() ? "bridge" : driver);
  SKEIN_TRY(labels_member(from, "Options", *out.mutable_driver_config()->mutable_options()));
  SKEIN_TRY_ASSIGN(bool internal, flag_member(from, "Internal"));
  SKEIN_TRY_ASSIGN(bool attachable, flag_member(from, "Attachable"));
  SKEIN_TRY_ASSIGN(bool ingress, flag_member(from, "Ingress"));
  SKEIN_TRY_ASSIGN(bool ipv6, flag_member(from, "EnableIPv6"));
  SKEIN_TRY_ASSIGN(bool config_only, flag_member(from, "ConfigOnly"));
  if (const auto ipv4 = from.find("EnableIPv4"); ipv4 != from.end() && *ipv4 == false)
    return make_error(Code::kInvalidArgument, driver == "overlay" ? "IPv4 cannot be disabled in a Swarm scoped network"
                                                                  : "IPv4 or IPv6 must be enabled");
  if (ipv6)
    return make_error(Code::kUnimplemented, "IPv6 inside networks is not supported yet", "", "leave --ipv6 out");
  if (config_only) return make_error(Code::kUnimplemented, "configuration-only networks are not supported");
  out.set_internal(internal);
  out.set_attachable(attachable);
  out.set_ingress(ingress);
  auto ipam = from.find("IPAM");
  if (ipam == from.end() || ipam->is_null()) return out;
  if (!ipam->is_object()) return make_error(Code::kInvalidArgument, "IPAM must be an object");
  SKEIN_TRY_ASSIGN(std::string ipam_driver, text_member(*ipam, "Driver"));
  if (!ipam_driver.empty() && ipam_driver != "default")
    return make_error(Code::kNotFound, "plugin \"" + ipam_driver + "\" not found");
  out.mutable_ipam()->mutable_driver()->set_name(ipam_driver.empty() ? "default" : ipam_driver);
  auto configs = ipam->find("Config");
  if (configs == ipam->end() || configs->is_null()) return out;
  if (!configs->is_array()) return make_error(Code::kInvalidArgument, "IPAM.Config must be a list");
  for (const json& entry : *configs) {
    if (!entry.is_object()) return make_error(Code::kInvalidArgument, "IPAM.Config must be a list of objects");
    auto* config = out.mutable_ipam()->add_configs();
    SKEIN_TRY_ASSIGN(*config->mutable_subnet(), text_member(entry, "Subnet"));
    if (config->subnet().find(':') != std::string::npos)
      return make_error(Code::kUnimplemented, "IPv6 inside networks is not supported yet", "",
                        "leave the subnet " + config->subnet() + " out");
    SKEIN_TRY_ASSIGN(*config->mutable_range(), text_member(entry, "IPRange"));
    SKEIN_TRY_ASSIGN(*config->mutable_gateway(), text_member(entry, "Gateway"));
    SKEIN_TRY(labels_member(entry, "AuxiliaryAddresses", *config->mutable_reserved()));
  }
  return out;
}

}  // namespace skein::api
