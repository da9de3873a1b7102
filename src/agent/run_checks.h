// Runs the health checks of containers that are no tasks; those of tasks are task_run's. Loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
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

  // It has been started. A container that has no check, or is a task's, is left alone; one that is being checked goes
  // on.
  void begin(const std::string& container_id);
  // The same for who has looked at it already: its health is "starting" from now on.
  void begin(const std::string& container_id, const nlohmann::json& container);
  // It has ended. What was found last stays on the board.
  void end(const std::string& container_id);
  void removed(const std::string& container_id);

 private:
  std::shared_ptr<bool> want(const std::string& container_id);
  boost::asio::awaitable<void> look(std::string container_id, std::shared_ptr<bool> is_wanted);
  void watch(const std::string& container_id, const nlohmann::json& container, const std::shared_ptr<bool>& is_wanted);

  boost::asio::io_context& loop_;
  engine::Engine& engine_;
  Clock& clock_;
  HealthBoard& board_;
  std::map<std::string, std::shared_ptr<bool>> wanted_;  // of those that run
};

}  // namespace skein::agent
