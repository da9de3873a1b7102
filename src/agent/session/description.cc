#include "agent/session/description.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace skein::agent {

model::api::NodeDescription describe_node(const std::string& engine_version, const model::EngineSettings& settings,
                                          const Identity& identity,
                                          const std::vector<overlay::PortHolder>& port_holders) {
  model::api::NodeDescription out;
  utsname system{};
  uname(&system);
  out.set_hostname(system.nodename);
  out.mutable_platform()->set_architecture(system.machine);
  out.mutable_platform()->set_os("linux");
  struct sysinfo memory {};
  sysinfo(&memory);
  out.mutable_resources()->set_nano_cpus(sysconf(_SC_NPROCESSORS_ONLN) * 1'000'000'000);
  out.mutable_resources()->set_memory_bytes(static_cast<int64_t>(memory.totalram) * memory.mem_unit);
  *out.mutable_resources()->mutable_generic() = settings.generic;
  out.mutable_engine()->set_engine_version(engine_version);
  for (const auto& label : settings.labels)
    (*out.mutable_engine()->mutable_labels())[label.substr(0, label.find('='))] = label.substr(label.find('=') + 1);
  (*out.mutable_engine()->mutable_labels())[model::kEngineLabel] = engine_version;
  for (const auto& [label, holder] : overlay::port_labels(port_holders))
    (*out.mutable_engine()->mutable_labels())[label] = holder;
  // Sorted by type, then name. The scheduler looks for what a task needs among them.
  for (auto [type, name] : {std::pair("Log", "json-file"),
                            {"Log", "local"},
                            {"Log", "none"},
                            {"Network", "bridge"},
                            {"Network", "host"},
                            {"Network", "null"},
                            {"Network", "overlay"},
                            {"Volume", "local"}}) {
    auto* plugin = out.mutable_engine()->add_plugins();
    plugin->set_type(type);
    plugin->set_name(name);
  }
  out.mutable_tls_info()->set_trust_root(identity.root_pem);
  out.mutable_tls_info()->set_cert_issuer_subject(identity.node.issuer_subject_der);
  out.mutable_tls_info()->set_cert_issuer_public_key(identity.node.issuer_public_key_der);
  return out;
}

}  // namespace skein::agent
