// skein stats.
#include <unistd.h>

#include "cmd/cli/container/container_show.h"
#include "cmd/cli/container/stats_format.h"
#include "cmd/cli/show/printing.h"
#include "cmd/cli/show/table.h"
#include "cmd/cli/terminal/terminal.h"

namespace skein::cli {

namespace {

Result<std::vector<std::string>> chosen(Invocation& call) {
  if (!call.arguments.empty()) return call.arguments;
  Parameters parameters;
  if (call.flags.is_on("all")) parameters.emplace_back("all", "1");
  SKEIN_TRY_ASSIGN(const Json containers, call.daemon.get("/containers/json", parameters));
  std::vector<std::string> ids;
  for (const Json& container : containers) ids.push_back(text_at(container, "Id"));
  return ids;
}

}  // namespace

Result<int> show_stats(Invocation& call) {
  const bool is_once = call.flags.is_on("no-stream");
  const bool is_screen = is_terminal(STDOUT_FILENO) && call.flags.text("format").empty();
  while (true) {
    SKEIN_TRY_ASSIGN(const auto ids, chosen(call));
    std::vector<Json> rows;
    for (const std::string& id : ids) {
      // Takes a second, since the daemon measures twice.
      auto sample = call.daemon.get(path_of("/containers/", id, "/stats"), {{"stream", "0"}});
      if (!sample.ok() && (is_once || sample.error().code != Code::kNotFound)) return sample.error();
      if (sample.ok()) rows.push_back(stats_row(*sample, id, call.flags.is_on("no-trunc")));
    }
    SKEIN_TRY_ASSIGN(const std::string text, show_list(stats_listing(), rows, call.flags.text("format")));
    if (is_screen && !is_once) print("\033[2J\033[H");
    print(text);
    if (is_once) return 0;
    if (ids.empty()) sleep(1);
  }
}

}  // namespace skein::cli
