// What Docker remembers of containers' lives and the engine does not: that the user stopped one, that a run ended
// without anybody's seeing how, as when the host went down, and how often it was restarted. On disk; loop's thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/time/clock.h"
#include "containers/facts/restart_policy.h"
#include "io/file/kept_file.h"

namespace skein::containers {

struct LifeNote {
  bool is_stopped_by_user = false;
  // When the last run was found to be over; its exit code is lost.
  std::optional<WallTime> lost_at;
  int restarts = 0;                     // by its policy, since the user started it
  std::optional<RestartPolicy> policy;  // instead of that which it was made with
  bool operator==(const LifeNote&) const = default;
};

class LifeNotes {
 public:
  // What runs belongs to the scope, which ends before us.
  LifeNotes(io::TaskScope& tasks, std::string path)
      : path_(std::move(path)), file_(tasks, path_, [this] { return save(); }) {}

  // What an earlier daemon noted. On error there are no notes.
  Result<void> load();

  LifeNote of(const std::string& container_id) const;
  // On disk at once, if it is news and the disk has room.
  void put(const std::string& container_id, const LifeNote& note);
  void set_stopped_by_user(const std::string& container_id, bool is_stopped);
  // It runs: what was noted of the time before is over.
  void set_running(const std::string& container_id, int restarts);
  // Of containers that exist no more, nothing is kept.
  void keep_only(const std::set<std::string>& container_ids);

 private:
  Result<void> save() const;

  std::string path_;
  std::map<std::string, LifeNote> notes_;  // none that says nothing
  io::KeptFile file_;
};

}  // namespace skein::containers
