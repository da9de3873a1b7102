// What a service refers to: networks, secrets, configs.
#include <algorithm>
#include <set>

#include "stack/convert/convert_parts.h"

namespace skein::stack {

namespace {

std::string object_name(const Namespace& stack, const std::string& inner, const Value& object) {
  const std::string& name = object.at("name").text();
  return name.empty() ? stack.scoped(inner) : name;
}

std::string or_default(const Value& value, const char* otherwise) {
  return value.text().empty() ? otherwise : value.text();
}

struct Words {
  const char* section;  // "secrets"
  std::string word;     // "secret"
  std::string prefix;   // "Secret"
};

Json by_name(Json references, const std::string& member) {
  std::stable_sort(references.begin(), references.end(),
                   [&](const Json& a, const Json& b) { return a[member] < b[member]; });
  return references;
}

// Those that appear as files, and what a credential spec needs.
Result<Json> wanted(const Namespace& stack, const Value& service, const Value& objects, const Words& words) {
  Json references = Json::array();
  std::set<std::string> targets;
  for (const Value& use : service.at(words.section).items()) {
    const std::string& source = use.at("source").text();
    if (!objects.entries().contains(source))
      return invalid_argument("undefined " + words.word + " " + go_quoted(source));
    const std::string target = use.at("target").text().empty() ? source : use.at("target").text();
    constexpr int64_t kReadable = 0444;
    const Value& mode = use.at("mode");
    references.push_back({{"File",
                           {{"Name", target},
                            {"UID", or_default(use.at("uid"), "0")},
                            {"GID", or_default(use.at("gid"), "0")},
                            {"Mode", mode.is_null() ? kReadable : mode.integer()}}},
                          {words.prefix + "ID", ""},
                          {words.prefix + "Name", object_name(stack, source, objects.at(source))}});
  }
  const std::string& credentials = service.at("credential_spec").at("config").text();
  if (words.word == "config" && !credentials.empty()) {
    if (!objects.entries().contains(credentials)) return invalid_argument("undefined config " + go_quoted(credentials));
    references.push_back({{"Runtime", Json::object()},
                          {"ConfigID", ""},
                          {"ConfigName", object_name(stack, credentials, objects.at(credentials))}});
  }
  for (const Json& reference : references) {
    if (!reference.contains("File") || targets.insert(reference["File"]["Name"].get<std::string>()).second) continue;
    return invalid_argument("duplicate " + words.word + " target for " +
                            reference[words.prefix + "Name"].get<std::string>() + " not allowed");
  }
  return by_name(std::move(references), words.prefix + "Name");
}

}  // namespace

Result<Json> convert_references(const Namespace& stack, const Value& service, const Value& model, const char* section,
                                const FindObjects& find) {
  const bool is_secret = std::string_view(section) == "secrets";
  const Words words{section, is_secret ? "secret" : "config", is_secret ? "Secret" : "Config"};
  SKEIN_TRY_ASSIGN(Json references, wanted(stack, service, model.at(section), words));
  if (references.empty()) return references;
  std::vector<std::string> names;
  for (const Json& reference : references) names.push_back(reference[words.prefix + "Name"].get<std::string>());
  SKEIN_TRY_ASSIGN(const Json found, find(section, names));
  for (Json& reference : references) {
    const std::string name = reference[words.prefix + "Name"].get<std::string>();
    std::string id;
    for (const Json& object : found) {
      if (object.contains("Spec") && object["Spec"].value("Name", "") == name) id = object.value("ID", "");
    }
    if (id.empty()) return invalid_argument(words.word + " not found: " + name);
    reference[words.prefix + "ID"] = id;
  }
  return references;
}

Result<Json> convert_credential_spec(const Namespace& stack, const Value& spec, const Json& configs) {
  std::vector<std::string> given;
  for (const auto& [key, word] :
       {std::pair{"config", "\"Config\""}, {"file", "\"File\""}, {"registry", "\"Registry\""}}) {
    if (!spec.at(key).text().empty()) given.emplace_back(word);
  }
  if (given.empty()) return Json(nullptr);
  if (given.size() == 2) {
    return invalid_argument("invalid credential spec: cannot specify both " + given[0] + " and " + given[1]);
  }
  if (given.size() == 3) {
    return invalid_argument("invalid credential spec: cannot specify both " + given[0] + ", " + given[1] + ", and " +
                            given[2]);
  }
  std::string config = spec.at("config").text();
  if (!config.empty()) {
    std::string id;
    for (const std::string& name : {config, stack.scoped(config)}) {
      for (const Json& reference : configs) {
        if (id.empty() && reference["ConfigName"] == name) id = reference["ConfigID"].get<std::string>();
      }
    }
    if (id.empty()) {
      return invalid_argument("invalid credential spec: spec specifies config " + config +
                              ", but no such config can be found");
    }
    config = id;
  }
  return Json{{"Config", config}, {"File", spec.at("file").text()}, {"Registry", spec.at("registry").text()}};
}

Result<Json> convert_attachments(const Namespace& stack, const std::string& service, const Value& attached,
                                 const Value& networks) {
  Map names = attached.entries();
  if (names.empty()) names.append("default", {});
  Json json = Json::array();
  for (const auto& [name, attachment] : names) {
    if (!networks.entries().contains(name) && name != "default")
      return invalid_argument("undefined network " + go_quoted(name));
    const std::string target = object_name(stack, name, networks.at(name));
    Json entry = {{"Target", target}};
    put_unless_empty(entry, "Aliases", attachment.at("aliases"));
    if (!is_predefined_network(target)) entry["Aliases"].push_back(service);
    put_unless_empty(entry, "DriverOpts", attachment.at("driver_opts"));
    json.push_back(std::move(entry));
  }
  return by_name(std::move(json), "Target");
}

}  // namespace skein::stack
