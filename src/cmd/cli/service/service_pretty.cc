// pretty_service of service_format.h. Docker's layout, blanks and all.
#include <array>
#include <cstdio>

#include "base/text/json_text.h"
#include "cmd/cli/service/service_format.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

// A decimal as Go prints it: 1.5, 0.25, 3.
std::string decimal(double number) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.9g", number);
  return text.data();
}

std::string duration_at(const Json& object, const char* member) {
  return format_duration(Duration(number_at(object, member)));
}

std::string joined(const Json& texts, const char* between) {
  std::string text;
  for (const Json& item : texts)
    text += (text.empty() ? "" : between) + (item.is_string() ? item.get<std::string>() : json_text(item));
  return text;
}

// " key=value" lines; the value and what stands before it only if there is one.
std::string pairs(const Json& map, const std::string& indent, const std::string& between) {
  std::string text;
  const nlohmann::json sorted(map);
  for (const auto& [key, value] : sorted.items()) {
    const std::string shown = value.is_string() ? value.get<std::string>() : json_text(value);
    text += indent + key + (shown.empty() ? "" : between + shown) + "\n";
  }
  return text;
}

bool has_any(const Json& value) { return value.is_structured() && !value.empty(); }

std::string age_at(const Json& object, const char* member, WallTime now) {
  const auto time = parse_time(text_at(object, member));
  return time.ok() ? show_age(*time, now) : "";
}

std::string mode_text(const Json& mode) {
  std::string text = "Service Mode:";
  if (mode.contains("Global")) {
    text += "\tGlobal";
  } else if (mode.contains("Replicated")) {
    text += "\tReplicated";
    const std::string replicas = text_at(at(mode, "Replicated"), "Replicas");
    if (!replicas.empty()) text += "\n Replicas:\t" + replicas;
  }
  return text + "\n";
}

std::string update_status(const Json& status, WallTime now) {
  const std::string state = text_at(status, "State");
  if (state.empty()) return "";
  std::string text = "UpdateStatus:\n State:\t\t" + state + "\n";
  if (const std::string age = age_at(status, "StartedAt", now); !age.empty()) text += " Started:\t" + age + "\n";
  const std::string completed = age_at(status, "CompletedAt", now);
  if (state == "completed" && !completed.empty()) text += " Completed:\t" + completed + "\n";
  return text + " Message:\t" + text_at(status, "Message") + "\n";
}

std::string placement_text(const Json& placement) {
  std::string text = "Placement:\n";
  if (has_any(at(placement, "Constraints")))
    text += " Constraints:\t[" + joined(at(placement, "Constraints"), " ") + "]\n";
  std::string spread;
  for (const Json& preference : at(placement, "Preferences"))
    spread += (spread.empty() ? "spread=" : " spread=") + text_at(at(preference, "Spread"), "SpreadDescriptor");
  if (!spread.empty()) text += " Preferences:   [" + spread + "]\n";
  if (const int64_t most = number_at(placement, "MaxReplicas"); most > 0)
    text += " Max Replicas Per Node:   " + std::to_string(most) + "\n";
  return text;
}

std::string config_text(const Json& config, const std::string& title, const std::string& order) {
  if (!config.is_object()) return "";
  std::string text = title + ":\n Parallelism:\t" + std::to_string(number_at(config, "Parallelism")) + "\n";
  if (number_at(config, "Delay") > 0) text += " Delay:\t\t" + duration_at(config, "Delay") + "\n";
  text += " On failure:\t" + text_at(config, "FailureAction") + "\n";
  if (number_at(config, "Monitor") > 0) text += " Monitoring Period: " + duration_at(config, "Monitor") + "\n";
  const Json& ratio = at(config, "MaxFailureRatio");
  text += " Max failure ratio: " + decimal(ratio.is_number() ? ratio.get<double>() : 0) + "\n";
  return text + order + text_at(config, "Order") + "\n";
}

std::string container_text(const Json& container) {
  std::string text = "ContainerSpec:\n Image:\t\t" + text_at(container, "Image") + "\n";
  if (has_any(at(container, "Args"))) text += " Args:\t\t" + joined(at(container, "Args"), " ") + " \n";
  if (has_any(at(container, "Env"))) text += " Env:\t\t" + joined(at(container, "Env"), " ") + " \n";
  if (const std::string folder = text_at(container, "Dir"); !folder.empty()) text += " Dir:\t\t" + folder + "\n";
  if (const std::string init = text_at(container, "Init"); !init.empty()) text += " Init:\t\t" + init + "\n";
  if (const std::string user = text_at(container, "User"); !user.empty()) text += " User: " + user + "\n";
  const Json& added = at(container, "CapabilityAdd");
  const Json& dropped = at(container, "CapabilityDrop");
  if (has_any(added) || has_any(dropped)) text += "Capabilities:\n";
  if (has_any(added)) text += " Add: " + joined(added, ", ") + "\n";
  if (has_any(dropped)) text += " Drop: " + joined(dropped, ", ") + "\n";
  if (has_any(at(container, "Sysctls"))) text += "SysCtls:\n" + pairs(at(container, "Sysctls"), " ", ": ");
  if (has_any(at(container, "Ulimits"))) text += "Ulimits:\n";
  for (const Json& ulimit : at(container, "Ulimits"))
    text += " " + text_at(ulimit, "Name") + ": " + text_at(ulimit, "Soft") + ":" + text_at(ulimit, "Hard") + "\n";
  return text;
}

