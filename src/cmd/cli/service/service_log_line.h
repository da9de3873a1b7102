// One line of a service's log, as the daemon sends it: "[TIME ]key=value,key=value TEXT". Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skein::cli {

struct ServiceLogLine {
  std::string time;  // empty when it was not asked for
  std::string node;  // ids of where it comes from
  std::string service;
  std::string task;
  std::map<std::string, std::string> details;  // the others
  std::string text;                            // with its line break
};

Result<ServiceLogLine> parse_log_line(std::string_view line, bool has_time);

}  // namespace skein::cli
