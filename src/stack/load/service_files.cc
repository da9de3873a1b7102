#include "stack/load/service_files.h"

#include "stack/load/dotenv.h"
#include "stack/load/env_file.h"
#include "stack/normal/record.h"

namespace skein::stack {

namespace {

// A name without a value, or with an empty one, has that of the shell.
void update(Map& environment, const Map& variables, const Environment& shell) {
  for (const auto& [name, value] : variables) {
    const auto found = shell.find(name);
    const bool is_of_shell = value.text().empty() && found != shell.end();
    environment.set(name, is_of_shell ? Value(found->second) : value);
  }
}

Result<void> set_environment(Value& service, const Input& input) {
  Map environment;
  Map of_files;
  for (const Value& name : service.at("env_file").items()) {
    const std::string path = joined_path(input.folder, name.text());
    SKEIN_TRY_ASSIGN(const Map variables, read_env_file(path, input));
    for (const auto& [key, value] : variables) of_files.set(key, value);
  }
  update(environment, of_files, input.environment);
  update(environment, service.at("environment").entries(), input.environment);
  if (environment.empty()) return {};
  environment.sort();
  set_field(service, one_service_shape(), "environment", std::move(environment));
  return {};
}

Result<void> set_compose_environment(Value& service, const Input& input) {
  Map environment;
  for (const Value& file : service.at("env_file").items()) {
    const std::string& name = file.is<Map>() ? file.at("path").text() : file.text();
    const Value& required = file.at("required");
    const std::string path = joined_path(input.folder, name);
    const auto content = input.read(path);
    if (!content.ok() && !required.is_null() && !required.is_true()) continue;
    if (!content.ok()) return content.error();
    if (file.at("format").text() == "raw") {
      SKEIN_TRY_ASSIGN(const Map variables, read_env_file(path, input));
      for (const auto& [key, value] : variables) environment.set(key, value);
      continue;
    }
    auto variables = parse_dotenv(*content, input.environment);
    if (!variables.ok()) return with_context(variables.error(), path);
    for (const auto& [key, value] : *variables) environment.set(key, value);
  }
  for (const auto& [key, value] : service.at("environment").entries()) {
    const auto found = input.environment.find(key);
    environment.set(key, value.is_null() && found != input.environment.end() ? Value(found->second) : value);
  }
  if (environment.empty()) return {};
  environment.sort();
  set_field(service, one_service_shape(), "environment", std::move(environment));
  return {};
}

bool is_absolute(const std::string& path) {
  const bool has_drive = path.size() > 2 && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
  return path.starts_with('/') || path.starts_with("\\\\") || has_drive;
}

std::string with_home(const std::string& path, const Input& input) {
  if (!path.starts_with('~')) return path;
  const auto home = input.environment.find("HOME");
  if (home != input.environment.end()) return home->second + path.substr(1);
  input.warn("cannot expand '~', because the environment lacks HOME");
  return path;
}

Result<void> set_sources(Value& service, const Input& input) {
  Value* const mounts = service.as<Map>()->find("volumes");
  if (mounts == nullptr) return {};
  for (Value& mount : *mounts->as<List>()) {
    if (mount.at("type").text() != "bind") continue;
    if (mount.at("source").text().empty()) {
      return invalid_argument("invalid mount config for type \"bind\": field Source must not be empty");
    }
    const std::string source = with_home(mount.at("source").text(), input);
    mount.as<Map>()->set("source", is_absolute(source) ? source : joined_path(input.folder, source));
  }
  return {};
}

}  // namespace

Result<void> read_service_files(Value& service, const Input& input) {
  SKEIN_TRY(set_environment(service, input));
  return set_sources(service, input);
}

Result<void> read_compose_service_files(Value& service, const Input& input) {
  SKEIN_TRY(set_compose_environment(service, input));
  return set_sources(service, input);
}

}  // namespace skein::stack