std::string mounts_text(const Json& container) {
  std::string text = has_any(at(container, "Mounts")) ? "Mounts:\n" : "";
  for (const Json& mount : at(container, "Mounts")) {
    text += " Target:\t" + text_at(mount, "Target") + "\n  Source:\t" + text_at(mount, "Source") + "\n  ReadOnly:\t" +
            (at(mount, "ReadOnly") == true ? "true" : "false") + "\n  Type:\t\t" + text_at(mount, "Type") + "\n";
  }
  const auto references = [&](const char* member, const char* name) {
    if (has_any(at(container, member))) text += std::string(member) + ":\n";
    for (const Json& reference : at(container, member))
      text += " Target:\t" + text_at(at(reference, "File"), "Name") + "\n  Source:\t" + text_at(reference, name) + "\n";
  };
  references("Configs", "ConfigName");
  references("Secrets", "SecretName");
  return text;
}

std::string log_driver_text(const Json& driver) {
  if (!driver.is_object()) return "";
  std::string text = "Log Driver:\n";
  if (const std::string name = text_at(driver, "Name"); !name.empty()) text += " Name:\t\t" + name + "\n";
  if (has_any(at(driver, "Options"))) text += " LogOpts:\n" + pairs(at(driver, "Options"), "  ", ":       ");
  return text + "\n";
}

std::string resources_text(const Json& resources) {
  if (!resources.is_object()) return "";
  std::string text = "Resources:\n";
  const auto add = [&](const char* member) {
    const Json& amounts = at(resources, member);
    const int64_t cpus = number_at(amounts, "NanoCPUs");
    const int64_t memory = number_at(amounts, "MemoryBytes");
    const int64_t pids = number_at(amounts, "Pids");
    if (cpus > 0 || memory > 0 || pids > 0) text += std::string(" ") + member + ":\n";
    if (cpus > 0) text += "  CPU:\t\t" + decimal(static_cast<double>(cpus) / 1e9) + "\n";
    if (memory > 0) text += "  Memory:\t" + show_binary_size(static_cast<double>(memory)) + "\n";
    if (pids > 0) text += "  PIDs:\t\t" + std::to_string(pids) + "\n";
  };
  add("Reservations");
  add("Limits");
  return text;
}

std::string networks_text(const Json& task, const std::map<std::string, std::string>& names) {
  if (!has_any(at(task, "Networks"))) return "";
  std::string text = "Networks:";
  for (const Json& attachment : at(task, "Networks")) {
    const std::string id = text_at(attachment, "Target");
    const auto found = names.find(id);
    text += " " + (found == names.end() ? id : found->second);
  }
  return text + " \n";
}

// The last port's line ends with a blank.
std::string endpoint_text(const Json& service) {
  std::string mode = text_at(at(at(service, "Endpoint"), "Spec"), "Mode");
  if (mode.empty()) mode = text_at(at(at(service, "Spec"), "EndpointSpec"), "Mode");
  std::string text = "Endpoint Mode:\t" + mode + "\n";
  const Json& ports = at(at(service, "Endpoint"), "Ports");
  if (!has_any(ports)) return text;
  text += "Ports:\n";
  for (const Json& port : ports) {
    text += " PublishedPort = " + std::to_string(number_at(port, "PublishedPort")) +
            "\n  Protocol = " + text_at(port, "Protocol") +
            "\n  TargetPort = " + std::to_string(number_at(port, "TargetPort")) +
            "\n  PublishMode = " + text_at(port, "PublishMode") + "\n";
  }
  text.insert(text.size() - 1, " ");
  return text;
}

std::string health_text(const Json& check) {
  if (!check.is_object()) return "";
  std::string text = " Healthcheck:\n  Interval = " + duration_at(check, "Interval") +
                     "\n  Retries = " + std::to_string(number_at(check, "Retries")) + "\n  StartPeriod =\t" +
                     duration_at(check, "StartPeriod") + "\n  Timeout =\t" + duration_at(check, "Timeout") + "\n";
  if (!has_any(at(check, "Test"))) return text;
  text += "  Tests:\n";
  for (const Json& word : at(check, "Test"))
    text += "\t Test = " + (word.is_string() ? word.get<std::string>() : "") + "\n";
  text.insert(text.size() - 1, " ");
  return text;
}

}  // namespace

std::string pretty_service(const Json& service, const std::map<std::string, std::string>& network_names, WallTime now) {
  const Json& spec = at(service, "Spec");
  const Json& task = at(spec, "TaskTemplate");
  const Json& container = at(task, "ContainerSpec");
  std::string text = "\nID:\t\t" + text_at(service, "ID") + "\nName:\t\t" + text_at(spec, "Name") + "\n";
  if (has_any(at(spec, "Labels"))) text += "Labels:\n" + pairs(at(spec, "Labels"), " ", "=");
  text += mode_text(at(spec, "Mode")) + update_status(at(service, "UpdateStatus"), now);
  text += placement_text(at(task, "Placement"));
  text += config_text(at(spec, "UpdateConfig"), "UpdateConfig", " Update order:      ");
  text += config_text(at(spec, "RollbackConfig"), "RollbackConfig", " Rollback order:    ");
  text += container_text(container) + mounts_text(container) + log_driver_text(at(task, "LogDriver"));
  text += resources_text(at(task, "Resources")) + networks_text(task, network_names);
  return text + endpoint_text(service) + health_text(at(container, "Healthcheck")) + "\n";
}

}  // namespace skein::cli
