#include "stack/load/load_compose.h"

#include <algorithm>

#include "stack/load/compose_files.h"
#include "stack/load/prerequisites.h"
#include "stack/shape/properties.h"

namespace skein::stack {

namespace {

bool is_active(const Value& service, const std::set<std::string>& profiles) {
  const List& own = service.at("profiles").items();
  return own.empty() || profiles.contains("*") ||
         std::any_of(own.begin(), own.end(), [&](const Value& name) { return profiles.contains(name.text()); });
}

void keep_active(Value& model, const std::set<std::string>& profiles) {
  Map kept;
  for (const auto& [name, service] : model.at("services").entries())
    if (is_active(service, profiles)) kept.append(name, service);
  *model.as<Map>()->find("services") = std::move(kept);
}

}  // namespace

Result<Project> load_compose(const Input& input) {
  ComposeFiles files(input);
  Project project;
  SKEIN_TRY_ASSIGN(project.model, files.read());
  keep_active(project.model, input.profiles);
  SKEIN_TRY(check_prerequisites(project.model));
  for (const char* const section : {"networks", "volumes", "secrets", "configs"}) {
    if (project.model.at(section).entries().empty()) project.model.as<Map>()->erase(section);
  }
  project.unsupported = ignored_properties(files.seen());
  project.deprecated = deprecated_properties(files.seen());
  project.compose.emplace();
  project.compose->environment = files.environment();
  project.compose->files = files.sources();
  for (const std::string& name : files.unset())
    input.warn("The " + go_quoted(name) + " variable is not set. Defaulting to a blank string.");
  return project;
}

}  // namespace skein::stack
