// Runs the health checks of containers that are no tasks; those of tasks are task_run's. Loop's thread.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "containers/health/health_board.h"
#include "engine/engine.h"
#include "io/loop/task_scope.h"

namespace skein::containers {

class RunChecks {
 public:
  // Checks run in `tasks`, whose owner ends them before us.
  RunChecks(io::TaskScope& tasks, engine::Engine& engine, Clock& clock, HealthBoard& board)
      : tasks_(tasks), engine_(engine), clock_(clock), board_(board) {}
  RunChecks(const RunChecks&) = delete;
  RunChecks& operator=(const RunChecks&) = delete;

  // It has been started. A container that has no check, or is a task's, is left alone; one that is being checked goes
  // on.
  void begin(const std::string& container_id);
  // The same for who has looked at it already: its health is "starting" from now on.
  void begin(const std::string& container_id, const nlohmann::json& container);
  // It has ended. What was found last stays on the board.
  void end(const std::string& container_id);
  void removed(const std::string& container_id);

 private:
  // Which of all runs of containers it is; each has a number of its own.
  struct Run {
    std::string container_id;
    uint64_t number = 0;
  };
  std::optional<Run> want(const std::string& container_id);
  bool is_wanted(const Run& run) const;
  boost::asio::awaitable<void> look(Run run);
  void watch(const Run& run, const nlohmann::json& container);

  io::TaskScope& tasks_;
  engine::Engine& engine_;
  Clock& clock_;
  HealthBoard& board_;
  std::map<std::string, uint64_t> wanted_;  // the runs that go on, by container
  uint64_t last_run_ = 0;
};

}  // namespace skein::containers
