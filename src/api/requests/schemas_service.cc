// Docker's type swarm.ServiceSpec.
#include "api/requests/schemas.h"

namespace skein::api::schema {

namespace {

constexpr Member kNamedDriverMembers[] = {{"Name", &kText}, {"Options", &kTextMap}};
constexpr Schema kNamedDriver = structure("swarm.Driver", kNamedDriverMembers);

// ---- the container
constexpr Member kCredentialMembers[] = {{"Config", &kText}, {"File", &kText}, {"Registry", &kText}};
constexpr Schema kCredential = structure("swarm.CredentialSpec", kCredentialMembers);
constexpr Member kSelinuxMembers[] = {
    {"Disable", &kFlag}, {"User", &kText}, {"Role", &kText}, {"Type", &kText}, {"Level", &kText}};
constexpr Schema kSelinux = structure("swarm.SELinuxContext", kSelinuxMembers);
constexpr Schema kSeccompMode = text("swarm.SeccompMode");
constexpr Member kSeccompMembers[] = {{"Mode", &kSeccompMode}, {"Profile", &kBytes}};
constexpr Schema kSeccomp = structure("swarm.SeccompOpts", kSeccompMembers);
constexpr Schema kApparmorMode = text("swarm.AppArmorMode");
constexpr Member kApparmorMembers[] = {{"Mode", &kApparmorMode}};
constexpr Schema kApparmor = structure("swarm.AppArmorOpts", kApparmorMembers);
constexpr Member kPrivilegesMembers[] = {{"CredentialSpec", &kCredential},
                                         {"SELinuxContext", &kSelinux},
                                         {"Seccomp", &kSeccomp},
                                         {"AppArmor", &kApparmor},
                                         {"NoNewPrivileges", &kFlag}};
constexpr Schema kPrivileges = structure("swarm.Privileges", kPrivilegesMembers);
constexpr Member kServiceHealthMembers[] = {
    {"Test", &kTexts},           {"Interval", &kDuration},      {"Timeout", &kDuration},
    {"StartPeriod", &kDuration}, {"StartInterval", &kDuration}, {"Retries", &kInt}};
constexpr Schema kServiceHealth = structure("container.HealthConfig", kServiceHealthMembers);
constexpr Schema kServiceMounts = list("[]mount.Mount", kMountSchema);
constexpr Member kDnsMembers[] = {{"Nameservers", &kTexts}, {"Search", &kTexts}, {"Options", &kTexts}};
constexpr Schema kDns = structure("swarm.DNSConfig", kDnsMembers);
constexpr Member kSecretFileMembers[] = {{"Name", &kText}, {"UID", &kText}, {"GID", &kText}, {"Mode", &kFileMode}};
constexpr Schema kSecretFile = structure("swarm.SecretReferenceFileTarget", kSecretFileMembers);
constexpr Member kSecretMembers[] = {{"File", &kSecretFile}, {"SecretID", &kText}, {"SecretName", &kText}};
constexpr Schema kSecret = structure("swarm.SecretReference", kSecretMembers);
constexpr Schema kSecrets = list("[]*swarm.SecretReference", kSecret);
constexpr Schema kConfigFile = structure("swarm.ConfigReferenceFileTarget", kSecretFileMembers);
constexpr Schema kConfigRuntime = structure("swarm.ConfigReferenceRuntimeTarget", {});
constexpr Member kConfigMembers[] = {
    {"File", &kConfigFile}, {"Runtime", &kConfigRuntime}, {"ConfigID", &kText}, {"ConfigName", &kText}};
constexpr Schema kConfig = structure("swarm.ConfigReference", kConfigMembers);
constexpr Schema kConfigs = list("[]*swarm.ConfigReference", kConfig);
constexpr Schema kServiceIsolation = text("container.Isolation");
constexpr Member kServiceUlimitMembers[] = {{"Name", &kText}, {"Hard", &kInt64}, {"Soft", &kInt64}};
constexpr Schema kServiceUlimit = structure("units.Ulimit", kServiceUlimitMembers);
constexpr Schema kServiceUlimits = list("[]*units.Ulimit", kServiceUlimit);
constexpr Member kContainerSpecMembers[] = {{"Image", &kText},
                                            {"Labels", &kTextMap},
                                            {"Command", &kTexts},
                                            {"Args", &kTexts},
                                            {"Hostname", &kText},
                                            {"Env", &kTexts},
                                            {"Dir", &kText},
                                            {"User", &kText},
                                            {"Groups", &kTexts},
                                            {"Privileges", &kPrivileges},
                                            {"Init", &kFlag},
                                            {"StopSignal", &kText},
                                            {"TTY", &kFlag},
                                            {"OpenStdin", &kFlag},
                                            {"ReadOnly", &kFlag},
                                            {"Mounts", &kServiceMounts},
                                            {"StopGracePeriod", &kDuration},
                                            {"Healthcheck", &kServiceHealth},
                                            {"Hosts", &kTexts},
                                            {"DNSConfig", &kDns},
                                            {"Secrets", &kSecrets},
                                            {"Configs", &kConfigs},
                                            {"Isolation", &kServiceIsolation},
                                            {"Sysctls", &kTextMap},
                                            {"CapabilityAdd", &kTexts},
                                            {"CapabilityDrop", &kTexts},
                                            {"Ulimits", &kServiceUlimits},
                                            {"OomScoreAdj", &kInt64}};
constexpr Schema kContainerSpec = structure("swarm.ContainerSpec", kContainerSpecMembers);

// ---- the task
constexpr Member kAttachmentMembers[] = {{"Target", &kText}, {"Aliases", &kTexts}, {"DriverOpts", &kTextMap}};
constexpr Schema kAttachment = structure("swarm.NetworkAttachmentConfig", kAttachmentMembers);
constexpr Schema kAttachments = list("[]swarm.NetworkAttachmentConfig", kAttachment);
constexpr Member kLimitMembers[] = {{"NanoCPUs", &kInt64}, {"MemoryBytes", &kInt64}, {"Pids", &kInt64}};
constexpr Schema kLimit = structure("swarm.Limit", kLimitMembers);
constexpr Member kNamedMembers[] = {{"Kind", &kText}, {"Value", &kText}};
constexpr Schema kNamed = structure("swarm.NamedGenericResource", kNamedMembers);
constexpr Member kDiscreteMembers[] = {{"Kind", &kText}, {"Value", &kInt64}};
constexpr Schema kDiscrete = structure("swarm.DiscreteGenericResource", kDiscreteMembers);
constexpr Member kGenericMembers[] = {{"NamedResourceSpec", &kNamed}, {"DiscreteResourceSpec", &kDiscrete}};
constexpr Schema kGeneric = structure("swarm.GenericResource", kGenericMembers);
constexpr Schema kGenerics = list("[]swarm.GenericResource", kGeneric);
constexpr Member kReservationMembers[] = {
    {"NanoCPUs", &kInt64}, {"MemoryBytes", &kInt64}, {"GenericResources", &kGenerics}};
constexpr Schema kReservation = structure("swarm.Resources", kReservationMembers);
constexpr Member kRequirementsMembers[] = {
    {"Limits", &kLimit}, {"Reservations", &kReservation}, {"SwapBytes", &kInt64}, {"MemorySwappiness", &kInt64}};
constexpr Schema kRequirements = structure("swarm.ResourceRequirements", kRequirementsMembers);
constexpr Schema kRestartCondition = text("swarm.RestartPolicyCondition");
constexpr Member kTaskRestartMembers[] = {
    {"Condition", &kRestartCondition}, {"Delay", &kDuration}, {"MaxAttempts", &kUint64}, {"Window", &kDuration}};
constexpr Schema kTaskRestart = structure("swarm.RestartPolicy", kTaskRestartMembers);
constexpr Member kSpreadMembers[] = {{"SpreadDescriptor", &kText}};
constexpr Schema kSpread = structure("swarm.SpreadOver", kSpreadMembers);
constexpr Member kPreferenceMembers[] = {{"Spread", &kSpread}};
constexpr Schema kPreference = structure("swarm.PlacementPreference", kPreferenceMembers);
constexpr Schema kPreferences = list("[]swarm.PlacementPreference", kPreference);
constexpr Member kPlatformMembers[] = {{"Architecture", &kText}, {"OS", &kText}};
constexpr Schema kPlatform = structure("swarm.Platform", kPlatformMembers);
constexpr Schema kPlatforms = list("[]swarm.Platform", kPlatform);
constexpr Member kPlacementMembers[] = {
    {"Constraints", &kTexts}, {"Preferences", &kPreferences}, {"MaxReplicas", &kUint64}, {"Platforms", &kPlatforms}};
constexpr Schema kPlacement = structure("swarm.Placement", kPlacementMembers);
constexpr Schema kRuntime = text("swarm.RuntimeType");
constexpr Member kTaskMembers[] = {{"ContainerSpec", &kContainerSpec}, {"PluginSpec", &kAny},
                                   {"NetworkAttachmentSpec", &kAny},   {"Resources", &kRequirements},
                                   {"RestartPolicy", &kTaskRestart},   {"Placement", &kPlacement},
                                   {"Networks", &kAttachments},        {"LogDriver", &kNamedDriver},
                                   {"ForceUpdate", &kUint64},          {"Runtime", &kRuntime}};
constexpr Schema kTask = structure("swarm.TaskSpec", kTaskMembers);

// ---- the service
constexpr Member kReplicatedMembers[] = {{"Replicas", &kUint64}};
constexpr Schema kReplicated = structure("swarm.ReplicatedService", kReplicatedMembers);
constexpr Schema kGlobal = structure("swarm.GlobalService", {});
constexpr Member kReplicatedJobMembers[] = {{"MaxConcurrent", &kUint64}, {"TotalCompletions", &kUint64}};
constexpr Schema kReplicatedJob = structure("swarm.ReplicatedJob", kReplicatedJobMembers);
constexpr Schema kGlobalJob = structure("swarm.GlobalJob", {});
constexpr Member kModeMembers[] = {
    {"Replicated", &kReplicated}, {"Global", &kGlobal}, {"ReplicatedJob", &kReplicatedJob}, {"GlobalJob", &kGlobalJob}};
constexpr Schema kMode = structure("swarm.ServiceMode", kModeMembers);
constexpr Member kUpdateConfigMembers[] = {{"Parallelism", &kUint64},      {"Delay", &kDuration},
                                           {"FailureAction", &kText},      {"Monitor", &kDuration},
                                           {"MaxFailureRatio", &kFloat32}, {"Order", &kText}};
constexpr Schema kUpdateConfig = structure("swarm.UpdateConfig", kUpdateConfigMembers);
constexpr Schema kResolution = text("swarm.ResolutionMode");
constexpr Schema kProtocol = text("swarm.PortConfigProtocol");
constexpr Schema kPublishMode = text("swarm.PortConfigPublishMode");
constexpr Member kPortMembers[] = {{"Name", &kText},
                                   {"Protocol", &kProtocol},
                                   {"TargetPort", &kUint32},
                                   {"PublishedPort", &kUint32},
                                   {"PublishMode", &kPublishMode}};
constexpr Schema kPort = structure("swarm.PortConfig", kPortMembers);
constexpr Schema kPorts = list("[]swarm.PortConfig", kPort);
constexpr Member kEndpointSpecMembers[] = {{"Mode", &kResolution}, {"Ports", &kPorts}};
constexpr Schema kEndpointSpec = structure("swarm.EndpointSpec", kEndpointSpecMembers);
constexpr Member kServiceMembers[] = {{"Name", &kText},
                                      {"Labels", &kTextMap},
                                      {"TaskTemplate", &kTask},
                                      {"Mode", &kMode},
                                      {"UpdateConfig", &kUpdateConfig},
                                      {"RollbackConfig", &kUpdateConfig},
                                      {"Networks", &kAttachments},
                                      {"EndpointSpec", &kEndpointSpec}};

}  // namespace

constexpr Schema kServiceBody = structure("swarm.ServiceSpec", kServiceMembers);

}  // namespace skein::api::schema
