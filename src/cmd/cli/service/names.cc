#include "cmd/cli/service/names.h"

namespace skein::cli {

namespace {

std::string service_name(Daemon& daemon, const std::string& id) {
  const auto service = daemon.get(path_of("/services/", id), {{"insertDefaults", "false"}});
  return service.ok() ? text_at(at(*service, "Spec"), "Name") : "";
}

std::string node_name(Daemon& daemon, const std::string& id) {
  const auto node = daemon.get(path_of("/nodes/", id));
  if (!node.ok()) return "";
  const std::string name = text_at(at(*node, "Spec"), "Name");
  return name.empty() ? text_at(at(*node, "Description"), "Hostname") : name;
}

const std::string& remembered(std::map<std::string, std::string>& names, const std::string& id, bool is_resolving,
                              Daemon& daemon, std::string (*ask)(Daemon&, const std::string&)) {
  const auto [entry, is_new] = names.emplace(id, id);
  if (is_new && is_resolving && !id.empty()) {
    if (const std::string name = ask(daemon, id); !name.empty()) entry->second = name;
  }
  return entry->second;
}

}  // namespace

const std::string& Names::service(const std::string& id) {
  return remembered(known_.services, id, is_resolving_, daemon_, service_name);
}

const std::string& Names::node(const std::string& id) {
  return remembered(known_.nodes, id, is_resolving_, daemon_, node_name);
}

}  // namespace skein::cli
