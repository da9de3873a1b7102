#include "engine/podman/facts.h"

#include "engine/podman/spec/log_driver.h"
#include "engine/values/json_fields.h"

namespace skein::engine {

using nlohmann::json;

namespace {

// "crun version 1.8.1\ncommit: …" → "1.8.1", "conmon version 2.1.6, commit: unknown" → "2.1.6"
std::string bare_version(const std::string& text) {
  static constexpr std::string_view kWord = "version ";
  const size_t word = text.find(kWord);
  if (word == std::string::npos) return text.substr(0, text.find('\n'));
  const size_t begin = word + kWord.size();
  return text.substr(begin, text.find_first_of(" ,\n", begin) - begin);
}

void set_unless_empty(std::string& field, std::string value) {
  if (!value.empty()) field = std::move(value);
}

void add_component(EngineFacts& facts, const std::string& name, const std::string& version,
                   std::map<std::string, std::string> details) {
  if (!version.empty()) facts.components.push_back({name, bare_version(version), std::move(details)});
}

std::vector<std::string> security_options_of(const json& security) {
  std::vector<std::string> out;
  if (at(security, "apparmorEnabled") == true) out.emplace_back("name=apparmor");
  if (at(security, "seccompEnabled") == true) out.emplace_back("name=seccomp,profile=default");
  if (at(security, "selinuxEnabled") == true) out.emplace_back("name=selinux");
  return out;
}

}  // namespace

EngineFacts configured_facts(const PodmanOptions& options) {
  EngineFacts facts;
  facts.storage_driver = kStorageDriver;
  facts.cgroup_driver = kCgroupManager;
  facts.log_driver = kDockersLogDriver;
  facts.log_drivers = dockers_log_drivers({kLogDriver});
  facts.runtime = options.runtime;
  facts.runtime_path = options.runtime;
  return facts;
}

EngineFacts facts_of(const json& info, const PodmanOptions& options) {
  EngineFacts facts = configured_facts(options);
  const json& host = at(info, "host");
  const json& store = at(info, "store");
  const json& version = at(info, "version");
  const json& conmon = at(host, "conmon");
  const json& runtime = at(host, "ociRuntime");
  set_unless_empty(facts.runtime, text_of(runtime, "name"));
  set_unless_empty(facts.runtime_path, text_of(runtime, "path"));
  add_component(facts, "Podman Engine", text_of(version, "Version"),
                {{"APIVersion", text_of(version, "APIVersion")},
                 {"GoVersion", text_of(version, "GoVersion")},
                 {"Os", text_of(version, "Os")}});
  add_component(facts, "Conmon", text_of(conmon, "version"), {{"Package", text_of(conmon, "package")}});
  add_component(facts, "OCI Runtime (" + facts.runtime + ")", text_of(runtime, "version"),
                {{"Package", text_of(runtime, "package")}});
  set_unless_empty(facts.storage_driver, text_of(store, "graphDriverName"));
  for (const auto& [name, value] : at(store, "graphStatus").items())
    if (value.is_string()) facts.storage_status.emplace_back(name, value.get<std::string>());
  set_unless_empty(facts.cgroup_driver, text_of(host, "cgroupManager"));
  if (auto drivers = texts_of(at(info, "plugins"), "log"); !drivers.empty())
    facts.log_drivers = dockers_log_drivers(drivers);
  facts.security_options = security_options_of(at(host, "security"));
  return facts;
}

}  // namespace skein::engine
