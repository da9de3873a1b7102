// Docker's types container.Config, HostConfig, ExecOptions, UpdateConfig, mount.Mount, network.EndpointSettings and
// volume.CreateOptions.
#include "api/requests/schemas.h"

namespace skein::api::schema {

namespace {

constexpr Schema kEmptySet = map("map[string]struct {}", kNothing);
constexpr Schema kPortSet = map("nat.PortSet", kNothing);

constexpr Member kHealthMembers[] = {
    {"Test", &kTexts},           {"Interval", &kDuration},      {"Timeout", &kDuration},
    {"StartPeriod", &kDuration}, {"StartInterval", &kDuration}, {"Retries", &kInt}};
constexpr Schema kHealth = structure("container.HealthConfig", kHealthMembers);

// ---- mounts
constexpr Schema kMountType = text("mount.Type");
constexpr Schema kConsistency = text("mount.Consistency");
constexpr Schema kPropagation = text("mount.Propagation");
constexpr Member kBindMembers[] = {{"Propagation", &kPropagation},
                                   {"NonRecursive", &kFlag},
                                   {"CreateMountpoint", &kFlag},
                                   {"ReadOnlyNonRecursive", &kFlag},
                                   {"ReadOnlyForceRecursive", &kFlag}};
constexpr Schema kBind = structure("mount.BindOptions", kBindMembers);
constexpr Member kDriverMembers[] = {{"Name", &kText}, {"Options", &kTextMap}};
constexpr Schema kDriver = structure("mount.Driver", kDriverMembers);
constexpr Member kVolumeMembers[] = {
    {"NoCopy", &kFlag}, {"Labels", &kTextMap}, {"Subpath", &kText}, {"DriverConfig", &kDriver}};
constexpr Schema kVolume = structure("mount.VolumeOptions", kVolumeMembers);
constexpr Member kTmpfsMembers[] = {{"SizeBytes", &kInt64}, {"Mode", &kFileMode}, {"Options", &kTextLists}};
constexpr Schema kTmpfs = structure("mount.TmpfsOptions", kTmpfsMembers);
constexpr Schema kCluster = structure("mount.ClusterOptions", {});
constexpr Member kMountMembers[] = {
    {"Type", &kMountType},          {"Source", &kText},      {"Target", &kText},          {"ReadOnly", &kFlag},
    {"Consistency", &kConsistency}, {"BindOptions", &kBind}, {"VolumeOptions", &kVolume}, {"TmpfsOptions", &kTmpfs},
    {"ClusterOptions", &kCluster}};

// ---- endpoints
constexpr Member kIpamMembers[] = {{"IPv4Address", &kText}, {"IPv6Address", &kText}, {"LinkLocalIPs", &kTexts}};
constexpr Schema kIpam = structure("network.EndpointIPAMConfig", kIpamMembers);
constexpr Member kEndpointMembers[] = {{"IPAMConfig", &kIpam},        {"Links", &kTexts},
                                       {"Aliases", &kTexts},          {"MacAddress", &kText},
                                       {"DriverOpts", &kTextMap},     {"GwPriority", &kInt},
                                       {"NetworkID", &kText},         {"EndpointID", &kText},
                                       {"Gateway", &kText},           {"IPAddress", &kText},
                                       {"IPPrefixLen", &kInt},        {"IPv6Gateway", &kText},
                                       {"GlobalIPv6Address", &kText}, {"GlobalIPv6PrefixLen", &kInt},
                                       {"DNSNames", &kTexts}};

// ---- resources
constexpr Member kWeightMembers[] = {{"Path", &kText}, {"Weight", &kUint16}};
constexpr Schema kWeight = structure("blkiodev.WeightDevice", kWeightMembers);
constexpr Schema kWeights = list("[]*blkiodev.WeightDevice", kWeight);
constexpr Member kThrottleMembers[] = {{"Path", &kText}, {"Rate", &kUint64}};
constexpr Schema kThrottle = structure("blkiodev.ThrottleDevice", kThrottleMembers);
constexpr Schema kThrottles = list("[]*blkiodev.ThrottleDevice", kThrottle);
constexpr Member kDeviceMembers[] = {
    {"PathOnHost", &kText}, {"PathInContainer", &kText}, {"CgroupPermissions", &kText}};
constexpr Schema kDevice = structure("container.DeviceMapping", kDeviceMembers);
constexpr Schema kDevices = list("[]container.DeviceMapping", kDevice);
constexpr Member kDeviceRequestMembers[] = {{"Driver", &kText},
                                            {"Count", &kInt},
                                            {"DeviceIDs", &kTexts},
                                            {"Capabilities", &kTextLists},
                                            {"Options", &kTextMap}};
constexpr Schema kDeviceRequest = structure("container.DeviceRequest", kDeviceRequestMembers);
constexpr Schema kDeviceRequests = list("[]container.DeviceRequest", kDeviceRequest);
constexpr Member kUlimitMembers[] = {{"Name", &kText}, {"Hard", &kInt64}, {"Soft", &kInt64}};
constexpr Schema kUlimit = structure("units.Ulimit", kUlimitMembers);
constexpr Schema kUlimits = list("[]*units.Ulimit", kUlimit);

constexpr Schema kRestartName = text("container.RestartPolicyMode");
constexpr Member kRestartMembers[] = {{"Name", &kRestartName}, {"MaximumRetryCount", &kInt}};
constexpr Schema kRestart = structure("container.RestartPolicy", kRestartMembers);

constexpr Member kResourcesMembers[] = {{"CpuShares", &kInt64},
                                        {"Memory", &kInt64},
                                        {"NanoCpus", &kInt64},
                                        {"CgroupParent", &kText},
                                        {"BlkioWeight", &kUint16},
                                        {"BlkioWeightDevice", &kWeights},
                                        {"BlkioDeviceReadBps", &kThrottles},
                                        {"BlkioDeviceWriteBps", &kThrottles},
                                        {"BlkioDeviceReadIOps", &kThrottles},
                                        {"BlkioDeviceWriteIOps", &kThrottles},
                                        {"CpuPeriod", &kInt64},
                                        {"CpuQuota", &kInt64},
                                        {"CpuRealtimePeriod", &kInt64},
                                        {"CpuRealtimeRuntime", &kInt64},
                                        {"CpusetCpus", &kText},
                                        {"CpusetMems", &kText},
                                        {"Devices", &kDevices},
                                        {"DeviceCgroupRules", &kTexts},
                                        {"DeviceRequests", &kDeviceRequests},
                                        {"KernelMemory", &kInt64},
                                        {"KernelMemoryTCP", &kInt64},
                                        {"MemoryReservation", &kInt64},
                                        {"MemorySwap", &kInt64},
                                        {"MemorySwappiness", &kInt64},
                                        {"OomKillDisable", &kFlag},
                                        {"PidsLimit", &kInt64},
                                        {"Ulimits", &kUlimits},
                                        {"CpuCount", &kInt64},
                                        {"CpuPercent", &kInt64},
                                        {"IOMaximumIOps", &kUint64},
                                        {"IOMaximumBandwidth", &kUint64}};
constexpr Schema kResources = structure("container.Resources", kResourcesMembers);

constexpr Member kUpdateMembers[] = {{"", &kResources}, {"RestartPolicy", &kRestart}};

// ---- the host's part
constexpr Member kLogMembers[] = {{"Type", &kText}, {"Config", &kTextMap}};
constexpr Schema kLog = structure("container.LogConfig", kLogMembers);
constexpr Member kBindingMembers[] = {{"HostIp", &kText}, {"HostPort", &kText}};
constexpr Schema kBinding = structure("nat.PortBinding", kBindingMembers);
constexpr Schema kBindings = list("[]nat.PortBinding", kBinding);
constexpr Schema kPortMap = map("nat.PortMap", kBindings);
constexpr Schema kUint = whole<uint64_t>("uint");
constexpr Schema kConsole = list("[2]uint", kUint);
constexpr Schema kMounts = list("[]mount.Mount", kMountSchema);
constexpr Schema kNetworkMode = text("container.NetworkMode");
constexpr Schema kCgroupnsMode = text("container.CgroupnsMode");
constexpr Schema kIpcMode = text("container.IpcMode");
constexpr Schema kCgroupSpec = text("container.CgroupSpec");
constexpr Schema kPidMode = text("container.PidMode");
constexpr Schema kUtsMode = text("container.UTSMode");
constexpr Schema kUsernsMode = text("container.UsernsMode");
constexpr Schema kIsolation = text("container.Isolation");

constexpr Member kHostMembers[] = {{"Binds", &kTexts},
                                   {"ContainerIDFile", &kText},
                                   {"LogConfig", &kLog},
                                   {"NetworkMode", &kNetworkMode},
                                   {"PortBindings", &kPortMap},
                                   {"RestartPolicy", &kRestart},
                                   {"AutoRemove", &kFlag},
                                   {"VolumeDriver", &kText},
                                   {"VolumesFrom", &kTexts},
                                   {"ConsoleSize", &kConsole},
                                   {"Annotations", &kTextMap},
                                   {"CapAdd", &kWords},
                                   {"CapDrop", &kWords},
                                   {"CgroupnsMode", &kCgroupnsMode},
                                   {"Dns", &kTexts},
                                   {"DnsOptions", &kTexts},
                                   {"DnsSearch", &kTexts},
                                   {"ExtraHosts", &kTexts},
                                   {"GroupAdd", &kTexts},
                                   {"IpcMode", &kIpcMode},
                                   {"Cgroup", &kCgroupSpec},
                                   {"Links", &kTexts},
                                   {"OomScoreAdj", &kInt},
                                   {"PidMode", &kPidMode},
                                   {"Privileged", &kFlag},
                                   {"PublishAllPorts", &kFlag},
                                   {"ReadonlyRootfs", &kFlag},
                                   {"SecurityOpt", &kTexts},
                                   {"StorageOpt", &kTextMap},
                                   {"Tmpfs", &kTextMap},
                                   {"UTSMode", &kUtsMode},
                                   {"UsernsMode", &kUsernsMode},
                                   {"ShmSize", &kInt64},
                                   {"Sysctls", &kTextMap},
                                   {"Runtime", &kText},
                                   {"Isolation", &kIsolation},
                                   {"", &kResources},
                                   {"Mounts", &kMounts},
                                   {"MaskedPaths", &kTexts},
                                   {"ReadonlyPaths", &kTexts},
                                   {"Init", &kFlag}};
constexpr Schema kHost = structure("container.HostConfig", kHostMembers);

constexpr Schema kEndpoints = map("map[string]*network.EndpointSettings", kEndpointSettings);
constexpr Member kNetworkingMembers[] = {{"EndpointsConfig", &kEndpoints}};
constexpr Schema kNetworking = structure("network.NetworkingConfig", kNetworkingMembers);

constexpr Member kContainerMembers[] = {
    {"Hostname", &kText},        {"Domainname", &kText},   {"User", &kText},
    {"AttachStdin", &kFlag},     {"AttachStdout", &kFlag}, {"AttachStderr", &kFlag},
    {"ExposedPorts", &kPortSet}, {"Tty", &kFlag},          {"OpenStdin", &kFlag},
    {"StdinOnce", &kFlag},       {"Env", &kTexts},         {"Cmd", &kWords},
    {"Healthcheck", &kHealth},   {"ArgsEscaped", &kFlag},  {"Image", &kText},
    {"Volumes", &kEmptySet},     {"WorkingDir", &kText},   {"Entrypoint", &kWords},
    {"NetworkDisabled", &kFlag}, {"MacAddress", &kText},   {"OnBuild", &kTexts},
    {"Labels", &kTextMap},       {"StopSignal", &kText},   {"StopTimeout", &kInt},
    {"Shell", &kWords},          {"HostConfig", &kHost},   {"NetworkingConfig", &kNetworking}};

constexpr Member kExecMembers[] = {{"User", &kText},           {"Privileged", &kFlag},  {"Tty", &kFlag},
                                   {"ConsoleSize", &kConsole}, {"AttachStdin", &kFlag}, {"AttachStderr", &kFlag},
                                   {"AttachStdout", &kFlag},   {"DetachKeys", &kText},  {"Env", &kTexts},
                                   {"WorkingDir", &kText},     {"Cmd", &kTexts}};
constexpr Member kExecStartMembers[] = {{"Detach", &kFlag}, {"Tty", &kFlag}, {"ConsoleSize", &kConsole}};
constexpr Member kVolumeBodyMembers[] = {{"Name", &kText},
                                         {"Driver", &kText},
                                         {"DriverOpts", &kTextMap},
                                         {"Labels", &kTextMap},
                                         {"ClusterVolumeSpec", &kAny}};

}  // namespace

constexpr Schema kMountSchema = structure("mount.Mount", kMountMembers);
constexpr Schema kEndpointSettings = structure("network.EndpointSettings", kEndpointMembers);
constexpr Schema kContainerBody = structure("runconfig.ContainerConfigWrapper", kContainerMembers);
constexpr Schema kContainerUpdateBody = structure("container.UpdateConfig", kUpdateMembers);
constexpr Schema kExecBody = structure("container.ExecOptions", kExecMembers);
constexpr Schema kExecStartBody = structure("container.ExecStartOptions", kExecStartMembers);
constexpr Schema kVolumeBody = structure("volume.CreateOptions", kVolumeBodyMembers);

}  // namespace skein::api::schema
