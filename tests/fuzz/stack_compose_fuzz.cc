// Compose files, by Docker's schema and by the Compose Specification. Whatever one says, it is refused with a text, or
// becomes a model whose YAML reads back as that model, and bodies of requests that can be sent.
#include <algorithm>

#include "base/bytes.h"
#include "stack/convert/cluster.h"
#include "stack/convert/convert.h"
#include "stack/emit/emit.h"
#include "stack/load/load.h"
#include "stack/load/prerequisites.h"
#include "stack/yaml/yaml.h"

namespace {

using namespace skein::stack;  // NOLINT: a program of one file

// Each leaf with its path. Numbers count by their text, since "3.0" is shown as "3".
void flatten(const Value& value, const std::string& path, bool is_of_record, std::vector<std::string>& leaves) {
  if (const auto* const map = value.as<Map>()) {
    if (map->empty() && !is_of_record) leaves.push_back(path + "{}");
    for (const auto& [key, member] : *map) {
      // An empty list of a known field is not shown.
      const bool is_left_out = map->is_record && member.is<List>() && member.items().empty() && !key.starts_with("x-");
      if (!is_left_out) flatten(member, std::string(path).append("/").append(key), false, leaves);
    }
  } else if (const auto* const list = value.as<List>()) {
    if (list->empty()) leaves.push_back(path + "[]");
    for (size_t i = 0; i < list->size(); ++i)
      flatten((*list)[i], std::string(path).append("/").append(std::to_string(i)), false, leaves);
  } else {
    leaves.push_back(path + (value.is<std::string>() ? "=" : ":") + shown(value));
  }
}

std::vector<std::string> leaves_of(const Value& value) {
  std::vector<std::string> leaves;
  flatten(value, "", true, leaves);
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

// What it includes or extends in another file is in itself.
Input input_of(std::string text, Schema schema) {
  Input input;
  input.schema = schema;
  input.read = [text](const std::string& path) -> skein::Result<std::string> {
    if (path.ends_with("yml")) return text;
    if (path.size() % 2 == 0) return skein::invalid_argument("open " + path + ": no such file or directory");
    return std::string("X=1\nY\n# c\n") + path;
  };
  input.files.push_back({"f.yml", std::move(text)});
  input.folder = "/w";
  input.environment = {{"A", "1"}, {"B", ""}, {"HOME", "/home/u"}, {"C", "x$y\nz"}};
  input.warn = [](const std::string& text_of_warning) { SKEIN_ASSERT(!text_of_warning.empty()); };
  return input;
}

void convert_all(const Value& model, const Input& input) {
  const Namespace stack{"s"};
  const auto find = [](const char*, const std::vector<std::string>& names) -> skein::Result<Json> {
    Json found = Json::array();
    for (const std::string& name : names) found.push_back({{"ID", "id-" + name}, {"Spec", {{"Name", name}}}});
    return found;
  };
  for (const Body& body : convert_networks(stack, model).own) SKEIN_ASSERT(!body.json.dump().empty());
  for (const char* const section : {"secrets", "configs"}) {
    const auto bodies = convert_file_objects(stack, model, section, input.read, input.environment);
    SKEIN_ASSERT(bodies.ok() || !bodies.error().what.empty());
  }
  const auto services = convert_services(stack, model, find);
  if (!services.ok()) return SKEIN_ASSERT(services.error().what.starts_with("service "));
  for (const Body& body : *services) {
    SKEIN_ASSERT(body.json["Labels"][kNamespaceLabel] == "s" && !body.json.dump().empty());
  }
}

void try_schema(const Input& input) {
  const std::string& text = input.files[0].text;
  const auto replaced = substitute(text, input.environment);
  if (text.find('$') == std::string::npos) SKEIN_ASSERT(replaced.ok() && *replaced == text);

  const auto project = load(input, Forbidden::kExplained);
  if (!project.ok()) {
    SKEIN_ASSERT(!project.error().what.empty());
    return;
  }
  const std::vector<std::string> leaves = leaves_of(project->model);
  // As from Docker's client, "<<" has no quotes, and does not read back.
  const bool has_merge_key = std::any_of(leaves.begin(), leaves.end(),
                                         [](const std::string& leaf) { return leaf.find("<<") != std::string::npos; });
  if (!has_merge_key) {
    const auto again = read_yaml(emit_yaml(project->model));
    SKEIN_ASSERT(again.ok());
    SKEIN_ASSERT(leaves_of(*again) == leaves);
  }
  if (!project->compose) return convert_all(project->model, input);
  SKEIN_ASSERT(by_prerequisites(project->model).size() == project->model.at("services").entries().size());
  convert_all(for_cluster({"s"}, project->model), input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(skein::as_text({bytes, size}));
  for (const Schema schema : {Schema::kDocker, Schema::kCompose}) try_schema(input_of(text, schema));
  return 0;
}
