// A model as bodies of API requests. Names get the stack's prefix, and everything its label. Pure; what must be asked
// of the engine, and what is on disk, comes by doors.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "stack/values/interpolate.h"
#include "stack/values/value.h"

namespace skein::stack {

using Json = nlohmann::ordered_json;

inline constexpr const char* kNamespaceLabel = "com.docker.stack.namespace";
inline constexpr const char* kImageLabel = "com.docker.stack.image";

struct Namespace {
  std::string name;
  std::string scoped(const std::string& inner) const { return name + "_" + inner; }
  // Without the prefix, if it has it.
  std::string inner(const std::string& scoped) const;
};

// Texts of its JSON are UTF-8, whatever the files and the shell's variables hold.
struct Body {
  Body(std::string name_given, const Json& json_given);
  std::string name;
  Json json;
};

struct Networks {
  std::vector<Body> own;              // to be created
  std::vector<std::string> external;  // which must exist
};

// Those that some service uses.
Networks convert_networks(const Namespace& stack, const Value& model);

using ReadFile = std::function<Result<std::string>(const std::string& path)>;

// Of "secrets" or "configs": those that are not external. `environment`: that they may be filled from.
Result<std::vector<Body>> convert_file_objects(const Namespace& stack, const Value& model, const char* section,
                                               const ReadFile& read, const Environment& environment);

// The engine's secrets or configs (`section`) that have one of these names.
using FindObjects = std::function<Result<Json>(const char* section, const std::vector<std::string>& names)>;

// The specs of all services, by name.
Result<std::vector<Body>> convert_services(const Namespace& stack, const Value& model, const FindObjects& find);

// Networks that every host has; they are not looked up, and know no aliases.
bool is_predefined_network(const std::string& name);

}  // namespace skein::stack
