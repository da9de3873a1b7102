#include <algorithm>

#include "api/replies/service_words.h"
#include "api/services/service_spec_in.h"
#include "base/text/json_text.h"

namespace skein::api {

namespace {

void read_privileges(Members& from, swarm::Privileges& out) {
  from.object("CredentialSpec", [&](Members& source) {
    const std::string config = source.text("Config"), file = source.text("File"), registry = source.text("Registry");
    const int count = !config.empty() + !file.empty() + !registry.empty();
    if (count == 0)
      return source.note(
          "invalid CredentialSpec: must either provide \"file\", \"registry\", or \"config\" for credential spec");
    if (count > 1) return source.note("invalid CredentialSpec: cannot specify more than one of file, registry, config");
    if (!config.empty()) out.mutable_credential_spec()->set_config(config);
    if (!file.empty()) out.mutable_credential_spec()->set_file(file);
    if (!registry.empty()) out.mutable_credential_spec()->set_registry(registry);
  });
  from.object("SELinuxContext", [&](Members& label) {
    auto* context = out.mutable_selinux_context();
    context->set_disable(label.flag("Disable"));
    context->set_user(label.text("User"));
    context->set_role(label.text("Role"));
    context->set_type(label.text("Type"));
    context->set_level(label.text("Level"));
  });
  from.object("Seccomp", [&](Members& seccomp) {
    out.mutable_seccomp()->set_mode(seccomp.word("Mode", kSeccompModes, swarm::Privileges::SeccompOpts::DEFAULT));
    out.mutable_seccomp()->set_profile(seccomp.bytes("Profile"));
  });
  from.object("AppArmor", [&](Members& apparmor) {
    out.mutable_apparmor()->set_mode(apparmor.word("Mode", kAppArmorModes, swarm::Privileges::AppArmorOpts::DEFAULT));
  });
  out.set_no_new_privileges(from.flag("NoNewPrivileges"));
}

void read_health(Members& from, swarm::HealthConfig& out) {
  from.texts_to("Test", out.mutable_test());
  *out.mutable_interval() = from.duration("Interval");
  *out.mutable_timeout() = from.duration("Timeout");
  *out.mutable_start_period() = from.duration("StartPeriod");
  *out.mutable_start_interval() = from.duration("StartInterval");
  out.set_retries(from.number<int32_t>("Retries"));
}

void read_file(Members& from, swarm::FileTarget& out) {
  out.set_name(from.text("Name"));
  out.set_uid(from.text("UID"));
  out.set_gid(from.text("GID"));
  out.set_mode(from.number<uint32_t>("Mode"));
}

void read_references(Members& from, swarm::ContainerSpec& out) {
  from.each("Secrets", [&](Members& reference) {
    auto* secret = out.add_secrets();
    secret->set_secret_id(reference.text("SecretID"));
    secret->set_secret_name(reference.text("SecretName"));
    reference.object("File", [&](Members& file) { read_file(file, *secret->mutable_file()); });
  });
  from.each("Configs", [&](Members& reference) {
    auto* config = out.add_configs();
    config->set_config_id(reference.text("ConfigID"));
    config->set_config_name(reference.text("ConfigName"));
    if (reference.has("File") && reference.has("Runtime"))
      return reference.note("invalid Config: cannot specify both File and Runtime");
    reference.object("File", [&](Members& file) { read_file(file, *config->mutable_file()); });
    reference.object("Runtime", [&](Members&) { config->mutable_runtime(); });
  });
}

}  // namespace

void read_mount(Members& from, swarm::Mount& out) {
  out.set_type(from.word("Type", kMountTypes, swarm::Mount::BIND));
  out.set_source(from.text("Source"));
  out.set_target(from.text("Target"));
  out.set_readonly(from.flag("ReadOnly"));
  out.set_consistency(from.word("Consistency", kMountConsistencies, swarm::Mount::DEFAULT));
  from.object("BindOptions", [&](Members& bind) {
    auto* options = out.mutable_bind_options();
    options->set_propagation(bind.word("Propagation", kPropagations, swarm::Mount::BindOptions::RPRIVATE));
    options->set_nonrecursive(bind.flag("NonRecursive"));
    options->set_createmountpoint(bind.flag("CreateMountpoint"));
    options->set_readonlynonrecursive(bind.flag("ReadOnlyNonRecursive"));
    options->set_readonlyforcerecursive(bind.flag("ReadOnlyForceRecursive"));
  });
  from.object("VolumeOptions", [&](Members& volume) {
    auto* options = out.mutable_volume_options();
    options->set_nocopy(volume.flag("NoCopy"));
    volume.map_to("Labels", options->mutable_labels());
    options->set_subpath(volume.text("Subpath"));
    volume.object("DriverConfig", [&](Members& driver) {
      options->mutable_driver_config()->set_name(driver.text("Name"));
      driver.map_to("Options", options->mutable_driver_config()->mutable_options());
    });
  });
  from.object("TmpfsOptions", [&](Members& tmpfs) {
    auto* options = out.mutable_tmpfs_options();
    options->set_size_bytes(tmpfs.number<int64_t>("SizeBytes"));
    options->set_mode(tmpfs.number<uint32_t>("Mode"));
    // Lists of words, which the wire carries as JSON.
    const nlohmann::json words = tmpfs.raw("Options");
    if (words.is_null()) return;
    bool is_fine =
        words.is_array() && std::ranges::all_of(words, [](const auto& pair) {
          return pair.is_array() && std::ranges::all_of(pair, [](const auto& one) { return one.is_string(); });
        });
    if (!is_fine) return tmpfs.note("TmpfsOptions.Options must be a list of lists of strings");
    if (!words.empty()) options->set_options(json_text(words));
  });
}

void read_container_spec(Members& from, swarm::ContainerSpec& out) {
  out.set_image(from.text("Image"));
  from.map_to("Labels", out.mutable_labels());
  from.texts_to("Command", out.mutable_command());
  from.texts_to("Args", out.mutable_args());
  out.set_hostname(from.text("Hostname"));
  from.texts_to("Env", out.mutable_env());
  out.set_dir(from.text("Dir"));
  out.set_user(from.text("User"));
  from.texts_to("Groups", out.mutable_groups());
  from.object("Privileges", [&](Members& privileges) { read_privileges(privileges, *out.mutable_privileges()); });
  if (from.has("Init")) out.mutable_init()->set_value(from.flag("Init"));
  out.set_stop_signal(from.text("StopSignal"));
  out.set_tty(from.flag("TTY"));
  out.set_open_stdin(from.flag("OpenStdin"));
  out.set_read_only(from.flag("ReadOnly"));
  from.each("Mounts", [&](Members& mount) { read_mount(mount, *out.add_mounts()); });
  if (from.has("StopGracePeriod")) *out.mutable_stop_grace_period() = from.duration("StopGracePeriod");
  from.object("Healthcheck", [&](Members& health) { read_health(health, *out.mutable_healthcheck()); });
  from.texts_to("Hosts", out.mutable_hosts());
  from.object("DNSConfig", [&](Members& dns) {
    dns.texts_to("Nameservers", out.mutable_dns_config()->mutable_nameservers());
    dns.texts_to("Search", out.mutable_dns_config()->mutable_search());
    dns.texts_to("Options", out.mutable_dns_config()->mutable_options());
  });
  read_references(from, out);
  out.set_isolation(from.word("Isolation", kIsolations, swarm::ContainerSpec::ISOLATION_DEFAULT));
  from.map_to("Sysctls", out.mutable_sysctls());
  from.texts_to("CapabilityAdd", out.mutable_capability_add());
  from.texts_to("CapabilityDrop", out.mutable_capability_drop());
  from.each("Ulimits", [&](Members& ulimit) {
    auto* limit = out.add_ulimits();
    limit->set_name(ulimit.text("Name"));
    limit->set_soft(ulimit.number<int64_t>("Soft"));
    limit->set_hard(ulimit.number<int64_t>("Hard"));
  });
  out.set_oom_score_adj(from.number<int64_t>("OomScoreAdj"));
}

}  // namespace skein::api
