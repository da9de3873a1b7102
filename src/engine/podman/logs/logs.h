// The logs of containers: who reads them, and when they go on in new files. Loop's thread.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "engine/podman/logs/log_files.h"
#include "engine/podman/logs/log_stream.h"
#include "engine/podman/logs/log_watch.h"

namespace skein::engine {

class Logs {
 public:
  // `folder_of`: where a container's monitor writes, by its id.
  Logs(io::TaskScope& tasks, std::function<std::string(const std::string& id)> folder_of);

  Result<void> start_up() { return watch_.start(); }

  // A container is there, with what was asked of its log. Told again, nothing changes.
  void on_container(const std::string& id, LogLimit limit);
  void on_container_exit(const std::string& id);
  void on_container_removed(const std::string& id) { limited_.erase(id); }

  std::string folder_of(const std::string& id) const { return folder_of_(id); }
  // May outlive this.
  std::unique_ptr<io::http::BodySource> open(const std::string& id, LogReading reading);
  // Which containers end as long as it lives: while one asks whether a container runs, it may end.
  using Ends = std::set<std::string>;
  std::shared_ptr<const Ends> note_ends();

 private:
  struct Readers {
    std::map<std::string, std::set<LogStream*>> by_container;
  };
  struct Limited {
    LogRotation rotation;
    std::shared_ptr<LogWatch::Watching> watching;
  };
  void hold(const std::string& id);

  io::TaskScope& tasks_;
  std::function<std::string(const std::string& id)> folder_of_;
  LogWatch watch_;
  std::shared_ptr<Readers> readers_;
  std::map<std::string, Limited> limited_;
  std::list<std::weak_ptr<Ends>> noting_;
};

}  // namespace skein::engine
