#include <map>

#include "cmd/cli/template/template_nodes.h"

namespace skein::cli {

namespace {

using Node = Template::Node;

// Go shows and ranges over maps in the order of their keys.
std::map<std::string, const Json*> sorted_items(const Json& object) {
  std::map<std::string, const Json*> items;
  for (const auto& [key, element] : object.items()) items[key] = &element;
  return items;
}

class Renderer {
 public:
  Renderer(const Json& root, bool is_header) : is_header_(is_header) { variables_[""] = root; }

  Result<void> render(const std::vector<Node>& nodes, const Json& dot) {
    for (const Node& node : nodes) SKEIN_TRY(render(node, dot));
    return {};
  }

  std::string text;

 private:
  Result<void> render(const Node& node, const Json& dot) {
    if (node.kind == Node::Kind::kText) {
      text += node.text;
      return {};
    }
    SKEIN_TRY_ASSIGN(const Json value, evaluate(node.expression, dot));
    switch (node.kind) {
      case Node::Kind::kPrint: text += go_text(value); return {};
      case Node::Kind::kAssign: variables_[node.variables[0]] = value; return {};
      case Node::Kind::kRange: return render_range(node, value, dot);
      default: break;
    }
    if (!node.variables.empty()) variables_[node.variables[0]] = value;
    if (!is_true(value)) return render(node.otherwise, dot);
    return render(node.body, node.kind == Node::Kind::kWith ? value : dot);
  }

  Result<void> render_range(const Node& node, const Json& value, const Json& dot) {
    if (is_header_) return render(node.body, dot);
    if (!value.is_structured() && !value.is_null()) return failure("range can't iterate over " + go_text(value));
    if (value.empty()) return render(node.otherwise, dot);
    if (value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i) SKEIN_TRY(render_element(node, i, value[i]));
      return {};
    }
    for (const auto& [key, element] : sorted_items(value)) SKEIN_TRY(render_element(node, key, *element));
    return {};
  }

  Result<void> render_element(const Node& node, const Json& key, const Json& element) {
    if (!node.variables.empty()) variables_[node.variables.back()] = element;
    if (node.variables.size() == 2) variables_[node.variables[0]] = key;
    return render(node.body, element);
  }

  Result<Json> evaluate(const Expression& expression, const Json& dot) {
    switch (expression.kind) {
      case Expression::Kind::kLiteral: return expression.literal;
      case Expression::Kind::kField: {
        if (expression.inner.empty()) return follow(dot, expression.path);
        SKEIN_TRY_ASSIGN(const Json inner, evaluate(expression.inner[0], dot));
        return follow(inner, expression.path);
      }
      case Expression::Kind::kVariable: {
        const auto found = variables_.find(expression.name);
        if (found == variables_.end()) return failure("undefined variable \"$" + expression.name + "\"");
        return follow(found->second, expression.path);
      }
      default: break;
    }
    std::vector<Json> arguments;
    for (const Expression& inner : expression.inner) {
      SKEIN_TRY_ASSIGN(Json value, evaluate(inner, dot));
      arguments.push_back(std::move(value));
    }
    if (is_header_) return arguments.empty() ? Json("") : arguments.back();
    auto value = call_function(expression.name, arguments);
    if (!value.ok()) return failure("error calling " + expression.name + ": " + value.error().what);
    return value;
  }

  Result<Json> follow(const Json& from, const std::vector<std::string>& path) {
    const Json* value = &from;
    std::string done;
    for (const std::string& name : path) {
      done += "." + name;
      if (value->is_null()) return Json(nullptr);
      if (!value->is_object()) {
        if (is_header_) return *value;
        return failure("at <" + done + ">: can't evaluate field " + name);
      }
      const auto found = value->find(name);
      if (found == value->end()) {
        if (is_header_) return Json("");
        return failure("at <" + done + ">: map has no entry for key \"" + name + "\"");
      }
      value = &*found;
    }
    return *value;
  }

  static Error failure(const std::string& why) {
    return make_error(Code::kInvalidArgument, "template parsing error: template: :1: executing \"\" " + why);
  }

  const bool is_header_;
  std::map<std::string, Json> variables_;
};

}  // namespace

Result<std::string> Template::render(const Json& value) const {
  Renderer renderer(value, false);
  SKEIN_TRY(renderer.render(root_->body, value));
  return std::move(renderer.text);
}

Result<std::string> Template::render_header(const Json& headers) const {
  Renderer renderer(headers, true);
  SKEIN_TRY(renderer.render(root_->body, headers));
  return std::move(renderer.text);
}

std::string go_text(const Json& value) {
  if (value.is_null()) return "<no value>";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return value.dump();
  const auto shown = [](const Json& element) { return element.is_null() ? "<nil>" : go_text(element); };
  std::string text;
  if (value.is_array()) {
    for (const Json& element : value) text += (text.empty() ? "" : " ") + shown(element);
    return "[" + text + "]";
  }
  for (const auto& [key, element] : sorted_items(value))
    text += (text.empty() ? "" : " ") + key + ":" + shown(*element);
  return "map[" + text + "]";
}

}  // namespace skein::cli
