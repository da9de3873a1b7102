#include "cmd/cli/service/spec/service_spec.h"

#include "base/text/shell_words.h"

namespace skein::cli {

namespace {

Result<Json> job_mode(const Flags& flags) {
  Json job = Json::object();
  // Without --max-concurrent, all of them run at once.
  const char* const concurrent = flags.is_set("max-concurrent") ? "max-concurrent" : "replicas";
  if (flags.is_set(concurrent)) job["MaxConcurrent"] = flags.number(concurrent);
  if (flags.is_set("replicas")) job["TotalCompletions"] = flags.number("replicas");
  return Json{{"ReplicatedJob", job}};
}

Result<Json> mode_of(const Flags& flags) {
  const std::string& mode = flags.text("mode");
  const bool is_global = mode == "global" || mode == "global-job";
  if (!is_global && mode != "replicated" && mode != "replicated-job")
    return invalid_argument("Unknown mode: " + mode + ", only replicated and global supported");
  if (is_global && flags.is_set("replicas"))
    return invalid_argument("replicas can only be used with replicated or replicated-job mode");
  if (is_global && flags.number("replicas-max-per-node") > 0)
    return invalid_argument("replicas-max-per-node can only be used with replicated or replicated-job mode");
  if (mode != "replicated-job" && flags.is_set("max-concurrent"))
    return invalid_argument("max-concurrent can only be used with replicated-job mode");
  if (mode == "replicated-job") return job_mode(flags);
  if (mode == "global-job") return Json{{"GlobalJob", Json::object()}};
  if (mode == "global") return Json{{"Global", Json::object()}};
  Json replicated = Json::object();
  if (flags.is_set("replicas")) replicated["Replicas"] = flags.number("replicas");
  return Json{{"Replicated", replicated}};
}

// What `update` says about the number of tasks.
Result<void> update_mode(const Flags& flags, Json& mode) {
  if (flags.is_set("replicas")) {
    if (!at(mode, "Replicated").is_object()) return invalid_argument("replicas can only be used with replicated mode");
    mode["Replicated"]["Replicas"] = flags.number("replicas");
  }
  if (flags.is_set("max-concurrent")) {
    if (!at(mode, "ReplicatedJob").is_object())
      return invalid_argument("max-concurrent can only be used with replicated-job mode");
    mode["ReplicatedJob"]["MaxConcurrent"] = flags.number("max-concurrent");
  }
  return {};
}

}  // namespace

Result<Json> service_create_spec(const std::vector<std::string>& words, const Flags& flags,
                                 const NetworkLookup& find_network) {
  SKEIN_ASSERT(!words.empty());
  Json container = {{"Image", words[0]}, {"Init", flags.is_on("init")}, {"DNSConfig", Json::object()}};
  if (words.size() > 1) container["Args"] = std::vector<std::string>(words.begin() + 1, words.end());
  Json spec = {{"Labels", Json::object()},
               {"TaskTemplate",
                {{"ContainerSpec", container},
                 {"Resources", {{"Limits", Json::object()}, {"Reservations", Json::object()}}},
                 {"Placement", Json::object()},
                 {"ForceUpdate", 0}}},
               {"EndpointSpec", {{"Mode", "vip"}}}};
  if (!flags.text("name").empty()) spec["Name"] = flags.text("name");
  SKEIN_TRY_ASSIGN(spec["Mode"], mode_of(flags));
  SKEIN_TRY(apply_values(flags, spec));
  SKEIN_TRY(apply_lists(flags, find_network, spec));
  const bool is_job = spec["Mode"].contains("ReplicatedJob") || spec["Mode"].contains("GlobalJob");
  if (is_job && (spec.contains("UpdateConfig") || spec.contains("RollbackConfig")))
    return invalid_argument("update and rollback configuration is not supported for jobs");
  return spec;
}

Result<void> update_service_spec(const Flags& flags, const NetworkLookup& find_network, Json& spec) {
  Json& task = spec["TaskTemplate"];
  if (flags.is_set("image")) task["ContainerSpec"]["Image"] = flags.text("image");
  if (flags.is_set("args")) {
    SKEIN_TRY_ASSIGN(task["ContainerSpec"]["Args"], split_shell_words(flags.text("args")));
  }
  if (flags.is_on("force")) task["ForceUpdate"] = number_at(task, "ForceUpdate") + 1;
  SKEIN_TRY(apply_values(flags, spec));
  SKEIN_TRY(update_mode(flags, spec["Mode"]));
  return apply_lists(flags, find_network, spec);
}

Result<void> set_replicas(int64_t replicas, Json& spec) {
  Json& mode = spec["Mode"];
  if (at(mode, "Replicated").is_object()) {
    mode["Replicated"]["Replicas"] = replicas;
  } else if (at(mode, "ReplicatedJob").is_object()) {
    mode["ReplicatedJob"]["TotalCompletions"] = replicas;
  } else {
    return invalid_argument("scale can only be used with replicated or replicated-job mode");
  }
  return {};
}

}  // namespace skein::cli
