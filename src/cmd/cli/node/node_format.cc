#include "cmd/cli/node/node_format.h"

#include <map>

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

std::string manager_status(const Json& node) {
  const Json& status = at(node, "ManagerStatus");
  if (!status.is_object()) return "";
  return at(status, "Leader") == true ? "Leader" : capitalized(text_at(status, "Reachability"));
}

// "2026-11-22 21:08:30.64812913 +0000 utc"
std::string joined_at(const Json& node) {
  std::string text = text_at(node, "CreatedAt");
  if (text.size() < 20 || text.back() != 'Z') return text;
  text[10] = ' ';
  text.pop_back();
  return text + " +0000 utc";
}

}  // namespace

Listing node_listing() {
  return {{{"IDAndSelf", "ID"},
           {"Hostname", "HOSTNAME"},
           {"Status", "STATUS"},
           {"Availability", "AVAILABILITY"},
           {"ManagerStatus", "MANAGER STATUS"},
           {"EngineVersion", "ENGINE VERSION"},
           {"ID", "ID"},
           {"Self", "SELF"},
           {"TLSStatus", "TLS STATUS"}},
          6};
}

Json node_row(const Json& node, const std::string& self_id) {
  const std::string id = text_at(node, "ID");
  const Json& description = at(node, "Description");
  return {{"ID", id},
          {"IDAndSelf", id + (id == self_id ? " *" : "")},
          {"Self", id == self_id},
          {"Hostname", text_at(description, "Hostname")},
          {"Status", capitalized(text_at(at(node, "Status"), "State"))},
          {"Availability", capitalized(text_at(at(node, "Spec"), "Availability"))},
          {"ManagerStatus", manager_status(node)},
          {"EngineVersion", text_at(at(description, "Engine"), "EngineVersion")},
          {"TLSStatus", at(description, "TLSInfo").is_object() ? "Ready" : "Unknown"}};
}

std::string pretty_node(const Json& node) {
  const Json& description = at(node, "Description");
  const Json& status = at(node, "Status");
  const Json& platform = at(description, "Platform");
  const Json& resources = at(description, "Resources");
  std::string text = "ID:\t\t\t" + text_at(node, "ID") + "\n";
  if (const Json& labels = at(at(node, "Spec"), "Labels"); labels.is_object() && !labels.empty()) {
    text += "Labels:\n";
    for (const auto& [key, value] : labels.items())
      text += " - " + key + (value == "" ? "" : "=" + text_at(labels, key)) + "\n";
  }
  text += "Hostname:              \t" + text_at(description, "Hostname") + "\n";
  text += "Joined at:             \t" + joined_at(node) + "\n";
  text += "Status:\n State:\t\t\t" + capitalized(text_at(status, "State")) + "\n";
  if (const std::string message = text_at(status, "Message"); !message.empty())
    text += " Message:\t\t" + message + "\n";
  text += " Availability:         \t" + capitalized(text_at(at(node, "Spec"), "Availability")) + "\n";
  text += " Address:\t\t" + text_at(status, "Addr") + "\n";
  if (const Json& manager = at(node, "ManagerStatus"); manager.is_object()) {
    text += "Manager Status:\n Address:\t\t" + text_at(manager, "Addr") + "\n";
    text += " Raft Status:\t\t" + capitalized(text_at(manager, "Reachability")) + "\n";
    text += std::string(" Leader:\t\t") + (at(manager, "Leader") == true ? "Yes" : "No") + "\n";
  }
  text += "Platform:\n Operating System:\t" + text_at(platform, "OS") + "\n Architecture:\t\t" +
          text_at(platform, "Architecture") + "\n";
  text += "Resources:\n CPUs:\t\t\t" + std::to_string(number_at(resources, "NanoCPUs") / 1'000'000'000) +
          "\n Memory:\t\t" + show_binary_size(static_cast<double>(number_at(resources, "MemoryBytes"))) + "\n";
  std::map<std::string, std::string> plugins;
  for (const Json& plugin : at(at(description, "Engine"), "Plugins")) {
    std::string& names = plugins[text_at(plugin, "Type")];
    names += (names.empty() ? "" : ", ") + text_at(plugin, "Name");
  }
  if (!plugins.empty()) text += "Plugins:\n";
  for (const auto& [type, names] : plugins) text.append(" ").append(type).append(":\t\t").append(names).append("\n");
  text += "Engine Version:\t\t" + text_at(at(description, "Engine"), "EngineVersion") + "\n";
  if (const Json& tls = at(description, "TLSInfo"); tls.is_object()) {
    text += "TLS Info:\n TrustRoot:\n" + text_at(tls, "TrustRoot") + "\n";
    text += " Issuer Subject:\t" + text_at(tls, "CertIssuerSubject") + "\n";
    text += " Issuer Public Key:\t" + text_at(tls, "CertIssuerPublicKey") + "\n";
  }
  return text;
}

}  // namespace skein::cli
