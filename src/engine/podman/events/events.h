// Podman's event lines in Docker's form. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/engine.h"

namespace skein::engine {

// Cuts a byte stream into lines; a line longer than 1 MiB is dropped.
class LineSplitter {
 public:
  void add(std::string_view bytes) { rest_ += bytes; }
  // The next whole line, without its end.
  std::optional<std::string> next();

 private:
  std::string rest_;
};

// None for events that Docker does not have (init, cleanup, sync …) and for lines that are none.
std::optional<nlohmann::json> docker_event(std::string_view line);

}  // namespace skein::engine
