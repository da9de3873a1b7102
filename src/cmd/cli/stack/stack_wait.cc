#include "cmd/cli/stack/stack_wait.h"

#include "cmd/cli/service/progress_display.h"
#include "cmd/cli/service/service_wait.h"
#include "cmd/cli/stack/stack_progress.h"
#include "cmd/cli/terminal/interrupts.h"

namespace skein::cli {

namespace {

struct Waited {
  DeployedService service;
  ServiceProgress progress;
  StackProgress line;
  bool is_over = false;
  std::string error;
};

Result<int> outcome(const std::vector<Waited>& all) {
  std::string errors;
  for (const Waited& each : all)
    if (!each.error.empty()) errors += (errors.empty() ? "" : "\n") + each.service.id + ": " + each.error;
  if (!errors.empty()) return make_error(Code::kUnknown, errors);
  return 0;
}

void look_at(Daemon& daemon, Waited& each, ProgressDisplay& display) {
  const auto is_over = look_at_service(daemon, each.service.id, each.progress);
  if (const auto line = each.line.see(each.progress.take_lines())) display.show(*line);
  each.is_over = !is_over.ok() || *is_over;
  if (!is_over.ok()) each.error = is_over.error().text();
  if (each.is_over) display.show(each.line.end(each.error.empty() ? "converged" : "stopped"));
}

Result<int> wait_for_all(Daemon& daemon, std::vector<Waited> all, int columns) {
  const InterruptWatch interrupts;
  ProgressDisplay display(stdout, columns);
  for (const Waited& each : all) display.show({each.service.name, ""});
  while (true) {
    bool is_over = true;
    for (Waited& each : all) {
      if (!each.is_over) look_at(daemon, each, display);
      is_over &= each.is_over;
    }
    if (is_over) return outcome(all);
    interrupts.wait(kPollMs);
    if (!interrupts.is_interrupted()) continue;
    display.show({"", "Operation continuing in background.", 0, 0, true});
    return 0;
  }
}

}  // namespace

Result<int> wait_for_services(Daemon& daemon, const std::vector<DeployedService>& services, bool is_quiet) {
  std::vector<Waited> all;
  all.reserve(services.size());
  for (const DeployedService& service : services)
    all.push_back({service, ServiceProgress(service.id), StackProgress(service.name)});
  const int columns = columns_of_stdout();
  if (columns > 0 && !is_quiet && services.size() > 1) return wait_for_all(daemon, std::move(all), columns);
  for (Waited& each : all)
    if (const auto waited = wait_for_service(daemon, each.service.id, is_quiet); !waited.ok())
      each.error = waited.error().text();
  return outcome(all);
}

}  // namespace skein::cli
