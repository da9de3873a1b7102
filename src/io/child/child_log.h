// How the log tells of processes that the daemon starts, finds and loses: "event=child-up child=podman why=started
// pid=7".
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/log.h"

namespace skein::io {

struct ChildNews {
  const std::string& name;
  pid_t pid;
  const std::string& why;
};

inline void log_child(LogLevel level, std::string_view event, const ChildNews& news) {
  log_event(level, event, {{"child", news.name}, {"why", news.why}, {"pid", std::to_string(news.pid)}});
}

}  // namespace skein::io
