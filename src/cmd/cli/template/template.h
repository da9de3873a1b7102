// The part of Go's text/template that formats of docker commands use. Pure.
//
// {{.A.B}}, {{.}}, {{$}}, {{$x := …}}, {{range .A}}…{{else}}…{{end}}, {{range $k, $v := .A}}, {{if …}}, {{else if …}},
// {{with …}}, pipes, parentheses, strings, numbers, true, false, nil, {{- and -}}, comments. Functions: json, index,
// len, join, split, lower, upper, title, truncate, pad, print, println, printf, eq, ne, lt, le, gt, ge, and, or, not,
// slice. A field that does not exist is an error, as in Docker.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cmd/cli/words/json.h"

namespace skein::cli {

class Template {
 public:
  struct Node;  // template_nodes.h

  static Result<Template> parse(std::string_view text);
  // Errors name what could not be evaluated.
  Result<std::string> render(const Json& value) const;
  // The same over column headers: functions leave their text as it is, missing fields are empty.
  Result<std::string> render_header(const Json& headers) const;

 private:
  std::shared_ptr<const Node> root_;
};

// A value as {{.}} prints it: map[a:1 b:2], [a b], <no value>.
std::string go_text(const Json& value);

}  // namespace skein::cli
