#include "stack/load/load.h"

#include "stack/load/compose_only.h"
#include "stack/load/load_compose.h"
#include "stack/load/merge.h"
#include "stack/load/sections.h"
#include "stack/shape/properties.h"
#include "stack/shape/validate.h"
#include "stack/yaml/yaml.h"

namespace skein::stack {

namespace {

constexpr const char* kVersionDefault = "3.13";

std::string version_of(const Value& file) {
  const Value* const version = file.entries().find("version");
  if (version == nullptr) return kVersionDefault;
  const std::string text = shown(*version);
  return text.empty() || text == "3" ? kVersionDefault : text;
}

Result<std::vector<Value>> parsed(const std::vector<Source>& files) {
  std::vector<Value> result;
  for (const Source& file : files) {
    SKEIN_TRY_ASSIGN(Value value, read_yaml(file.text));
    if (!value.is<Map>()) return invalid_argument("top-level object must be a mapping");
    result.push_back(std::move(value));
  }
  return result;
}

Result<void> check_forbidden(const Value& file, Forbidden style) {
  const auto forbidden = forbidden_properties(file);
  if (forbidden.empty()) return {};
  if (style == Forbidden::kShort) return invalid_argument("Configuration contains forbidden properties");
  std::string text = "Compose file contains unsupported options:\n";
  for (const std::string& line : forbidden) text += "\n" + line + "\n";
  return invalid_argument(text);
}

Result<Project> load_docker(const Input& input, Forbidden style) {
  SKEIN_TRY_ASSIGN(const std::vector<Value> files, parsed(input.files));
  const std::string version = version_of(files.front());
  Project project;
  for (const Value& given : files) {
    if (const std::string own = version_of(given); own != version) {
      std::string text = "version mismatched between two composefiles : ";
      text.append(version).append(" and ").append(own);
      return invalid_argument(text);
    }
    SKEIN_TRY(check_forbidden(given, style));
    SKEIN_TRY_ASSIGN(const Value file, input.skips_interpolation ? given : interpolate(given, input.environment));
    SKEIN_TRY(validate(file, version));
    Map head;
    head.append("version", version);
    SKEIN_TRY_ASSIGN(Value model, load_sections(file, *minor_version(version), std::move(head), input));
    if (project.model.is_null()) {
      project.model = std::move(model);
    } else {
      merge_file(project.model, model, kVersionMax);
    }
  }
  for (const char* const section : {"networks", "volumes", "secrets", "configs"}) {
    if (project.model.at(section).entries().empty()) project.model.as<Map>()->erase(section);
  }
  project.unsupported = unsupported_properties(files);
  project.deprecated = deprecated_properties(files);
  return project;
}

}  // namespace

std::string joined_path(const std::string& folder, const std::string& path) {
  if (path.starts_with('/')) return path;
  std::vector<std::string> parts;
  const std::string whole = folder + "/" + path;
  for (size_t at = 0; at <= whole.size();) {
    const size_t end = std::min(whole.find('/', at), whole.size());
    const std::string part = whole.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string result;
  for (const std::string& part : parts) result += "/" + part;
  return result.empty() ? "/" : result;
}

Result<Project> load(const Input& input, Forbidden style) {
  if (input.schema == Schema::kCompose) return load_compose(input);
  if (input.schema == Schema::kDocker) return load_docker(input, style);
  Input quiet = input;
  std::vector<std::string> warnings;
  quiet.warn = [&](const std::string& text) { warnings.push_back(text); };
  auto project = load_docker(quiet, style);
  if (!project.ok()) {
    const std::string refused = project.error().what;
    project = load_compose(input);
    if (project.ok()) project->compose->refused = refused;
    return project;
  }
  for (const Source& file : input.files) SKEIN_TRY(refuse_tags(file));
  for (const std::string& text : warnings) input.warn(text);
  return project;
}

}  // namespace skein::stack
