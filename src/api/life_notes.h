// What Docker remembers of containers' lives and the engine does not: that the user stopped one, and that a run ended
// without anybody's seeing how, as when the host went down. On disk; loop's thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace skein::api {

struct LifeNote {
  bool is_stopped_by_user = false;
  // When the last run was found to be over; its exit code is lost.
  std::optional<WallTime> lost_at;
  bool operator==(const LifeNote&) const = default;
};

class LifeNotes {
 public:
  explicit LifeNotes(std::string path) : path_(std::move(path)) {}

  // What an earlier daemon noted. On error there are no notes.
  Result<void> load();

  LifeNote of(const std::string& container_id) const;
  // On disk at once, if it is news.
  void put(const std::string& container_id, const LifeNote& note);
  void set_stopped_by_user(const std::string& container_id, bool is_stopped);
  // Of containers that exist no more, nothing is kept.
  void keep_only(const std::set<std::string>& container_ids);

 private:
  void save() const;

  std::string path_;
  std::map<std::string, LifeNote> notes_;  // none that says nothing
};

}  // namespace skein::api
