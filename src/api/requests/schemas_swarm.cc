// Docker's types network.CreateRequest, ConnectOptions, DisconnectOptions, swarm.SecretSpec, ConfigSpec, NodeSpec,
// Spec, InitRequest and JoinRequest.
#include "api/requests/schemas.h"

namespace skein::api::schema {

namespace {

// ---- networks
constexpr Member kIpamPoolMembers[] = {
    {"Subnet", &kText}, {"IPRange", &kText}, {"Gateway", &kText}, {"AuxiliaryAddresses", &kTextMap}};
constexpr Schema kIpamPool = structure("network.IPAMConfig", kIpamPoolMembers);
constexpr Schema kIpamPools = list("[]network.IPAMConfig", kIpamPool);
constexpr Member kNetworkIpamMembers[] = {{"Driver", &kText}, {"Options", &kTextMap}, {"Config", &kIpamPools}};
constexpr Schema kNetworkIpam = structure("network.IPAM", kNetworkIpamMembers);
constexpr Member kConfigFromMembers[] = {{"Network", &kText}};
constexpr Schema kConfigFrom = structure("network.ConfigReference", kConfigFromMembers);
constexpr Member kNetworkMembers[] = {{"Name", &kText},        {"CheckDuplicate", &kFlag}, {"Driver", &kText},
                                      {"Scope", &kText},       {"EnableIPv4", &kFlag},     {"EnableIPv6", &kFlag},
                                      {"IPAM", &kNetworkIpam}, {"Internal", &kFlag},       {"Attachable", &kFlag},
                                      {"Ingress", &kFlag},     {"ConfigOnly", &kFlag},     {"ConfigFrom", &kConfigFrom},
                                      {"Options", &kTextMap},  {"Labels", &kTextMap}};
constexpr Member kConnectMembers[] = {{"Container", &kText}, {"EndpointConfig", &kEndpointSettings}};
constexpr Member kDisconnectMembers[] = {{"Container", &kText}, {"Force", &kFlag}};

// ---- secrets and configs
constexpr Member kDependencyDriverMembers[] = {{"Name", &kText}, {"Options", &kTextMap}};
constexpr Schema kDependencyDriver = structure("swarm.Driver", kDependencyDriverMembers);
constexpr Member kSecretBodyMembers[] = {{"Name", &kText},
                                         {"Labels", &kTextMap},
                                         {"Data", &kBytes},
                                         {"Driver", &kDependencyDriver},
                                         {"Templating", &kDependencyDriver}};
constexpr Member kConfigBodyMembers[] = {
    {"Name", &kText}, {"Labels", &kTextMap}, {"Data", &kBytes}, {"Templating", &kDependencyDriver}};

// ---- nodes
constexpr Schema kRole = text("swarm.NodeRole");
constexpr Schema kAvailability = text("swarm.NodeAvailability");
constexpr Member kNodeMembers[] = {
    {"Name", &kText}, {"Labels", &kTextMap}, {"Role", &kRole}, {"Availability", &kAvailability}};

// ---- the swarm
constexpr Member kOrchestrationMembers[] = {{"TaskHistoryRetentionLimit", &kInt64}};
constexpr Schema kOrchestration = structure("swarm.OrchestrationConfig", kOrchestrationMembers);
constexpr Member kRaftMembers[] = {{"SnapshotInterval", &kUint64},
                                   {"KeepOldSnapshots", &kUint64},
                                   {"LogEntriesForSlowFollowers", &kUint64},
                                   {"ElectionTick", &kInt},
                                   {"HeartbeatTick", &kInt}};
constexpr Schema kRaft = structure("swarm.RaftConfig", kRaftMembers);
constexpr Member kDispatcherMembers[] = {{"HeartbeatPeriod", &kDuration}};
constexpr Schema kDispatcher = structure("swarm.DispatcherConfig", kDispatcherMembers);
constexpr Schema kCaProtocol = text("swarm.ExternalCAProtocol");
constexpr Member kExternalCaMembers[] = {
    {"Protocol", &kCaProtocol}, {"URL", &kText}, {"Options", &kTextMap}, {"CACert", &kText}};
constexpr Schema kExternalCa = structure("swarm.ExternalCA", kExternalCaMembers);
constexpr Schema kExternalCas = list("[]*swarm.ExternalCA", kExternalCa);
constexpr Member kCaMembers[] = {{"NodeCertExpiry", &kDuration},
                                 {"ExternalCAs", &kExternalCas},
                                 {"SigningCACert", &kText},
                                 {"SigningCAKey", &kText},
                                 {"ForceRotate", &kUint64}};
constexpr Schema kCa = structure("swarm.CAConfig", kCaMembers);
constexpr Member kLogDriverMembers[] = {{"Name", &kText}, {"Options", &kTextMap}};
constexpr Schema kLogDriver = structure("swarm.Driver", kLogDriverMembers);
constexpr Member kTaskDefaultsMembers[] = {{"LogDriver", &kLogDriver}};
constexpr Schema kTaskDefaults = structure("swarm.TaskDefaults", kTaskDefaultsMembers);
constexpr Member kEncryptionMembers[] = {{"AutoLockManagers", &kFlag}};
constexpr Schema kEncryption = structure("swarm.EncryptionConfig", kEncryptionMembers);
constexpr Member kSwarmMembers[] = {{"Name", &kText},
                                    {"Labels", &kTextMap},
                                    {"Orchestration", &kOrchestration},
                                    {"Raft", &kRaft},
                                    {"Dispatcher", &kDispatcher},
                                    {"CAConfig", &kCa},
                                    {"TaskDefaults", &kTaskDefaults},
                                    {"EncryptionConfig", &kEncryption}};

constexpr Member kInitMembers[] = {{"ListenAddr", &kText},       {"AdvertiseAddr", &kText},
                                   {"DataPathAddr", &kText},     {"DataPathPort", &kUint32},
                                   {"ForceNewCluster", &kFlag},  {"Spec", &kSwarmBody},
                                   {"AutoLockManagers", &kFlag}, {"Availability", &kAvailability},
                                   {"DefaultAddrPool", &kTexts}, {"SubnetSize", &kUint32}};
constexpr Member kJoinMembers[] = {{"ListenAddr", &kText},   {"AdvertiseAddr", &kText},
                                   {"DataPathAddr", &kText}, {"RemoteAddrs", &kTexts},
                                   {"JoinToken", &kText},    {"Availability", &kAvailability}};
constexpr Member kUnlockMembers[] = {{"UnlockKey", &kText}};

}  // namespace

constexpr Schema kNetworkBody = structure("network.CreateRequest", kNetworkMembers);
constexpr Schema kConnectBody = structure("network.ConnectOptions", kConnectMembers);
constexpr Schema kDisconnectBody = structure("network.DisconnectOptions", kDisconnectMembers);
constexpr Schema kSecretBody = structure("swarm.SecretSpec", kSecretBodyMembers);
constexpr Schema kConfigBody = structure("swarm.ConfigSpec", kConfigBodyMembers);
constexpr Schema kNodeBody = structure("swarm.NodeSpec", kNodeMembers);
constexpr Schema kSwarmBody = structure("swarm.Spec", kSwarmMembers);
constexpr Schema kInitBody = structure("swarm.InitRequest", kInitMembers);
constexpr Schema kJoinBody = structure("swarm.JoinRequest", kJoinMembers);
constexpr Schema kUnlockBody = structure("swarm.UnlockRequest", kUnlockMembers);

}  // namespace skein::api::schema
