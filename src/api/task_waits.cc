#include "api/task_waits.h"

#include "control/orchestrator/prerequisite.h"

namespace skein::api {

std::map<std::string, std::string> task_waits(const std::vector<store::Ref<model::api::Task>>& tasks,
                                              const store::Tables& view) {
  std::map<std::string, std::string> out;
  for (const auto& task : tasks) {
    if (!waits_to_start(*task)) continue;
    auto [place, is_new] = out.try_emplace(task->service_id());
    auto service = is_new ? view.get<model::api::Service>(task->service_id()) : nullptr;
    // Without the seconds in which a node that came back tells of its tasks.
    auto wait = service ? control::wait_of(view, *service, WallTime{INT64_MAX}) : std::nullopt;
    if (wait) place->second = wait->why;
  }
  return out;
}

}  // namespace skein::api
