#include "cmd/cli/container/capabilities.h"

#include <cctype>
#include <set>

namespace skein::cli {

namespace {

using Capabilities = std::set<std::string>;

constexpr const char* kAll = "ALL";
constexpr const char* kReset = "RESET";

std::string full_name(const std::string& text) {
  std::string name;
  for (const char c : text) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name == kAll || name == kReset || name.starts_with("CAP_") ? name : "CAP_" + name;
}

Capabilities names_at(const Json& container, const char* member) {
  Capabilities names;
  for (const Json& name : at(container, member))
    if (name.is_string()) names.insert(full_name(name.get<std::string>()));
  return names;
}

Capabilities names_of(const std::vector<std::string>& texts, Capabilities& before) {
  Capabilities names;
  for (const std::string& text : texts) names.insert(full_name(text));
  if (names.erase(kReset) != 0) before.clear();
  return names;
}

void put(const Capabilities& names, const char* member, Json& container) {
  if (names.empty()) {
    container.erase(member);
  } else {
    container[member] = names.contains(kAll) ? Capabilities{kAll} : names;
  }
}

}  // namespace

void apply_capabilities(const std::vector<std::string>& added, const std::vector<std::string>& dropped,
                        Json& container) {
  if (added.empty() && dropped.empty()) return;
  Capabilities has_added = names_at(container, "CapabilityAdd");
  Capabilities has_dropped = names_at(container, "CapabilityDrop");
  const Capabilities to_add = names_of(added, has_added);
  const Capabilities to_drop = names_of(dropped, has_dropped);
  for (const std::string& name : to_drop) {
    if (to_add.contains(name)) continue;
    if (has_added.erase(name) == 0) has_dropped.insert(name);
  }
  for (const std::string& name : to_add) {
    if (has_dropped.erase(name) == 0) has_added.insert(name);
  }
  put(has_added, "CapabilityAdd", container);
  put(has_dropped, "CapabilityDrop", container);
}

}  // namespace skein::cli
