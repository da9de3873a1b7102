#include <algorithm>
#include <cctype>
#include <set>

#include "base/time/duration.h"
#include "stack/convert/convert_parts.h"

namespace skein::stack {

namespace {

std::set<std::string> capabilities(const Value& names) {
  std::set<std::string> result;
  for (const Value& name : names.items()) {
    std::string full;
    for (const char c : name.text()) full += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    result.insert(full == "ALL" || full.starts_with("CAP_") ? full : "CAP_" + full);
  }
  return result;
}

// What is added and dropped is only added; ALL stands for every one.
void put_capabilities(Json& container, const Value& service) {
  const auto added = capabilities(service.at("cap_add"));
  auto dropped = capabilities(service.at("cap_drop"));
  for (const std::string& name : added) dropped.erase(name);
  const auto put = [&](const char* member, const std::set<std::string>& names) {
    if (!names.empty()) container[member] = names.contains("ALL") ? std::set<std::string>{"ALL"} : names;
  };
  put("CapabilityAdd", added);
  put("CapabilityDrop", dropped);
}

Json environment_of(const Value& environment) {
  std::set<std::string> lines;
  for (const auto& [name, value] : environment.entries()) {
    lines.insert(value.is_null() ? name : name + "=" + value.text());
  }
  return lines;
}

// "name:address" as "address name".
Json hosts_of(const Value& hosts) {
  Json json = Json::array();
  for (const Value& host : hosts.items()) {
    const std::string& text = host.text();
    const size_t mark = text.find(':');
    json.push_back(text.substr(mark + 1) + " " + text.substr(0, mark));
  }
  return json;
}

Json ulimits_of(const Value& ulimits) {
  Json json = Json::array();
  for (const auto& [name, limit] : ulimits.entries()) {
    const bool is_pair = limit.is<Map>();
    json.push_back({{"Name", name},
                    {"Hard", is_pair ? limit.at("hard").integer() : limit.integer()},
                    {"Soft", is_pair ? limit.at("soft").integer() : limit.integer()}});
  }
  return json;
}

void put_names(Json& container, const Value& service) {
  const Value& servers = service.at("dns");
  const Value& search = service.at("dns_search");
  const Value& options = service.at("dns_opt");
  if (servers.is_null() && search.is_null() && options.is_null()) return;
  container["DNSConfig"] = Json::object();
  put_unless_empty(container["DNSConfig"], "Nameservers", servers);
  put_unless_empty(container["DNSConfig"], "Search", search);
  put_unless_empty(container["DNSConfig"], "Options", options);
}

}  // namespace

Json to_json(const Value& value) {
  if (value.is_null()) return nullptr;
  if (value.is<bool>()) return value.is_true();
  if (value.is<int64_t>()) return value.integer();
  if (const auto* const number = value.as<uint64_t>()) return *number;
  if (const auto* const number = value.as<double>()) return *number;
  if (value.is<List>()) {
    Json json = Json::array();
    for (const Value& item : value.items()) json.push_back(to_json(item));
    return json;
  }
  if (value.is<Map>()) {
    Json json = Json::object();
    for (const auto& [key, member] : value.entries()) json[key] = to_json(member);
    return json;
  }
  return shown(value);
}

Json labels_of(const Namespace& stack, const Value& labels) {
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : labels.entries()) all[key] = value.text();
  all[kNamespaceLabel] = stack.name;
  return all;
}

int64_t nanoseconds(const Value& duration) {
  const auto parsed = parse_duration(duration.text());
  return parsed.ok() ? parsed->count() : 0;
}

void put_unless_empty(Json& object, const char* member, const Value& value) {
  Json json = to_json(value);
  const bool is_empty = json.is_null() || (json.is_string() && json.get_ref<const std::string&>().empty()) ||
                        (json.is_structured() && json.empty()) || json == false || json == 0;
  if (!is_empty) object[member] = std::move(json);
}

Json convert_container(const Namespace& stack, const Value& service) {
  Json container = {{"Image", service.at("image").text()}, {"Labels", labels_of(stack, service.at("labels"))}};
  put_unless_empty(container, "Command", service.at("entrypoint"));
  put_unless_empty(container, "Args", service.at("command"));
  put_unless_empty(container, "Hostname", service.at("hostname"));
  if (Json environment = environment_of(service.at("environment")); !environment.empty())
    container["Env"] = std::move(environment);
  put_unless_empty(container, "Dir", service.at("working_dir"));
  put_unless_empty(container, "User", service.at("user"));
  put_unless_empty(container, "Groups", service.at("group_add"));
  container["Privileges"] = {{"CredentialSpec", nullptr}, {"SELinuxContext", nullptr}, {"NoNewPrivileges", false}};
  if (const Value& init = service.at("init"); !init.is_null()) container["Init"] = init.is_true();
  put_unless_empty(container, "StopSignal", service.at("stop_signal"));
  put_unless_empty(container, "TTY", service.at("tty"));
  put_unless_empty(container, "OpenStdin", service.at("stdin_open"));
  put_unless_empty(container, "ReadOnly", service.at("read_only"));
  if (const Value& period = service.at("stop_grace_period"); !period.is_null())
    container["StopGracePeriod"] = nanoseconds(period);
  if (Json hosts = hosts_of(service.at("extra_hosts")); !hosts.empty()) container["Hosts"] = std::move(hosts);
  put_names(container, service);
  put_unless_empty(container, "Isolation", service.at("isolation"));
  put_unless_empty(container, "Sysctls", service.at("sysctls"));
  put_capabilities(container, service);
  if (Json ulimits = ulimits_of(service.at("ulimits")); !ulimits.empty()) container["Ulimits"] = std::move(ulimits);
  return container;
}

}  // namespace skein::stack
