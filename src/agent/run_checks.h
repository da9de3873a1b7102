// Runs the health checks of containers that are no tasks; those of tasks are task_run's. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "agent/health_board.h"
#include "engine/engine.h"

namespace skein::agent {

class RunChecks {
 public:
  // All must live as long as the loop runs.
  RunChecks(boost::asio::io_context& loop, engine::Engine& engine, Clock& clock, HealthBoard& board)
      : loop_(loop), engine_(engine), clock_(clock), board_(board) {}
  ~RunChecks();
  RunChecks(const RunChecks&) = delete;
  RunChecks& operator=(const RunChecks&) = delete;

  // It runs. A container that has no check, or is a task's, is left alone; one that is being checked starts over.
  void begin(const std::string& container_id);
  // It has ended. What was found last stays on the board.
  void end(const std::string& container_id);
  void removed(const std::string& container_id);

 private:
  boost::asio::awaitable<void> run(std::string container_id, std::shared_ptr<bool> is_wanted);

  boost::asio::io_context& loop_;
  engine::Engine& engine_;
  Clock& clock_;
  HealthBoard& board_;
  std::map<std::string, std::shared_ptr<bool>> wanted_;
};

}  // namespace skein::agent
