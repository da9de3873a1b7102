// How far a service is on its way to what is wanted, as Docker tells it. Pure: what the daemon says and the time come
// in, lines for a terminal come out.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time/clock.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

// "id: text", with a bar when there is a total. A message stands below all lines and stays.
struct ProgressLine {
  std::string id;
  std::string text;
  int64_t current = 0;
  int64_t total = 0;
  bool is_message = false;
};

// Fed in turns with GET /services/X and GET /tasks, until one of the two says that it is over. A service is there when
// all of its tasks have run for the time in which an update watches over them; a job when all have completed.
class ServiceProgress {
 public:
  // `name`: as the user called it.
  explicit ServiceProgress(std::string name) : name_(std::move(name)) {}

  // True: over. Error: an update or rollback has stopped.
  Result<bool> see_service(const Json& service, WallTime now);
  // `tasks`: those of the newest spec. True: over.
  bool see_tasks(const Json& tasks, const Json& nodes, WallTime now);
  // `tasks`: all, of which those of before an update may say for what it waits.
  void see_older_tasks(const Json& tasks);
  bool is_converged() const { return is_converged_; }

  // The lines since the last call.
  std::vector<ProgressLine> take_lines() { return std::exchange(lines_, {}); }

 private:
  bool count_running(const Json& tasks, const std::map<std::string, bool>& is_active);
  bool count_completed(const Json& tasks, const Json& nodes);
  bool begin_global_job(const Json& tasks, const Json& nodes);
  void show_overall(size_t running, size_t total);
  void show_job(size_t active, size_t completed);
  void show_slots(int64_t total);
  void show_task(const std::string& id, const Json& task, int64_t steps);

  bool is_this_iteration(const Json& task) const;

  std::string name_;
  Json mode_;
  Json job_status_;
  std::vector<ProgressLine> lines_;
  bool is_begun_ = false;
  bool is_rollback_ = false;
  bool is_converged_ = false;
  bool is_complete_ = false;  // all tasks ran when they were looked at last; nothing new to show
  WallTime converged_at_;     // 0: it is not
  Duration monitor_{5'000'000'000};
  std::string waits_;                         // an update, for this
  std::string message_;                       // of a rollback that is over
  std::map<int64_t, size_t> lines_of_slots_;  // 1, 2, … in the order in which slots were seen first
  std::vector<std::string> job_nodes_;
};

}  // namespace skein::cli
