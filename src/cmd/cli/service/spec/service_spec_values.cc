// apply_values of service_spec.h.
#include <charconv>

#include "base/text/shell_words.h"
#include "cmd/cli/container/health_flags.h"
#include "cmd/cli/network/network_body.h"
#include "cmd/cli/service/spec/service_spec.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

struct Member {
  const char* flag;
  const char* name;  // in the API
};

void set_texts(const Flags& flags, std::initializer_list<Member> members, Json& object) {
  for (const auto& [flag, name] : members)
    if (flags.is_set(flag)) object[name] = flags.text(flag);
}

void set_switches(const Flags& flags, std::initializer_list<Member> members, Json& object) {
  for (const auto& [flag, name] : members)
    if (flags.is_set(flag)) object[name] = flags.is_on(flag);
}

void set_numbers(const Flags& flags, std::initializer_list<Member> members, Json& object) {
  for (const auto& [flag, name] : members)
    if (flags.is_set(flag)) object[name] = flags.number(flag);
}

// `parse` is of units.h; what does not parse was refused with the flags.
template <class Parse>
Result<void> set_parsed(const Flags& flags, std::initializer_list<Member> members, Json& object, Parse parse) {
  for (const auto& [flag, name] : members) {
    if (!flags.is_set(flag)) continue;
    SKEIN_TRY_ASSIGN(object[name], parse(flags.text(flag)));
  }
  return {};
}

Result<int64_t> nanoseconds(const std::string& text) {
  SKEIN_TRY_ASSIGN(const Duration duration, parse_duration(text));
  return duration.count();
}

Result<void> apply_container(const Flags& flags, Json& container) {
  set_texts(flags,
            {{"hostname", "Hostname"},
             {"user", "User"},
             {"workdir", "Dir"},
             {"stop-signal", "StopSignal"},
             {"isolation", "Isolation"}},
            container);
  set_switches(flags, {{"init", "Init"}, {"tty", "TTY"}, {"read-only", "ReadOnly"}}, container);
  if (flags.is_set("entrypoint")) {
    SKEIN_TRY_ASSIGN(container["Command"], split_shell_words(flags.text("entrypoint")));
  }
  SKEIN_TRY(set_parsed(flags, {{"stop-grace-period", "StopGracePeriod"}}, container, nanoseconds));
  return apply_health(flags, container);
}

Result<void> apply_resources(const Flags& flags, Json& task) {
  if (flags.is_any_set({"limit-cpu", "limit-memory", "limit-pids"})) {
    Json& limits = task["Resources"]["Limits"];
    SKEIN_TRY(set_parsed(flags, {{"limit-cpu", "NanoCPUs"}}, limits, parse_cpus));
    SKEIN_TRY(set_parsed(flags, {{"limit-memory", "MemoryBytes"}}, limits, parse_size));
    set_numbers(flags, {{"limit-pids", "Pids"}}, limits);
  }
  if (flags.is_any_set({"reserve-cpu", "reserve-memory"})) {
    Json& reservations = task["Resources"]["Reservations"];
    SKEIN_TRY(set_parsed(flags, {{"reserve-cpu", "NanoCPUs"}}, reservations, parse_cpus));
    SKEIN_TRY(set_parsed(flags, {{"reserve-memory", "MemoryBytes"}}, reservations, parse_size));
  }
  return {};
}

Result<void> apply_restart(const Flags& flags, Json& task) {
  if (!flags.is_any_set({"restart-condition", "restart-delay", "restart-max-attempts", "restart-window"})) return {};
  Json& policy = task["RestartPolicy"];
  if (!policy.is_object()) policy = {{"Condition", "any"}, {"Delay", 5'000'000'000}, {"MaxAttempts", 0}};
  set_texts(flags, {{"restart-condition", "Condition"}}, policy);
  set_numbers(flags, {{"restart-max-attempts", "MaxAttempts"}}, policy);
  return set_parsed(flags, {{"restart-delay", "Delay"}, {"restart-window", "Window"}}, policy, nanoseconds);
}

// `kind` is "update" or "rollback"; both have the same members.
Result<void> apply_update_config(const Flags& flags, const std::string& kind, const char* member, Json& spec) {
  const std::string parallelism = kind + "-parallelism";
  const std::string delay = kind + "-delay";
  const std::string action = kind + "-failure-action";
  const std::string monitor = kind + "-monitor";
  const std::string ratio = kind + "-max-failure-ratio";
  const std::string order = kind + "-order";
  if (!flags.is_any_set({parallelism, delay, action, monitor, ratio, order})) return {};
  Json& config = spec[member];
  if (!config.is_object()) {
    config = {{"Parallelism", 1},
              {"FailureAction", "pause"},
              {"Monitor", 5'000'000'000},
              {"MaxFailureRatio", 0},
              {"Order", "stop-first"}};
  }
  set_numbers(flags, {{parallelism.c_str(), "Parallelism"}}, config);
  set_texts(flags, {{action.c_str(), "FailureAction"}, {order.c_str(), "Order"}}, config);
  if (flags.is_set(ratio)) {
    const std::string& text = flags.text(ratio);
    double value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    config["MaxFailureRatio"] = value;
  }
  return set_parsed(flags, {{delay.c_str(), "Delay"}, {monitor.c_str(), "Monitor"}}, config, nanoseconds);
}

Result<void> apply_task(const Flags& flags, Json& task) {
  SKEIN_TRY(apply_container(flags, task["ContainerSpec"]));
  SKEIN_TRY(apply_resources(flags, task));
  SKEIN_TRY(apply_restart(flags, task));
  if (flags.is_set("replicas-max-per-node")) task["Placement"]["MaxReplicas"] = flags.number("replicas-max-per-node");
  // The options go with the driver: without one they say nothing.
  if (!flags.text("log-driver").empty()) {
    task["LogDriver"] = {{"Name", flags.text("log-driver")}, {"Options", object_of(flags.list("log-opt"))}};
  }
  return {};
}

}  // namespace

Result<void> apply_values(const Flags& flags, Json& spec) {
  SKEIN_TRY(apply_task(flags, spec["TaskTemplate"]));
  SKEIN_TRY(apply_update_config(flags, "update", "UpdateConfig", spec));
  SKEIN_TRY(apply_update_config(flags, "rollback", "RollbackConfig", spec));
  if (flags.is_set("endpoint-mode")) spec["EndpointSpec"]["Mode"] = lower_case(flags.text("endpoint-mode"));
  return {};
}

}  // namespace skein::cli
