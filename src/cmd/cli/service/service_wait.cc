#include "cmd/cli/service/service_wait.h"

#include <unistd.h>

#include "base/text/json_text.h"
#include "cmd/cli/daemon/daemon.h"
#include "cmd/cli/service/progress_display.h"
#include "cmd/cli/terminal/interrupts.h"
#include "cmd/cli/terminal/terminal.h"
#include "cmd/cli/words/units.h"

namespace skein::cli {

namespace {

constexpr int kColumnsUnknown = 200;

// An update of ours that waits for other services has no tasks of its own yet.
constexpr const char* kDependsOnLabel = "skein.depends_on";

}  // namespace

int columns_of_stdout() {
  if (!is_terminal(STDOUT_FILENO)) return 0;
  const auto size = terminal_size();
  return size && size->columns > 0 ? size->columns : kColumnsUnknown;
}

Result<bool> look_at_service(Daemon& daemon, const std::string& reference, ServiceProgress& progress) {
  SKEIN_TRY_ASSIGN(const Json service, daemon.get(path_of("/services/", reference), {{"insertDefaults", "false"}}));
  SKEIN_TRY_ASSIGN(const bool is_over, progress.see_service(service, system_clock().wall()));
  if (is_over) return true;
  const Json filters = {{"_up-to-date", {{"true", true}}}, {"service", {{text_at(service, "ID"), true}}}};
  SKEIN_TRY_ASSIGN(const Json tasks, daemon.get("/tasks", {{"filters", json_text(filters)}}));
  SKEIN_TRY_ASSIGN(const Json nodes, daemon.get("/nodes"));
  const bool is_converged = progress.see_tasks(tasks, nodes, system_clock().wall());
  if (is_converged || !at(at(service, "Spec"), "Labels").contains(kDependsOnLabel)) return is_converged;
  const Json all = {{"service", {{text_at(service, "ID"), true}}}};
  SKEIN_TRY_ASSIGN(const Json older, daemon.get("/tasks", {{"filters", json_text(all)}}));
  progress.see_older_tasks(older);
  return false;
}

Result<int> wait_for_service(Daemon& daemon, const std::string& reference, bool is_quiet) {
  const InterruptWatch interrupts;
  ServiceProgress progress(reference);
  ProgressDisplay display(is_quiet ? nullptr : stdout, columns_of_stdout());
  while (true) {
    const auto is_over = look_at_service(daemon, reference, progress);
    for (const ProgressLine& line : progress.take_lines()) display.show(line);
    if (!is_over.ok()) return is_over.error();
    if (*is_over) return 0;
    interrupts.wait(kPollMs);
    if (!interrupts.is_interrupted()) continue;
    if (!progress.is_converged()) {
      display.show({"", "Operation continuing in background.", 0, 0, true});
      display.show({"", "Use `skein service ps " + reference + "` to check progress.", 0, 0, true});
    }
    return 0;
  }
}

}  // namespace skein::cli
