#include "cmd/cli/container/health_flags.h"

#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

Result<void> check_not_negative(const std::string& text) {
  SKEIN_TRY_ASSIGN(const Duration duration, parse_duration(text));
  if (duration < Duration(0)) return make_error(Code::kInvalidArgument, "duration cannot be negative");
  return {};
}

constexpr std::pair<const char*, const char*> kDurations[] = {{"health-interval", "Interval"},
                                                              {"health-timeout", "Timeout"},
                                                              {"health-start-interval", "StartInterval"},
                                                              {"health-start-period", "StartPeriod"}};

}  // namespace

std::vector<FlagSpec> health_flags(bool has_start_interval) {
  const auto duration = [](const char* name, const char* help) {
    return FlagSpec{name, 0, "duration", help, {}, {}, check_not_negative};
  };
  std::vector<FlagSpec> out{
      {"health-cmd", 0, "string", "Command to run to check health"},
      duration("health-interval", "Time between running the check (ms|s|m|h)"),
      {"health-retries", 0, "int", "Consecutive failures needed to report unhealthy"},
      duration("health-start-period",
               "Time for the container to initialize before failures of the check count (ms|s|m|h)"),
      duration("health-timeout", "Maximum time to allow one check to run (ms|s|m|h)"),
      {"no-healthcheck", 0, "", "Disable any container-specified HEALTHCHECK"}};
  if (has_start_interval)
    out.push_back(
        duration("health-start-interval", "Time between running the check during the start period (ms|s|m|h)"));
  return out;
}

Result<void> apply_health(const Flags& flags, Json& holder) {
  const bool is_any = flags.is_any_set({"health-cmd", "health-interval", "health-retries", "health-start-interval",
                                        "health-start-period", "health-timeout"});
  if (flags.is_on("no-healthcheck")) {
    if (is_any) return make_error(Code::kInvalidArgument, "--no-healthcheck conflicts with --health-* options");
    holder["Healthcheck"] = {{"Test", Json::array({"NONE"})}};
    return {};
  }
  if (!is_any) return {};
  Json check = at(holder, "Healthcheck").is_object() ? at(holder, "Healthcheck") : Json::object();
  if (at(check, "Test") == Json::array({"NONE"})) check.erase("Test");
  if (flags.is_set("health-cmd")) {
    const std::string& command = flags.text("health-cmd");
    check.erase("Test");
    if (!command.empty()) check["Test"] = Json::array({"CMD-SHELL", command});
  }
  for (const auto& [flag, member] : kDurations) {
    if (!flags.is_set(flag)) continue;
    SKEIN_TRY_ASSIGN(const Duration duration, parse_duration(flags.text(flag)));
    check[member] = duration.count();
  }
  if (flags.is_set("health-retries")) {
    const int64_t retries = flags.number("health-retries");
    if (retries < 0) return make_error(Code::kInvalidArgument, "--health-retries cannot be negative");
    check["Retries"] = retries;
  }
  if (check.empty()) {
    holder.erase("Healthcheck");
  } else {
    holder["Healthcheck"] = std::move(check);
  }
  return {};
}

}  // namespace skein::cli
