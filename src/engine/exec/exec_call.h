// Which requests of the Engine API are about execs. Pure.
#pragma once

#include <string>
#include <string_view>

#include "io/http/message.h"

namespace skein::engine {

enum class ExecVerb { kNone, kCreate, kStart, kResize, kInspect };

struct ExecCall {
  ExecVerb verb = ExecVerb::kNone;
  std::string subject;  // the container for kCreate, the exec otherwise
  io::http::Query query;
};

// `target` without version prefix, with query or not.
ExecCall parse_exec_call(std::string_view method, std::string_view target);

}  // namespace skein::engine
