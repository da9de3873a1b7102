// Compose files to one model: the steps of Docker's client in their order, with its texts, or those of today's Compose
// (load_compose.h). Pure; what is on disk comes by a door.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "stack/normal/normalise.h"
#include "stack/values/interpolate.h"
#include "stack/values/value.h"

namespace skein::stack {

struct Source {
  std::string name;
  std::string text;
};

// What a file may hold: what Docker's versions 3.x have, what the Compose Specification has today, or the first of the
// two that takes it.
enum class Schema { kAuto, kDocker, kCompose };

struct Input {
  std::vector<Source> files;
  std::string folder;  // that relative names are looked up in
  Environment environment;
  bool skips_interpolation = false;
  Schema schema = Schema::kDocker;
  std::set<std::string> profiles = {};  // of the Compose Specification's; "*" is every one
  // A file's content. Errors have the words of the system: "open /w/x: no such file or directory".
  std::function<Result<std::string>(const std::string& path)> read;
  Warn warn;
};

struct Project {
  Value model;  // "version", "services", …, in the order in which they are shown
  // Keys of services that a swarm has no use for: ignored ones by name, deprecated ones with a sentence.
  std::vector<std::string> unsupported;
  std::vector<std::string> deprecated;
  // Null unless it was read by the Compose Specification. Its "depends_on" is a mapping.
  struct Compose {
    std::string refused;        // in whose words Docker's schema refuses it; empty if it was not asked
    Environment environment;    // with that of ".env" files
    std::vector<Source> files;  // all that were read
  };
  std::optional<Compose> compose;
};

// Forbidden keys are told as one line (`stack config`), or each with a sentence (`stack deploy`).
enum class Forbidden { kShort, kExplained };

Result<Project> load(const Input& input, Forbidden style);

// "/w" and "../a" as "/a".
std::string joined_path(const std::string& folder, const std::string& path);

}  // namespace skein::stack
