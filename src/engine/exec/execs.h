// Execs: commands that are run in running containers; what Engine says of them. Loop's thread.
//
// Execs are forgotten with the daemon, what they run goes on (see keeper.h).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/exec/exec_stream.h"
#include "engine/exec/exec_table.h"
#include "engine/exec/keeper.h"
#include "io/http/message.h"

namespace skein::engine {

class Execs {
 public:
  // Starts what an exec is to run, in its container as that is now.
  using Spawn = std::function<Result<SpawnedExec>(const Exec& exec, const ExecContainer& container, bool is_detached)>;
  // What the engine knows now of the container of this name or id.
  using Find = std::function<boost::asio::awaitable<Result<ExecContainer>>(std::string name)>;
  using Tell = std::function<void(const nlohmann::json& event)>;
  // Execs are followed in `tasks`; when that is closed, what runs goes on, and nobody is told of its end.
  Execs(io::TaskScope& tasks, Spawn spawn, Find find, Tell tell);

  Result<void> start_up() { return keeper_.start(); }

  // As Engine::create_exec, start_exec, resize_exec, inspect_exec and kill_exec.
  boost::asio::awaitable<Result<std::string>> create(std::string container, ExecRequest request);
  boost::asio::awaitable<Result<std::unique_ptr<io::http::ByteStream>>> start(std::string id, ExecStart start);
  boost::asio::awaitable<Result<void>> resize(std::string id, ConsoleSize size);
  Result<nlohmann::json> show(const std::string& id);
  void kill(const std::string& id);

  // Of those that have not ended.
  bool has_living() const { return table_.has_living(); }
  std::vector<std::string> ids_in(const std::string& container) const { return table_.living_in(container); }
  void on_container_exit(const std::string& id);
  void on_container_removed(const std::string& id) { table_.forget_container(id); }

 private:
  // One that can be run in now.
  boost::asio::awaitable<Result<ExecContainer>> find_running(std::string called);
  // Null when it has failed, as the exec tells. An error: it is not the time for it, and nothing has changed.
  boost::asio::awaitable<Result<std::shared_ptr<RunningExec>>> run(std::shared_ptr<Exec> exec, ExecStart start);
  void tell(const Exec& exec, const std::string& action) const;
  void end(const std::shared_ptr<Exec>& exec, const RunningExec::End& end);

  io::TaskScope& tasks_;
  Spawn spawn_;
  Find find_;
  Tell tell_;
  ExecKeeper keeper_;
  ExecTable table_;
};

}  // namespace skein::engine
