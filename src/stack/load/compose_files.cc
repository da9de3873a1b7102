#include "stack/load/compose_files.h"

#include <algorithm>
#include <map>

#include "stack/load/compose_only.h"
#include "stack/load/dotenv.h"
#include "stack/load/lines.h"
#include "stack/load/load_compose.h"
#include "stack/load/merge.h"
#include "stack/load/sections.h"
#include "stack/shape/validate.h"
#include "stack/yaml/yaml.h"

namespace skein::stack {

namespace {

constexpr const char* kSections[] = {"services", "networks", "volumes", "secrets", "configs"};

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// What was included stands first; nothing of it may be defined again in another way.
Result<void> add_included(Value& model, const Value& included) {
  for (const char* const section : kSections) {
    Map& known = *model.as<Map>()->find(section)->as<Map>();
    for (const auto& [name, object] : included.at(section).entries()) {
      const Value* const own = known.find(name);
      if (own != nullptr && *own != object)
        return invalid_argument(std::string(section) + "." + name + " conflicts with what an included file defines");
      if (own == nullptr) known.append(name, object);
    }
    known.sort();
  }
  return {};
}

// All that the table does not allow is told at once, in the order of the lines.
Result<void> check_shape(const Source& file, const Value& value) {
  SKEIN_TRY_ASSIGN(const std::vector<Problem> problems, problems_of(value));
  std::vector<std::vector<std::string>> paths;
  paths.reserve(problems.size());
  for (const Problem& problem : problems) paths.push_back(problem.at);
  const std::vector<size_t> lines = lines_of(file, paths);
  std::multimap<size_t, std::string> told;
  for (size_t i = 0; i < problems.size(); ++i) told.emplace(lines[i], problems[i].text);
  std::string text;
  for (const auto& [line, what] : told)
    text += (text.empty() ? "" : "\n") + file.name + (line ? ":" + std::to_string(line) : "") + ": " + what;
  return problems.empty() ? Result<void>() : invalid_argument(text);
}

List as_list(const Value& texts) { return texts.is<std::string>() ? List{texts} : texts.items(); }

}  // namespace

Result<Value> ComposeFiles::read() {
  Group group{input_.files, input_.folder, {}, {}};
  SKEIN_TRY_ASSIGN(group.environment, environment_of(group.folder, {}, input_.environment));
  return read_group(group);
}

Result<Value> ComposeFiles::read_group(const Group& group) {
  Value model;
  for (const Source& file : group.files) {
    SKEIN_TRY_ASSIGN(Value read, read_file(file, group));
    if (model.is_null()) {
      model = std::move(read);
      continue;
    }
    merge_file(model, read, kCompose);
    if (const Value& name = read.at("name"); !name.text().empty()) model.as<Map>()->set("name", name);
  }
  return model;
}

Result<Value> ComposeFiles::parse(const Source& file, const Environment& environment) {
  auto value = parse_text(file, environment);
  if (!value.ok()) return with_context(value.error(), file.name);
  SKEIN_TRY(refuse_tags(file));
  SKEIN_TRY(check_shape(file, *value));
  seen_.push_back(*value);
  sources_.push_back(file);
  return value;
}

Result<Value> ComposeFiles::parse_text(const Source& file, const Environment& environment) {
  if (seen_.size() >= kFilesMax) return invalid_argument("more than " + std::to_string(kFilesMax) + " files");
  SKEIN_TRY_ASSIGN(Value value, read_yaml(file.text));
  if (value.is_null()) return invalid_argument("empty compose file");
  if (!value.is<Map>()) return invalid_argument("top-level object must be a mapping");
  if (!input_.skips_interpolation) {
    SKEIN_TRY_ASSIGN(value, interpolate(value, Substitute([&](std::string_view text) {
                                          return substitute_compose(text, environment, unset_);
                                        })));
  }
  return value;
}

Result<Value> ComposeFiles::read_file(const Source& file, const Group& group) {
  environment_.insert(group.environment.begin(), group.environment.end());
  SKEIN_TRY_ASSIGN(const Value value, parse(file, group.environment));
  auto model = complete(value, file, group);
  if (!model.ok()) return with_context(model.error(), file.name);
  return model;
}

Result<Value> ComposeFiles::complete(const Value& value, const Source& file, const Group& group) {
  Input input = input_;
  input.folder = group.folder;
  input.environment = group.environment;
  Map head;
  head.append("name", value.at("name").text());
  SKEIN_TRY_ASSIGN(Value model, load_sections(value, kCompose, std::move(head), input));
  if (model.at("name").text().empty()) model.as<Map>()->erase("name");
  SKEIN_TRY(extend_all(model, file, group));
  SKEIN_TRY(include_all(model, value.at("include"), group));
  return model;
}

Result<Source> ComposeFiles::open(const std::string& path, const Group& group) {
  if (group.chain.size() >= kNestingMax)
    return invalid_argument(path + ": files include others more than " + std::to_string(kNestingMax) + " deep");
  SKEIN_TRY_ASSIGN(std::string text, input_.read(path));
  return Source{path, std::move(text)};
}

Result<void> ComposeFiles::include_all(Value& model, const Value& includes, const Group& group) {
  for (const Value& given : includes.items()) {
    SKEIN_TRY_ASSIGN(const Value included, include(given, group));
    SKEIN_TRY(add_included(model, included));
  }
  return {};
}

// Paths in what is included are looked up beside it, and variables first in the includer's environment.
Result<Value> ComposeFiles::include(const Value& given, const Group& group) {
  const List paths = as_list(given.is<Map>() ? given.at("path") : given);
  if (paths.empty()) return invalid_argument("include: no path");
  Group next{{}, {}, {}, group.chain};
  for (const Value& path : paths) {
    SKEIN_TRY(refuse_remote(path.text()));
    const std::string absolute = joined_path(group.folder, path.text());
    if (std::find(group.chain.begin(), group.chain.end(), absolute) != group.chain.end())
      return invalid_argument("include cycle detected: " + absolute + " includes itself");
    SKEIN_TRY_ASSIGN(Source source, open(absolute, group));
    next.files.push_back(std::move(source));
    next.chain.push_back(absolute);
  }
  const std::string& project = given.at("project_directory").text();
  next.folder = project.empty() ? folder_of(next.files[0].name) : joined_path(group.folder, project);
  Map files;
  for (const Value& name : as_list(given.at("env_file"))) files.set(joined_path(group.folder, name.text()), {});
  SKEIN_TRY_ASSIGN(next.environment, environment_of(next.folder, Value(std::move(files)), group.environment));
  return read_group(next);
}

// `files`: paths as keys; ".env" in the folder if there are none, where it exists.
Result<Environment> ComposeFiles::environment_of(const std::string& folder, const Value& files,
                                                 const Environment& outer) {
  Environment result = outer;
  Map paths = files.entries();
  const bool is_default = paths.empty();
  if (is_default) paths.append(joined_path(folder, ".env"), {});
  for (const auto& [path, unused] : paths) {
    const auto text = input_.read(path);
    if (!text.ok() && is_default) continue;
    if (!text.ok()) return text.error();
    auto variables = parse_dotenv(*text, result);
    if (!variables.ok()) return with_context(variables.error(), path);
    for (const auto& [name, value] : *variables) result.emplace(name, value.text());
  }
  return result;
}

Result<void> ComposeFiles::extend_all(Value& model, const Source& file, const Group& group) {
  Value& services = *model.as<Map>()->find("services");
  Map result;
  for (const auto& [name, unused] : services.entries()) {
    SKEIN_TRY_ASSIGN(Value service, extended(services, name, file, group, {}));
    result.append(name, std::move(service));
  }
  services = std::move(result);
  return {};
}

// A service with what it extends below it; that may be in another file, and extend a third.
Result<Value> ComposeFiles::extended(const Value& services, const std::string& name, const Source& file,
                                     const Group& group, std::vector<std::string> chain) {
  const std::string step = file.name + ":" + name;
  if (std::find(chain.begin(), chain.end(), step) != chain.end())
    return invalid_argument("service " + name + " extends itself");
  if (chain.size() >= kNestingMax)
    return invalid_argument("services extend others more than " + std::to_string(kNestingMax) + " deep");
  chain.push_back(step);
  const Value* const given = services.entries().find(name);
  if (given == nullptr)
    return invalid_argument("cannot extend service " + go_quoted(name) + " in " + file.name + ": service not found");
  Value own = *given;
  const Value target = own.at("extends");
  if (target.is_null()) return own;
  own.as<Map>()->erase("extends");
  const std::string& base_name = target.at("service").text();
  const std::string& other = target.at("file").text();
  Result<Value> base = Value();
  if (other.empty()) {
    base = extended(services, base_name, file, group, std::move(chain));
  } else {
    SKEIN_TRY(refuse_remote(other));
    const std::string path = joined_path(group.folder, other);
    SKEIN_TRY_ASSIGN(const Source source, open(path, group));
    const Group next{{}, folder_of(path), group.environment, group.chain};
    SKEIN_TRY_ASSIGN(const Value value, parse(source, next.environment));
    Input input = input_;
    input.folder = next.folder;
    input.environment = next.environment;
    auto model = load_sections(value, kCompose, {}, input);
    if (!model.ok()) return with_context(model.error(), path);
    base = extended(model->at("services"), base_name, source, next, std::move(chain));
  }
  if (!base.ok()) return base;
  merge_service(*base, own, kCompose);
  return base;
}

}  // namespace skein::stack
