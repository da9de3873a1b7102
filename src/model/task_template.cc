#include "model/task_template.h"

#include <algorithm>

#include "base/template/template.h"

namespace skein::model {

namespace {

using templates::go_text;
using templates::Json;

// Go's types of what stands at these paths; the labels are a map.
const std::map<std::string, std::string>& go_types() {
  static const std::map<std::string, std::string> kTypes{
      {"Service", "struct { ID string; Name string; Labels map[string]string }"},
      {"Node", "struct { ID string; Hostname string; Platform template.Platform }"},
      {"Node.Platform", "template.Platform"},
      {"Task", "struct { ID string; Name string; Slot string }"}};
  return kTypes;
}

Json value_of(const TemplateContext& context) {
  Json out = Json::object();
  for (const auto& [path, text] : context.fields) {
    Json* at = &out;
    size_t begin = 0;
    for (size_t dot; (dot = path.find('.', begin)) != std::string::npos; begin = dot + 1)
      at = &(*at)[path.substr(begin, dot - begin)];
    (*at)[path.substr(begin)] = text;
  }
  Json& labels = out["Service"]["Labels"] = Json::object();
  for (const auto& [name, text] : context.service_labels) labels[name] = text;
  return out;
}

// The first one is what stands between the others.
Result<Json> join_texts(const std::vector<Json>& texts) {
  std::string out;
  for (size_t i = 1; i < texts.size(); ++i) out += (i > 1 ? go_text(texts[0]) : "") + go_text(texts[i]);
  return Json(out);
}

templates::Dialect dialect_of(const TemplateContext& context) {
  templates::Dialect out{
      .name = "expansion", .front = "", .functions = {{"join", {1, join_texts}}}, .types = go_types()};
  out.types[""] = context.type;
  for (const auto& [name, function] : context.functions)
    out.functions[name] = {1, [&function = function](const std::vector<Json>& arguments) -> Result<Json> {
                             SKEIN_TRY_ASSIGN(std::string text, function(go_text(arguments[0])));
                             return Json(std::move(text));
                           }};
  return out;
}

}  // namespace

std::string task_name(const api::Task& task) {
  if (!name_of(task).empty()) return name_of(task);
  const std::string slot = task.slot() ? std::to_string(task.slot()) : task.node_id();
  return task.service_annotations().name() + "." + slot + "." + task.id();
}

TemplateContext template_context(const api::Task& task, const api::Node& self) {
  TemplateContext out;
  out.fields = {{"Node.ID", task.node_id()},
                {"Node.Hostname", self.description().hostname()},
                {"Node.Platform.OS", self.description().platform().os()},
                {"Node.Platform.Architecture", self.description().platform().architecture()},
                {"Service.ID", task.service_id()},
                {"Service.Name", task.service_annotations().name()},
                {"Task.ID", task.id()},
                {"Task.Name", task_name(task)},
                {"Task.Slot", task.slot() ? std::to_string(task.slot()) : task.node_id()}};
  const auto& labels = task.service_annotations().labels();
  out.service_labels.insert(labels.begin(), labels.end());
  return out;
}

Result<std::string> expand_template(const std::string& text, const TemplateContext& context) {
  if (text.find("{{") == std::string::npos) return text;
  const templates::Dialect dialect = dialect_of(context);
  SKEIN_TRY_ASSIGN(const templates::Template parsed, templates::Template::parse(text, dialect));
  return parsed.render(value_of(context));
}

}  // namespace skein::model
