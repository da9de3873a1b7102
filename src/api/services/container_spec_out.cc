#include "api/replies/put.h"
#include "api/replies/service_words.h"
#include "api/services/service_out.h"
#include "base/bytes.h"

namespace skein::api {

using nlohmann::json;

namespace {

json privileges_to_json(const swarm::Privileges& privileges) {
  json out{{"CredentialSpec", nullptr}, {"SELinuxContext", nullptr}};
  if (privileges.has_credential_spec()) {
    const auto& source = privileges.credential_spec();
    out["CredentialSpec"] = {{"Config", source.config()}, {"File", source.file()}, {"Registry", source.registry()}};
  }
  if (privileges.has_selinux_context()) {
    const auto& context = privileges.selinux_context();
    out["SELinuxContext"] = {{"Disable", context.disable()},
                             {"User", context.user()},
                             {"Role", context.role()},
                             {"Type", context.type()},
                             {"Level", context.level()}};
  }
  if (privileges.has_seccomp()) {
    out["Seccomp"] = {{"Mode", kSeccompModes.text(privileges.seccomp().mode())}};
    put_text(out["Seccomp"], "Profile", to_base64(privileges.seccomp().profile()));
  }
  if (privileges.has_apparmor()) out["AppArmor"] = {{"Mode", kAppArmorModes.text(privileges.apparmor().mode())}};
  put_flag(out, "NoNewPrivileges", privileges.no_new_privileges());
  return out;
}

json bind_to_json(const swarm::Mount::BindOptions& bind) {
  json out{{"Propagation", kPropagations.text(bind.propagation())}};
  put_flag(out, "NonRecursive", bind.nonrecursive());
  put_flag(out, "CreateMountpoint", bind.createmountpoint());
  put_flag(out, "ReadOnlyNonRecursive", bind.readonlynonrecursive());
  put_flag(out, "ReadOnlyForceRecursive", bind.readonlyforcerecursive());
  return out;
}

json volume_to_json(const swarm::Mount::VolumeOptions& volume) {
  json out = json::object();
  put_flag(out, "NoCopy", volume.nocopy());
  put_map(out, "Labels", volume.labels());
  put_text(out, "Subpath", volume.subpath());
  if (!volume.has_driver_config()) return out;
  json& driver = out["DriverConfig"] = json::object();
  put_text(driver, "Name", volume.driver_config().name());
  put_map(driver, "Options", volume.driver_config().options());
  return out;
}

json tmpfs_to_json(const swarm::Mount::TmpfsOptions& tmpfs) {
  json out = json::object();
  put_number(out, "SizeBytes", tmpfs.size_bytes());
  put_number(out, "Mode", tmpfs.mode());
  json options = json::parse(tmpfs.options(), nullptr, false);
  if (options.is_array() && !options.empty()) out["Options"] = std::move(options);
  return out;
}

json mount_to_json(const swarm::Mount& mount) {
  json out{{"Type", kMountTypes.text(mount.type())}};
  put_text(out, "Source", mount.source());
  put_text(out, "Target", mount.target());
  put_flag(out, "ReadOnly", mount.readonly());
  if (mount.consistency() != swarm::Mount::DEFAULT) out["Consistency"] = kMountConsistencies.text(mount.consistency());
  if (mount.has_bind_options()) out["BindOptions"] = bind_to_json(mount.bind_options());
  if (mount.has_volume_options()) out["VolumeOptions"] = volume_to_json(mount.volume_options());
  if (mount.has_tmpfs_options()) out["TmpfsOptions"] = tmpfs_to_json(mount.tmpfs_options());
  return out;
}

json health_to_json(const swarm::HealthConfig& health) {
  json out = json::object();
  put_texts(out, "Test", health.test());
  put_duration(out, "Interval", health.interval());
  put_duration(out, "Timeout", health.timeout());
  put_duration(out, "StartPeriod", health.start_period());
  put_duration(out, "StartInterval", health.start_interval());
  put_number(out, "Retries", health.retries());
  return out;
}

json file_to_json(const swarm::FileTarget& file) {
  return {{"Name", file.name()}, {"UID", file.uid()}, {"GID", file.gid()}, {"Mode", file.mode()}};
}

void put_references(json& out, const swarm::ContainerSpec& container) {
  for (const auto& reference : container.secrets()) {
    json shown{{"SecretID", reference.secret_id()}, {"SecretName", reference.secret_name()}};
    if (reference.has_file()) shown["File"] = file_to_json(reference.file());
    out["Secrets"].push_back(std::move(shown));
  }
  for (const auto& reference : container.configs()) {
    json shown{{"ConfigID", reference.config_id()}, {"ConfigName", reference.config_name()}};
    if (reference.has_runtime()) shown["Runtime"] = json::object();
    if (reference.has_file()) shown["File"] = file_to_json(reference.file());
    out["Configs"].push_back(std::move(shown));
  }
}

}  // namespace

json container_spec_to_json(const swarm::ContainerSpec& container) {
  json out = json::object();
  put_text(out, "Image", container.image());
  put_map(out, "Labels", container.labels());
  put_texts(out, "Command", container.command());
  put_texts(out, "Args", container.args());
  put_text(out, "Hostname", container.hostname());
  put_texts(out, "Env", container.env());
  put_text(out, "Dir", container.dir());
  put_text(out, "User", container.user());
  put_texts(out, "Groups", container.groups());
  if (container.has_privileges()) out["Privileges"] = privileges_to_json(container.privileges());
  if (container.has_init()) out["Init"] = container.init().value();
  put_text(out, "StopSignal", container.stop_signal());
  put_flag(out, "TTY", container.tty());
  put_flag(out, "OpenStdin", container.open_stdin());
  put_flag(out, "ReadOnly", container.read_only());
  for (const auto& mount : container.mounts()) out["Mounts"].push_back(mount_to_json(mount));
  if (container.has_stop_grace_period())
    out["StopGracePeriod"] = model::from_wire(container.stop_grace_period()).count();
  if (container.has_healthcheck()) out["Healthcheck"] = health_to_json(container.healthcheck());
  put_texts(out, "Hosts", container.hosts());
  if (container.has_dns_config()) {
    json& dns = out["DNSConfig"] = json::object();
    put_texts(dns, "Nameservers", container.dns_config().nameservers());
    put_texts(dns, "Search", container.dns_config().search());
    put_texts(dns, "Options", container.dns_config().options());
  }
  put_references(out, container);
  out["Isolation"] = kIsolations.text(container.isolation());
  put_map(out, "Sysctls", container.sysctls());
  put_texts(out, "CapabilityAdd", container.capability_add());
  put_texts(out, "CapabilityDrop", container.capability_drop());
  for (const auto& ulimit : container.ulimits())
    out["Ulimits"].push_back({{"Name", ulimit.name()}, {"Hard", ulimit.hard()}, {"Soft", ulimit.soft()}});
  put_number(out, "OomScoreAdj", container.oom_score_adj());
  return out;
}

}  // namespace skein::api
