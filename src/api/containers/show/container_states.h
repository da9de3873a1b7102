// What Docker's daemon says where a container's state does not allow what is asked of it. Pure.
#pragma once

#include <optional>
#include <string>

#include "containers/facts/phase.h"
#include "io/http/message.h"

namespace skein::api {

enum class Verb { kStart, kStop, kKill, kPause, kUnpause, kRemove, kAttach, kTop, kResize };

// What to call it in messages: its id, and what the request called it.
struct Called {
  std::string id;
  std::string name;
};

// Nothing where the state allows it.
std::optional<io::http::Response> refusal(Verb verb, containers::Phase phase, const Called& container);

}  // namespace skein::api
