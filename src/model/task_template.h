// Templates in a task's hostname, environment and mounts, and in secrets and configs that are templates:
// "{{.Node.Hostname}}", "{{index .Service.Labels \"zone\"}}", "{{env \"HOME\"}}".
//
// Go's template language (base/template/template.h) over what a task knows of itself; what it does not know is refused,
// so that nothing reaches a container half expanded. Pure.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "model/objects.h"

namespace skein::model {

struct TemplateContext {
  std::map<std::string, std::string> fields;          // "Node.ID" → value
  std::map<std::string, std::string> service_labels;  // .Service.Labels
  std::map<std::string, std::function<Result<std::string>(const std::string&)>> functions = {};
  std::string type = "*template.Context";  // Go's, for errors
};

// Of a task on this node. Slot of a task of a global service: the node's id.
TemplateContext template_context(const api::Task& task, const api::Node& self);

// What docker calls the task's container: "web.1.<task id>", of global services "web.<node id>.<task id>".
std::string task_name(const api::Task& task);

// kInvalidArgument in the words of Go's package, for unknown fields too.
Result<std::string> expand_template(const std::string& text, const TemplateContext& context);

}  // namespace skein::model
