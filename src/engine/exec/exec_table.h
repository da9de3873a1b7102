// The execs that are known, as long as Docker knows them: until their container is removed, those that have ended for
// five minutes. Pure but for what an exec runs.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/time/clock.h"
#include "engine/exec/request/exec_container.h"
#include "engine/values/exec_request.h"

namespace skein::engine {

class RunningExec;

enum class ExecPhase { kCreated, kRunning, kEnded };

struct Exec {
  std::string id;
  ExecContainer container;  // as it was when the exec was created
  ExecRequest request;
  ExecPhase phase = ExecPhase::kCreated;
  int exit_code = 0;  // once it has ended
  Error failure;      // why it could not be started, in Docker's words
  TimePoint ended_at;
  std::weak_ptr<RunningExec> running;  // lives until the end
  pid_t process = 0;                   // once the command runs
};

class ExecTable {
 public:
  static constexpr size_t kRunningMax = 1024, kKnownMax = 4096;

  // Makes room for it, at the cost of what has ended or was never started; refuses when all others run.
  Result<void> add(std::shared_ptr<Exec> exec, TimePoint now);
  std::shared_ptr<Exec> find(const std::string& id, TimePoint now);
  void forget_container(const std::string& id);
  void forget_unstarted(const std::string& container);

  size_t running() const;
  size_t size() const { return execs_.size(); }
  bool has_living() const;
  // Ids of those of a container that have not ended.
  std::vector<std::string> living_in(const std::string& container) const;
  std::vector<std::shared_ptr<Exec>> running_in(const std::string& container) const;

 private:
  void expire(TimePoint now);

  std::map<std::string, std::shared_ptr<Exec>> execs_;
};

}  // namespace skein::engine
