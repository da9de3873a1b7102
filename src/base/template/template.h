// Go's text/template, as far as users write it in formats of commands and in services, secrets and configs. Pure.
//
// {{.A.B}}, {{.}}, {{$}}, {{$x := …}}, {{range .A}}…{{else}}…{{end}}, {{range $k, $v := .A}}, {{if …}}, {{else if …}},
// {{with …}}, pipes, parentheses, strings, numbers, true, false, nil, {{- and -}}, comments. Functions: index, slice,
// len, print, println, printf, eq, ne, lt, le, gt, ge, and, or, not, and those of the dialect. A field that does not
// exist is an error. Errors are those of Go's package, with its places. Three differences: a number equals a text that
// shows it, what a struct prints is what a map prints, and {{define}}, {{template}}, {{block}}, {{break}} and
// {{continue}} are not known.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace skein::templates {

using Json = nlohmann::ordered_json;

struct Function {
  size_t arguments_min = 0;
  std::function<Result<Json>(const std::vector<Json>&)> call;
};
using Functions = std::map<std::string, Function, std::less<>>;

// What differs from one user of templates to the other. Must outlive the templates parsed by it.
struct Dialect {
  std::string name;     // of the template, in errors
  std::string front;    // of errors
  Functions functions;  // beside Go's own
  // Go's types of the values at dotted paths ("" is the whole), for errors about fields that they do not have. Without
  // one a value is a map.
  std::map<std::string, std::string> types;
};

class Template {
 public:
  struct Node;  // template_nodes.h

  static Result<Template> parse(std::string_view text, const Dialect& dialect);
  // Errors name what could not be evaluated.
  Result<std::string> render(const Json& value) const;
  // The same over column headers: functions leave their text as it is, missing fields are empty.
  Result<std::string> render_header(const Json& headers) const;

 private:
  const Dialect* dialect_ = nullptr;
  std::shared_ptr<const std::string> text_;
  std::shared_ptr<const Node> root_;
};

// A value as {{.}} prints it: map[a:1 b:2], [a b], <no value>.
std::string go_text(const Json& value);
bool is_true(const Json& value);  // neither zero nor empty

}  // namespace skein::templates
