// What a template is parsed into. Part of template.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cmd/cli/template/template.h"

namespace skein::cli {

struct Expression {
  enum class Kind { kLiteral, kField, kVariable, kCall, kNothing };
  Kind kind = Kind::kNothing;
  Json literal;
  std::string name;               // of the variable ("" is $) or the function
  std::vector<std::string> path;  // fields, after the dot, the variable or the value of `inner`
  std::vector<Expression> inner;  // a call's arguments; for a kField, the parenthesis in front of the path, if any
};

struct Template::Node {
  enum class Kind { kText, kPrint, kAssign, kIf, kRange, kWith, kBlock };
  Kind kind = Kind::kBlock;
  std::string text;                    // kText
  Expression expression;               // all but kText and kBlock
  std::vector<std::string> variables;  // assigned; of kRange: index and element, or element only
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

// A function's value; an error when there is none of that name, or it cannot take these arguments.
Result<Json> call_function(const std::string& name, const std::vector<Json>& arguments);
bool is_function(std::string_view name);
bool is_true(const Json& value);  // neither zero nor empty

}  // namespace skein::cli
