#include <map>

#include "base/template/template_nodes.h"
#include "base/text/json_text.h"

namespace skein::templates {

namespace {

using Node = Template::Node;

// Of one rendering. Nested ranges, and variables that are put together of themselves, grow as powers do.
constexpr size_t kWorkMax = 500'000;                // nodes, evaluations, and the elements that these copy
constexpr size_t kTextBytesMax = size_t{16} << 20;  // of the text, and of a value

// Go shows and ranges over maps in the order of their keys.
std::map<std::string, const Json*> sorted_items(const Json& object) {
  std::map<std::string, const Json*> items;
  for (const auto& [key, element] : object.items()) items[key] = &element;
  return items;
}

// A value, and its dotted path from the root where that is known: types hang on paths.
struct Dot {
  const Json& value;
  const std::string* path = nullptr;
};

std::string joined(const std::string& path, const std::string& name) { return path.empty() ? name : path + "." + name; }

class Renderer {
 public:
  Renderer(const Dialect& dialect, std::string_view source, const Json& root, bool is_header)
      : dialect_(dialect), source_(source), is_header_(is_header) {
    variables_[""] = root;
  }

  Result<void> render(const std::vector<Node>& nodes, const Dot& dot) {
    for (const Node& node : nodes) SKEIN_TRY(render(node, dot));
    return {};
  }

  std::string text;

 private:
  Result<void> render(const Node& node, const Dot& dot) {
    if (node.kind == Node::Kind::kText) {
      text += node.text;
      return {};
    }
    SKEIN_TRY_ASSIGN(const Json value, evaluate(node.expression, dot));
    if (text.size() > kTextBytesMax) return failure(node.expression, "the text becomes too long");
    switch (node.kind) {
      case Node::Kind::kPrint: text += go_text(value); return {};
      case Node::Kind::kAssign: variables_[node.variables[0]] = value; return {};
      case Node::Kind::kRange: return render_range(node, value, dot);
      default: break;
    }
    if (!node.variables.empty()) variables_[node.variables[0]] = value;
    if (!is_true(value)) return render(node.otherwise, dot);
    if (node.kind != Node::Kind::kWith) return render(node.body, dot);
    const Expression& from = node.expression;
    if (from.kind != Expression::Kind::kField || !from.inner.empty() || dot.path == nullptr)
      return render(node.body, {value});
    std::string path = *dot.path;
    for (const std::string& name : from.path) path = joined(path, name);
    return render(node.body, {value, &path});
  }

  Result<void> render_range(const Node& node, const Json& value, const Dot& dot) {
    if (is_header_) return render(node.body, dot);
    if (!value.is_structured() && !value.is_null())
      return failure(node.expression, "range can't iterate over " + go_text(value));
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
    return render(node.body, {element});
  }

  Result<Json> evaluate(const Expression& expression, const Dot& dot) {
    SKEIN_TRY_ASSIGN(Json value, evaluate_freely(expression, dot));
    const size_t bytes = value.is_string() ? value.get_ref<const std::string&>().size() : 0;
    if (bytes > kTextBytesMax) return failure(expression, "the value becomes too long");
    work_ += 1 + value.size() + bytes / 1024;
    if (work_ > kWorkMax) return failure(expression, "the template takes too many steps");
    return value;
  }

  Result<Json> evaluate_freely(const Expression& expression, const Dot& dot) {
    switch (expression.kind) {
      case Expression::Kind::kLiteral: return expression.literal;
      case Expression::Kind::kField: {
        if (expression.inner.empty()) return follow(expression, dot);
        SKEIN_TRY_ASSIGN(const Json inner, evaluate(expression.inner[0], dot));
        return follow(expression, {inner});
      }
      case Expression::Kind::kVariable: {
        const auto found = variables_.find(expression.name);
        if (found == variables_.end()) return failure(expression, "undefined variable \"$" + expression.name + "\"");
        return follow(expression, {found->second, expression.name.empty() ? &kRootPath : nullptr});
      }
      default: break;
    }
    std::vector<Json> arguments;
    for (const Expression& inner : expression.inner) {
      SKEIN_TRY_ASSIGN(Json value, evaluate(inner, dot));
      arguments.push_back(std::move(value));
    }
    if (is_header_) return arguments.empty() ? Json("") : arguments.back();
    return call(expression, arguments);
  }

  Result<Json> call(const Expression& expression, const std::vector<Json>& arguments) const {
    const Function& function = *find_function(dialect_, expression.name);
    if (arguments.size() < function.arguments_min)
      return failure(expression, "wrong number of args for " + expression.name + ": want at least " +
                                     std::to_string(function.arguments_min) + " got " +
                                     std::to_string(arguments.size()));
    auto value = function.call(arguments);
    if (!value.ok()) return failure(expression, "error calling " + expression.name + ": " + value.error().text());
    return value;
  }

  Result<Json> follow(const Expression& expression, const Dot& from) const {
    const Json* value = &from.value;
    std::string path = from.path ? *from.path : "";
    for (const std::string& name : expression.path) {
      if (value->is_null()) return Json(nullptr);
      const auto found = value->is_object() ? value->find(name) : value->end();
      if (found == value->end()) {
        if (is_header_) return value->is_object() ? Json("") : *value;
        return no_field(expression, *value, from.path ? &path : nullptr, name);
      }
      value = &*found;
      path = joined(path, name);
    }
    return *value;
  }

  Error no_field(const Expression& expression, const Json& value, const std::string* path,
                 const std::string& name) const {
    const auto type = path ? dialect_.types.find(*path) : dialect_.types.end();
    if (type != dialect_.types.end())
      return failure(expression, "can't evaluate field " + name + " in type " + type->second);
    if (value.is_object()) return failure(expression, "map has no entry for key \"" + name + "\"");
    return failure(expression,
                   "can't evaluate field " + name + " in type " + (value.is_string() ? "string" : "interface {}"));
  }

  Error failure(const Expression& expression, const std::string& why) const {
    return execution_error(dialect_, source_, expression, why);
  }

  inline static const std::string kRootPath;
  const Dialect& dialect_;
  std::string_view source_;
  const bool is_header_;
  size_t work_ = 0;
  std::map<std::string, Json> variables_;
};

}  // namespace

Result<std::string> Template::render(const Json& value) const {
  const std::string root;
  Renderer renderer(*dialect_, *text_, value, false);
  SKEIN_TRY(renderer.render(root_->body, {value, &root}));
  return std::move(renderer.text);
}

Result<std::string> Template::render_header(const Json& headers) const {
  Renderer renderer(*dialect_, *text_, headers, true);
  SKEIN_TRY(renderer.render(root_->body, {headers}));
  return std::move(renderer.text);
}

std::string go_text(const Json& value) {
  if (value.is_null()) return "<no value>";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return json_text(value);
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

}  // namespace skein::templates
